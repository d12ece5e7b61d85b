"""Every query that is not the queue's. Each function takes the session of a transaction that its caller opened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from videoannotator.database import events
from videoannotator.database.clock import now
from videoannotator.database.models import APIKey, Artifact, Job, PipelineRun, SchemaMetadata
from videoannotator.database.states import WAITING, JobStatus
from videoannotator.errors import JobNotFoundException

TERMINAL = tuple(status for status in JobStatus if status.is_terminal)


# jobs


def add_job(session: Session, job: Job) -> Job:
    """Record a job that waits to be run."""
    job.status, job.created_at, job.queued_at = JobStatus.PENDING, now(), now()
    session.add(job)
    session.flush()
    session.refresh(job)
    _complete(session, [job])
    events.record(session, job)
    return job


def get_job(session: Session, job_id: str) -> Job:
    """A job, with its place in the queue and its success rate.

    Raises:
        JobNotFoundException: there is no such job.
    """
    job = find_job(session, job_id)
    if job is None:
        raise JobNotFoundException(
            f"There is no job {job_id}.",
            hint="List the jobs to see their ids; it may have been deleted.",
            detail={"job_id": job_id},
        )
    return job


def find_job(session: Session, job_id: str) -> Job | None:
    """The same, or None."""
    job = session.scalar(select(Job).where(Job.id == job_id))
    if job is not None:
        _complete(session, [job])
    return job


def find_by_idempotency_key(session: Session, key: str) -> Job | None:
    """The job that an earlier request with this key made."""
    job = session.scalar(select(Job).where(Job.idempotency_key == key))
    if job is not None:
        _complete(session, [job])
    return job


def list_jobs(
    session: Session, *, page: int = 1, per_page: int = 20, statuses: Sequence[JobStatus] = ()
) -> tuple[Sequence[Job], int]:
    """A page of jobs, newest first, and how many there are in all; only those in one of `statuses` when any is given."""
    wanted = [Job.status.in_(statuses)] if statuses else []
    total = session.scalar(select(func.count()).select_from(Job).where(*wanted)) or 0
    query = select(Job).where(*wanted).order_by(Job.number.desc()).offset((page - 1) * per_page).limit(per_page)
    jobs = session.scalars(query).all()
    _complete(session, jobs)
    return jobs, total


def count_jobs(session: Session) -> dict[JobStatus, int]:
    """How many jobs are in each state; every state is named."""
    counted = {row[0]: row[1] for row in session.execute(select(Job.status, func.count()).group_by(Job.status))}
    return {status: counted.get(status, 0) for status in JobStatus}


def count_waiting(session: Session) -> int:
    """How many jobs wait for a worker."""
    return session.scalar(select(func.count()).select_from(Job).where(Job.status.in_(WAITING))) or 0


def _complete(session: Session, jobs: Sequence[Job]) -> None:
    """Set what is counted rather than stored: the place in the queue, and the share of pipelines that completed."""
    waiting = [job for job in jobs if job.status.is_waiting]
    if waiting:
        first = min(job.number for job in waiting)
        ahead = session.scalar(select(func.count()).select_from(Job).where(Job.status.in_(WAITING), Job.number < first)) or 0
        last = max(job.number for job in waiting)
        between = session.scalars(
            select(Job.number).where(Job.status.in_(WAITING), Job.number.between(first, last)).order_by(Job.number)
        )
        places = {number: ahead + place for place, number in enumerate(between, start=1)}
        for job in waiting:
            job.queue_position = places.get(job.number)
    ended = [job for job in jobs if job.is_terminal]
    if ended:
        counts: dict[str, list[str]] = {}
        runs = select(PipelineRun.job_id, PipelineRun.status).where(PipelineRun.job_id.in_([job.id for job in ended]))
        for job_id, status in session.execute(runs):
            counts.setdefault(job_id, []).append(status)
        for job in ended:
            tried = [status for status in counts.get(job.id, []) if status != "skipped"]
            job.success_rate = tried.count("completed") / len(tried) if tried else 0.0


def set_fields(session: Session, job_id: str, **values: Any) -> None:
    """Change columns that are not part of a job's state (paths, sizes)."""
    session.execute(update(Job).where(Job.id == job_id).values(**values))


def delete_job(session: Session, job_id: str) -> bool:
    """Delete the row of a job that no worker holds, with its runs and artifacts; gives whether it did."""
    result = session.execute(delete(Job).where(Job.id == job_id, Job.status != JobStatus.RUNNING))
    return bool(getattr(result, "rowcount", 0))


def ended_before(session: Session, days: float, limit: int = 1000) -> Sequence[Job]:
    """Jobs that ended more than so many days ago, longest ago first."""
    ended = func.coalesce(Job.completed_at, Job.cancelled_at, Job.created_at)
    query = select(Job).where(Job.status.in_(TERMINAL), ended < now(-days * 86400)).order_by(ended).limit(limit)
    return session.scalars(query).all()


def known_job_ids(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that have a row."""
    return set(session.scalars(select(Job.id).where(Job.id.in_(ids))))


# results


def runs_of(session: Session, job_id: str) -> Sequence[PipelineRun]:
    """How each pipeline of a job ended, in the order in which they were recorded."""
    return session.scalars(select(PipelineRun).where(PipelineRun.job_id == job_id).order_by(PipelineRun.id)).all()


def artifacts_of(session: Session, job_id: str) -> Sequence[Artifact]:
    """The result files of a job, by name."""
    return session.scalars(select(Artifact).where(Artifact.job_id == job_id).order_by(Artifact.name)).all()


# keys


def add_key(session: Session, key: APIKey) -> APIKey:
    """Record a key; its `created_at` is set."""
    key.created_at = now()
    session.add(key)
    session.flush()
    session.refresh(key)
    return key


def find_key(session: Session, key_hash: bytes) -> APIKey | None:
    """The key with this hash, revoked and expired ones included."""
    return session.scalar(select(APIKey).where(APIKey.key_hash == key_hash))


def list_keys(session: Session) -> Sequence[APIKey]:
    """Every key, oldest first."""
    return session.scalars(select(APIKey).order_by(APIKey.created_at, APIKey.id)).all()


def count_keys(session: Session) -> int:
    """How many keys work."""
    valid = (APIKey.revoked_at.is_(None), (APIKey.expires_at.is_(None)) | (APIKey.expires_at > now()))
    return session.scalar(select(func.count()).select_from(APIKey).where(*valid)) or 0


def revoke_key(session: Session, key_id: str) -> bool:
    """Make a key useless from now on; gives whether there was such a key that worked."""
    result = session.execute(update(APIKey).where(APIKey.id == key_id, APIKey.revoked_at.is_(None)).values(revoked_at=now()))
    return bool(getattr(result, "rowcount", 0))


def touch_key(session: Session, key_id: str) -> None:
    """Note that a key was used."""
    session.execute(update(APIKey).where(APIKey.id == key_id).values(last_used_at=now()))


def database_now(session: Session) -> datetime:
    """The present by the database's clock."""
    return session.execute(select(now())).scalar_one()  # type: ignore[no-any-return]


# facts about the database


def get_fact(session: Session, key: str) -> str | None:
    """A fact about this database."""
    return session.scalar(select(SchemaMetadata.value).where(SchemaMetadata.key == key))


def set_fact(session: Session, key: str, value: str) -> None:
    """Write a fact about this database down."""
    session.merge(SchemaMetadata(key=key, value=value, updated_at=database_now(session)))
