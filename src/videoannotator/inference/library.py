"""Weights that somebody added to those that ship with the package: each under a name, with checksums, in one folder.

FOLDER/whisper-base/weights.json    what it is, and the checksum of every file
FOLDER/whisper-base/model.bin …     its files, some of them perhaps in folders
FOLDER/.partial/                    downloads that are not complete
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs

from videoannotator.annotations.checks import require
from videoannotator.annotations.checksum import sha256_of, sha256_of_all
from videoannotator.annotations.disk import full_disk_named
from videoannotator.errors import InvalidRequestException, WeightsDamagedException, WeightsMissingException
from videoannotator.inference.hashes import checked_sha256

RECORD = "weights.json"
PARTIAL = ".partial"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FILE_NAME = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}/)?[A-Za-z0-9_][A-Za-z0-9._&-]{0,127}")
SHA256 = re.compile(r"[0-9a-f]{64}")
UNSTATED = "not stated"
ONNX_SUFFIXES = (".onnx", ".ort")
DECIDING_SUFFIXES = (*ONNX_SUFFIXES, ".bin", ".ckpt", ".npz", ".pt", ".pth", ".safetensors", ".yaml")
"""Endings of files that decide what is computed: a network's numbers, and what a pipeline of networks consists of."""


@dataclass(frozen=True, slots=True)
class AddedFile:
    """One file of added weights; its name has a slash where it lies in a folder of theirs, whatever the system."""

    name: str
    sha256: str
    size_bytes: int

    def __post_init__(self) -> None:
        require(FILE_NAME.fullmatch(self.name) is not None and self.name != RECORD, f"{self.name!r} is not a plain file name")
        require(SHA256.fullmatch(self.sha256) is not None, f"{self.sha256!r} is not a SHA-256 checksum")


@dataclass(frozen=True, slots=True)
class AddedWeights:
    """What is known about weights that somebody added.

    Attributes:
        name: the name that options use.
        source: where they came from: an address or a file.
        licence: as whoever added them stated it; `UNSTATED` when nobody did.
        files: one file, or several that belong together.
    """

    name: str
    source: str
    licence: str
    files: tuple[AddedFile, ...]

    def __post_init__(self) -> None:
        require(NAME.fullmatch(self.name) is not None, f"{self.name!r} is not a name of small letters, digits, - and _")
        require(bool(self.files) and len({file.name for file in self.files}) == len(self.files), "weights have files, each once")

    @property
    def network(self) -> AddedFile | None:
        """The only ONNX file among the files; None when there is none, or more than one."""
        networks = [file for file in self.files if file.name.endswith(ONNX_SUFFIXES)]
        return networks[0] if len(networks) == 1 else None

    @property
    def sha256(self) -> str:
        """The checksum that provenance names: of the file that decides what is computed, or of all that do; else of the largest."""
        deciding = {file.name: file.sha256 for file in self.files if file.name.endswith(DECIDING_SUFFIXES)}
        if len(deciding) > 1:
            return sha256_of_all(deciding)
        return next(iter(deciding.values()), max(self.files, key=lambda file: file.size_bytes).sha256)

    def as_json(self) -> str:
        """The text of the record."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "AddedWeights":
        """Read a record.

        Raises:
            ValueError: it is not one.
        """
        try:
            values: Any = json.loads(text)
            files = tuple(AddedFile(**file) for file in values["files"])
            return cls(str(values["name"]), str(values["source"]), str(values["licence"]), files)
        except (KeyError, TypeError) as error:
            raise ValueError(f"a record of weights lacks {error}") from error


def default_folder() -> Path:
    """Where added weights lie when no setting says otherwise: this user's data folder."""
    return platformdirs.user_data_path("videoannotator", appauthor=False) / "weights"


