"""Whether the database answers, and what is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from videoannotator.database import crud
from videoannotator.database.queue import JobQueue
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import VideoAnnotatorException


@dataclass(frozen=True, slots=True)
class BusyWorker:
    """A worker that runs jobs."""

    name: str
    host: str
    jobs: int


@dataclass(frozen=True, slots=True)
class DatabaseReport:
    """The database.

    Attributes:
        status: `ok` or `error`.
        kind: `sqlite` or `postgresql`.
        schema_version: the release that last changed its tables.
        jobs: how many are in each state; empty when it does not answer.
        valid_keys: how many API keys work.
        workers: those that run jobs now.
        error: what is wrong, in a sentence.
    """

    status: str
    kind: str
    schema_version: str | None = None
    jobs: Mapping[JobStatus, int] = field(default_factory=dict)
    valid_keys: int | None = None
    workers: tuple[BusyWorker, ...] = ()
    error: str | None = None

    @property
    def jobs_count(self) -> int | None:
        """How many jobs there are in all."""
        return sum(self.jobs.values()) if self.jobs else None

    @property
    def running(self) -> int:
        """How many jobs run."""
        return self.jobs.get(JobStatus.RUNNING, 0)

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return sum(number for status, number in self.jobs.items() if status.is_waiting)


def look(database: Database) -> DatabaseReport:
    """Ask the database; takes as long as its time-outs when it does not answer."""
    kind = "sqlite" if database.is_sqlite else "postgresql"
    if database.file is not None and not database.file.is_file():  # opening it would make an empty one
        return DatabaseReport("error", kind, error="The database file is gone.")
    try:
        with database.reading() as session:
            version, jobs, keys = crud.get_fact(session, "version"), crud.count_jobs(session), crud.count_keys(session)
        held = JobQueue(database).held()
    except VideoAnnotatorException as error:
        return DatabaseReport("error", kind, error=error.message)
    counted: dict[tuple[str, str], int] = {}
    for one in held:
        place = (one.worker.name, one.worker.host)
        counted[place] = counted.get(place, 0) + 1
    return DatabaseReport("ok", kind, version, jobs, keys, tuple(BusyWorker(*place, number) for place, number in counted.items()))
