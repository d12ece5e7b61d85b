"""What happened to jobs, in the order in which it became true, for those who watch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from videoannotator.database.clock import now
from videoannotator.database.models import Job, JobEvent
from videoannotator.database.states import JobStatus

EVENTS_KEPT_S = 24 * 3600
LOG_MESSAGE_LENGTH = 2000
ORDER_LOCK = 0x56415F45
"""Key of the PostgreSQL advisory lock under which events get their numbers."""


class EventType(str, Enum):
    """Kinds of events, by the names that clients listen for."""

    UPDATE = "job.update"
    LOG = "job.log"
    COMPLETE = "job.complete"
    ERROR = "job.error"
    CANCELLED = "job.cancelled"


TYPE_OF_END = {
    JobStatus.COMPLETED: EventType.COMPLETE,
    JobStatus.FAILED: EventType.ERROR,
    JobStatus.CANCELLED: EventType.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `data` is what clients get."""

    id: int
    job_id: str
    type: str
    data: Mapping[str, Any]
    created_at: datetime


def record(session: Session, job: Job) -> None:
    """Write down how `job` stands, in the transaction that changes it, and last in it.

    Readers ask for events after the last number they saw. So numbers must become visible in their order: PostgreSQL gives them out
    under a lock that is held until the commit; SQLite has one writer at a time anyway. Whoever holds that lock must not wait for
    another one: a transaction changes one job.
    """
    session.flush()
    kind, data = _standing(job)
    _append(session, job.id, kind, data)


def standing(job: Job, number: int, moment: datetime) -> Event:
    """How a job stands, as an event of that number, for somebody who missed what led there."""
    kind, data = _standing(job)
    return Event(number, job.id, kind.value, {"job_id": job.id, **data}, moment)


def _standing(job: Job) -> tuple[EventType, dict[str, Any]]:
    wire = job.to_dict()
    data = {name: wire[name] for name in ("status", "progress", "stage", "eta_seconds", "error", "retry_count")}
    return TYPE_OF_END.get(job.status, EventType.UPDATE), data


def record_log(session: Session, job_id: str, message: str) -> None:
    """Write down what a job says; the end of a long message is left out."""
    _append(session, job_id, EventType.LOG, {"message": message[:LOG_MESSAGE_LENGTH]})


def _append(session: Session, job_id: str, kind: EventType, data: Mapping[str, Any]) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ORDER_LOCK})
    values = {"job_id": job_id, "type": kind.value, "data": {"job_id": job_id, **data}}
    session.execute(insert(JobEvent).values(**values, created_at=now()))


def after(session: Session, number: int, *, job_id: str | None = None, limit: int = 500) -> Sequence[Event]:
    """The events after that number, oldest first, at most `limit`."""
    query = select(JobEvent).where(JobEvent.id > number).order_by(JobEvent.id).limit(limit)
    if job_id is not None:
        query = query.where(JobEvent.job_id == job_id)
    return [Event(row.id, row.job_id, row.type, row.data, row.created_at) for row in session.scalars(query)]


def latest(session: Session) -> int:
    """The number of the newest event; 0 when there is none."""
    return session.scalar(select(func.max(JobEvent.id))) or 0


def oldest(session: Session) -> int:
    """The number of the oldest event that is still kept; 0 when there is none."""
    return session.scalar(select(func.min(JobEvent.id))) or 0


def forget_old(session: Session) -> int:
    """Delete events older than a day; gives how many.

    The newest one is kept whatever its age: its number tells a reader who comes back how much happened meanwhile.
    """
    newest = select(func.max(JobEvent.id)).scalar_subquery()
    result = session.execute(delete(JobEvent).where(JobEvent.created_at < now(-EVENTS_KEPT_S), JobEvent.id < newest))
    return int(getattr(result, "rowcount", 0))
