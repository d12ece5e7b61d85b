"""Every query that is not the queue's. Each function takes the session of a transaction that its caller opened."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, delete, func, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from videoannotator.database import events
from videoannotator.database.clock import now
from videoannotator.database.models import IS_WAITING, APIKey, Artifact, Job, PipelineRun, SchemaMetadata
from videoannotator.database.states import JobStatus
from videoannotator.errors import JobNotFoundException

KEYS_LOCK = 0x56415F4B
"""Key of the PostgreSQL advisory lock under which the first keys are made."""
TERMINAL = tuple(status for status in JobStatus if status.is_terminal)


# jobs


def add_job(session: Session, job: Job) -> Job:
    """Record a job that waits to be run.

    Returns:
        The job; or, where another request with its idempotency key came first, the job that that one made: look at its id.
    """
    job.status, job.created_at, job.queued_at = JobStatus.PENDING, now(), now()
    if job.idempotency_key:
        try:
            with session.begin_nested():
                session.add(job)
        except IntegrityError:
            earlier = find_by_idempotency_key(session, job.idempotency_key)
            if earlier is None:
                raise
            return earlier
    else:
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
        raise no_such_job(job_id)
    return job


def no_such_job(job_id: str) -> JobNotFoundException:
    """What is said about an id that no job has."""
    hint = "List the jobs to see their ids; it may have been deleted."
    return JobNotFoundException("There is no such job.", hint=hint, detail={"job_id": job_id})


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
    session: Session,
    *,
    page: int = 1,
    per_page: int = 20,
    statuses: Sequence[JobStatus] = (),
    cancelling: bool | None = None,
    search: str = "",
) -> tuple[Sequence[Job], int]:
    """A page of jobs, newest first, and how many there are in all; only those in one of `statuses` when any is given.

    `cancelling`: of the running ones, only those whose cancellation was asked for, or only the others.
    `search`: only those with these characters in the recording's name, in a tag, or at the start of the id; capitals do not matter.
    """
    wanted: list[ColumnElement[bool]] = [Job.status.in_(statuses)] if statuses else []
    if cancelling is not None:
        asked = Job.cancel_requested_at.is_not(None)
        wanted.append(or_(Job.status != JobStatus.RUNNING, asked if cancelling else ~asked))
    if search:
        in_tags = json.dumps(search)[1:-1]  # as the column holds them
        wanted.append(
            or_(
                Job.video_filename.icontains(search, autoescape=True),
                cast(Job.tags, Text).icontains(in_tags, autoescape=True),
                Job.id.istartswith(search, autoescape=True),
            )
        )
    total = session.scalar(select(func.count()).select_from(Job).where(*wanted)) or 0
    # only the numbers of the pages before are passed over, in an index; the rows themselves are wide
    numbers = select(Job.number).where(*wanted).order_by(Job.number.desc()).offset((page - 1) * per_page).limit(per_page)
    of_page = session.scalars(numbers).all()
    jobs = session.scalars(select(Job).where(Job.number.in_(of_page)).order_by(Job.number.desc())).all()
    _complete(session, jobs)
    return jobs, total


def count_jobs(session: Session) -> dict[JobStatus, int]:
    """How many jobs are in each state; every state is named."""
    counted = {row[0]: row[1] for row in session.execute(select(Job.status, func.count()).group_by(Job.status))}
    return {status: counted.get(status, 0) for status in JobStatus}


def count_waiting(session: Session) -> int:
    """How many jobs wait for a worker."""
    return session.scalar(select(func.count()).select_from(Job).where(IS_WAITING)) or 0


def _complete(session: Session, jobs: Sequence[Job]) -> None:
    """Set what is counted rather than stored: the place in the queue, and the share of pipelines that completed."""
    waiting = [job for job in jobs if job.status.is_waiting]
    if waiting:
        first = min(job.number for job in waiting)
        ahead = session.scalar(select(func.count()).select_from(Job).where(IS_WAITING, Job.number < first)) or 0
        last = max(job.number for job in waiting)
        between: Sequence[int] = [first]
        if last != first:
            between = session.scalars(
                select(Job.number).where(IS_WAITING, Job.number.between(first, last)).order_by(Job.number)
            ).all()
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


def ids_ended_before(session: Session, days: float) -> Sequence[str]:
    """The jobs that ended more than so many days ago, longest ago first."""
    moment = now(-days * 86400)
    unknown = and_(Job.completed_at.is_(None), func.coalesce(Job.cancelled_at, Job.created_at) < moment)  # of an earlier release
    query = select(Job.id).where(Job.status.in_(TERMINAL), or_(Job.completed_at < moment, unknown))
    return session.scalars(query.order_by(Job.completed_at, Job.number)).all()


def states_of(session: Session, ids: Sequence[str]) -> dict[str, tuple[JobStatus, int]]:
    """State and token of those of `ids` that have a row."""
    rows = session.execute(select(Job.id, Job.status, Job.token).where(Job.id.in_(ids)))
    return {row[0]: (row[1], row[2]) for row in rows}


# results


def runs_of(session: Session, job_id: str) -> Sequence[PipelineRun]:
    """How each pipeline of a job ended, in the order in which they were recorded."""
    return session.scalars(select(PipelineRun).where(PipelineRun.job_id == job_id).order_by(PipelineRun.id)).all()


def artifacts_of(session: Session, job_id: str) -> Sequence[Artifact]:
    """The result files of a job, by name."""
    return session.scalars(select(Artifact).where(Artifact.job_id == job_id).order_by(Artifact.name)).all()


# what earlier releases left


def jobs_without_options(session: Session) -> Sequence[Job]:
    """Waiting jobs of an earlier release whose config nobody has turned into options yet, oldest first."""
    waiting = session.scalars(select(Job).where(Job.legacy.is_not(None), IS_WAITING).order_by(Job.number))
    return [job for job in waiting if job.legacy and not job.options]


def jobs_with_files_elsewhere(session: Session) -> Sequence[Job]:
    """Jobs of an earlier release whose recording or results still lie where that release kept them, oldest first."""
    elsewhere = select(Artifact.job_id).where(Artifact.sha256.is_(None))
    wanted = (Job.legacy.is_not(None), or_(Job.original_path.is_not(None), Job.id.in_(elsewhere)))
    return [job for job in session.scalars(select(Job).where(*wanted).order_by(Job.number)) if job.legacy]


def artifacts_elsewhere(session: Session) -> Sequence[Artifact]:
    """Their result files that lie there."""
    return session.scalars(select(Artifact).where(Artifact.sha256.is_(None)).order_by(Artifact.job_id, Artifact.name)).all()


def set_artifact_file(session: Session, artifact_id: int, *, path: str, size_bytes: int, sha256: str) -> None:
    """Say where a result file of an earlier release lies now."""
    values = {"path": path, "size_bytes": size_bytes, "sha256": sha256}
    session.execute(update(Artifact).where(Artifact.id == artifact_id).values(**values))


def stored_paths_of(session: Session, ids: Sequence[str]) -> set[str]:
    """Where the result files of these jobs lie, as the rows have it."""
    return set(session.scalars(select(Artifact.path).where(Artifact.job_id.in_(ids))))


# keys


def add_key(session: Session, key: APIKey) -> APIKey:
    """Record a key; its `created_at` is set."""
    key.created_at = now()
    session.add(key)
    session.flush()
    session.refresh(key)
    return key


def lock_keys(session: Session) -> None:
    """Let nobody else make keys until this transaction ends; SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEYS_LOCK})


def add_first_key(session: Session, key: APIKey) -> bool:
    """Record a key unless there is any, be it revoked; gives whether it did. Of several processes, one at most succeeds."""
    lock_keys(session)
    if session.scalar(select(func.count()).select_from(APIKey)):
        return False
    add_key(session, key)
    return True


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


def lock_key(session: Session, key_id: str) -> APIKey | None:
    """The key, revoked and expired ones included; until this transaction ends nobody else changes it."""
    return session.scalar(select(APIKey).where(APIKey.id == key_id).with_for_update())


def revoke_key(session: Session, key_id: str) -> bool:
    """Make a key, and those made in its name, useless from now on; gives whether there was such a key that worked."""
    revoke = update(APIKey).where(APIKey.revoked_at.is_(None)).values(revoked_at=now())
    result = session.execute(revoke.where(APIKey.id == key_id))
    made = [key_id]
    while made := list(session.scalars(select(APIKey.id).where(APIKey.parent_id.in_(made)))):
        session.execute(revoke.where(APIKey.id.in_(made)))
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
