"""A file system of a few megabytes, to be filled up."""

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

LAZY_UNMOUNT = 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 16 MB; skips the test where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "mount") or libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=16m") != 0:
        pytest.skip(f"a full disk is not tested: no tmpfs can be mounted ({os.strerror(ctypes.get_errno())})")
    try:
        yield folder
    finally:
        libc.umount2(os.fsencode(folder), LAZY_UNMOUNT)
