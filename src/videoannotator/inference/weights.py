"""The weights that this installation carries: what they are, where they lie, and whether they are whole."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from videoannotator.errors import InvalidRequestException, VideoAnnotatorException, WeightsDamagedException, WeightsMissingException
from videoannotator.inference.hashes import checked_sha256
from videoannotator.inference.library import WeightsLibrary, default_folder
from videoannotator.version import __version__

PACKAGE_FOLDER = Path(__file__).resolve().parent / "weights"
MANIFEST = "manifest.json"
REINSTALL = f"python -m pip install --force-reinstall --no-deps videoannotator=={__version__}"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output of a network.

    Attributes:
        name: as the network knows it.
        dtype: numpy's name of the element type.
        shape: a number for a fixed size, a word for one that the caller chooses.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The published package that a weights file was made from.

    Attributes:
        ecosystem: `pypi` or `npm`.
        package, version: what to fetch.
        member: the file inside the package (several are joined by ` + `).
    """

    ecosystem: str
    package: str
    version: str
    member: str


@dataclass(frozen=True, slots=True)
class WeightsEntry:
    """What is known about one weights file.

    Attributes:
        name: the name that code uses, without suffix.
        file: its name in the weights folder.
        sha256, size_bytes: of the file.
        task: what it does, in a few words.
        licence: SPDX identifier.
        licence_file: the licence's text with its copyright holders, in `LICENSES/`.
        data_terms: restrictions on the data it was trained on that its licence does not mention; None when none are known.
        source: where it came from.
        conversion: how the file was made from its source.
        inputs, outputs: what the network takes and gives; empty for files that are no network.
        citation: the work to cite.
        intended_use: what it is good for here.
        limits: what it is known to do badly.
    """

    name: str
    file: str
    sha256: str
    size_bytes: int
    task: str
    licence: str
    licence_file: str
    data_terms: str | None
    source: Source
    conversion: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    citation: str
    intended_use: str
    limits: str


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """How one weights file was found.

    Attributes:
        name: of the weights.
        state: `ok`, `missing` or `damaged`.
        path: where it lies, or where it should.
        problem, hint: what is wrong and what to do about it; None when nothing is.
    """

    name: str
    state: Literal["ok", "missing", "damaged"]
    path: Path
    problem: str | None
    hint: str | None


def _tensor(record: Mapping[str, Any]) -> Tensor:
    return Tensor(record["name"], record["dtype"], tuple(record["shape"]))


def _entry(record: Mapping[str, Any]) -> WeightsEntry:
    values = {field.name: record[field.name] for field in fields(WeightsEntry)}
    values["source"] = Source(**record["source"])
    values["inputs"] = tuple(_tensor(tensor) for tensor in record["inputs"])
    values["outputs"] = tuple(_tensor(tensor) for tensor in record["outputs"])
    return WeightsEntry(**values)


@lru_cache(maxsize=1)
def manifest() -> Mapping[str, WeightsEntry]:
    """Read what is known about every weights file of this release, by name, in alphabetical order.

    Raises:
        WeightsMissingException: when the manifest itself is not there or cannot be read.
    """
    path = PACKAGE_FOLDER / MANIFEST
    try:
        records = json.loads(path.read_text(encoding="utf-8"))["weights"]
    except (OSError, ValueError, KeyError) as error:
        raise WeightsMissingException(
            f"The list of weights, {MANIFEST}, cannot be read: {error}",
            hint=f"Install the package again: {REINSTALL}",
            detail={"path": str(path)},
        ) from error
    entries = (_entry(record) for record in records)
    return MappingProxyType({entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)})


class WeightsStore:
    """Finds weights on disk and vouches for them.

    A file is read and hashed once per process and state of the file (size and time of change), however many stores ask for it.

    Args:
        folders: searched in this order before the package's own folder, for example a model cache. A damaged file in one of them is
            an error, not a reason to go on to the next.

    Attributes:
        library: the weights that somebody added: in the first of `folders`, or where they lie by default.

    Raises:
        InvalidRequestException: one of the folders does not exist.
    """

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = (*(Path(folder) for folder in folders or ()), PACKAGE_FOLDER)
        self.library = WeightsLibrary(self._folders[0] if folders else default_folder())
        for folder in self._folders[:-1]:
            if not folder.is_dir():
                raise InvalidRequestException(
                    f"The weights folder {folder} does not exist.",
                    hint="Correct VIDEOANNOTATOR_MODEL_CACHE_DIR, or leave it out: the package brings its own weights.",
                )

    def path(self, name: str) -> Path:
        """Where the weights of this name lie, checked against the manifest.

        Raises:
            WeightsMissingException: no such weights, or the file is not there or cannot be read.
            WeightsDamagedException: the file is not the one that the manifest describes.
        """
        entry = self.entry(name)
        path = self._locate(entry)
        self._check(entry, path)
        return path

    @staticmethod
    def entry(name: str) -> WeightsEntry:
        """Look up the manifest's entry of this name. Raises WeightsMissingException when there is none."""
        entry = manifest().get(name)
        if entry is None:
            raise WeightsMissingException(
                f"No weights are called {name!r}.",
                hint=f"The weights of this release are: {', '.join(manifest())}.",
                detail={"weights": name},
            )
        return entry

    def verify(self) -> tuple[WeightsStatus, ...]:
        """Check every weights file of the manifest, in its order, then those that were added. Reads all of them once."""
        shipped = tuple(_status(name, self._locate(entry), partial(self.path, name)) for name, entry in manifest().items())
        library = self.library
        return shipped + tuple(_status(name, library.folder / name, partial(library.path, name)) for name in library.names())

    def _locate(self, entry: WeightsEntry) -> Path:
        candidates = [folder / entry.file for folder in self._folders]
        return next((path for path in candidates if path.is_file()), candidates[-1])

    def _check(self, entry: WeightsEntry, path: Path) -> None:
        try:
            found_sha256 = checked_sha256(path)
        except FileNotFoundError as error:
            raise _problem(WeightsMissingException, entry, path, "are not there") from error
        except OSError as error:
            raise _problem(WeightsMissingException, entry, path, f"cannot be read ({error.strerror})") from error
        if found_sha256 != entry.sha256:
            reason = (
                f"are damaged: {path.stat().st_size} bytes with sha256 {found_sha256}, "
                f"where {entry.size_bytes} bytes with sha256 {entry.sha256} are expected"
            )
            detail = {"expected_sha256": entry.sha256, "found_sha256": found_sha256}
            raise _problem(WeightsDamagedException, entry, path, reason, detail)


def _status(name: str, path: Path, check: Callable[[], Path]) -> WeightsStatus:
    try:
        check()
    except WeightsMissingException as error:
        return WeightsStatus(name, "missing", path, error.message, error.hint)
    except WeightsDamagedException as error:
        return WeightsStatus(name, "damaged", path, error.message, error.hint)
    return WeightsStatus(name, "ok", path, None, None)


def _problem(
    kind: type[VideoAnnotatorException], entry: WeightsEntry, path: Path, reason: str, detail: Mapping[str, Any] | None = None
) -> VideoAnnotatorException:
    """Make an error of this kind that names the weights, the file and the cure."""
    if path.parent == PACKAGE_FOLDER:
        hint = f"Install the package again: {REINSTALL}"
    else:
        hint = f"Delete {path}; the copy that comes with the package is used then."
    facts = {"weights": entry.name, "file": entry.file, "path": str(path), **(detail or {})}
    return kind(f"The weights {entry.name!r} ({entry.file}) {reason}.", hint=hint, detail=facts)
