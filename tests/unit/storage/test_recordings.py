"""Recordings on their way into a job's folder."""

import hashlib
import os
import stat
import sys
import uuid
from pathlib import Path

import pytest

from videoannotator.storage.config import Storage
from videoannotator.storage.recordings import NewRecording


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    made = Storage(tmp_path / "storage", free_floor_bytes=0, ballast_bytes=0)
    made.prepare()
    return made


def new(storage: Storage, name: str | None = "play.MP4") -> NewRecording:
    return NewRecording(storage, str(uuid.uuid4()), name)


def everything(storage: Storage) -> list[str]:
    return sorted(path.relative_to(storage.root / "jobs").as_posix() for path in (storage.root / "jobs").rglob("*"))


def test_it_appears_in_its_place_when_it_is_complete(storage: Storage) -> None:
    recording = new(storage)
    recording.write(b"one ")
    assert not recording.path.exists()
    recording.write(b"two")
    recording.settle()
    recording.keep()
    recording.discard()
    assert everything(storage) == [recording.job_id, f"{recording.job_id}/source.mp4"]
    assert recording.path.read_bytes() == b"one two"
    assert (recording.size_bytes, recording.sha256) == (7, hashlib.sha256(b"one two").hexdigest())
    assert stat.S_IMODE(recording.path.stat().st_mode) == 0o600
    assert storage.resolve(recording.stored_path) == recording.path
    assert storage.resolve(recording.folder) == recording.path.parent


def test_it_can_be_read_on_its_way_to_the_disk(storage: Storage) -> None:
    recording = new(storage)
    recording.write(b"one")
    with recording.settling():
        assert recording.path.read_bytes() == b"one"
        assert everything(storage) == [recording.job_id, f"{recording.job_id}/source.mp4"]
    recording.discard()
    assert everything(storage) == []


@pytest.mark.skipif(sys.platform != "linux", reason="which file a descriptor means is told by Linux")
def test_its_content_and_both_folders_are_on_the_disk_under_its_name(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = new(storage)
    recording.write(b"one")
    synced: set[str] = set()
    really = os.fsync

    def watched(descriptor: int) -> None:
        really(descriptor)
        synced.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr(os, "fsync", watched)
    recording.settle()
    assert synced == {str(path) for path in (recording.path, recording.path.parent, recording.path.parent.parent)}


def test_a_failure_while_it_is_read_is_told_and_leaves_nothing(storage: Storage) -> None:
    recording = new(storage)
    recording.write(b"one")
    with pytest.raises(LookupError), recording.settling():
        raise LookupError
    recording.discard()
    assert everything(storage) == []


@pytest.mark.parametrize("settled", [False, True])
def test_what_is_not_kept_leaves_nothing(storage: Storage, *, settled: bool) -> None:
    recording = new(storage)
    recording.write(b"one")
    if settled:
        recording.settle()
    recording.discard()
    recording.discard()
    assert everything(storage) == []


def test_only_a_plain_ending_of_the_name_is_used(storage: Storage) -> None:
    for name, ending in [("../../x.mkv", ".mkv"), ("x.\0", ""), ("x." + "y" * 4000, ""), (None, ""), ("a.b/c", ""), ("CON", "")]:
        recording = new(storage, name)
        assert recording.path == storage.job_folder(recording.job_id) / f"source{ending}"
        recording.discard()


def test_a_folder_that_is_there_belongs_to_somebody_else(storage: Storage) -> None:
    first = new(storage)
    with pytest.raises(Exception, match="recording"):
        NewRecording(storage, first.job_id, "play.mp4")
    first.write(b"one")
    first.settle()
    assert first.path.read_bytes() == b"one"
    first.discard()


def test_a_link_shares_the_bytes_and_outlives_the_original(storage: Storage, tmp_path: Path) -> None:
    source = tmp_path / "other.mp4"
    source.write_bytes(b"one")
    recording = new(storage)
    assert recording.link(source)
    recording.keep()
    assert source.samefile(recording.path)
    source.unlink()
    assert recording.path.read_bytes() == b"one"
    assert everything(storage) == [recording.job_id, f"{recording.job_id}/source.mp4"]


def test_where_there_are_no_links_it_can_still_be_written(storage: Storage) -> None:
    source = Path("/proc/self/status")  # of another file system
    if not source.exists():
        pytest.skip("there is no other file system to link from")
    recording = new(storage)
    assert not recording.link(source)
    recording.write(b"one")
    recording.settle()
    assert recording.path.read_bytes() == b"one"
    recording.discard()
    assert everything(storage) == []
