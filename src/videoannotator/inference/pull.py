"""Brings weights from elsewhere into the library: from an address, from a hub, from a file."""

import os
import re
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from videoannotator.annotations.checksum import sha256_of
from videoannotator.annotations.disk import full_disk_named
from videoannotator.errors import (
    DownloadFailedException,
    ExtraMissingException,
    InvalidRequestException,
    StorageFullException,
    WeightsDamagedException,
)
from videoannotator.inference.download import OnReceived, download
from videoannotator.inference.library import NAME, PARTIAL, SHA256, UNSTATED, AddedWeights, WeightsLibrary

HUB = "hf:"
PARTS_NAMED = "config.yaml"
"""The file that says which networks, in folders beside it, belong together: in a pipeline of pyannote.audio."""
HUB_FILES = ("*.bin", "*.csv", "*.json", "*.txt", "*.model", "*.npz", "*.onnx", "*.safetensors", PARTS_NAMED)
"""What a repository of weights may hold beside its pages."""


def pull_address(
    library: WeightsLibrary,
    url: str,
    name: str | None,
    sha256: str,
    on_received: OnReceived,
    should_stop: Callable[[], bool],
    licence: str = UNSTATED,
) -> AddedWeights:
    """Download one file and add it under `name`, or under the stem of its own; what was interrupted goes on where it stopped.

    Raises:
        InvalidRequestException: address, name or checksum cannot be used.
        DownloadFailedException: it could not be fetched.
        WeightsDamagedException: what came has another checksum.
        RunStopped: `should_stop` said so.
        StorageFullException: the disk is full.
    """
    checksum = _plain_checksum(sha256)
    file = PurePosixPath(unquote(urlsplit(url).path)).name
    if not file:
        raise InvalidRequestException(f"{url!r} names no file.", hint="Give the address of one file of weights.")
    name = _free_name(library, name, PurePosixPath(file).stem)
    with library.staging() as staging:
        partial = library.folder / PARTIAL / checksum
        download(url, partial, checksum, on_received, should_stop)
        partial.rename(staging / _plain_file_name(file))
        return library.add(name, staging, source=url, licence=licence)


def pull_repository(library: WeightsLibrary, repository: str, name: str | None, licence: str = UNSTATED) -> AddedWeights:
    """Download the weights of a repository on the Hugging Face hub (`OWNER/NAME`, or `OWNER/NAME@REVISION`) and add them.

    The package huggingface_hub does it: it checks what it gets, goes on after an interruption, and knows proxies and tokens.

    Raises:
        ExtraMissingException: that package is not installed.
        InvalidRequestException: the name cannot be used.
        DownloadFailedException: the repository could not be fetched.
        StorageFullException: the disk is full.
    """
    try:
        hub = import_module("huggingface_hub")
    except ImportError as error:
        raise ExtraMissingException(
            "The Hugging Face hub needs the package huggingface_hub, which is not installed.",
            hint="Install it with: pip install 'videoannotator[whisper]'",
        ) from error
    address, _, revision = repository.partition("@")
    name = _free_name(library, name, address.rpartition("/")[2])
    with library.staging() as staging:
        partial = library.folder / PARTIAL / address.replace("/", "--")
        try:
            with full_disk_named(f"the weights {name}"):
                hub.snapshot_download(address, revision=revision or None, local_dir=partial, allow_patterns=list(HUB_FILES))
        except StorageFullException:
            raise
        except (OSError, ValueError) as error:  # the hub's own errors are among them
            raise DownloadFailedException(
                f"{HUB}{repository} could not be downloaded: {_first_line(error)}",
                hint="Check the name, the network and the proxy. For a gated repository, accept its terms and set HF_TOKEN.",
            ) from error
        for file in _belonging(partial):
            file.rename(_place(staging, file.relative_to(partial)))
        added = library.add(name, staging, source=f"{HUB}{repository}", licence=licence)
        shutil.rmtree(partial, ignore_errors=True)
        return added


def add_file(library: WeightsLibrary, file: Path, name: str | None, sha256: str | None, licence: str = UNSTATED) -> AddedWeights:
    """Copy a file of weights into the library, or the files of a folder: a network and what belongs to it.

    Raises:
        InvalidRequestException: there is no such file, or the name cannot be used.
        WeightsDamagedException: it has another checksum than was said.
        StorageFullException: the disk is full.
    """
    if file.is_dir():
        return _add_folder(library, file, name, sha256, licence)
    if not file.is_file():
        raise InvalidRequestException(f"There is no file {file}.", hint="Give one file of weights, for example rtmpose-m.onnx.")
    name = _free_name(library, name, file.stem)
    with library.staging() as staging, full_disk_named(f"the weights {name}"):
        copied = Path(shutil.copyfile(file, staging / _plain_file_name(file.name)))
        if sha256 is not None and (found := sha256_of(copied)) != _plain_checksum(sha256):
            raise WeightsDamagedException(f"{file} has sha256 {found}, where {sha256} is expected.", hint="Get the file again.")
        return library.add(name, staging, source=os.fspath(file.absolute()), licence=licence)


def _add_folder(library: WeightsLibrary, folder: Path, name: str | None, sha256: str | None, licence: str) -> AddedWeights:
    """Copy the files of a folder that belong together."""
    files = _belonging(folder)
    if sha256 is not None:
        raise InvalidRequestException(f"{folder} is a folder, and one checksum is of one file.", hint="Leave out --sha256.")
    if not files:
        raise InvalidRequestException(f"The folder {folder} has no files.", hint="Give a folder with one network in it.")
    name = _free_name(library, name, folder.absolute().name)
    with library.staging() as staging, full_disk_named(f"the weights {name}"):
        for path in files:
            shutil.copyfile(path, _place(staging, path.relative_to(folder)))
        return library.add(name, staging, source=os.fspath(folder.absolute()), licence=licence)


def _belonging(folder: Path) -> list[Path]:
    """The files of a folder without hidden ones; those in folders of it only where a file says that they are parts of a whole."""
    pattern = ("*", "*/*") if (folder / PARTS_NAMED).is_file() else ("*",)
    found = [path for each in pattern for path in folder.glob(each) if path.is_file()]
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _place(staging: Path, name: Path) -> Path:
    """Where a file is to lie."""
    place = staging.joinpath(*(_plain_file_name(part) for part in name.parts))
    place.parent.mkdir(exist_ok=True)
    return place


def _free_name(library: WeightsLibrary, name: str | None, file: str) -> str:
    """The name, or one made from that of the file; checked before anything is downloaded in vain."""
    name = name or re.sub(r"[^a-z0-9_-]+", "-", file.lower()).strip("-_")
    if NAME.fullmatch(name) is None:
        raise InvalidRequestException(
            f"{name!r} cannot be the name of weights.", hint="Give --name with small letters, digits, - and _, at most 64 of them."
        )
    if name in library.names():
        raise InvalidRequestException(
            f"Weights of the name {name!r} are there already.",
            hint=f"Choose another name with --name, or remove them first: videoannotator models remove {name}",
        )
    return name


def _plain_file_name(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^A-Za-z0-9._&-]", "-", name)[-100:].lstrip(".-&") or "weights"


def _plain_checksum(sha256: str) -> str:
    checksum = sha256.strip().lower().removeprefix("sha256:")
    if SHA256.fullmatch(checksum) is None:
        raise InvalidRequestException(f"{sha256!r} is not a SHA-256 checksum.", hint="It has 64 digits, 0-9 and a-f.")
    return checksum


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
