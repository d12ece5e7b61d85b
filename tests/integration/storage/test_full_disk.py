"""A disk that is really full: what happened can be written down, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.finished_jobs import WORKER, Bench, Written, completed
from tests.integration.worker.conftest import clip, laboratory
from tests.small_disk import fill

from videoannotator.database import crud
from videoannotator.database.models import Base
from videoannotator.database.queue import AttemptResult, Failure
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import StorageFullException
from videoannotator.storage.artifacts import begin_attempt, publish
from videoannotator.storage.cleanup import clean_up
from videoannotator.storage.config import Storage
from videoannotator.storage.space import BALLAST, free_ballast, has_room, space_of

MB = 1024 * 1024
SCENES = Written("scene_detection.json", b"[]", "scene_detection", "scenes", main=True)
FAILURE = Failure("STORAGE_FULL", "The disk is full.", "Free some space.")

__all__ = ["clip"]


@pytest.fixture
def bench(small_disk: Path) -> Iterator[Bench]:
    """Database and storage on one disk of 16 MB: 2 are the floor, 2 the ballast."""
    storage = Storage(small_disk / "storage", 2 * MB, ballast_bytes=2 * MB)
    storage.prepare()
    database = Database(f"sqlite:///{storage.root / 'videoannotator.db'}")
    Base.metadata.create_all(database.engine)
    try:
        yield Bench(database, storage)
    finally:
        database.dispose()


def status(bench: Bench, job_id: str) -> JobStatus:
    with bench.database.reading() as session:
        return crud.get_job(session, job_id).status


def test_the_end_of_a_job_is_written_down_with_the_room_of_the_ballast(bench: Bench) -> None:
    job_id = bench.add()
    assert has_room(bench.storage)
    claim = bench.queue.claim(WORKER, job_id=job_id)
    assert claim is not None
    foreign = fill(bench.storage.root)
    with pytest.raises(StorageFullException):
        bench.queue.log(claim, "x" * MB)
    assert not has_room(bench.storage)
    assert not (bench.storage.root / BALLAST).exists()
    assert bench.queue.finish(claim, AttemptResult(), FAILURE)
    with bench.database.reading() as session:
        job = crud.get_job(session, job_id)
    assert (job.status, job.error_code) == (JobStatus.FAILED, "STORAGE_FULL")
    assert not has_room(bench.storage)
    foreign.unlink()
    assert has_room(bench.storage)
    assert (bench.storage.root / BALLAST).stat().st_size == 2 * MB


def test_publishing_needs_no_room(bench: Bench) -> None:
    """What was computed while there was room must not be lost because of the last step."""
    job_id = bench.add()
    claim = bench.queue.claim(WORKER, job_id=job_id)
    assert claim is not None
    assert has_room(bench.storage)
    attempt = begin_attempt(bench.storage, job_id, claim.token)
    (attempt / SCENES.name).write_bytes(SCENES.content)
    fill(bench.storage.root)
    files = publish(bench.storage, job_id, claim.token, [SCENES.listed])
    free_ballast(bench.storage)
    assert bench.queue.finish(claim, AttemptResult([completed("scene_detection")], files))
    assert bench.storage.resolve(files[0].path).read_bytes() == b"[]"
    assert status(bench, job_id) is JobStatus.COMPLETED


def test_a_full_disk_can_be_cleaned_up(bench: Bench) -> None:
    old = [bench.run(bench.add(recording=bytes(MB)), failure=FAILURE) for _ in range(3)]
    for job_id in old:
        bench.age(job_id, 40)
    assert has_room(bench.storage)
    fill(bench.storage.root)
    report = clean_up(bench.database, bench.storage, 30)
    assert (set(report.jobs), report.failed) == (set(old), ())
    assert space_of(bench.storage).free_bytes > 3 * MB


def test_a_job_that_meets_a_full_disk_fails_and_says_so(tmp_path: Path, small_disk: Path, clip: Path) -> None:
    with laboratory(f"sqlite:///{tmp_path / 'videoannotator.db'}", tmp_path, clip) as lab:
        lab.storage = Storage(small_disk, 0, ballast_bytes=MB)
        lab.storage.prepare()
        lab._clip = small_disk / "clip.mp4"  # its link must lie on the same disk
        lab._clip.write_bytes(clip.read_bytes())
        assert has_room(lab.storage)
        job_id = lab.submit(seconds=0.05)
        foreign = fill(small_disk)
        job = lab.process(job_id)
        assert (job.status, job.error_code) == (JobStatus.FAILED, "STORAGE_FULL")
        assert lab.artifacts(job_id) == {}
        free_ballast(lab.storage)
        assert not has_room(lab.storage)
        foreign.unlink()
        assert has_room(lab.storage)
        second = lab.submit(seconds=0.05)
        assert lab.process(second).status is JobStatus.COMPLETED
