"""The queue of jobs: who may run which, and who still holds what.

A job's row owns its state. To run it, a worker claims it: one atomic statement turns PENDING into RUNNING and gives a token.
Every later write about that run names the token; when it no longer fits, the write changes nothing and `LeaseLost` is raised:
whoever gets that must end the run at once, because the job belongs to somebody else. All times are the database's.

A lease is never judged by comparing clocks. Each renewal counts `heartbeat` up; whoever watches sees it stand still for the time
of a lease by a clock of its own, and then takes the job from its holder with `expire`, which fails if the counter moved after all.
"""

import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, text, update
from sqlalchemy.orm import Session

from videoannotator.database import events
from videoannotator.database.attempts import AttemptResult, Failure, RunReport, StoredFile, publish
from videoannotator.database.clock import now
from videoannotator.database.crud import no_such_job
from videoannotator.database.models import IS_WAITING, Job
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import LeaseLost, WorkerLostException

__all__ = ["AttemptResult", "Claim", "Failure", "Held", "JobQueue", "RunReport", "StoredFile", "WorkerIdentity"]

MAX_SUPERVISOR_LOSSES = 20
LONGEST_DELAY_S = 365 * 86400.0
"""Databases know no moment that is much further away, and a job without one would never be tried again."""
CLAIM_LOCK = 0x56415F43
"""Key of the PostgreSQL advisory lock under which a limit over all workers is counted."""


