"""Jobs whose worker is gone."""

import uuid
from dataclasses import replace

import pytest

from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.queue import Claim, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import LeaseLost
from videoannotator.jobs.recovery import LeaseWatch, take_back

HERE = WorkerIdentity("here", "host", "boot", 100, 5.0)
LEASE_S = 60.0


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def claimed(database: Database, worker: WorkerIdentity = HERE) -> Claim:
    job_id = str(uuid.uuid4())
    with database.writing() as session:
        crud.add_job(session, Job(id=job_id))
    claim = JobQueue(database).claim(worker, job_id=job_id)
    assert claim is not None
    return claim


def status_of(database: Database, claim: Claim) -> JobStatus:
    with database.reading() as session:
        return crud.get_job(session, claim.job_id).status


def test_a_silent_worker_loses_its_job_after_the_lease_and_not_before(database: Database) -> None:
    clock, claim = Clock(), claimed(database)
    watch = LeaseWatch(JobQueue(database), LEASE_S, clock)
    assert watch.look() == {}
    clock.now_s += LEASE_S - 1
    assert watch.look() == {}
    clock.now_s += 1
    assert watch.look() == {claim.job_id: JobStatus.PENDING}
    with pytest.raises(LeaseLost):
        JobQueue(database).renew(claim)


def test_a_worker_that_renews_keeps_its_job_however_long_it_runs(database: Database) -> None:
    clock, claim = Clock(), claimed(database)
    watch = LeaseWatch(JobQueue(database), LEASE_S, clock)
    for _ in range(10):
        clock.now_s += LEASE_S - 1
        JobQueue(database).renew(claim)
        assert watch.look() == {}
    assert status_of(database, claim) is JobStatus.RUNNING


def test_a_watch_counts_only_what_it_has_seen_itself(database: Database) -> None:
    """A watcher that begins late, or was away, gives the worker a whole lease."""
    clock, claim = Clock(), claimed(database)
    watch = LeaseWatch(JobQueue(database), LEASE_S, clock)
    clock.now_s += 10 * LEASE_S
    assert watch.look() == {}
    JobQueue(database).renew(claim)
    clock.now_s += 10 * LEASE_S
    assert watch.look() == {}


def test_time_that_a_look_takes_is_not_held_against_the_worker(database: Database) -> None:
    claimed(database)
    moments = iter([0.0, 30.0, LEASE_S + 29.0, LEASE_S + 40.0, LEASE_S + 41.0, LEASE_S + 41.0])
    watch = LeaseWatch(JobQueue(database), LEASE_S, lambda: next(moments))
    assert watch.look() == {}  # the answer came at 30
    assert watch.look() == {}  # asked at 89
    assert len(watch.look()) == 1


def test_a_job_that_was_claimed_again_meanwhile_is_another_one(database: Database) -> None:
    clock, claim = Clock(), claimed(database)
    watch = LeaseWatch(JobQueue(database), LEASE_S, clock)
    watch.look()
    JobQueue(database).requeue(claim)
    assert JobQueue(database).claim(HERE, job_id=claim.job_id) is not None
    clock.now_s += LEASE_S + 1
    assert watch.look() == {}


def test_a_job_that_shall_be_cancelled_is_not_run_again(database: Database) -> None:
    clock, claim = Clock(), claimed(database)
    watch = LeaseWatch(JobQueue(database), LEASE_S, clock)
    JobQueue(database).request_cancel(claim.job_id)
    watch.look()
    clock.now_s += LEASE_S + 1
    assert watch.look() == {claim.job_id: JobStatus.CANCELLED}
    assert JobQueue(database).claim(HERE) is None


def test_of_two_watchers_one_takes_the_job(database: Database) -> None:
    clock = Clock()
    claimed(database)
    watches = [LeaseWatch(JobQueue(database), LEASE_S, clock) for _ in range(2)]
    for watch in watches:
        watch.look()
    clock.now_s += LEASE_S
    assert sorted(len(watch.look()) for watch in watches) == [0, 1]


def test_only_jobs_of_ended_workers_of_this_very_machine_are_taken_back_at_once(database: Database) -> None:
    queue = JobQueue(database)
    ended = claimed(database)
    spared = [
        claimed(database, replace(HERE, pid=200)),
        claimed(database, replace(HERE, host="elsewhere")),
        claimed(database, replace(HERE, boot="earlier")),
    ]
    stuck = claimed(database)
    taken = take_back(queue, "host", "boot", lambda worker: worker.pid == 100, spared=[stuck.job_id])
    assert taken == {ended.job_id: JobStatus.PENDING}
    assert [status_of(database, claim) for claim in (*spared, stuck)] == [JobStatus.RUNNING] * 4