class WeightsLibrary:
    """The weights in one folder, which need not exist before the first ones are added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """Names of everything that was added, in alphabetical order."""
        return tuple(path.parent.name for path in sorted(self.folder.glob(f"[!.]*/{RECORD}")))

    def entries(self) -> Mapping[str, AddedWeights]:
        """Everything that was added, by name.

        Raises:
            WeightsDamagedException: a record cannot be read.
        """
        return {name: self._read(self.folder / name / RECORD) for name in self.names()}

    def entry(self, name: str) -> AddedWeights:
        """What is known about one.

        Raises:
            WeightsMissingException: nothing was added under this name.
            WeightsDamagedException: its record cannot be read.
        """
        path = self.folder / name / RECORD
        if NAME.fullmatch(name) is None or not path.is_file():
            known = ", ".join(self.names()) or "none"
            raise WeightsMissingException(
                f"No weights were added under the name {name!r}.",
                hint=f"Add them with `videoannotator models pull`, or use one of those that were added: {known}.",
                detail={"weights": name},
            )
        return self._read(path)

    def path(self, name: str) -> Path:
        """Where they lie, every file checked: the file itself when there is one, else the folder.

        Raises:
            WeightsMissingException, WeightsDamagedException: they are not there, or not whole.
        """
        files = self.files(name)
        return files[0] if len(files) == 1 else self.folder / name

    def files(self, name: str) -> tuple[Path, ...]:
        """Where each of their files lies, all checked. Raises as `path` does."""
        entry = self.entry(name)
        for file in entry.files:
            self._check(entry, file)
        return tuple(self.folder / name / file.name for file in entry.files)

    def add(self, name: str, staged: Path, *, source: str, licence: str = UNSTATED) -> AddedWeights:
        """Take over the files of a folder, which is used up; it must lie on the same disk (see `staging`).

        Raises:
            InvalidRequestException: the name or a file's name cannot be used, or weights of this name are there.
            StorageFullException: the disk is full.
        """
        if (self.folder / name).exists():
            raise InvalidRequestException(
                f"Weights of the name {name!r} are there already.",
                hint=f"Choose another name with --name, or remove them first: videoannotator models remove {name}",
            )
        try:
            files = tuple(
                AddedFile(path.relative_to(staged).as_posix(), sha256_of(path), path.stat().st_size)
                for path in sorted(staged.rglob("*"))
                if path.is_file()
            )
            entry = AddedWeights(name, source, licence, files)
        except ValueError as error:
            raise InvalidRequestException(f"These weights cannot be added: {error}.", hint="Choose another name.") from error
        with full_disk_named(f"the weights {name}"):
            (staged / RECORD).write_text(entry.as_json(), encoding="utf-8")
            staged.rename(self.folder / name)
        return entry

    def remove(self, name: str) -> None:
        """Delete added weights.

        Raises:
            WeightsMissingException: nothing was added under this name.
        """
        if NAME.fullmatch(name) is None or not (self.folder / name).is_dir():
            self.entry(name)
        (self.folder / name / RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.folder / name)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A new folder on the library's disk, removed at the end unless `add` took it.

        Raises:
            InvalidRequestException: the library's folder cannot be written to.
        """
        try:
            (self.folder / PARTIAL).mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder / PARTIAL))
        except OSError as error:
            raise InvalidRequestException(
                f"The weights folder {self.folder} cannot be written to: {error.strerror or error}.",
                hint="Set VIDEOANNOTATOR_MODEL_CACHE_DIR to a folder that you may write to.",
            ) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _read(self, path: Path) -> AddedWeights:
        try:
            entry = AddedWeights.from_json(path.read_text(encoding="utf-8"))
            require(entry.name == path.parent.name, f"it is the record of {entry.name!r}")
        except (OSError, ValueError) as error:
            raise self._damaged(path.parent.name, f"{RECORD} cannot be read: {error}") from error
        return entry

    def _check(self, entry: AddedWeights, file: AddedFile) -> None:
        path = self.folder / entry.name / file.name
        try:
            found = checked_sha256(path)
        except OSError as error:
            raise WeightsMissingException(
                f"The file {file.name} of the weights {entry.name!r} is not there or cannot be read.",
                hint=_again(entry.name),
                detail={"weights": entry.name, "path": str(path)},
            ) from error
        if found != file.sha256:
            raise self._damaged(entry.name, f"{file.name} has sha256 {found}, where {file.sha256} is expected")

    def _damaged(self, name: str, reason: str) -> WeightsDamagedException:
        detail = {"weights": name, "path": str(self.folder / name)}
        return WeightsDamagedException(f"The weights {name!r} are damaged: {reason}.", hint=_again(name), detail=detail)


def _again(name: str) -> str:
    return f"Remove them and add them again: videoannotator models remove {name}"