@dataclass(frozen=True, slots=True)
class WorkerIdentity:
    """A worker process.

    Attributes:
        name: for people.
        host: the machine's name.
        boot: changes with each start of the machine, and differs between process namespaces, where pids mean different processes.
        pid, started: the process, and when it started as the operating system counts; a pid alone may be used again.
    """

    name: str
    host: str
    boot: str
    pid: int
    started: float


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job, until the lease is lost; `job` is its row as it was when it was claimed."""

    job_id: str
    token: int
    job: Job


@dataclass(frozen=True, slots=True)
class Held:
    """A running job as a watcher sees it."""

    job_id: str
    token: int
    heartbeat: int
    worker: WorkerIdentity


class JobQueue:
    """The queue in a database; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, worker: WorkerIdentity, *, total_limit: int | None = None, job_id: str | None = None) -> Claim | None:
        """Take the job that has waited longest, or that very job; None when there is nothing to take.

        Args:
            worker: who takes it.
            total_limit: how many jobs may run at once in the whole database; None for any number.
            job_id: the job to take, when somebody was told to run it.
        """
        with self._database.reading() as session:  # most looks find nothing, and need not take the write lock
            if session.scalar(_next_due(job_id)) is None:
                return None
        with self._database.writing() as session:
            if total_limit is not None and not self._below(session, total_limit):
                return None
            number = session.scalar(_next_due(job_id).with_for_update(skip_locked=True))
            if number is None:
                return None
            job = session.get_one(Job, number)
            job.status, job.token = JobStatus.RUNNING, job.token + 1
            job.worker, job.worker_host, job.worker_boot = worker.name, worker.host, worker.boot
            job.worker_pid, job.worker_started = worker.pid, worker.started
            job.progress, job.stage, job.eta_seconds, job.next_attempt_at, job.cancel_error = 0.0, "starting", None, None, None
            session.flush()
            session.execute(
                update(Job)
                .where(Job.number == number)
                .values(heartbeat=Job.heartbeat + 1, heartbeat_at=now(), started_at=func.coalesce(Job.started_at, now()))
            )
            session.refresh(job)
            events.record(session, job)
        return Claim(job.id, job.token, job)

    def _below(self, session: Session, limit: int) -> bool:
        """Whether fewer jobs than `limit` run. On PostgreSQL a bare count would be of a past that others are changing."""
        if not self._database.is_sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CLAIM_LOCK})
        running = session.scalar(select(func.count()).select_from(Job).where(Job.status == JobStatus.RUNNING)) or 0
        return running < limit

    def renew(self, claim: Claim) -> None:
        """Say that the holder is alive.

        Raises:
            LeaseLost: the job is no longer the holder's.
        """
        with self._database.writing() as session:
            statement = update(Job).where(_held(claim)).values(heartbeat=Job.heartbeat + 1, heartbeat_at=now())
            _require_one(session.execute(statement), claim)

    def is_cancel_requested(self, claim: Claim) -> bool:
        """Whether somebody wants the job to stop.

        Raises:
            LeaseLost: the job is no longer the holder's.
        """
        with self._database.reading() as session:
            row = session.execute(select(Job.cancel_requested_at).where(_held(claim))).one_or_none()
        if row is None:
            raise _lost(claim)
        return row.cancel_requested_at is not None

    def progress(self, claim: Claim, fraction: float, stage: str, eta_s: float | None) -> None:
        """Write down how far the job has come: 0 to 1, in which stage, and the estimated seconds to go.

        Progress never goes back, and what is not finite counts as unknown: JSON has no word for it.

        Raises:
            LeaseLost: the job is no longer the holder's.
        """
        with self._database.writing() as session:
            job = _held_job(session, claim)
            if math.isfinite(fraction):
                job.progress = max(job.progress, min(1.0, fraction))
            job.stage, job.eta_seconds = stage, eta_s if eta_s is None or math.isfinite(eta_s) else None
            events.record(session, job)

    def log(self, claim: Claim, message: str) -> None:
        """Tell those who watch what the job says.

        Raises:
            LeaseLost: the job is no longer the holder's.
        """
        with self._database.writing() as session:
            events.record_log(session, _held_job(session, claim).id, message)

    def finish(self, claim: Claim, result: AttemptResult, failure: Failure | None = None, *, remark: str | None = None) -> bool:
        """End the job: COMPLETED, or FAILED for that reason; its result becomes visible in the same moment.

        Args:
            claim: the right to it.
            result: what it leaves behind.
            failure: why it failed; None when it completed.
            remark: of a completed job, what of it failed all the same, in sentences.

        Returns:
            False when a cancellation was asked for first: nothing is changed, and the holder must cancel.

        Raises:
            LeaseLost: the job is no longer the holder's; nothing is changed.
        """
        with self._database.writing() as session:
            job = _held_job(session, claim)
            if job.cancel_requested_at is not None:
                return False
            publish(session, job, result)
            job.status = JobStatus.FAILED if failure else JobStatus.COMPLETED
            job.stage, job.eta_seconds = None, None
            if not failure:
                job.progress = 1.0
            _note(job, failure)
            job.error_message = job.error_message or remark
            _end(session, job)
        return True

    def retry_later(self, claim: Claim, result: AttemptResult, failure: Failure, delay_s: float) -> bool:
        """Keep what succeeded, and try again so many seconds from now: RETRYING.

        Returns:
            False when a cancellation was asked for first: nothing is changed, and the holder must cancel.

        Raises:
            LeaseLost: the job is no longer the holder's; nothing is changed.
        """
        with self._database.writing() as session:
            job = _held_job(session, claim)
            if job.cancel_requested_at is not None:
                return False
            publish(session, job, result)
            job.status, job.retry_count = JobStatus.RETRYING, job.retry_count + 1
            _note(job, failure)
            _wait_again(job)
            session.flush()
            session.execute(update(Job).where(Job.number == job.number).values(next_attempt_at=now(min(delay_s, LONGEST_DELAY_S))))
            session.refresh(job)
            events.record(session, job)
        return True

    def requeue(self, claim: Claim) -> bool:
        """Give the job back unharmed, its attempts not counted: PENDING, at its old place in the queue.

        Returns:
            False when a cancellation was asked for first: nothing is changed, and the holder must cancel.

        Raises:
            LeaseLost: the job is no longer the holder's; nothing is changed.
        """
        with self._database.writing() as session:
            job = _held_job(session, claim)
            if job.cancel_requested_at is not None:
                return False
            job.status = JobStatus.PENDING
            _wait_again(job)
            events.record(session, job)
        return True

    def request_cancel(self, job_id: str, reason: str | None = None) -> Job:
        """Cancel a waiting job at once; ask the holder of a running one to end it. A job that has ended stays as it is.

        Raises:
            JobNotFoundException: there is no such job.
        """
        with self._database.writing() as session:
            job = session.scalar(select(Job).where(Job.id == job_id).with_for_update())
            if job is None:
                raise no_such_job(job_id)
            if job.is_terminal:
                return job
            asked_before = job.cancel_requested_at is not None
            job.cancel_error = None
            job.cancel_reason = job.cancel_reason or reason
            session.flush()
            session.execute(
                update(Job)
                .where(Job.number == job.number)
                .values(cancel_requested_at=func.coalesce(Job.cancel_requested_at, now()))
            )
            session.refresh(job)
            if job.status.is_waiting:
                _cancel(session, job)
            elif not asked_before:
                events.record(session, job)
        return job

    def confirm_cancelled(self, claim: Claim) -> None:
        """Say that no process of the job is alive: CANCELLED.

        Raises:
            LeaseLost: the job is no longer the holder's; nothing is changed.
        """
        with self._database.writing() as session:
            _cancel(session, _held_job(session, claim))

    def report_cancel_failed(self, claim: Claim, message: str) -> None:
        """Say that a process of the job could not be ended; the job stays RUNNING.

        Raises:
            LeaseLost: the job is no longer the holder's; nothing is changed.
        """
        with self._database.writing() as session:
            _held_job(session, claim).cancel_error = message

    def held(self) -> list[Held]:
        """Every running job, with its holder and the counter of its lease."""
        with self._database.reading() as session:
            jobs = session.scalars(select(Job).where(Job.status == JobStatus.RUNNING).order_by(Job.number)).all()
        return [Held(job.id, job.token, job.heartbeat, _worker_of(job)) for job in jobs]

    def expire(self, seen: Held) -> JobStatus | None:
        """Take a job from a holder that is gone.

        It becomes CANCELLED when that was asked for, FAILED when it has lost too many workers, else PENDING again.

        Returns:
            What became of it; None when its holder was alive after all, or somebody else was faster.
        """
        with self._database.writing() as session:
            unchanged = and_(Job.id == seen.job_id, Job.token == seen.token, Job.heartbeat == seen.heartbeat)
            job = session.scalar(select(Job).where(unchanged, Job.status == JobStatus.RUNNING).with_for_update())
            if job is None:
                return None
            if job.cancel_requested_at is not None:
                _cancel(session, job)
                return job.status
            job.supervisor_losses += 1
            if job.supervisor_losses >= MAX_SUPERVISOR_LOSSES:
                job.status = JobStatus.FAILED
                message = f"The worker that ran the job went away {job.supervisor_losses} times."
                _note(
                    job,
                    Failure(WorkerLostException.code, message, "Look into the worker's log: something ends it again and again."),
                )
                _end(session, job)
            else:
                job.status = JobStatus.PENDING
                _wait_again(job)
                events.record(session, job)
        return job.status


