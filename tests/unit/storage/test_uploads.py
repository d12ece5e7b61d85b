"""The file of an upload: in one pair of hands at a time, and never lost between two names."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from videoannotator.errors import NotFoundException, StorageFailedException, UploadLockedException
from videoannotator.storage.config import Storage
from videoannotator.storage.uploads import UploadFile, begin_upload, discard_upload, size_of_upload

HOLD = """
import sys
from pathlib import Path
from videoannotator.storage.config import Storage
from videoannotator.storage.uploads import UploadFile
with UploadFile(Storage(Path(sys.argv[1])), sys.argv[2], "a.mp4") as file:
    file.write(b"half")
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    made = Storage(tmp_path / "storage", free_floor_bytes=0, ballast_bytes=0)
    made.prepare()
    return made


@pytest.fixture
def upload_id(storage: Storage) -> str:
    made = str(uuid.uuid4())
    begin_upload(storage, made, "a.mp4")
    return made


def everything(storage: Storage) -> set[str]:
    files = {path.relative_to(storage.root).as_posix() for name in ("jobs", "uploads") for path in (storage.root / name).rglob("*")}
    return {name for name in files if name != "jobs"}


def test_one_process_at_a_time_and_a_killed_one_lets_go(storage: Storage, upload_id: str) -> None:
    words = [sys.executable, "-c", HOLD, str(storage.root), upload_id]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(UploadLockedException):
            UploadFile(storage, upload_id, "a.mp4")
        process.kill()
    with UploadFile(storage, upload_id, "a.mp4") as file:
        assert file.size_bytes == 4
        with pytest.raises(UploadLockedException):
            UploadFile(storage, upload_id, "a.mp4")
    UploadFile(storage, upload_id, "a.mp4").close()


def test_what_is_written_and_cut_is_there(storage: Storage, upload_id: str) -> None:
    with UploadFile(storage, upload_id, "a.mp4") as file:
        file.write(b"one two three")
        file.cut(4)
        file.write(b"four")
        file.sync()
        assert file.path.read_bytes() == b"one four"
    assert size_of_upload(storage, upload_id, "a.mp4") == 8


def test_it_moves_into_a_job_and_back(storage: Storage, upload_id: str) -> None:
    with UploadFile(storage, upload_id, "a.mp4") as file:
        file.write(b"recording")
        file.move_into_job()
        assert everything(storage) == {f"jobs/{upload_id}", f"jobs/{upload_id}/source.mp4"}
        assert file.stored_path == f"jobs/{upload_id}/source.mp4"
        file.put_back()
        assert everything(storage) == {f"uploads/{upload_id}.mp4"}
        file.move_into_job()
        file.keep()
        file.put_back()
    assert everything(storage) == {f"jobs/{upload_id}", f"jobs/{upload_id}/source.mp4"}


def test_one_that_a_death_left_in_the_folder_of_a_job_is_found(storage: Storage, upload_id: str) -> None:
    with UploadFile(storage, upload_id, "a.mp4") as file:
        file.write(b"recording")
        file.move_into_job()
    assert size_of_upload(storage, upload_id, "a.mp4") == 9
    with UploadFile(storage, upload_id, "a.mp4") as file:
        assert file.path == storage.source_path(upload_id, "a.mp4")
        file.put_back()
        assert file.path.read_bytes() == b"recording"
    assert everything(storage) == {f"uploads/{upload_id}.mp4"}


def test_an_empty_folder_that_a_death_left_is_no_hindrance_and_a_full_one_is(storage: Storage, upload_id: str) -> None:
    storage.ensure_job_folder(upload_id)
    with UploadFile(storage, upload_id, "a.mp4") as file:
        file.move_into_job()
        file.put_back()
        (storage.ensure_job_folder(upload_id) / "theirs").write_bytes(b"x")
        with pytest.raises(StorageFailedException):
            file.move_into_job()
        assert file.path == storage.upload_path(upload_id, "a.mp4")
    assert everything(storage) == {f"jobs/{upload_id}", f"jobs/{upload_id}/theirs", f"uploads/{upload_id}.mp4"}


def test_one_that_was_removed_meanwhile_is_not_written_to(storage: Storage, upload_id: str) -> None:
    with UploadFile(storage, upload_id, "a.mp4") as file:
        file.remove()
        with pytest.raises(NotFoundException):
            UploadFile(storage, upload_id, "a.mp4")
    discard_upload(storage, upload_id, "a.mp4")
    assert size_of_upload(storage, upload_id, "a.mp4") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_it_is_for_this_user_alone(storage: Storage, upload_id: str) -> None:
    assert storage.upload_path(upload_id, "a.mp4").stat().st_mode & 0o777 == 0o600
