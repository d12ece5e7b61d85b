"""The queries about corrections. Each function takes the session of a transaction that its caller opened."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from videoannotator.database import crud
from videoannotator.database.clock import now
from videoannotator.database.models import Job, JobCorrection


def of_job(session: Session, job_id: str) -> Sequence[JobCorrection]:
    """Every correction of a job, those that were undone included, by number."""
    query = select(JobCorrection).where(JobCorrection.job_id == job_id).order_by(JobCorrection.number)
    return session.scalars(query).all()


def lock(session: Session, job_id: str) -> Sequence[JobCorrection]:
    """The same; until this transaction ends nobody else corrects that job. SQLite has one writer at a time anyway.

    Raises:
        JobNotFoundException: there is no such job.
    """
    if session.scalar(select(Job.number).where(Job.id == job_id).with_for_update()) is None:
        raise crud.no_such_job(job_id)
    return of_job(session, job_id)


def add(
    session: Session,
    job_id: str,
    *,
    number: int,
    base: int,
    kind: str,
    target: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    created_by: str | None,
) -> JobCorrection:
    """Record a correction."""
    row = JobCorrection(
        job_id=job_id,
        number=number,
        base=base,
        kind=kind,
        target=target,
        before=dict(before),
        after=dict(after),
        created_by=created_by,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def mark(session: Session, rows: Sequence[JobCorrection], *, undone_by: str | None, undone: bool = True) -> None:
    """Mark corrections as undone, or as in force again."""
    values = {"undone_by": undone_by, "undone_at": now()} if undone else {"undone_by": None, "undone_at": None}
    session.execute(update(JobCorrection).where(JobCorrection.id.in_([row.id for row in rows])).values(**values))
    for row in rows:
        session.refresh(row)
