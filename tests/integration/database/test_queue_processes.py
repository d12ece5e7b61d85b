"""Several processes at one queue, all at the same time."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.databases import events_in, job_in, waiting_job

from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.queue import AttemptResult, Claim, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import LeaseLost

ROUNDS = 25
CLAIMER = Path(__file__).with_name("claimer.py")
WORKER = WorkerIdentity("first", "host", "boot", 11, 5.0)


def run_claimers(database: Database, folder: Path, processes: int, limit: int = 0, hold_s: float = 0.0) -> list[dict[str, Any]]:
    """Let real processes empty the queue; they begin together. Gives what each one said."""
    url = database.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    marks = folder / "running"
    marks.mkdir()
    words = [sys.executable, "-W", "error", str(CLAIMER), url]
    started = [
        subprocess.Popen(
            [*words, f"worker {number}", str(limit), str(hold_s), str(marks)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=280)[0] for process in started]
    assert [process.returncode for process in started] == [0] * processes
    return [json.loads(line) for line in said]


def fill(database: Database, count: int) -> list[str]:
    with database.writing() as session:
        return [crud.add_job(session, Job(id=f"job {number:05}")).id for number in range(count)]


@pytest.mark.parametrize("count", [120, pytest.param(1000, marks=pytest.mark.slow)])
def test_four_processes_run_each_job_once_and_in_order(database: Database, tmp_path: Path, count: int) -> None:
    ids = fill(database, count)
    said = run_claimers(database, tmp_path, processes=4)
    assert Counter(job_id for one in said for job_id in one["ran"]) == Counter(ids)
    assert all(one["ran"] == sorted(one["ran"]) for one in said)
    with database.reading() as session:
        jobs, _ = crud.list_jobs(session, per_page=count)
    assert {(job.status, job.token) for job in jobs} == {(JobStatus.COMPLETED, 1)}
    started = [event.job_id for event in events_in(database) if event.data["status"] == "running"]
    assert sorted(started) == ids
    if database.is_sqlite:
        assert started == ids
    busy = sum(bool(one["ran"]) for one in said)
    print(f"{count} jobs, 4 processes, {busy} of them busy, at most {max(one['most_at_once'] for one in said)} at once")
    assert busy > 1, "they did not run together; the test shows nothing"


def test_four_processes_never_run_more_than_the_limit_over_all(database: Database, tmp_path: Path) -> None:
    ids = fill(database, 30)
    said = run_claimers(database, tmp_path, processes=4, limit=2, hold_s=0.05)
    assert Counter(job_id for one in said for job_id in one["ran"]) == Counter(ids)
    most = max(one["most_at_once"] for one in said)
    print(f"at most {most} at once, by the holders' count")
    assert most == 2, "the limit, and what it allows"


def together(*acts: Callable[[], Any], head_start_s: float = 0.0) -> list[Any]:
    """Let threads with connections of their own act at the same moment, or the first one so much sooner."""
    barrier = threading.Barrier(len(acts))

    def act(number: int) -> Any:
        barrier.wait(10)
        if number:
            time.sleep(head_start_s)
        return acts[number]()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result(60) for future in [threads.submit(act, number) for number in range(len(acts))]]


ROUNDS = 25


def test_a_request_to_cancel_and_a_claim_at_the_same_moment(database: Database) -> None:
    queue = JobQueue(database)
    outcomes: Counter[str] = Counter()
    for turn in range(ROUNDS):
        job_id = waiting_job(database)
        claim, asked = together(
            partial(queue.claim, WORKER, job_id=job_id), partial(queue.request_cancel, job_id), head_start_s=turn % 5 / 1000
        )
        job = job_in(database, job_id)
        assert job.cancel_requested_at is not None
        assert job.status is asked.status
        assert job.status is (JobStatus.CANCELLED if claim is None else JobStatus.RUNNING)
        if claim is not None:
            assert queue.is_cancel_requested(claim)
            queue.confirm_cancelled(claim)
        states = [event.data["status"] for event in events_in(database) if event.job_id == job_id]
        assert states == (["pending", "cancelled"] if claim is None else ["pending", "running", "cancelling", "cancelled"])
        outcomes[str(job.status.value)] += 1
    print({str(outcome): count for outcome, count in outcomes.items()})


def test_a_request_to_cancel_and_the_end_at_the_same_moment(database: Database) -> None:
    """Whoever comes first wins, and both know who that was."""
    queue = JobQueue(database)
    outcomes: Counter[bool] = Counter()
    for turn in range(ROUNDS):
        job_id = waiting_job(database)
        claim = queue.claim(WORKER)
        assert claim is not None
        asked, finished = together(
            partial(queue.request_cancel, job_id), partial(queue.finish, claim, AttemptResult()), head_start_s=turn % 3 / 1000
        )
        job = job_in(database, job_id)
        assert job.status is asked.status
        assert job.status is (JobStatus.COMPLETED if finished else JobStatus.RUNNING)
        assert (job.cancel_requested_at is None) == finished
        states = [event.data["status"] for event in events_in(database) if event.job_id == job_id]
        assert states == ["pending", "running", "completed" if finished else "cancelling"]
        if not finished:
            queue.confirm_cancelled(claim)
        outcomes[finished] += 1
    print({str(outcome): count for outcome, count in outcomes.items()})


def test_a_deletion_and_a_claim_at_the_same_moment(database: Database) -> None:
    queue = JobQueue(database)

    def delete(job_id: str) -> bool:
        with database.writing() as session:
            return crud.delete_job(session, job_id)

    outcomes: Counter[bool] = Counter()
    for turn in range(ROUNDS):
        job_id = waiting_job(database)
        claim, deleted = together(
            partial(queue.claim, WORKER, job_id=job_id), partial(delete, job_id), head_start_s=turn % 5 / 1000
        )
        assert (claim is None) == deleted
        assert len(queue.held()) == (not deleted)
        if claim is not None:
            queue.confirm_cancelled(claim)
        outcomes[deleted] += 1
    print({str(outcome): count for outcome, count in outcomes.items()})


def test_many_deliveries_of_one_job_are_one_start(database: Database) -> None:
    queue = JobQueue(database)
    for _ in range(5):
        job_id = waiting_job(database)
        claims: Sequence[Claim | None] = together(*[partial(queue.claim, WORKER, job_id=job_id)] * 6)
        assert sum(claim is not None for claim in claims) == 1
        assert job_in(database, job_id).token == 1


def test_a_renewal_and_an_expiry_at_the_same_moment(database: Database) -> None:
    """Either the holder is still the holder, or it is told that it is not."""
    queue = JobQueue(database)

    def renew(claim: Claim) -> bool:
        try:
            queue.renew(claim)
        except LeaseLost:
            return False
        return True

    for turn in range(ROUNDS):
        waiting_job(database)
        claim = queue.claim(WORKER)
        assert claim is not None
        (seen,) = queue.held()
        renewed, expired = together(partial(renew, claim), partial(queue.expire, seen), head_start_s=turn % 3 / 1000)
        assert renewed == (expired is None)
        queue.request_cancel(claim.job_id)
        for held in queue.held():
            assert queue.expire(held) is JobStatus.CANCELLED


def test_requests_with_one_idempotency_key_make_one_job(database: Database) -> None:
    def submit(number: int, key: str) -> str:
        with database.writing() as session:
            return crud.add_job(session, Job(id=f"{key} {number}", idempotency_key=key)).id

    for turn in range(5):
        key = f"key {turn}"
        made = together(*[partial(submit, number, key) for number in range(5)])
        assert len(set(made)) == 1
    with database.reading() as session:
        _, total = crud.list_jobs(session)
    assert total == 5
    assert len(events_in(database)) == 5
