"""Cancel, try again, delete."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.finished_jobs import WORKER, Bench, Written, completed
from tests.integration.jobs.intake import files_in, intake_on, jobs_in, submit

from videoannotator.database import crud, events
from videoannotator.database.migrations import upgrade
from videoannotator.database.models import Job
from videoannotator.database.queue import Claim, Failure, JobQueue, RunReport
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import (
    CancellationFailedException,
    ForbiddenException,
    InvalidConfigException,
    JobAlreadyCompletedException,
    JobNotFoundException,
    JobNotReadyException,
    NotFoundException,
    RateLimitedException,
)
from videoannotator.jobs import control
from videoannotator.jobs.listing import get
from videoannotator.jobs.submit import Intake, Submission

UNKNOWN = "00000000-0000-0000-0000-000000000000"
FAILURE = Failure("INFERENCE_FAILED", "It failed.", "Look.")
BROKEN = RunReport("toy_sound", "failed", error_code="INFERENCE_FAILED", error_message="It failed.")
SKIPPED = RunReport("toy_sound", "skipped", reason="There is no sound.")


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    """On SQLite, for what no database can change."""
    database = Database(f"sqlite:///{tmp_path / 'videoannotator.db'}")
    upgrade(database)
    with intake_on(database, tmp_path, media_roots=[tmp_path / "media"]) as made:
        yield made
    database.dispose()


@pytest.fixture
def any_intake(database: Database, tmp_path: Path) -> Iterator[Intake]:
    with intake_on(database, tmp_path) as made:
        yield made


@pytest.fixture
def bench(intake: Intake) -> Bench:
    return Bench(intake.database, intake.storage)


@pytest.fixture
def any_bench(any_intake: Intake) -> Bench:
    return Bench(any_intake.database, any_intake.storage)


def cancel(intake: Intake, job_id: str, reason: str | None = None, wait_s: float = 30.0) -> Job:
    return anyio.run(control.cancel, intake.database, JobQueue(intake.database), intake.storage, job_id, reason, wait_s)


def delete(intake: Intake, job_id: str, wait_s: float = 30.0) -> None:
    anyio.run(control.delete, intake.database, JobQueue(intake.database), intake.storage, job_id, wait_s)


def claimed(bench: Bench, job_id: str) -> Claim:
    claim = bench.queue.claim(WORKER, job_id=job_id)
    assert claim is not None
    return claim


@contextmanager
def worker(bench: Bench, claim: Claim, act: Callable[[Claim], Any]) -> Iterator[None]:
    """A worker that does something once it is asked to cancel."""

    def wait_and_act() -> None:
        while not bench.queue.is_cancel_requested(claim):
            threading.Event().wait(0.01)
        act(claim)

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    yield
    thread.join()


def test_a_waiting_job_is_cancelled_at_once_and_stays_so(any_intake: Intake, any_bench: Bench) -> None:
    job_id = any_bench.add()
    assert cancel(any_intake, job_id, "wrong one").status is JobStatus.CANCELLED
    again = cancel(any_intake, job_id)
    assert (again.status, again.cancel_reason) == (JobStatus.CANCELLED, "wrong one")
    assert any_bench.queue.claim(WORKER, job_id=job_id) is None


def test_a_running_job_is_cancelled_when_its_worker_says_so(any_intake: Intake, any_bench: Bench) -> None:
    job_id = any_bench.add()
    with worker(any_bench, claimed(any_bench, job_id), any_bench.queue.confirm_cancelled):
        job = cancel(any_intake, job_id)
    assert (job.status, job.cancelled_at is not None) == (JobStatus.CANCELLED, True)


def test_a_silent_worker_is_not_waited_for_without_end(intake: Intake, bench: Bench) -> None:
    job_id = bench.add()
    claim = claimed(bench, job_id)
    job = cancel(intake, job_id, wait_s=0.3)
    assert (job.status, job.to_dict()["status"]) == (JobStatus.RUNNING, "cancelling")
    with pytest.raises(JobNotReadyException, match="still runs"):
        delete(intake, job_id, wait_s=0.3)
    bench.queue.confirm_cancelled(claim)
    assert cancel(intake, job_id).status is JobStatus.CANCELLED


def test_a_process_that_cannot_be_ended_is_told_of(intake: Intake, bench: Bench) -> None:
    job_id = bench.add()
    act = lambda claim: bench.queue.report_cancel_failed(claim, "Process 7 would not die.")  # noqa: E731
    with (
        worker(bench, claimed(bench, job_id), act),
        pytest.raises(CancellationFailedException, match="do not end") as caught,
    ):
        cancel(intake, job_id, wait_s=1.0)
    assert caught.value.detail == {"job_id": job_id, "worker_said": "Process 7 would not die."}


@pytest.mark.parametrize("failure", [None, FAILURE])
def test_what_has_ended_cannot_be_cancelled(intake: Intake, bench: Bench, failure: Failure | None) -> None:
    job_id = bench.run(bench.add(), failure=failure)
    before = get(intake.database, job_id)
    with pytest.raises(JobAlreadyCompletedException, match="already ended"):
        cancel(intake, job_id)
    assert get(intake.database, job_id).status is before.status


def test_a_job_that_is_not_there(intake: Intake) -> None:
    for act in (cancel, delete, control.retry):
        with pytest.raises(JobNotFoundException):
            act(intake, UNKNOWN)


@pytest.mark.parametrize("state", ["waiting", "failed", "completed", "cancelled"])
def test_a_deleted_job_leaves_nothing(intake: Intake, bench: Bench, state: str) -> None:
    job_id = bench.add()
    if state == "cancelled":
        cancel(intake, job_id)
    elif state != "waiting":
        bench.run(
            job_id, [completed("scene_detection")], [Written("a.json", b"{}")], failure=FAILURE if state == "failed" else None
        )
    delete(intake, job_id)
    assert (jobs_in(intake.database), files_in(intake.storage)) == ([], set())
    with intake.database.reading() as session:
        assert crud.artifacts_of(session, job_id) == []
    with pytest.raises(JobNotFoundException):
        delete(intake, job_id)


def test_whoever_watches_a_waiting_job_hears_that_it_is_deleted(any_intake: Intake, any_bench: Bench) -> None:
    job_id = any_bench.add()
    delete(any_intake, job_id)
    with any_intake.database.reading() as session:
        assert [event.type for event in events.after(session, 0, job_id=job_id)] == ["job.update", "job.cancelled"]


def test_a_running_job_is_cancelled_and_then_deleted(any_intake: Intake, any_bench: Bench) -> None:
    job_id = any_bench.add()
    with worker(any_bench, claimed(any_bench, job_id), any_bench.queue.confirm_cancelled):
        delete(any_intake, job_id)
    assert (jobs_in(any_intake.database), files_in(any_intake.storage)) == ([], set())


def test_an_original_is_never_deleted(intake: Intake, clip: bytes, tmp_path: Path) -> None:
    original = tmp_path / "media" / "play.mp4"
    original.parent.mkdir()
    original.write_bytes(clip)
    job = intake.accept_path(str(original), intake.check(Submission(pipelines=["toy"]))).job
    cancel(intake, job.id)
    again = control.retry(intake, job.id)
    assert (again.original_path, again.video_path, again.retry_of) == (str(original), None, job.id)
    for job_id in (job.id, again.id):
        delete(intake, job_id)
    assert original.read_bytes() == clip
    assert files_in(intake.storage) == set()


def test_an_original_that_is_not_allowed_any_more_is_not_tried_again(intake: Intake, tmp_path: Path, clip: bytes) -> None:
    original = tmp_path / "elsewhere.mp4"
    original.write_bytes(clip)
    bench = Bench(intake.database, intake.storage)
    job_id = bench.run(bench.add(pipelines=["toy"], original_path=str(original)), failure=FAILURE)
    with pytest.raises(ForbiddenException):
        control.retry(intake, job_id)


def test_a_new_job_on_the_same_recording_outlives_the_old_one(intake: Intake, clip: bytes) -> None:
    config = {"toy": {"count": 7}}
    first = submit(intake, clip, Submission(config, ["toy"], ["pilot"], "me", overlay=True)).job
    cancel(intake, first.id)
    again = control.retry(intake, first.id, created_by="you")
    source = intake.storage.resolve(again.video_path or "")
    assert source.samefile(intake.storage.resolve(first.video_path or ""))
    assert (again.status, again.retry_of, again.created_by, again.tags) == (JobStatus.PENDING, first.id, "you", ["pilot"])
    assert again.overlay
    same = (
        "config",
        "options",
        "selected_pipelines",
        "video_filename",
        "video_size_bytes",
        "video_sha256",
        "video_duration_seconds",
    )
    assert {name: getattr(again, name) for name in same} == {name: getattr(first, name) for name in same}
    delete(intake, first.id)
    assert source.read_bytes() == clip
    assert files_in(intake.storage) == {again.id, f"{again.id}/source.mp4"}


@pytest.mark.parametrize(
    ("reports", "failure", "only_failed", "pipelines"),
    [
        ([completed("toy"), BROKEN], None, True, ["toy_sound"]),
        ([completed("toy"), BROKEN], None, False, ["toy", "toy_sound"]),
        ([BROKEN], FAILURE, True, ["toy", "toy_sound"]),
        ([], FAILURE, True, ["toy", "toy_sound"]),
        ([SKIPPED], FAILURE, True, ["toy"]),
    ],
)
def test_which_pipelines_are_tried_again(
    intake: Intake, bench: Bench, reports: list[RunReport], failure: Failure | None, *, only_failed: bool, pipelines: list[str]
) -> None:
    options = {name: {"count": 7} for name in ("toy", "toy_sound")}
    job_id = bench.run(bench.add(pipelines=["toy", "toy_sound"], options=options), reports, failure=failure)
    again = control.retry(intake, job_id, only_failed=only_failed)
    assert again.selected_pipelines == pipelines
    assert {name: given["count"] for name, given in again.options.items()} == dict.fromkeys(pipelines, 7)
    assert again.warnings == []


@pytest.mark.parametrize("reports", [[completed("toy")], [completed("toy"), SKIPPED], []])
def test_when_nothing_failed_there_is_nothing_to_try_again(any_intake: Intake, any_bench: Bench, reports: list[RunReport]) -> None:
    job_id = any_bench.run(any_bench.add(pipelines=["toy"]), reports)
    for only_failed in (True, False):
        with pytest.raises(JobAlreadyCompletedException, match="nothing to try again"):
            control.retry(any_intake, job_id, only_failed=only_failed)


def test_what_has_not_ended_is_not_tried_again(intake: Intake, bench: Bench) -> None:
    waiting, running = bench.add(pipelines=["toy"]), bench.add(pipelines=["toy"])
    claimed(bench, running)
    for job_id in (waiting, running):
        with pytest.raises(JobNotReadyException):
            control.retry(intake, job_id)


def test_a_retry_that_cannot_be_leaves_nothing(intake: Intake, bench: Bench) -> None:
    gone, strange = bench.add(pipelines=["toy"]), bench.add(pipelines=["uninstalled"], options={"uninstalled": {}})
    for job_id in (gone, strange):
        bench.run(job_id, failure=FAILURE)
    intake.storage.resolve(get(intake.database, gone).video_path or "").unlink()
    before = files_in(intake.storage)
    with pytest.raises(NotFoundException, match="recording"):
        control.retry(intake, gone)
    with pytest.raises(InvalidConfigException):
        control.retry(intake, strange)
    assert files_in(intake.storage) == before


def test_a_full_queue_takes_no_retry(database: Database, tmp_path: Path) -> None:
    with intake_on(database, tmp_path, max_queued_jobs=1) as intake:
        bench = Bench(database, intake.storage)
        job_id = bench.run(bench.add(pipelines=["toy"]), failure=FAILURE)
        bench.add(pipelines=["toy"])
        before = files_in(intake.storage)
        with pytest.raises(RateLimitedException):
            control.retry(intake, job_id)
        assert files_in(intake.storage) == before


def test_a_job_of_an_earlier_release_is_tried_again_on_a_recording_of_its_own(intake: Intake, bench: Bench, tmp_path: Path) -> None:
    original = tmp_path / "release-1.2" / "old.mp4"
    original.parent.mkdir()
    original.write_bytes(b"old")
    fields: dict[str, Any] = {"original_path": str(original), "legacy": {"table": "jobs"}, "config": {"count": 7}}
    job_id = bench.run(bench.add(pipelines=["toy"], **fields), failure=FAILURE)
    again = control.retry(intake, job_id)
    assert again.original_path is None
    assert again.options["toy"]["count"] == 7
    delete(intake, job_id)
    assert original.exists()
    assert intake.storage.resolve(again.video_path or "").read_bytes() == b"old"


def test_where_the_disk_knows_no_links_the_recording_is_copied(intake: Intake, bench: Bench) -> None:
    """The file system of /dev/shm is another one than that of the storage."""
    other = Path("/dev/shm")  # noqa: S108  a place to link from, chosen for lying elsewhere
    if not other.is_dir() or other.stat().st_dev == intake.storage.root.stat().st_dev:
        pytest.skip("there is no second file system here")
    original = other / f"{bench.queue.__class__.__name__}-{intake.storage.root.parent.name}.mp4"
    original.write_bytes(b"old" * 1_000_000)
    try:
        job_id = bench.run(bench.add(pipelines=["toy"], original_path=str(original), legacy={"table": "jobs"}), failure=FAILURE)
        again = control.retry(intake, job_id)
    finally:
        original.unlink()
    assert intake.storage.resolve(again.video_path or "").read_bytes() == b"old" * 1_000_000
    assert again.video_sha256 is not None
