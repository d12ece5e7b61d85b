"""The database goes away, is locked, full, damaged or replaced: a clear error soon, and no restart afterwards."""

import logging
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import traceback
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import text, update
from tests.clusters import Cluster
from tests.databases import job_in, waiting_job

from videoannotator.database import connections, crud
from videoannotator.database.migrations import upgrade
from videoannotator.database.models import Job
from videoannotator.database.queue import AttemptResult, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.database.states import JobStatus
from videoannotator.errors import DatabaseUnavailableException, StorageFullException

WORKER = WorkerIdentity("first", "host", "boot", 11, 5.0)
SOON_S = 6.0
"""The time to connect is 5 s at most."""


def sqlite(path: Path) -> Database:
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    return database


def file_of(database: Database) -> Path:
    assert database.file is not None
    return database.file


@pytest.fixture
def here(tmp_path: Path) -> "object":
    """A SQLite database in a folder of its own."""
    database = sqlite(tmp_path / "base" / "videoannotator.db")
    yield database
    database.dispose()


def reason_of(error: pytest.ExceptionInfo[DatabaseUnavailableException]) -> str:
    return str(error.value.detail["reason"])


@pytest.mark.alone
def test_postgresql_goes_away_and_comes_back(postgres_cluster: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    """A holder that waited it out still holds its job."""
    caplog.set_level(logging.DEBUG)
    database = Database(postgres_cluster.url)
    upgrade(database)
    queue = JobQueue(database)
    job_id = waiting_job(database)
    claim = queue.claim(WORKER)
    assert claim is not None
    postgres_cluster.stop()
    told = []
    for act in (lambda: queue.renew(claim), queue.held, lambda: queue.claim(WORKER), lambda: job_in(database, job_id)):
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailableException, match="does not answer") as away:
            act()
        assert time.monotonic() - began < SOON_S
        told.extend([*traceback.format_exception(away.value), str(away.value.detail), str(away.value.hint)])
    postgres_cluster.start()
    queue.renew(claim)
    assert queue.finish(claim, AttemptResult())
    assert job_in(database, job_id).status is JobStatus.COMPLETED
    assert "s3cret" not in "".join(told) + caplog.text
    database.dispose()


