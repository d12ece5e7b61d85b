"""Lists, counts and places in the queue."""

from typing import Any

import pytest
from sqlalchemy import event, text, update
from tests.databases import events_in, job_in, waiting_job

from videoannotator.database import crud
from videoannotator.database.clock import now
from videoannotator.database.models import Job, PipelineRun
from videoannotator.database.queue import AttemptResult, Failure, JobQueue, RunReport, StoredFile, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import JobNotFoundException

WORKER = WorkerIdentity("first", "host", "boot", 11, 5.0)
RUNNING, COMPLETED, RETRYING, PENDING = JobStatus.RUNNING, JobStatus.COMPLETED, JobStatus.RETRYING, JobStatus.PENDING


def finish_next(queue: JobQueue, *statuses: str) -> str:
    claim = queue.claim(WORKER)
    assert claim is not None
    reports = [RunReport(f"toy {number}", status) for number, status in enumerate(statuses)]
    assert queue.finish(claim, AttemptResult(reports))
    return claim.job_id


def test_a_page_is_newest_first_and_says_how_many_there_are(database: Database) -> None:
    ids = [waiting_job(database) for _ in range(5)]
    with database.reading() as session:
        pages = [crud.list_jobs(session, page=page, per_page=2) for page in (1, 2, 3, 4)]
    assert [[job.id for job in jobs] for jobs, _ in pages] == [ids[:2:-1], ids[2:0:-1], ids[:1], []]
    assert {total for _, total in pages} == {5}


def test_a_list_of_some_states_only(database: Database) -> None:
    queue = JobQueue(database)
    ids = [waiting_job(database) for _ in range(4)]
    finish_next(queue, "completed")
    assert queue.claim(WORKER) is not None
    with database.reading() as session:
        waiting, total = crud.list_jobs(session, statuses=[PENDING, RETRYING])
        both, _ = crud.list_jobs(session, statuses=[RUNNING, COMPLETED])
        counts = crud.count_jobs(session)
        assert crud.count_waiting(session) == 2
    assert ([job.id for job in waiting], total) == ([ids[3], ids[2]], 2)
    assert [job.id for job in both] == [ids[1], ids[0]]
    assert {status: count for status, count in counts.items() if count} == {PENDING: 2, RUNNING: 1, COMPLETED: 1}
    assert set(counts) == set(JobStatus)


def test_places_in_the_queue_count_retries_and_skip_what_runs_or_ended(database: Database) -> None:
    queue = JobQueue(database)
    ids = [waiting_job(database) for _ in range(6)]
    finish_next(queue, "completed")
    assert queue.claim(WORKER) is not None
    retried = queue.claim(WORKER)
    assert retried is not None
    assert queue.retry_later(retried, AttemptResult(), Failure("GPU_LOST", "Gone."), 3600)
    queue.request_cancel(ids[4])
    expected = dict(zip(ids, [None, None, 1, 2, None, 3], strict=True))
    assert {job_id: job_in(database, job_id).queue_position for job_id in ids} == expected
    with database.reading() as session:
        listed, _ = crud.list_jobs(session)
        page, _ = crud.list_jobs(session, per_page=1)
    assert {job.id: job.queue_position for job in listed} == expected
    assert [job.queue_position for job in page] == [3]
    claim = queue.claim(WORKER)
    assert claim is not None
    assert claim.job_id == ids[3], "a retry that is not due does not hold up the others"


@pytest.mark.parametrize(
    ("statuses", "rate"),
    [
        ([], 0.0),
        (["completed"], 1.0),
        (["failed"], 0.0),
        (["completed", "failed"], 0.5),
        (["completed", "skipped"], 1.0),
        (["skipped"], 0.0),
        (["completed", "completed", "stopped", "failed"], 0.5),
    ],
)
def test_the_success_rate_is_of_what_was_tried(database: Database, statuses: list[str], rate: float) -> None:
    waiting_job(database)
    assert job_in(database, finish_next(JobQueue(database), *statuses)).success_rate == rate


def test_an_unknown_job(database: Database) -> None:
    with database.reading() as session:
        assert crud.find_job(session, "nobody") is None
        with pytest.raises(JobNotFoundException, match="no such job"):
            crud.get_job(session, "nobody")


