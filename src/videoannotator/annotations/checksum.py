"""The checksum that ties results to their input, and weights to their manifest."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from videoannotator.errors import RunStopped

BLOCK_BYTES = 1024 * 1024


def sha256_of(path: Path, should_stop: Callable[[], bool] | None = None) -> str:
    """SHA-256 (FIPS 180-4) of a file, hexadecimal; `should_stop` is asked after every megabyte.

    Raises:
        RunStopped: `should_stop` said so.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            if should_stop is not None and should_stop():
                raise RunStopped("The run was stopped.")
            digest.update(block)
    return digest.hexdigest()


def sha256_of_all(files: Mapping[str, str]) -> str:
    """One checksum of several files, given the checksum of each by its name: that of lines `NAME CHECKSUM`, by name."""
    listed = "".join(f"{name} {checksum}\n" for name, checksum in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest()
