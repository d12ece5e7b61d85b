"""Small files that only their owner may read."""

import os
import secrets
from pathlib import Path

from videoannotator.errors import StorageFailedException

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def read_private(file: Path) -> bytes:
    """What stands in the file.

    Raises:
        StorageFailedException: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise _failed(file, "read", error) from error


def create_private(file: Path, content: bytes) -> bool:
    """Write a file that is not there yet, whole or not at all; gives whether it did. One that is there stays as it is.

    Raises:
        StorageFailedException: it cannot be written.
    """
    return _write(file, content, replace=False)


def write_private(file: Path, content: bytes) -> None:
    """Write a file, whole or not at all, in the place of one that may be there.

    Raises:
        StorageFailedException: it cannot be written.
    """
    _write(file, content, replace=True)


def _write(file: Path, content: bytes, *, replace: bool) -> bool:
    new = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        if not replace and file.exists():
            return False
        file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            return _put(new, file, replace=replace)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(file, "written", error) from error


def _put(new: Path, file: Path, *, replace: bool) -> bool:
    if replace:
        new.replace(file)
        return True
    try:
        file.hardlink_to(new)
    except FileExistsError:  # another process was faster
        return False
    return True


def _failed(file: Path, verb: str, error: OSError) -> StorageFailedException:
    return StorageFailedException(
        f"The file {file} cannot be {verb}: {error.strerror or error}.", hint="Check its folder's owner and permissions."
    )
