"""The secret of an installation, and small private files."""

import os
import stat
import threading
from pathlib import Path

import pytest

from videoannotator.auth.files import create_private, write_private
from videoannotator.auth.secret import SECRET_FILE, Secret
from videoannotator.errors import StorageFailedException

POSIX = os.name == "posix"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    first = Secret(folder).derive("something")
    assert Secret(folder).derive("something") == first
    assert Secret(folder).derive("something else") != first
    if POSIX:
        assert mode(folder / SECRET_FILE) == 0o600
        assert mode(folder) == 0o700
    assert [file.name for file in folder.iterdir()] == [SECRET_FILE]


def test_a_given_secret_leaves_no_file(tmp_path: Path) -> None:
    assert Secret(tmp_path, "given").derive("x") == Secret(tmp_path / "elsewhere", "given").derive("x")
    assert list(tmp_path.iterdir()) == []


def test_threads_that_need_it_at_once_agree(tmp_path: Path) -> None:
    found: list[bytes] = []
    start = threading.Barrier(8)

    def derive() -> None:
        start.wait()
        found.append(Secret(tmp_path).derive("x"))

    threads = [threading.Thread(target=derive) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_private_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert create_private(tmp_path / "a", b"one")
        assert not create_private(tmp_path / "a", b"two")
        assert (tmp_path / "a").read_bytes() == b"one"
        write_private(tmp_path / "a", b"three")
    finally:
        os.umask(before)
    assert (tmp_path / "a").read_bytes() == b"three"
    if POSIX:
        assert mode(tmp_path / "a") == 0o600


def test_a_file_that_cannot_be_made_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailedException, match="cannot be written"):
        create_private(tmp_path / "file" / "secret", b"x")
