"""The tables' history on both kinds of database."""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from videoannotator.database import crud
from videoannotator.database.migrations import SCHEMA_VERSION, look, upgrade
from videoannotator.database.migrations.schema import MIGRATION_LOCK
from videoannotator.database.models import Base
from videoannotator.database.session import Database
from videoannotator.errors import DatabaseTooNewException, DatabaseUnavailableException, InvalidRequestException

UPGRADE = """
import sys
from videoannotator.database.migrations import upgrade
from videoannotator.database.session import Database
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(database)
database.dispose()
"""


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def upgrade_at_once(url: str, processes: int = 3) -> None:
    """Real processes that begin at the same moment."""
    pipe = subprocess.PIPE
    words = [sys.executable, "-W", "error", "-c", UPGRADE, url]
    started = [subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1) for _ in range(processes)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
    for process in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors


@contextmanager
def others_kept_waiting(database: Database) -> Iterator[Session]:
    """A transaction that holds what a migration takes first."""
    with database.writing() as session:
        session.connection()
        if not database.is_sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        yield session


def test_an_empty_database_gets_the_tables_of_the_models(empty: Database) -> None:
    upgrade(empty)
    with empty.reading() as session:
        connection = session.connection()
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
        assert crud.get_fact(session, "version") == SCHEMA_VERSION
    assert look(empty).is_current


def test_sqlite_gets_exactly_the_models_statements(tmp_path: Path) -> None:
    """What no comparison of Alembic sees, such as AUTOINCREMENT and ON DELETE."""
    found = []
    for name in ("migrated", "made"):
        database = Database(f"sqlite:///{tmp_path / name}.db")
        upgrade(database) if name == "migrated" else Base.metadata.create_all(database.engine)
        with database.reading() as session:
            rows = session.execute(text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'"))
            found.append(sorted((kind, table, re.sub(r"\s+", " ", sql or "")) for kind, table, sql in rows))
        database.dispose()
    assert found[0] == found[1]


def test_a_second_start_changes_nothing(empty: Database) -> None:
    upgrade(empty)
    with empty.writing() as session:
        crud.set_fact(session, "marker", "kept")
    with empty.reading() as session:
        changed = session.scalar(text("SELECT updated_at FROM schema_metadata WHERE key = 'version'"))
    upgrade(empty)
    with empty.reading() as session:
        assert session.scalar(text("SELECT updated_at FROM schema_metadata WHERE key = 'version'")) == changed
        assert crud.get_fact(session, "marker") == "kept"


def test_processes_that_start_at_once_do_not_disturb_each_other(database_url: str) -> None:
    upgrade_at_once(database_url)
    database = Database(database_url)
    assert look(database).is_current
    database.dispose()


def test_who_comes_second_waits_and_finds_it_done(empty: Database) -> None:
    """Both have seen an empty database before either may change it."""
    with ThreadPoolExecutor(2) as pool:
        with others_kept_waiting(empty):
            starts = [pool.submit(upgrade, empty) for _ in range(2)]
            waited = wait(starts, timeout=1.0)
            assert waited.done == set()
            assert look(empty).kind.value == "empty"
        for start in starts:
            start.result(timeout=60)
    assert look(empty).is_current


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = 'v9_9_9'",
        "UPDATE schema_metadata SET value = '1.10.0' WHERE key = 'version'",
        "UPDATE schema_metadata SET value = '2.0.0rc1' WHERE key = 'version'",
    ],
)
def test_a_newer_database_is_refused_with_the_cure(empty: Database, statement: str) -> None:
    upgrade(empty)
    with empty.writing() as session:
        session.execute(text(statement))
    with pytest.raises(DatabaseTooNewException, match="newer") as refused:
        upgrade(empty)
    assert refused.value.hint is not None
    assert "pip install" in refused.value.hint


def test_tables_of_another_program_are_left_alone(empty: Database) -> None:
    with empty.writing() as session:
        session.execute(text("CREATE TABLE jobs (title VARCHAR(10))"))
        session.execute(text("INSERT INTO jobs VALUES ('theirs')"))
    with pytest.raises(InvalidRequestException, match="jobs") as refused:
        upgrade(empty)
    assert "DATABASE_URL" in (refused.value.hint or "")
    with empty.reading() as session:
        assert session.scalar(text("SELECT title FROM jobs")) == "theirs"


def test_a_failure_in_the_middle_leaves_nothing_behind(empty: Database) -> None:
    """An index of another table stands in the way of the last statements."""
    with empty.writing() as session:
        session.execute(text("CREATE TABLE theirs (a INTEGER)"))
        session.execute(text("CREATE INDEX ix_job_events_created_at ON theirs (a)"))
    with pytest.raises((DatabaseUnavailableException, ProgrammingError)):
        upgrade(empty)
    assert look(empty).tables == {"theirs"}
