"""Fetches result files: whole, checked, and nowhere but where they were wanted."""

import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from videoannotator.cli.client import Client, ServerUnreachable
from videoannotator.errors import InvalidRequestException, StorageFailedException

ATTEMPTS = 3

OnReceived = Callable[[int, int | None], None]
"""Told how many bytes of how many came."""


def fetch(client: Client, path: str, target: Path, on_received: OnReceived) -> None:
    """Download into a file, which appears under its name only when all of it is there.

    Raises:
        VideoAnnotatorException: the server refused, or the connection broke several times.
        InvalidRequestException: the file cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".partial", dir=target.parent)
        os.close(handle)
        partial = Path(name)
        try:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    _receive(client, path, partial, on_received)
                    break
                except ServerUnreachable:
                    if attempt == ATTEMPTS:
                        raise
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        message = f"{target} cannot be written: {error.strerror or error}."
        raise InvalidRequestException(message, hint="Give another place with -o.", field="output") from error


def _receive(client: Client, path: str, partial: Path, on_received: OnReceived) -> None:
    with (
        client.stream("GET", path, headers={"Accept": "*/*", "Accept-Encoding": "identity"}) as response,
        partial.open("wb") as file,
    ):
        announced = response.headers.get("Content-Length", "")
        total, received = int(announced) if announced.isdecimal() else None, 0
        for chunk in response.iter_raw():
            file.write(chunk)
            received += len(chunk)
            on_received(received, total)
        file.flush()
        os.fsync(file.fileno())
    if total is not None and received != total:
        raise ServerUnreachable(f"Of {total} bytes, {received} came.", hint="Try again.")


def check_archive(archive: Path) -> None:
    """Hold every file in a ZIP against its checksum.

    Raises:
        StorageFailedException: the archive is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            damaged = opened.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(archive) from error
    if damaged is not None:
        raise _damaged(archive)


def unpack(archive: Path, folder: Path) -> list[Path]:
    """Unpack a ZIP into a folder; gives the files, in their order in it.

    All of it is unpacked beside the folder first, and moved in file by file, so that no file there is ever half there.

    Raises:
        InvalidRequestException: a name in it leads out of the folder (then nothing is written), or the folder cannot be written to.
        StorageFailedException: the archive is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = {_safe_name(member): member for member in opened.infolist() if not member.is_dir()}
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".partial-", dir=folder) as staging:
                for name, member in members.items():
                    made = Path(staging, *name.parts)
                    made.parent.mkdir(parents=True, exist_ok=True)
                    with opened.open(member) as source, made.open("wb") as target:
                        shutil.copyfileobj(source, target, 1 << 20)
                for name in members:
                    _place(folder, name, Path(staging, *name.parts))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _damaged(archive) from error
    except OSError as error:
        message = f"{folder} cannot be written to: {error.strerror or error}."
        raise InvalidRequestException(message, hint="Give another folder with -o.", field="output") from error
    return [folder.joinpath(*name.parts) for name in members]


def _place(folder: Path, name: PurePosixPath, made: Path) -> None:
    target = folder.joinpath(*name.parts)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise InvalidRequestException(f"A link in {folder} leads out of it.", hint="Give another folder with -o.", field="output")
    target.parent.mkdir(parents=True, exist_ok=True)
    made.replace(target)


def _safe_name(member: zipfile.ZipInfo) -> PurePosixPath:
    name = PurePosixPath(member.filename)
    # A drive, a backslash or a colon would mean something else on Windows than it says here.
    if name.is_absolute() or ".." in name.parts or not name.parts or any(bad in member.filename for bad in "\\:\0"):
        message = f"The archive holds a file whose name leads elsewhere: {member.filename!r}."
        raise InvalidRequestException(message, hint="Nothing was unpacked. Do not trust this server.")
    return name


def _damaged(archive: Path) -> StorageFailedException:
    return StorageFailedException(f"The archive {archive} is damaged.", hint="Download it again.")
