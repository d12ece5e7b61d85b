"""Results appear whole or not at all."""

import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from videoannotator.errors import RunStopped, StorageFailedException, StorageFullException
from videoannotator.storage.artifacts import (
    ListedFile,
    atomic_write,
    begin_attempt,
    discard_attempt,
    discard_attempts,
    publish,
)
from videoannotator.storage.config import Storage

JOB = "0b7e2c9a-5d41-4c57-9d34-1f6a6f2f8f10"
TEXT = ListedFile("speech_recognition.vtt", "speech_recognition", "webvtt", "text/vtt", "Subtitles.", main=True)
PICTURE = ListedFile("scene_detection/1.jpg", "scene_detection", "scenes", "image/jpeg")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "storage")
    storage.prepare()
    return storage


def written(storage: Storage, token: int = 1) -> Path:
    """An attempt that wrote two files that it lists, and some that it does not."""
    folder = begin_attempt(storage, JOB, token)
    (folder / TEXT.name).write_bytes(b"WEBVTT\n" * 300_000)
    (folder / "scene_detection").mkdir()
    (folder / PICTURE.name).write_bytes(b"jpeg")
    (folder / ".partial-x").mkdir()
    (folder / ".partial-x" / "half").write_bytes(b"half")
    (folder / "core").write_bytes(b"dump")
    return folder


def test_a_published_attempt_is_in_place_with_size_and_checksum(storage: Storage) -> None:
    attempt = written(storage)
    files = publish(storage, JOB, 1, [TEXT, PICTURE])
    assert not attempt.exists()
    assert [file.name for file in files] == [TEXT.name, PICTURE.name]
    for file in files:
        content = storage.resolve(file.path).read_bytes()
        assert file.path == f"jobs/{JOB}/results/attempt-1/{file.name}"
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size_bytes, file.sha256)
    assert (files[0].pipeline_name, files[0].format, files[0].main) == ("speech_recognition", "webvtt", True)
    results = storage.results_folder(JOB, 1)
    assert sorted(str(path.relative_to(results)) for path in results.rglob("*")) == [
        "scene_detection",
        PICTURE.name,
        TEXT.name,
    ]


@pytest.mark.parametrize("umask", [0o077, 0o027])
def test_results_have_the_rights_of_the_setting(tmp_path: Path, umask: int) -> None:
    storage = Storage(tmp_path, umask=umask)
    storage.prepare()
    written(storage)
    for file in publish(storage, JOB, 1, [TEXT, PICTURE]):
        assert stat.S_IMODE(storage.resolve(file.path).stat().st_mode) == 0o666 & ~umask
    assert stat.S_IMODE(storage.results_folder(JOB, 1).stat().st_mode) == 0o777 & ~umask
    assert stat.S_IMODE((storage.results_folder(JOB, 1) / "scene_detection").stat().st_mode) == 0o777 & ~umask


@pytest.mark.parametrize(
    "name",
    ["missing", "", ".", "..", "../../../x", "/etc/hostname", "link", "linked/hostname", "scene_detection", "a\0b", "a\\b", "fifo"],
)
def test_a_listed_file_that_is_not_there_is_refused_and_nothing_appears(storage: Storage, name: str) -> None:
    attempt = written(storage)
    (attempt / "link").symlink_to("/etc/hostname")
    (attempt / "linked").symlink_to("/etc")
    os.mkfifo(attempt / "fifo")
    with pytest.raises(StorageFailedException, match="did not leave it"):
        publish(storage, JOB, 1, [TEXT, ListedFile(name, None, "json", "application/json")])
    assert not storage.results_folder(JOB, 1).exists()
    assert attempt.is_dir()


def test_links_in_an_attempt_go_and_what_they_lead_to_stays(storage: Storage, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    attempt = written(storage)
    (attempt / "link").symlink_to(outside)
    publish(storage, JOB, 1, [TEXT])
    assert not (storage.results_folder(JOB, 1) / "link").is_symlink()
    assert (outside / "precious").read_text() == "precious"


def test_a_stop_leaves_nothing_visible(storage: Storage) -> None:
    written(storage)
    with pytest.raises(RunStopped):
        publish(storage, JOB, 1, [PICTURE, TEXT], should_stop=lambda: True)
    assert not storage.results_folder(JOB, 1).exists()


def test_what_lies_in_the_place_of_the_results_is_of_a_run_that_was_forgotten_and_goes(storage: Storage) -> None:
    """A database from a backup counts its tokens from an earlier number."""
    written(storage)
    publish(storage, JOB, 1, [TEXT, PICTURE])
    written(storage)
    files = publish(storage, JOB, 1, [TEXT])
    assert [path.name for path in storage.results_folder(JOB, 1).iterdir()] == [TEXT.name]
    assert files[0].size_bytes == (storage.results_folder(JOB, 1) / TEXT.name).stat().st_size


def test_beginning_clears_what_earlier_attempts_left_and_no_results(storage: Storage) -> None:
    written(storage, 1)
    publish(storage, JOB, 1, [TEXT])
    written(storage, 2)
    later = storage.attempt_folder(JOB, 7)
    storage.make_folder(later)
    folder = begin_attempt(storage, JOB, 3)
    names = {path.name for path in folder.parent.iterdir()}
    assert names == {"attempt-1", ".attempt-3", ".attempt-7"}
    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_discarding_takes_what_was_not_published(storage: Storage, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    folder = written(storage, 2)
    (folder / "link").symlink_to(outside)
    discard_attempt(storage, JOB, 2)
    discard_attempt(storage, JOB, 2)
    assert not folder.exists()
    storage.attempt_folder(JOB, 3).symlink_to(outside)
    discard_attempts(storage, JOB, up_to=3)
    assert not storage.attempt_folder(JOB, 3).is_symlink()
    assert (outside / "precious").read_text() == "precious"


def test_nothing_to_discard_is_fine(storage: Storage) -> None:
    discard_attempts(storage, JOB, up_to=9)
    discard_attempt(storage, JOB, 1)
    assert not storage.job_folder(JOB).exists()


def test_atomic_writing_replaces_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    atomic_write(path, b"one")
    atomic_write(path, b"two", mode=0o640)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(StorageFailedException) as caught:
        atomic_write(path, b"x")
    assert str(tmp_path) not in caught.value.message
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_on_a_full_disk_changes_nothing(small_disk: Path) -> None:
    path = small_disk / "state.json"
    atomic_write(path, b"one")
    with pytest.raises(StorageFullException):
        atomic_write(path, bytes(32_000_000))
    assert path.read_bytes() == b"one"
    assert [item.name for item in small_disk.iterdir()] == ["state.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal on Windows")
def test_a_killed_writer_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from videoannotator.storage.artifacts import atomic_write
path, number = Path(sys.argv[1]), 0
while True:
    number += 1
    atomic_write(path, b"%d" % (number % 10) * 3_000_000)
    print(number, flush=True)
"""
    path = tmp_path / "state"
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(3):
                assert process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == 3_000_000
        assert len(set(content)) == 1


def test_errors_carry_no_path(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "storage")
    storage.prepare()
    with pytest.raises(StorageFailedException) as caught:
        publish(storage, JOB, 1, [])
    assert caught.value.message.endswith(f"{os.strerror(errno.ENOENT)}.")
    assert str(tmp_path) not in caught.value.message
