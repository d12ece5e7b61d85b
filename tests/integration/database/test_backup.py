"""Copies of databases in use."""

import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import text
from tests.databases import postgres_database

from videoannotator.database import crud
from videoannotator.database.backup import backup
from videoannotator.database.migrations import upgrade
from videoannotator.database.session import Database
from videoannotator.errors import (
    DatabaseUnavailableException,
    ExtraMissingException,
    InvalidRequestException,
    OutputExistsException,
    StorageFailedException,
)


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    upgrade(database)
    with database.writing() as session:
        crud.set_fact(session, "marker", "ä")
    yield database
    database.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'videoannotator.db'}")
    upgrade(database)
    yield database
    database.dispose()


def test_a_copy_is_private_and_never_replaces_a_file(filled: Database, tmp_path: Path) -> None:
    target = backup(filled, tmp_path / "copy")
    assert S_IMODE(target.stat().st_mode) == 0o600
    before = target.read_bytes()
    with pytest.raises(OutputExistsException):
        backup(filled, tmp_path / "copy")
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name or "pgpass" in path.name] == []


def test_a_copy_of_sqlite_holds_whole_transactions_while_somebody_writes(sqlite: Database, tmp_path: Path) -> None:
    """The writer changes two rows in each transaction; a copy never has one without the other."""
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with sqlite.writing() as session:
                crud.set_fact(session, "left", f"{number} {'x' * 5000}")
                crud.set_fact(session, "right", f"{number} {'x' * 5000}")
            written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(30)
        seen = set()
        for number in range(10):
            target = backup(sqlite, tmp_path / f"copy{number}.db")
            with closing(sqlite3.connect(target)) as copy:
                facts = dict(copy.execute("SELECT key, value FROM schema_metadata"))
            assert facts["left"] == facts["right"]
            seen.add(facts["left"])
    finally:
        stop.set()
        writer.join()
    assert len(seen) > 1


def test_a_copy_of_sqlite_opens_where_nothing_may_be_written(sqlite: Database, tmp_path: Path) -> None:
    target = backup(sqlite, tmp_path / "copy.db")
    with closing(sqlite3.connect(f"file:{target}?mode=ro&immutable=1", uri=True)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert copy.execute("SELECT value FROM schema_metadata").fetchone()[0] == "1.3.0"


def test_a_copy_of_postgresql_can_be_restored(tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None or shutil.which("pg_restore") is None:
        pytest.skip("PostgreSQL's client programs are not installed")
    with postgres_database() as url, postgres_database() as other:
        database = Database(url)
        upgrade(database)
        with database.writing() as session:
            crud.set_fact(session, "marker", "ä")
        target = backup(database, tmp_path / "copy.dump")
        database.dispose()
        subprocess.run(["pg_restore", "--no-owner", f"--dbname={other}", target], check=True)
        restored = Database(other)
        with restored.reading() as session:
            assert crud.get_fact(session, "marker") == "ä"
        restored.dispose()


def test_postgresql_without_its_program_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres_database() as url:
        database = Database(url)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ExtraMissingException, match="pg_dump") as missing:
            backup(database, tmp_path / "copy.dump")
        database.dispose()
    assert "postgresql-client" in (missing.value.hint or "")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_dump_leaves_nothing_and_tells_no_password(tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("PostgreSQL's client programs are not installed")
    database = Database("postgresql://somebody:pass:word@127.0.0.1:9/nowhere")
    with pytest.raises(StorageFailedException) as failed:
        backup(database, tmp_path / "copy.dump")
    database.dispose()
    assert "pass:word" not in failed.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestException, match="nowhere"):
        backup(sqlite, tmp_path / "nowhere" / "copy.db")


def test_a_damaged_database_is_not_taken_for_a_whole_one(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.writing() as session:
        for number in range(200):
            session.execute(
                text("INSERT INTO schema_metadata VALUES (:key, :value, '2025-01-01')"), {"key": str(number), "value": "v" * 500}
            )
    sqlite.dispose()
    assert sqlite.file is not None
    with sqlite.file.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(b"\xff" * 4096 * 20)
    with pytest.raises(DatabaseUnavailableException, match=r"damaged|cannot be copied"):
        backup(sqlite, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