def test_a_second_job_with_one_idempotency_key_is_the_first(database: Database) -> None:
    waiting_job(database, "first", idempotency_key="key", request_sha256="aa")
    with database.writing() as session:
        answer = crud.add_job(session, Job(id="second", idempotency_key="key", request_sha256="bb"))
        assert (answer.id, answer.request_sha256, answer.queue_position) == ("first", "aa", 1)
        found = crud.find_by_idempotency_key(session, "key")
        assert found is not None
        assert found.id == "first"
        assert crud.find_by_idempotency_key(session, "other") is None
    assert len(events_in(database)) == 1


def test_a_deleted_job_takes_runs_and_files_with_it_but_never_while_it_runs(database: Database) -> None:
    queue = JobQueue(database)
    waiting_job(database)
    claim = queue.claim(WORKER)
    assert claim is not None
    with database.writing() as session:
        assert not crud.delete_job(session, claim.job_id)
    file = StoredFile("a.json", "a.json", "toy", "json", "application/json", "", True, 1, "00")
    queue.finish(claim, AttemptResult([RunReport("toy", "completed")], [file]))
    with database.writing() as session:
        assert crud.delete_job(session, claim.job_id)
        assert not crud.delete_job(session, claim.job_id)
    with database.reading() as session:
        assert (crud.runs_of(session, claim.job_id), crud.artifacts_of(session, claim.job_id)) == ([], [])


def test_jobs_that_ended_long_ago(database: Database) -> None:
    """Only ended ones, longest ago first; one of an earlier release that does not say when it ended counts from its creation."""
    queue = JobQueue(database)
    days = {"old": 12, "older": 20, "young": 9, "unknown": 30, "waiting": 40, "running": 40, "cancelled": 15}
    for name in days:
        waiting_job(database, name)
    for name in ("old", "older", "young", "unknown"):
        claim = queue.claim(WORKER, job_id=name)
        assert claim is not None
        queue.finish(claim, AttemptResult(), Failure("GPU_LOST", "Gone.") if name == "old" else None)
    assert queue.claim(WORKER, job_id="running") is not None
    queue.request_cancel("cancelled")
    with database.writing() as session:
        for name, age in days.items():
            moment = now(-age * 86400)
            values = {"created_at": moment} if name in ("waiting", "running", "unknown") else {"completed_at": moment}
            if name == "unknown":
                values["completed_at"] = None
            session.execute(update(Job).where(Job.id == name).values(**values))
    with database.reading() as session:
        found = crud.ids_ended_before(session, 10)
    assert sorted(found) == ["cancelled", "old", "older", "unknown"]
    assert [name for name in found if name != "unknown"] == ["older", "cancelled", "old"]


def test_a_step_of_the_queue_and_a_look_at_a_job_walk_over_no_table(database: Database) -> None:
    """A thousand ended jobs and ten waiting ones: every row is found in an index, the next job in that of the waiting ones."""
    with database.writing() as session:
        for number in range(1010):
            status = COMPLETED if number < 1000 else PENDING
            session.add(Job(id=str(number), status=status, created_at=now()))
    if not database.is_sqlite:
        with database.writing() as session:
            session.execute(text("ANALYZE jobs"))
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, words: str, values: Any, *_: object) -> None:
        if words.startswith("SELECT") and "FROM jobs" in words:
            asked.append((words, values))

    event.listen(database.engine, "before_cursor_execute", note)
    assert JobQueue(database).claim(WORKER, total_limit=5) is not None
    assert job_in(database, "1009").queue_position == 9
    event.remove(database.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.reading() as session:
        for words, values in asked:
            plan = "\n".join(str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {words}", values))
            assert "index" in plan.lower() or "PRIMARY KEY" in plan, words
            assert "Seq Scan" not in plan, words
            if "LIMIT" in words:
                assert "ix_jobs_waiting" in plan, words
    assert sum("LIMIT" in words for words, _ in asked) == 2


def test_runs_are_those_of_one_job(database: Database) -> None:
    waiting_job(database)
    waiting_job(database)
    queue = JobQueue(database)
    first = finish_next(queue, "completed", "failed")
    finish_next(queue, "skipped")
    with database.reading() as session:
        runs = crud.runs_of(session, first)
        assert [(type(run), run.status) for run in runs] == [(PipelineRun, "completed"), (PipelineRun, "failed")]
