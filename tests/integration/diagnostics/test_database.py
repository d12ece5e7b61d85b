"""Whether the database answers, and what is in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from videoannotator.auth.keys import KeyRing
from videoannotator.database import crud
from videoannotator.database.models import Job
from videoannotator.database.queue import JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.diagnostics import database as diagnostics
from videoannotator.diagnostics.database import BusyWorker, DatabaseReport
from videoannotator.diagnostics.findings import Finding, Severity


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


def examined(database: Database, *, has_recordings: bool = False, wait: Callable[[], object] = lambda: None) -> list[Finding]:
    return list(diagnostics.examine(database, has_recordings=has_recordings, wait=wait))


def troubles(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity in (Severity.WARNING, Severity.ERROR)]


def test_a_database_in_use_has_no_troubles(database: Database) -> None:
    with database.writing() as session:
        crud.set_fact(session, "version", "1.3.0")
    KeyRing(database).issue("ada")
    found = examined(database)
    assert troubles(found) == []
    assert "1 API key works." in [finding.what for finding in found]


def test_a_job_whose_worker_is_gone_is_told_and_one_whose_worker_lives_is_not(database: Database) -> None:
    with database.writing() as session:
        crud.add_job(session, Job(id="00000000-0000-0000-0000-000000000001"))
    queue = JobQueue(database)
    claim = queue.claim(WorkerIdentity("worker-1", "lab", "boot", 17, 1.0))
    assert claim is not None
    assert troubles(examined(database, wait=lambda: queue.renew(claim))) == []
    (stale,) = troubles(examined(database))
    assert stale.what == "1 running jobs have no worker that is alive; they belonged to worker-1 on lab."
    assert stale.cure == "videoannotator worker"


@pytest.mark.parametrize(("has_recordings", "severity"), [(False, Severity.INFO), (True, Severity.ERROR)])
def test_a_file_that_was_never_made_is_not_one_that_is_gone(tmp_path: Path, *, has_recordings: bool, severity: Severity) -> None:
    database = Database(f"sqlite:///{tmp_path / 'gone.db'}")
    (found,) = examined(database, has_recordings=has_recordings)
    database.dispose()
    assert found.severity is severity
    assert not (tmp_path / "gone.db").exists()


def test_a_server_that_does_not_answer_is_told_with_its_cure() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    (found,) = examined(database)
    database.dispose()
    assert (found.severity, found.what) == (Severity.ERROR, "The database does not answer.")
    assert found.cure


def test_tables_of_another_release_are_told_with_their_cure(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    (found,) = examined(database)
    database.dispose()
    assert (found.severity, found.cure) == (Severity.WARNING, "videoannotator migrate")


def test_a_network_drive_and_a_wrong_clock_are_told() -> None:
    report = DatabaseReport("ok", "sqlite", "1.3.0", valid_keys=1, file_system="nfs4", clock_skew_s=-90.0)
    drive, clock, _ = diagnostics.judge(report)
    assert "network drive (nfs4)" in drive.what
    assert "differs from this machine's by 90 s" in clock.what
