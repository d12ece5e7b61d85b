"""Checksums of weights files, each file read once per process and state."""

import threading
from functools import lru_cache
from pathlib import Path

from videoannotator.annotations.checksum import sha256_of

_lock = threading.Lock()


def checked_sha256(path: Path) -> str:
    """SHA-256 of the file as it is now; a file of the same size and time of change is not read again.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    state = path.stat()
    with _lock:
        return _read(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=256)
def _read(path: Path, size_bytes: int, changed_ns: int) -> str:  # noqa: ARG001  they are the key of the cache
    return sha256_of(path)
