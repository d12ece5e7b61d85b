"""Whether the database answers, and what is in it."""

from pathlib import Path

from videoannotator.auth.keys import KeyRing
from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.queue import JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.diagnostics import database as diagnostics
from videoannotator.diagnostics.database import BusyWorker


def test_jobs_workers_and_keys_are_counted(database: Database) -> None:
    KeyRing(database).issue("ada")
    with database.writing() as session:
        crud.set_fact(session, "version", "1.3.0")
        for number in range(4):
            crud.add_job(session, Job(id=f"00000000-0000-0000-0000-{number:012}"))
    queue = JobQueue(database)
    for _ in range(2):
        assert queue.claim(WorkerIdentity("worker-1", "lab", "boot", 17, 1.0)) is not None
    report = diagnostics.look(database)
    assert (report.status, report.schema_version, report.error) == ("ok", "1.3.0", None)
    assert (report.jobs_count, report.running, report.waiting, report.valid_keys) == (4, 2, 2, 1)
    assert report.workers == (BusyWorker("worker-1", "lab", 2),)


def test_a_missing_file_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gone.db'}")
    try:
        report = diagnostics.look(database)
    finally:
        database.dispose()
    assert (report.status, report.jobs_count) == ("error", None)
    assert report.error
    assert not (tmp_path / "gone.db").exists()


def test_a_database_that_is_not_there_is_an_error() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    try:
        report = diagnostics.look(database)
    finally:
        database.dispose()
    assert (report.status, report.kind) == ("error", "postgresql")
    assert report.error == "The database does not answer."
