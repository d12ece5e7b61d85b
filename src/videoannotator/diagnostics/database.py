"""Whether the database answers, what is in it, and whether its machine and its disk suit it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from videoannotator.database import crud, migrations
from videoannotator.database.connections import file_system, is_network
from videoannotator.database.migrations import SCHEMA_VERSION
from videoannotator.database.queue import Held, JobQueue
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.diagnostics.findings import Finding, error, fine, info, warning
from videoannotator.errors import VideoAnnotatorException

MOST_SKEW_S = 5.0
"""As much as the clocks of two machines may differ."""


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
        hint: what to do about it, where that is known.
        place: the file, or the address without its password.
        file_system: kind of file system that the file lies on; None for PostgreSQL.
        clock_skew_s: how much later it is by the database's clock than by this machine's.
    """

    status: str
    kind: str
    schema_version: str | None = None
    jobs: Mapping[JobStatus, int] = field(default_factory=dict)
    valid_keys: int | None = None
    workers: tuple[BusyWorker, ...] = ()
    error: str | None = None
    hint: str | None = None
    place: str | None = None
    file_system: str | None = None
    clock_skew_s: float | None = None

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
    place = str(database.file or database.url.render_as_string(hide_password=True))
    disk = file_system(database.file) if database.file is not None else None
    if database.file is not None and not database.file.is_file():  # opening it would make an empty one
        return DatabaseReport("error", kind, error="The database file is gone.", place=place, file_system=disk)
    try:
        with database.reading() as session:
            version, jobs, keys = crud.get_fact(session, "version"), crud.count_jobs(session), crud.count_keys(session)
            skew_s = (crud.database_now(session) - datetime.now(timezone.utc)).total_seconds()
        held = JobQueue(database).held()
    except VideoAnnotatorException as failure:
        return DatabaseReport("error", kind, error=failure.message, hint=failure.hint, place=place, file_system=disk)
    counted: dict[tuple[str, str], int] = {}
    for one in held:
        worker = (one.worker.name, one.worker.host)
        counted[worker] = counted.get(worker, 0) + 1
    workers = tuple(BusyWorker(*worker, number) for worker, number in counted.items())
    return DatabaseReport("ok", kind, version, jobs, keys, workers, place=place, file_system=disk, clock_skew_s=skew_s)


def examine(database: Database, *, has_recordings: bool, wait: Callable[[], object]) -> Iterator[Finding]:
    """What is wrong with a database, if anything is. Changes nothing, and makes none where there is none.

    Args:
        database: to look at.
        has_recordings: whether the storage holds jobs, so that a database must have been there.
        wait: returns when every worker that is alive has renewed its leases; called only while jobs run.
    """
    if database.file is not None and not database.file.is_file():
        yield _missing(str(database.file), has_recordings=has_recordings)
        return
    try:
        standing = migrations.look(database)
    except VideoAnnotatorException as failure:
        why = "Jobs, results and keys stand in it; without it the server does not start."
        yield error(failure.message, why, failure.hint or "Start the database, or set DATABASE_URL to where it is.")
        return
    if not standing.is_current:
        why = "This release needs its own tables; the server makes them at its next start, and keeps a copy of what was there."
        yield warning(f"The tables are not those of release {SCHEMA_VERSION}.", why, "videoannotator migrate")
        return
    report = look(database)
    if report.error is not None:
        yield error(report.error, "Without the database nothing works.", report.hint or "Set DATABASE_URL to where it is.")
        return
    yield fine(f"The database {report.place} answers; tables of release {report.schema_version}, {report.jobs_count or 0} jobs.")
    yield from judge(report)
    yield _leases(JobQueue(database), wait)


def judge(report: DatabaseReport) -> Iterator[Finding]:
    """What is wrong with a database that answers."""
    if report.file_system is not None and is_network(report.file_system):
        what = f"The SQLite database lies on a network drive ({report.file_system})."
        why = "SQLite's locks and write-ahead log do not hold across machines: jobs can be lost when two use it."
        yield warning(what, why, "Set DATABASE_URL to a file on a local disk, or to PostgreSQL, and move it: videoannotator backup")
    if report.clock_skew_s is not None and abs(report.clock_skew_s) > MOST_SKEW_S:
        what = f"The database's clock differs from this machine's by {abs(report.clock_skew_s):.0f} s."
        yield warning(what, "Times of jobs and the end of keys are misread.", "Set both clocks by NTP: timedatectl set-ntp true")
    if report.valid_keys == 0:
        what = "There is no API key that works."
        yield info(what, "Nobody can sign in; the first start of the server makes a key.", "videoannotator token create NAME")
    elif report.valid_keys is not None:
        yield fine(f"{report.valid_keys} API {'key works' if report.valid_keys == 1 else 'keys work'}.")


def _missing(path: str, *, has_recordings: bool) -> Finding:
    if has_recordings:
        why = "The storage holds recordings and results of jobs that only the database knows."
        return error(f"The database file {path} is gone.", why, "Restore a backup that `videoannotator backup` made to that place.")
    return info(f"There is no database at {path} yet.", "The server makes it at its first start.", "videoannotator setup-db")


def _leases(queue: JobQueue, wait: Callable[[], object]) -> Finding:
    """Whether every running job has a worker that is alive: one that renews its lease."""
    before = {(held.job_id, held.token): held for held in queue.held()}
    if not before:
        return fine("No job runs, and no lease is left over.")
    wait()
    stale: list[Held] = [held for held in queue.held() if before.get((held.job_id, held.token)) == held]
    if not stale:
        return fine(f"Every one of {len(before)} running jobs has a worker that is alive.")
    names = ", ".join(sorted({f"{held.worker.name} on {held.worker.host}" for held in stale}))
    why = "They run no further until a worker takes them over, which it does when their lease has ended."
    return warning(
        f"{len(stale)} running jobs have no worker that is alive; they belonged to {names}.", why, "videoannotator worker"
    )
