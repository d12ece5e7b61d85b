"""The queue against a model of it: any order of verbs, by any holder, with right and stale tokens."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete
from tests.databases import events_in, waiting_job

from videoannotator.database import crud
from videoannotator.database.models import Artifact, Job, JobEvent, PipelineRun
from videoannotator.database.queue import AttemptResult, Claim, Failure, Held, JobQueue, RunReport, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import LeaseLost

RESULT = AttemptResult([RunReport("toy", "completed")])
FAILURE = Failure("GPU_LOST", "It went away.")
WORKERS = [WorkerIdentity(name, "host", "boot", 1, 1.0) for name in ("first", "second")]
TERMINAL = {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}
any_one = st.integers(0, 10**6)


@dataclass
class Expected:
    """What the model knows of a job."""

    status: JobStatus = JobStatus.PENDING
    token: int = 0
    heartbeat: int = 0
    asked: bool = False
    is_due: bool = True
    retries: int = 0
    losses: int = 0
    states: list[JobStatus] = field(default_factory=lambda: [JobStatus.PENDING])

    def become(self, status: JobStatus) -> None:
        self.status = status
        self.states.append(status)

    @property
    def can_start(self) -> bool:
        return self.status is JobStatus.PENDING or (self.status is JobStatus.RETRYING and self.is_due)


class QueueMachine(RuleBasedStateMachine):
    """Rules are the queue's verbs; after each, table and model agree, and there is one event for each thing that happened."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.queue = JobQueue(self.database)
        self.jobs: dict[str, Expected] = {}
        self.claims: list[Claim] = []
        self.seen: list[Held] = []
        self.happened = 0

    @initialize()
    def begin_empty(self) -> None:
        with self.database.writing() as session:
            for table in (PipelineRun, Artifact, Job, JobEvent):
                session.execute(delete(table))

    def holds(self, claim: Claim) -> Expected | None:
        job = self.jobs.get(claim.job_id)
        return job if job and job.status is JobStatus.RUNNING and job.token == claim.token else None

    def use(self, number: int, verb: Callable[[Claim], object]) -> tuple[Expected | None, object]:
        """Let a holder, past or present, do something; gives the job when it was a present one, and the answer."""
        claim = self.claims[number % len(self.claims)]
        job = self.holds(claim)
        if job is None:
            with pytest.raises(LeaseLost):
                verb(claim)
            return None, None
        return job, verb(claim)

    @rule()
    def submit(self) -> None:
        self.jobs[waiting_job(self.database)] = Expected()
        self.happened += 1

    @rule(worker=st.sampled_from(WORKERS), limit=st.none() | st.integers(1, 3))
    def claim(self, worker: WorkerIdentity, limit: int | None) -> None:
        running = sum(job.status is JobStatus.RUNNING for job in self.jobs.values())
        due = [job_id for job_id, job in self.jobs.items() if job.can_start]
        claim = self.queue.claim(worker, total_limit=limit)
        if not due or (limit is not None and running >= limit):
            assert claim is None
            return
        assert claim is not None
        assert claim.job_id == due[0], "the one that came first"
        self.started(claim)

    @precondition(lambda self: self.jobs)
    @rule(number=any_one)
    def claim_that_one(self, number: int) -> None:
        job_id = list(self.jobs)[number % len(self.jobs)]
        claim = self.queue.claim(WORKERS[0], job_id=job_id)
        assert (claim is not None) == self.jobs[job_id].can_start
        if claim is not None:
            self.started(claim)

    def started(self, claim: Claim) -> None:
        job = self.jobs[claim.job_id]
        job.become(JobStatus.RUNNING)
        job.token += 1
        job.heartbeat += 1
        assert claim.token == job.token
        self.claims.append(claim)
        self.happened += 1

    @precondition(lambda self: self.claims)
    @rule(number=any_one)
    def renew(self, number: int) -> None:
        job, _ = self.use(number, self.queue.renew)
        if job:
            job.heartbeat += 1

    @precondition(lambda self: self.claims)
    @rule(number=any_one)
    def progress(self, number: int) -> None:
        job, _ = self.use(number, lambda claim: self.queue.progress(claim, 0.5, "running", None))
        self.happened += bool(job)

    @precondition(lambda self: self.claims)
    @rule(number=any_one, failure=st.none() | st.just(FAILURE))
    def finish(self, number: int, failure: Failure | None) -> None:
        job, done = self.use(number, lambda claim: self.queue.finish(claim, RESULT, failure))
        if job:
            assert done is not job.asked
            self.end(job, JobStatus.FAILED if failure else JobStatus.COMPLETED)

    @precondition(lambda self: self.claims)
    @rule(number=any_one, is_due=st.booleans())
    def retry_later(self, number: int, is_due: bool) -> None:
        delay_s = 0.0 if is_due else 3600.0
        job, done = self.use(number, lambda claim: self.queue.retry_later(claim, RESULT, FAILURE, delay_s))
        if job:
            assert done is not job.asked
            job.retries += not job.asked
            job.is_due = is_due
            self.end(job, JobStatus.RETRYING)

    @precondition(lambda self: self.claims)
    @rule(number=any_one)
    def requeue(self, number: int) -> None:
        job, done = self.use(number, self.queue.requeue)
        if job:
            assert done is not job.asked
            self.end(job, JobStatus.PENDING)

    def end(self, job: Expected, status: JobStatus) -> None:
        if not job.asked:
            job.become(status)
            self.happened += 1

    @precondition(lambda self: self.jobs)
    @rule(number=any_one)
    def request_cancel(self, number: int) -> None:
        job_id = list(self.jobs)[number % len(self.jobs)]
        job = self.jobs[job_id]
        assert self.queue.request_cancel(job_id).id == job_id
        if job.status in TERMINAL:
            return
        if job.status is not JobStatus.RUNNING:
            job.become(JobStatus.CANCELLED)
        self.happened += not job.asked
        job.asked = True

    @precondition(lambda self: self.claims)
    @rule(number=any_one)
    def confirm_cancelled(self, number: int) -> None:
        job, _ = self.use(number, self.queue.confirm_cancelled)
        if job:
            job.become(JobStatus.CANCELLED)
            self.happened += 1

    @rule()
    def watch(self) -> None:
        self.seen = self.queue.held()

    @precondition(lambda self: self.seen)
    @rule(number=any_one)
    def expire(self, number: int) -> None:
        seen = self.seen[number % len(self.seen)]
        job = self.jobs.get(seen.job_id)
        outcome = self.queue.expire(seen)
        if job is None or job.status is not JobStatus.RUNNING or (job.token, job.heartbeat) != (seen.token, seen.heartbeat):
            assert outcome is None
            return
        job.losses += not job.asked
        job.become(JobStatus.CANCELLED if job.asked else JobStatus.PENDING)
        assert outcome is job.status
        self.happened += 1

    @precondition(lambda self: self.jobs)
    @rule(number=any_one)
    def delete(self, number: int) -> None:
        job_id = list(self.jobs)[number % len(self.jobs)]
        with self.database.writing() as session:
            deleted = crud.delete_job(session, job_id)
        assert deleted == (self.jobs[job_id].status is not JobStatus.RUNNING)
        if deleted:
            del self.jobs[job_id]

    @invariant()
    def table_and_model_agree(self) -> None:
        with self.database.reading() as session:
            jobs, total = crud.list_jobs(session, per_page=1000)
        assert total == len(self.jobs)
        found = {
            job.id: (
                job.status,
                job.token,
                job.heartbeat,
                job.retry_count,
                job.supervisor_losses,
                job.cancel_requested_at is not None,
            )
            for job in jobs
        }
        assert found == {
            job_id: (job.status, job.token, job.heartbeat, job.retries, job.losses, job.asked) for job_id, job in self.jobs.items()
        }
        waiting = [job_id for job_id, job in self.jobs.items() if job.status.is_waiting]
        assert {job.id: job.queue_position for job in jobs if job.queue_position} == {
            job_id: place for place, job_id in enumerate(waiting, start=1)
        }

    @invariant()
    def everything_happened_once(self) -> None:
        events = events_in(self.database)
        assert len(events) == self.happened
        words = {job_id: [event.data["status"] for event in events if event.job_id == job_id] for job_id in self.jobs}
        for job_id, job in self.jobs.items():
            told = [word for number, word in enumerate(words[job_id]) if number == 0 or words[job_id][number - 1] != word]
            states = ["pending" if state is JobStatus.RETRYING else state.value.lower() for state in job.states]
            assert [word for word in told if word != "cancelling"] == states


def run_machine(database: Database, examples: int, steps: int) -> None:
    machine = type("OnThisDatabase", (QueueMachine,), {"database": database})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    bounds = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=checks, deadline=None)
    run_state_machine_as_test(machine, settings=bounds)  # type: ignore[no-untyped-call,unused-ignore]


def test_the_queue_does_what_its_model_does(database: Database) -> None:
    run_machine(database, examples=12, steps=30)


@pytest.mark.slow
def test_the_queue_does_so_for_long(database: Database) -> None:
    run_machine(database, examples=200, steps=60)
