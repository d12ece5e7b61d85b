"""The states of a job, and what a job says of itself."""

from datetime import datetime, timezone

import pytest

from videoannotator.database.models import Job
from videoannotator.database.states import JobStatus, may_follow
from videoannotator.errors import JobAlreadyCompletedException

PENDING, RUNNING, RETRYING = JobStatus.PENDING, JobStatus.RUNNING, JobStatus.RETRYING
COMPLETED, FAILED, CANCELLED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED
LEGAL = {
    *((PENDING, after) for after in (RUNNING, CANCELLED)),
    *((RUNNING, after) for after in (COMPLETED, FAILED, CANCELLED, RETRYING, PENDING)),
    *((RETRYING, after) for after in (RUNNING, PENDING, CANCELLED)),
}
JOB_OBJECT = {
    *("id", "status", "error", "created_by", "tags", "retry_of", "video_filename", "video_path", "video_size_bytes"),
    *("video_duration_seconds", "config", "selected_pipelines", "created_at", "queued_at", "started_at", "completed_at"),
    *("cancelled_at", "error_message", "result_path", "storage_path", "queue_position", "progress", "stage", "eta_seconds"),
    *("retry_count", "next_attempt_at", "success_rate", "overlay"),
}
"""What clients may rely on."""
MOMENT = datetime(2026, 1, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize("before", JobStatus)
@pytest.mark.parametrize("after", JobStatus)
def test_every_pair_of_states(before: JobStatus, after: JobStatus) -> None:
    assert may_follow(before, after) == ((before, after) in LEGAL)


def test_three_states_are_final_and_two_wait() -> None:
    assert {status for status in JobStatus if status.is_terminal} == {COMPLETED, FAILED, CANCELLED}
    assert {status for status in JobStatus if status.is_waiting} == {PENDING, RETRYING}


@pytest.mark.parametrize("status", [PENDING, RUNNING, RETRYING])
def test_a_job_that_has_not_ended_can_be_cancelled(status: JobStatus) -> None:
    job = Job(id="a", status=status)
    job.cancel(MOMENT)
    assert (job.status, job.cancelled_at, job.is_terminal) == (CANCELLED, MOMENT, True)


@pytest.mark.parametrize("status", [COMPLETED, FAILED])
def test_a_job_that_has_ended_cannot(status: JobStatus) -> None:
    job = Job(id="a", status=status)
    with pytest.raises(JobAlreadyCompletedException, match=f"already ended as {status.value.lower()}"):
        job.cancel(MOMENT)
    assert (job.status, job.cancelled_at) == (status, None)


def test_cancelling_twice_keeps_the_first_moment() -> None:
    job = Job(id="a", status=CANCELLED, cancelled_at=MOMENT)
    job.cancel(datetime(2026, 1, 3, tzinfo=timezone.utc))
    assert job.cancelled_at == MOMENT


def test_the_job_object_holds_what_clients_rely_on() -> None:
    told = set(Job(id="a", status=PENDING).to_dict())
    assert told == JOB_OBJECT | {"cancel_requested_at", "warnings", "video_browser_playable"}


@pytest.mark.parametrize(
    ("status", "asked", "word"),
    [
        (PENDING, None, "pending"),
        (RETRYING, None, "pending"),
        (RUNNING, None, "running"),
        (RUNNING, MOMENT, "cancelling"),
        (COMPLETED, None, "completed"),
        (FAILED, None, "failed"),
        (CANCELLED, MOMENT, "cancelled"),
    ],
)
def test_clients_know_these_words(status: JobStatus, asked: datetime | None, word: str) -> None:
    assert Job(id="a", status=status, cancel_requested_at=asked).to_dict()["status"] == word


def test_an_error_has_three_parts_or_is_not_there() -> None:
    job = Job(id="a", status=FAILED, error_code="STORAGE_FULL", error_message="Full.", error_hint="Free some.")
    assert job.to_dict()["error"] == {"code": "STORAGE_FULL", "message": "Full.", "hint": "Free some."}
    assert Job(id="a", status=COMPLETED).to_dict()["error"] is None
