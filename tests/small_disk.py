"""A file system of a few megabytes, to be filled up."""

import ctypes
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

MB = 1024 * 1024
SIZE_BYTES = 16 * MB
ROOMY_BYTES = 256 * MB
"""Enough for the ballast of a real server."""
LAZY_UNMOUNT = 2


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 16 MB.

    Whoever may not mount one runs the whole file of tests once more in namespaces of its own, where that is allowed.
    """
    with _disk(request, tmp_path, SIZE_BYTES) as folder:
        yield folder


@pytest.fixture
def roomy_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 256 MB, in the same way."""
    with _disk(request, tmp_path, ROOMY_BYTES) as folder:
        yield folder


def fill(folder: Path, name: str = "foreign") -> Path:
    """Take all that is left of a disk, with a file that somebody else might have written; again when there is more."""
    path = folder / name
    with path.open("ab", buffering=0) as file:
        while True:
            left = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
            try:
                if left:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), left)
                file.write(bytes(4096))
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    return path
                raise


@contextmanager
def _disk(request: pytest.FixtureRequest, tmp_path: Path, size_bytes: int) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={size_bytes}".encode()
    if not hasattr(libc, "mount"):
        pytest.skip("a full disk is not tested: this system has no tmpfs")
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options) != 0:
        trouble = _run_in_namespaces(request.node.path)
        if trouble:
            pytest.fail(trouble)
        pytest.skip(
            "it passed in namespaces of its own" if trouble == "" else "a full disk is not tested: no tmpfs can be mounted here"
        )
    try:
        yield folder
    finally:
        libc.umount2(os.fsencode(folder), LAZY_UNMOUNT)


@cache
def _run_in_namespaces(tests: Path) -> str | None:
    """Run a file of tests where this user may mount; gives what went wrong, None where namespaces are not allowed."""
    words = ["unshare", "--map-root-user", "--mount"]
    try:
        allowed = os.getuid() != 0 and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        return None
    done = subprocess.run([*words, sys.executable, "-m", "pytest", "-q", tests], capture_output=True, text=True, check=False)
    return done.stdout[-4000:] + done.stderr[-2000:] if done.returncode else ""
