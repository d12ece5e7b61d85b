"""Bringing the files of release 1.2 into the storage."""

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import select
from tests.finished_jobs import changed_files
from tests.release_1_2 import SHAPES, Former, build, insert, job_id

from videoannotator.database import crud
from videoannotator.database.migrations import migrate_to_v1_3_0
from videoannotator.database.models import Artifact, Job
from videoannotator.database.session import Database
from videoannotator.errors import StorageFullException
from videoannotator.jobs.bring_in import PART, Report, bring_in
from videoannotator.jobs.results import main_file, video_of
from videoannotator.storage.config import Storage

BRING_IN = """
import sys
from pathlib import Path
from videoannotator.database.session import Database
from videoannotator.jobs.bring_in import bring_in
from videoannotator.storage.config import Storage
database = Database(sys.argv[1])
bring_in(database, Storage(Path(sys.argv[2]), 0))
database.dispose()
"""


class Upgraded:
    """An upgraded database of release 1.2 and the storage beside it."""

    def __init__(self, former: Former, root: Path) -> None:
        migrate_to_v1_3_0(former.file)
        self.former = former
        self.database = Database(f"sqlite:///{former.file}")
        self.storage = Storage(root, 0)

    def jobs(self) -> list[Job]:
        with self.database.reading() as session:
            return list(session.scalars(select(Job).order_by(Job.number)))

    def artifacts(self) -> list[Artifact]:
        with self.database.reading() as session:
            return list(session.scalars(select(Artifact).order_by(Artifact.id)))

    def results(self) -> dict[str, set[str]]:
        """What each job's result files say, wherever they lie."""
        found: dict[str, set[str]] = {}
        for artifact in self.artifacts():
            found.setdefault(artifact.job_id, set()).add((self.storage.root / artifact.path).read_text())
        return found

    def start(self) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-W", "error", "-c", BRING_IN, f"sqlite:///{self.former.file}", str(self.storage.root)]
        return subprocess.Popen(words, stderr=subprocess.PIPE)

    def require_all_in(self) -> None:
        """Every recording and result lies in its job's folder, whole, with its checksum, and the original lies where it was."""
        for job in self.jobs():
            original = self.former.sources[job.id]
            assert job.original_path is None
            assert job.video_path == f"jobs/{job.id}/source.mp4"
            content = (self.storage.root / job.video_path).read_bytes()
            assert content == original.read_bytes()
            assert (job.video_sha256, job.video_size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
            assert job.storage_path == f"jobs/{job.id}"
        for artifact in self.artifacts():
            assert artifact.path == f"jobs/{artifact.job_id}/results/attempt-0/{artifact.name}"
            content = (self.storage.root / artifact.path).read_bytes()
            assert (artifact.sha256, artifact.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
        files = [path for path in (self.storage.root / "jobs").rglob("*") if path.is_file()]
        assert len(files) == len(self.jobs()) + len(self.artifacts())


Upgrade = Callable[[Former], Upgraded]


@pytest.fixture
def upgrade(tmp_path: Path) -> Iterator[Upgrade]:
    made: list[Upgraded] = []

    def make(former: Former) -> Upgraded:
        made.append(Upgraded(former, tmp_path / "storage"))
        return made[-1]

    yield make
    for one in made:
        one.database.dispose()


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """A folder on another disk than the temporary one."""
    memory = Path("/dev/shm")  # noqa: S108  a disk in memory
    if not memory.is_dir() or memory.stat().st_dev == Path(tempfile.gettempdir()).stat().st_dev:
        pytest.skip("there is only one disk")
    folder = Path(tempfile.mkdtemp(dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_files_come_in_and_results_say_the_same_before_and_after(shape: str, tmp_path: Path, upgrade: Upgrade) -> None:
    former = build(shape, tmp_path / "old", 60)
    upgraded = upgrade(former)
    before = upgraded.results()
    assert before.keys() == former.results.keys()
    report = bring_in(upgraded.database, upgraded.storage)
    assert upgraded.results() == before
    upgraded.require_all_in()
    assert (report.jobs, report.linked, report.copied) == (60, 60 + len(upgraded.artifacts()), 0)
    assert (report.missing, report.refused, report.left) == ([], [], [])
    assert former.sources[job_id(1)].stat().st_nlink == 2

    assert bring_in(upgraded.database, upgraded.storage) == Report()
    upgraded.require_all_in()


@pytest.mark.parametrize("shape", ["b", "c"])
def test_downloads_find_everything_before_and_after(shape: str, tmp_path: Path, upgrade: Upgrade) -> None:
    former = build(shape, tmp_path / "old", 24)
    upgraded = upgrade(former)
    for _ in range(2):
        for own, files in former.results.items():
            main = main_file(upgraded.database, upgraded.storage, own, "scene_detection")
            assert main.path.read_bytes() == files[0].read_bytes()
            table = main_file(upgraded.database, upgraded.storage, own, "tables/scenes.csv")
            assert table.path.read_bytes() == files[1].read_bytes()
            assert changed_files(upgraded.database, upgraded.storage, own) == set()
            video = video_of(upgraded.database, upgraded.storage, own)
            assert (video.name, video.path.read_bytes()) == ("play.mp4", former.sources[own].read_bytes())
        bring_in(upgraded.database, upgraded.storage)


def test_a_dry_run_says_it_and_does_nothing(tmp_path: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("b", tmp_path / "old", 24))
    jobs = [(job.original_path, job.video_path) for job in upgraded.jobs()]
    report = bring_in(upgraded.database, upgraded.storage, dry_run=True)
    assert not upgraded.storage.root.exists()
    assert [(job.original_path, job.video_path) for job in upgraded.jobs()] == jobs
    assert bring_in(upgraded.database, upgraded.storage) == report


def test_files_on_another_disk_are_copied(tmp_path: Path, other_disk: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("b", other_disk / "old", 24))
    report = bring_in(upgraded.database, upgraded.storage)
    upgraded.require_all_in()
    assert (report.linked, report.copied) == (0, 24 + len(upgraded.artifacts()))
    copies = [path for path in (upgraded.storage.root / "jobs").rglob("*") if path.is_file()]
    assert report.copied_bytes == sum(path.stat().st_size for path in copies)
    assert {path.stat().st_mode & 0o777 for path in copies} == {0o600}
    upgraded.database.dispose()


def test_nothing_is_begun_without_room_for_all(tmp_path: Path, other_disk: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("a", other_disk / "old", 3))
    upgraded.storage = Storage(upgraded.storage.root, free_floor_bytes=2**60)
    with pytest.raises(StorageFullException, match="free space"):
        bring_in(upgraded.database, upgraded.storage)
    assert not (upgraded.storage.root / "jobs").exists()
    assert all(job.original_path for job in upgraded.jobs())
    upgraded.database.dispose()


def test_missing_and_foreign_files_are_listed_and_left(tmp_path: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("b", tmp_path / "old", 3))
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"not theirs")
    first, second, third = (upgraded.former.sources[job_id(number)] for number in range(3))
    first.unlink()
    second.unlink()
    second.symlink_to(secret)
    third.unlink()
    third.mkdir()
    report = bring_in(upgraded.database, upgraded.storage)
    assert [(trouble.job_id, trouble.path) for trouble in report.missing] == [(job_id(0), str(first))]
    assert [(trouble.job_id, trouble.path) for trouble in report.refused] == [(job_id(1), str(second)), (job_id(2), str(third))]
    assert "leads out" in report.refused[0].reason
    assert secret.read_bytes() == b"not theirs"
    assert secret.stat().st_nlink == 1
    assert [job.original_path for job in upgraded.jobs()] == [str(first), str(second), str(third)]
    assert all(artifact.sha256 for artifact in upgraded.artifacts())
    again = bring_in(upgraded.database, upgraded.storage)
    assert (again.missing, again.refused) == (report.missing, report.refused)


def test_a_link_inside_its_folder_is_followed(tmp_path: Path, upgrade: Upgrade) -> None:
    former = build("a", tmp_path / "old", 1)
    source = former.sources[job_id(0)]
    source.rename(source.with_name("really.mp4"))
    source.symlink_to("really.mp4")
    upgraded = upgrade(former)
    bring_in(upgraded.database, upgraded.storage)
    upgraded.require_all_in()
    (job,) = upgraded.jobs()
    assert not (upgraded.storage.root / (job.video_path or "")).is_symlink()


def test_files_of_an_id_that_is_no_uuid_stay(tmp_path: Path, upgrade: Upgrade) -> None:
    former = build("a", tmp_path / "old", 0)
    (former.folder / "v.mp4").write_bytes(b"v")
    with closing(sqlite3.connect(former.file)) as database:
        insert(database, "jobs", {"job_id": "../../evil", "video_path": "v.mp4", "status": "completed"})
        database.commit()
    upgraded = upgrade(former)
    report = bring_in(upgraded.database, upgraded.storage)
    assert report.left == ["../../evil"]
    assert not (upgraded.storage.root / "jobs").exists()
    assert [path.name for path in tmp_path.rglob("*evil*")] == []
    assert [job.original_path for job in upgraded.jobs()] == [str(former.folder / "v.mp4")]


def test_what_lies_in_the_storage_already_is_not_moved(tmp_path: Path, upgrade: Upgrade) -> None:
    own = tmp_path / "storage" / "jobs" / job_id(0)
    own.mkdir(parents=True)
    (own / "video.mp4").write_bytes(b"v")
    (own / "scenes.json").write_text("{}")
    former = build("c", tmp_path / "old", 0)
    with closing(sqlite3.connect(former.file)) as database:
        row = {"id": job_id(0), "video_path": str(own / "video.mp4"), "status": "completed", "result_path": str(own)}
        insert(database, "jobs", row)
        database.commit()
    upgraded = upgrade(former)
    report = bring_in(upgraded.database, upgraded.storage)
    assert (report.in_place, report.linked, report.copied) == (2, 0, 0)
    (job,), (artifact,) = upgraded.jobs(), upgraded.artifacts()
    assert (job.video_path, artifact.path) == (f"jobs/{job.id}/video.mp4", f"jobs/{job.id}/scenes.json")
    assert artifact.sha256 == hashlib.sha256(b"{}").hexdigest()


def test_recordings_submitted_by_path_to_this_release_are_left_alone(tmp_path: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("a", tmp_path / "old", 1))
    path = str(tmp_path / "theirs.mp4")
    with upgraded.database.writing() as session:
        crud.add_job(session, Job(id=job_id(9), original_path=path))
    assert bring_in(upgraded.database, upgraded.storage).jobs == 1
    assert upgraded.jobs()[1].original_path == path


def test_a_job_deleted_meanwhile_leaves_no_file(tmp_path: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("b", tmp_path / "old", 3))

    def delete_the_last(done: int, total: int) -> None:
        if done == 1:
            with upgraded.database.writing() as session:
                crud.delete_job(session, job_id(2))

    bring_in(upgraded.database, upgraded.storage, on_job=delete_the_last)
    assert sorted(path.name for path in (upgraded.storage.root / "jobs").iterdir()) == sorted(job_id(number) for number in range(2))
    upgraded.require_all_in()


@pytest.mark.skipif(os.name == "nt", reason="no kill -9")
@pytest.mark.parametrize("after_jobs", [1, 40])
def test_it_goes_on_after_a_kill(after_jobs: int, tmp_path: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("b", tmp_path / "old", 300))
    process = upgraded.start()
    folder, give_up = upgraded.storage.root / "jobs", monotonic() + 60
    while (len(list(folder.iterdir())) if folder.exists() else 0) < after_jobs and process.poll() is None and monotonic() < give_up:
        sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    left = [job for job in upgraded.jobs() if job.original_path]
    assert 0 < len(left) < 300 or after_jobs == 1
    report = bring_in(upgraded.database, upgraded.storage)
    assert report.jobs <= 300
    upgraded.require_all_in()


def test_what_a_killed_run_was_writing_goes(tmp_path: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("b", tmp_path / "old", 3))
    leftover = upgraded.storage.root / "jobs" / job_id(0) / "results" / f".half{PART}"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    bring_in(upgraded.database, upgraded.storage)
    assert not leftover.exists()
    upgraded.require_all_in()


def test_two_processes_at_once_end_as_one_would(tmp_path: Path, upgrade: Upgrade) -> None:
    upgraded = upgrade(build("b", tmp_path / "old", 100))
    for process in [upgraded.start(), upgraded.start()]:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    upgraded.require_all_in()