@pytest.mark.alone
def test_a_process_that_froze_in_a_transaction_does_not_freeze_the_others(
    postgres_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends its transaction, and with it the lock under which events get their numbers."""
    monkeypatch.setattr(connections, "SILENCE_TIMEOUT_S", 2)
    database = Database(postgres_cluster.url)
    upgrade(database)
    program = """
import sys
from videoannotator.database import connections, crud
from videoannotator.database.models import Job
from videoannotator.database.session import Database
connections.SILENCE_TIMEOUT_S = 2
with Database(sys.argv[1]).writing() as session:
    crud.add_job(session, Job(id="of the frozen one"))
    print("now", flush=True)
    sys.stdin.readline()
"""
    words = [sys.executable, "-c", program, postgres_cluster.url]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as frozen:
        try:
            assert frozen.stdout is not None
            assert frozen.stdout.readline() == "now\n"
            frozen.send_signal(signal.SIGSTOP)
            assert waiting_job(database, "of another one") == "of another one"
        finally:
            frozen.kill()
    with database.reading() as session:
        assert crud.find_job(session, "of the frozen one") is None
    database.dispose()


def test_tables_that_are_not_there(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(DatabaseUnavailableException):
        waiting_job(database)
    database.dispose()


def test_a_lock_that_somebody_keeps(here: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_S", 0.2)
    other = Database(str(here.url))
    with closing(sqlite3.connect(file_of(here), isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailableException) as locked:
            waiting_job(other)
        assert "locked" in reason_of(locked)
        with other.reading() as session:
            assert crud.count_waiting(session) == 0
        holder.execute("ROLLBACK")
    assert waiting_job(other, "a") == "a"
    other.dispose()


def test_a_short_lock_is_waited_for(here: Database) -> None:
    with closing(sqlite3.connect(file_of(here), isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, holder.execute, ["ROLLBACK"])
        release.start()
        assert waiting_job(here, "a") == "a"
        release.join()


def test_connections_are_as_safe_as_they_should_be(here: Database) -> None:
    with here.reading() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "journal_size_limit")
        }
    full = 2
    assert found == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "journal_size_limit": 64 * 1024 * 1024,
    }


def test_postgresql_ends_what_takes_too_long(database: Database) -> None:
    if database.is_sqlite:
        return
    with database.reading() as session:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone", "transaction_read_only")
        found = {name: session.execute(text(f"SHOW {name}")).scalar() for name in names}
    assert list(found.values()) == ["30s", "10s", "10s", "UTC", "on"]


def test_who_only_reads_cannot_write(database: Database) -> None:
    job_id = waiting_job(database, created_by="somebody")
    change = update(Job).where(Job.id == job_id).values(created_by="somebody else")
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableException), database.reading() as session:
            session.execute(change)
        with database.writing() as session:
            session.execute(change.values(tags=["a"], created_by=Job.created_by))
    assert job_in(database, job_id).created_by == "somebody"


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o007, 0o660)])
def test_a_new_file_is_private(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(0)
    try:
        path = tmp_path / "new" / "videoannotator.db"
        database = Database(f"sqlite:///{path}", umask=umask)
        upgrade(database)
        waiting_job(database)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        database.dispose()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("videoannotator.db", "videoannotator.db-wal", "videoannotator.db-shm"), mode)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o777 & ~umask


def test_a_file_that_is_gone_is_not_made_anew(here: Database) -> None:
    job_id, path = waiting_job(here), file_of(here)
    away = path.with_suffix(".away")
    path.rename(away)
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableException) as gone:
            job_in(here, job_id)
        assert "gone" in reason_of(gone)
        assert "videoannotator.db is gone" in gone.value.message
    assert not path.exists()
    away.rename(path)
    assert job_in(here, job_id).id == job_id


def test_another_file_in_its_place_is_not_touched(here: Database, tmp_path: Path) -> None:
    other = sqlite(tmp_path / "other.db")
    other.dispose()
    path = file_of(here)
    path.rename(path.with_suffix(".away"))
    file_of(other).rename(path)
    content = path.read_bytes()
    with pytest.raises(DatabaseUnavailableException) as replaced:
        waiting_job(here)
    assert "replaced" in reason_of(replaced)
    assert "was replaced" in replaced.value.message
    assert path.read_bytes() == content


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "videoannotator.db"
    path.write_bytes(b"no database at all " * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailableException) as damaged:
        waiting_job(database)
    assert "not a database" in reason_of(damaged)
    assert ("damaged" in damaged.value.message, "backup" in str(damaged.value.hint)) == (True, True)
    database.dispose()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path / 'file' / 'below' / 'videoannotator.db'}")
    with pytest.raises(DatabaseUnavailableException) as refused:
        waiting_job(database)
    assert "unable to make" in reason_of(refused)
    database.dispose()


def test_a_full_disk(small_disk: Path) -> None:
    """It says so, nothing is half written, and with room again all goes on."""
    database = sqlite(small_disk / "videoannotator.db")
    job_id = waiting_job(database)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(small_disk).free)
    assert shutil.disk_usage(small_disk).free == 0
    with pytest.raises(StorageFullException, match="disk is full"):
        waiting_job(database, "too much", config={"note": "x" * 1_000_000})
    assert job_in(database, job_id).status is JobStatus.PENDING
    with database.reading() as session:
        assert crud.find_job(session, "too much") is None
        assert session.execute(text("PRAGMA quick_check")).scalar() == "ok"
    ballast.unlink()
    assert waiting_job(database, "enough") == "enough"
    database.dispose()


OPEN = """
import sys
from videoannotator.database.session import Database
print("ready", flush=True)
sys.stdin.readline()
database = Database(sys.argv[1])
with database.reading() as session:
    session.connection()
with database.writing() as session:
    session.connection()
database.dispose()
"""


def test_many_processes_make_one_file_at_the_same_moment(tmp_path: Path) -> None:
    words = [sys.executable, "-W", "error", "-c", OPEN, f"sqlite:///{tmp_path / 'new' / 'videoannotator.db'}"]
    pipe = subprocess.PIPE
    opening = [subprocess.Popen(words, text=True, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(6)]
    for process in opening:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in opening:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[1] for process in opening]
    assert said == [""] * 6


def test_an_error_does_not_tell_what_was_to_be_written(database: Database) -> None:
    value = "s3" + "cret"  # the traceback quotes this file
    with pytest.raises(DatabaseUnavailableException) as refused, database.writing() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": value})
    told = "".join(traceback.format_exception(refused.value))
    assert "INSERT INTO nowhere" in told
    assert "s3cret" not in told
