"""Every verb of the queue: with the right token, with a stale one, after a request to cancel, after the end."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from tests.databases import events_in, job_in, waiting_job

from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.queue import (
    AttemptResult,
    Claim,
    Failure,
    Held,
    JobQueue,
    RunReport,
    StoredFile,
    WorkerIdentity,
)
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import JobNotFoundException, LeaseLost

WORKER = WorkerIdentity("first", "host", "boot", 11, 5.0)
OTHER = WorkerIdentity("second", "elsewhere", "other boot", 12, 6.0)
FAILURE = Failure("GPU_LOST", "It went away.", "Plug it in.")
NOTHING = AttemptResult()
HOLDERS_VERBS: dict[str, Callable[[JobQueue, Claim], object]] = {
    "renew": lambda queue, claim: queue.renew(claim),
    "is_cancel_requested": lambda queue, claim: queue.is_cancel_requested(claim),
    "progress": lambda queue, claim: queue.progress(claim, 0.5, "running", 3.0),
    "log": lambda queue, claim: queue.log(claim, "hello"),
    "finish": lambda queue, claim: queue.finish(claim, NOTHING),
    "fail": lambda queue, claim: queue.finish(claim, NOTHING, FAILURE),
    "retry_later": lambda queue, claim: queue.retry_later(claim, NOTHING, FAILURE, 0.0),
    "requeue": lambda queue, claim: queue.requeue(claim),
    "confirm_cancelled": lambda queue, claim: queue.confirm_cancelled(claim),
    "report_cancel_failed": lambda queue, claim: queue.report_cancel_failed(claim, "It lives."),
}


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database)


def claimed(queue: JobQueue, worker: WorkerIdentity = WORKER) -> Claim:
    claim = queue.claim(worker)
    assert claim is not None
    return claim


def only_held(queue: JobQueue) -> Held:
    (held,) = queue.held()
    return held


def stored(name: str, *, main: bool = False) -> StoredFile:
    return StoredFile(name, f"jobs/x/{name}", "toy", "json", "application/json", "", main, 3, "00")


def test_a_claim_is_of_the_job_that_waited_longest(database: Database, queue: JobQueue) -> None:
    ids = [waiting_job(database) for _ in range(3)]
    assert [claimed(queue).job_id for _ in ids] == ids
    assert queue.claim(WORKER) is None


def test_a_claim_says_who_holds_the_job_since_when(database: Database, queue: JobQueue) -> None:
    waiting_job(database, config={"toy": {"count": 3}})
    claim = claimed(queue)
    assert (claim.token, claim.job.config, claim.job.status) == (1, {"toy": {"count": 3}}, JobStatus.RUNNING)
    assert only_held(queue) == Held(claim.job_id, 1, 1, WORKER)
    assert claim.job.started_at is not None
    assert claim.job.heartbeat_at is not None
    assert abs(claim.job.heartbeat_at - claim.job.started_at) < timedelta(seconds=1)
    assert [event.data["status"] for event in events_in(database)] == ["pending", "running"]


def test_that_very_job_can_be_claimed_once(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    wanted = waiting_job(database)
    claim = queue.claim(WORKER, job_id=wanted)
    assert claim is not None
    assert claim.job_id == wanted
    assert queue.claim(OTHER, job_id=wanted) is None
    assert queue.claim(OTHER, job_id="unknown") is None


def test_a_limit_over_all_workers_holds(database: Database, queue: JobQueue) -> None:
    for _ in range(3):
        waiting_job(database)
    first, second = queue.claim(WORKER, total_limit=2), queue.claim(OTHER, total_limit=2)
    assert first is not None
    assert second is not None
    assert queue.claim(OTHER, total_limit=2) is None
    assert queue.finish(first, NOTHING)
    assert queue.claim(OTHER, total_limit=2) is not None


@pytest.mark.parametrize(
    "ended", ["completed", "failed", "cancelled", "requeued", "retrying", "expired", "claimed again", "deleted"]
)
def test_a_lost_claim_changes_nothing(database: Database, queue: JobQueue, ended: str) -> None:
    waiting_job(database)
    claim = claimed(queue)
    _end(database, queue, claim, ended)
    before, events_before = _stands(database, claim.job_id), len(events_in(database))
    for verb in HOLDERS_VERBS.values():
        with pytest.raises(LeaseLost, match="no longer this worker's") as lost:
            verb(queue, claim)
        assert lost.value.detail == {"job_id": claim.job_id, "token": 1}
        assert _stands(database, claim.job_id) == before
        assert len(events_in(database)) == events_before


def _end(database: Database, queue: JobQueue, claim: Claim, how: str) -> None:
    if how == "completed":
        queue.finish(claim, NOTHING)
    elif how == "failed":
        queue.finish(claim, NOTHING, FAILURE)
    elif how == "cancelled":
        queue.request_cancel(claim.job_id)
        queue.confirm_cancelled(claim)
    elif how == "retrying":
        queue.retry_later(claim, NOTHING, FAILURE, 60.0)
    elif how == "expired":
        queue.expire(only_held(queue))
    else:
        queue.requeue(claim)
    if how == "claimed again":
        assert claimed(queue, OTHER).token == 2
    elif how == "deleted":
        with database.writing() as session:
            assert crud.delete_job(session, claim.job_id)


def _stands(database: Database, job_id: str) -> dict[str, object] | None:
    with database.reading() as session:
        job = crud.find_job(session, job_id)
        return None if job is None else {column.key: getattr(job, column.key) for column in Job.__table__.columns}


@pytest.mark.parametrize("verb", ["finish", "fail", "retry_later", "requeue"])
def test_a_job_that_is_to_be_cancelled_ends_in_no_other_way(database: Database, queue: JobQueue, verb: str) -> None:
    waiting_job(database)
    claim = claimed(queue)
    queue.request_cancel(claim.job_id, "enough")
    before = _stands(database, claim.job_id)
    assert HOLDERS_VERBS[verb](queue, claim) is False
    assert _stands(database, claim.job_id) == before
    queue.confirm_cancelled(claim)
    job = job_in(database, claim.job_id)
    assert (job.status, job.cancel_reason, job.error_code) == (JobStatus.CANCELLED, "enough", None)
    assert job.cancelled_at is not None
    assert job.completed_at is not None
    assert events_in(database)[-1].type == "job.cancelled"


def test_the_holder_learns_of_the_request(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    assert not queue.is_cancel_requested(claim)
    job = queue.request_cancel(claim.job_id)
    assert job.to_dict()["status"] == "cancelling"
    assert queue.is_cancel_requested(claim)
    queue.renew(claim)
    queue.progress(claim, 0.7, "running", None)
    assert job_in(database, claim.job_id).to_dict()["status"] == "cancelling"


def test_asking_twice_is_one_event_and_keeps_moment_and_reason(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    first = queue.request_cancel(claim.job_id, "enough")
    queue.report_cancel_failed(claim, "It lives.")
    count = len(events_in(database))
    second = queue.request_cancel(claim.job_id, "more than enough")
    assert (second.cancel_requested_at, second.cancel_reason) == (first.cancel_requested_at, "enough")
    assert second.cancel_error is None
    assert len(events_in(database)) == count


@pytest.mark.parametrize("retrying", [False, True])
def test_a_waiting_job_is_cancelled_at_once_and_never_starts(database: Database, queue: JobQueue, retrying: bool) -> None:
    job_id = waiting_job(database)
    if retrying:
        assert queue.retry_later(claimed(queue), NOTHING, FAILURE, 0.0)
    job = queue.request_cancel(job_id, "changed my mind")
    assert (job.status, job.next_attempt_at, job.error_code) == (JobStatus.CANCELLED, None, None)
    assert queue.claim(WORKER) is None
    assert queue.claim(WORKER, job_id=job_id) is None


@pytest.mark.parametrize("ended", ["completed", "failed", "cancelled"])
def test_a_job_that_has_ended_stays_as_it_is(database: Database, queue: JobQueue, ended: str) -> None:
    job_id = waiting_job(database)
    _end(database, queue, claimed(queue), ended)
    before = _stands(database, job_id)
    assert queue.request_cancel(job_id, "too late").status.value.lower() == ended
    assert _stands(database, job_id) == before
    assert queue.claim(WORKER, job_id=job_id) is None


def test_an_unknown_job_cannot_be_cancelled(queue: JobQueue) -> None:
    with pytest.raises(JobNotFoundException, match="no such job"):
        queue.request_cancel("nobody")


def test_progress_only_grows_and_stays_a_share(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    seen = []
    for fraction in (0.4, 0.2, 7.0):
        queue.progress(claim, fraction, "running", 12.5)
        job = job_in(database, claim.job_id)
        seen.append((job.progress, job.stage, job.eta_seconds))
    assert seen == [(0.4, "running", 12.5), (0.4, "running", 12.5), (1.0, "running", 12.5)]
    assert [event.data["progress"] for event in events_in(database)][2:] == [0.4, 0.4, 1.0]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_an_estimate_that_is_no_number_is_none(database: Database, queue: JobQueue, number: float) -> None:
    waiting_job(database)
    claim = claimed(queue)
    queue.progress(claim, 0.25, "running", None)
    queue.progress(claim, number, "running", number)
    job = job_in(database, claim.job_id)
    assert (job.progress, job.eta_seconds) == (0.25, None)


def test_a_log_line_is_an_event(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    queue.log(claim, "half way")
    last = events_in(database)[-1]
    assert (last.type, dict(last.data)) == ("job.log", {"job_id": claim.job_id, "message": "half way"})


def test_a_finished_job_shows_its_results_in_the_same_moment(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    report = RunReport("toy", "completed", processing_time=1.5, annotation_count=4, options={"count": 4}, warnings=["dark"])
    assert queue.finish(claim, AttemptResult([report], [stored("toy.json", main=True)], "jobs/x", 60.5))
    with database.reading() as session:
        job = crud.get_job(session, claim.job_id)
        (run,), (artifact,) = crud.runs_of(session, job.id), crud.artifacts_of(session, job.id)
    assert (job.status, job.progress, job.success_rate, job.error_message) == (JobStatus.COMPLETED, 1.0, 1.0, None)
    assert (job.result_path, job.video_duration_seconds) == ("jobs/x", 60.5)
    assert (run.pipeline_name, run.token, run.annotation_count, run.options, run.warnings) == ("toy", 1, 4, {"count": 4}, ["dark"])
    assert (artifact.name, artifact.token, artifact.main, artifact.size_bytes, artifact.sha256) == ("toy.json", 1, True, 3, "00")
    assert events_in(database)[-1].type == "job.complete"


def test_a_failed_job_says_why(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    queue.progress(claim, 0.5, "running", 1.0)
    assert queue.finish(claim, AttemptResult([RunReport("toy", "failed")]), FAILURE)
    job = job_in(database, claim.job_id)
    assert (job.status, job.success_rate, job.progress, job.stage, job.eta_seconds) == (JobStatus.FAILED, 0.0, 0.5, None, None)
    error = {"code": "GPU_LOST", "message": "It went away.", "hint": "Plug it in."}
    assert job.to_dict()["error"] == error
    last = events_in(database)[-1]
    assert (last.type, last.data["error"]) == ("job.error", error)


def test_a_retry_waits_and_keeps_what_succeeded(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    first = AttemptResult(
        [RunReport("good", "completed"), RunReport("bad", "failed", transient=True)],
        [stored("good.json", main=True), stored("provenance.json")],
    )
    assert queue.retry_later(claim, first, FAILURE, 3600.0)
    job = job_in(database, claim.job_id)
    assert (job.status, job.retry_count, job.queue_position, job.worker) == (JobStatus.RETRYING, 1, 1, None)
    assert job.next_attempt_at is not None
    assert 3500 < (job.next_attempt_at - datetime.now(timezone.utc)).total_seconds() <= 3601
    assert job.to_dict()["error"]["code"] == "GPU_LOST"
    assert queue.claim(WORKER) is None


def test_a_second_attempt_replaces_what_it_did_anew_and_nothing_else(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    reports = [RunReport("good", "completed"), RunReport("bad", "failed", transient=True)]
    files = [stored("good.json", main=True), stored("provenance.json", main=True)]
    assert queue.retry_later(claimed(queue), AttemptResult(reports, files, "jobs/1"), FAILURE, 0.0)
    again = claimed(queue)
    assert (again.token, again.job.next_attempt_at) == (2, None)
    second = AttemptResult(
        [RunReport("bad", "completed")], [stored("bad.json", main=True), stored("provenance.json", main=True)], "jobs/2"
    )
    assert queue.finish(again, second)
    with database.reading() as session:
        job = crud.get_job(session, again.job_id)
        runs = {run.pipeline_name: (run.status, run.token) for run in crud.runs_of(session, job.id)}
        artifacts = {artifact.name: (artifact.token, artifact.main) for artifact in crud.artifacts_of(session, job.id)}
    assert runs == {"good": ("completed", 1), "bad": ("completed", 2)}
    assert artifacts == {
        "good.json": (1, True),
        "bad.json": (2, True),
        "provenance.json": (2, True),
        "provenance.attempt-1.json": (1, False),
    }
    assert (job.status, job.error_code, job.retry_count, job.success_rate) == (JobStatus.COMPLETED, None, 1, 1.0)


@pytest.mark.parametrize("delay_s", [0.0, 1e-9, 1e300, float("inf")])
def test_any_delay_can_be_written_down(database: Database, queue: JobQueue, delay_s: float) -> None:
    waiting_job(database)
    assert queue.retry_later(claimed(queue), NOTHING, FAILURE, delay_s)
    (job_id,) = (event.job_id for event in events_in(database) if event.data["retry_count"] == 1)
    assert job_in(database, job_id).next_attempt_at is not None
    assert (queue.claim(WORKER) is not None) == (delay_s < 1)


def test_a_requeued_job_has_its_old_place(database: Database, queue: JobQueue) -> None:
    first, second = waiting_job(database), waiting_job(database)
    claim = claimed(queue)
    queue.progress(claim, 0.5, "running", 1.0)
    assert queue.requeue(claim)
    job = job_in(database, first)
    assert (job.status, job.queue_position, job.retry_count, job.supervisor_losses) == (JobStatus.PENDING, 1, 0, 0)
    assert (job.progress, job.stage, job.worker, job.worker_pid) == (0.0, None, None, None)
    assert [claimed(queue, OTHER).job_id for _ in range(2)] == [first, second]
    assert job_in(database, first).started_at == job.started_at


def test_a_lease_that_was_renewed_does_not_expire(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    seen = only_held(queue)
    queue.renew(claim)
    assert queue.expire(seen) is None
    assert only_held(queue).heartbeat == seen.heartbeat + 1
    assert queue.expire(only_held(queue)) is JobStatus.PENDING
    assert queue.held() == []


def test_a_lease_expires_once(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claimed(queue)
    seen = only_held(queue)
    assert queue.expire(seen) is JobStatus.PENDING
    assert queue.expire(seen) is None
    assert claimed(queue, OTHER).token == 2
    assert queue.expire(seen) is None
    assert only_held(queue).worker == OTHER


def test_an_expired_lease_with_a_request_to_cancel_is_cancelled(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    queue.request_cancel(claim.job_id)
    assert queue.expire(only_held(queue)) is JobStatus.CANCELLED
    assert queue.claim(OTHER) is None


def test_lost_workers_have_a_limit_of_their_own(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    ends = []
    while (claim := queue.claim(WORKER)) is not None:
        ends.append(queue.expire(only_held(queue)))
        job = job_in(database, claim.job_id)
        assert job.retry_count == 0
    assert ends == [JobStatus.PENDING] * 19 + [JobStatus.FAILED]
    assert job.to_dict()["error"]["code"] == "WORKER_LOST"
    assert job.completed_at is not None


@pytest.mark.parametrize("message", ["nul \0 in it", "half a pair \ud83d in it", "snow \u2603 \U0001f600", "x" * 100_000])
def test_no_message_keeps_a_job_from_ending(database: Database, queue: JobQueue, message: str) -> None:
    waiting_job(database, video_filename=message)
    claim = claimed(queue)
    queue.log(claim, message)
    queue.progress(claim, 0.5, message, None)
    queue.request_cancel(waiting_job(database), message)
    report = RunReport("toy", "failed", reason=message, error_message=message, error_hint=message, warnings=[message])
    assert queue.finish(claim, AttemptResult([report]), Failure("GPU_LOST", message, message))
    job = job_in(database, claim.job_id)
    kept = message.replace("\0", "\ufffd").replace("\ud83d", "?")
    assert (job.error_message, job.video_filename) == (kept, kept)
    assert max(len(str(event.data)) for event in events_in(database)) < 2 * len(message) + 1000


def test_times_are_the_databases(database: Database, queue: JobQueue) -> None:
    waiting_job(database)
    claim = claimed(queue)
    first = job_in(database, claim.job_id).heartbeat_at
    time.sleep(0.005)  # its clock counts milliseconds
    queue.renew(claim)
    renewed = job_in(database, claim.job_id).heartbeat_at
    assert first is not None
    assert renewed is not None
    assert renewed > first
    assert renewed.tzinfo is timezone.utc