def _next_due(job_id: str | None) -> Any:
    """The number of the job that is next.

    A retry whose last heartbeat lies in the future is due: the clock was put back, and would make it wait for as long again.
    """
    due = or_(Job.status == JobStatus.PENDING, Job.next_attempt_at <= now(), Job.heartbeat_at > now())
    query = select(Job.number).where(IS_WAITING, due, Job.cancel_requested_at.is_(None)).order_by(Job.number).limit(1)
    query = query.with_hint(Job, "INDEXED BY ix_jobs_waiting", "sqlite")  # which would rather sort every waiting job
    return query if job_id is None else query.where(Job.id == job_id)


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(Job.id == claim.job_id, Job.token == claim.token, Job.status == JobStatus.RUNNING)


def _held_job(session: Session, claim: Claim) -> Job:
    """The row, locked until the transaction ends."""
    job = session.scalar(select(Job).where(_held(claim)).with_for_update())
    if job is None:
        raise _lost(claim)
    return job


def _require_one(result: Any, claim: Claim) -> None:
    if result.rowcount != 1:
        raise _lost(claim)


def _lost(claim: Claim) -> LeaseLost:
    return LeaseLost(f"Job {claim.job_id} is no longer this worker's.", detail={"job_id": claim.job_id, "token": claim.token})


def _worker_of(job: Job) -> WorkerIdentity:
    return WorkerIdentity(
        job.worker or "", job.worker_host or "", job.worker_boot or "", job.worker_pid or 0, job.worker_started or 0.0
    )


def _note(job: Job, failure: Failure | None) -> None:
    job.error_code = failure.code if failure else None
    job.error_message = failure.message if failure else None
    job.error_hint = failure.hint if failure else None


def _wait_again(job: Job) -> None:
    job.progress, job.stage, job.eta_seconds = 0.0, None, None
    job.worker = job.worker_host = job.worker_boot = job.worker_pid = job.worker_started = None


def _end(session: Session, job: Job) -> None:
    session.flush()
    session.execute(update(Job).where(Job.number == job.number).values(completed_at=now()))
    session.refresh(job)
    events.record(session, job)


def _cancel(session: Session, job: Job) -> None:
    job.cancel(session.execute(select(now())).scalar_one())
    job.stage, job.eta_seconds, job.next_attempt_at, job.cancel_error = None, None, None, None
    _note(job, None)
    _end(session, job)
