"""How jobs stand, in the words that clients use."""

from collections.abc import Sequence
from dataclasses import dataclass

from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.session import Database
from videoannotator.database.states import WAITING, JobStatus
from videoannotator.errors import ValidationErrorException

CANCELLING = "cancelling"
"""What a running job is called whose cancellation is not confirmed."""
WORDS = {
    "pending": WAITING,
    "running": frozenset({JobStatus.RUNNING}),
    CANCELLING: frozenset({JobStatus.RUNNING}),
    "completed": frozenset({JobStatus.COMPLETED}),
    "failed": frozenset({JobStatus.FAILED}),
    "cancelled": frozenset({JobStatus.CANCELLED}),
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some of all jobs, newest first; `total` says how many there are that fit."""

    jobs: Sequence[Job]
    total: int
    page: int
    per_page: int


def get(database: Database, job_id: str) -> Job:
    """A job.

    Raises:
        JobNotFoundException: there is no such job.
    """
    with database.reading() as session:
        return crud.get_job(session, job_id)


def page_of(database: Database, page: int, per_page: int, status_filter: str | None = None, search: str | None = None) -> Page:
    """A page of jobs.

    Args:
        database: where they are.
        page: from 1.
        per_page: how many are on a page.
        status_filter: only jobs that clients see in one of these states, with commas between them.
        search: only jobs with these characters in the recording's name, in a tag, or at the start of the id.

    Raises:
        ValidationErrorException: the filter names a state that does not exist.
    """
    words = [word.strip().lower() for word in (status_filter or "").split(",") if word.strip()]
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        message = f"No job can be {unknown[0][:40]!r}."
        hint = f"The states are: {', '.join(WORDS)}; several go with commas between them."
        raise ValidationErrorException(message, hint=hint, field="status_filter")
    statuses = frozenset[JobStatus]().union(*(WORDS[word] for word in words))
    both = ("running" in words) == (CANCELLING in words)
    with database.reading() as session:
        jobs, total = crud.list_jobs(
            session,
            page=page,
            per_page=per_page,
            statuses=tuple(statuses),
            cancelling=None if both else CANCELLING in words,
            search=(search or "").strip(),
        )
    return Page(jobs, total, page, per_page)
