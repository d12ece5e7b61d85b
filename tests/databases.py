"""Real databases for tests: SQLite always, PostgreSQL where TEST_POSTGRES_URL names a server on which databases may be made."""

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from videoannotator.database import crud, events
from videoannotator.database.events import Event
from videoannotator.database.migrations import upgrade
from videoannotator.database.models import Job
from videoannotator.database.session import Database

POSTGRES_URL = "TEST_POSTGRES_URL"


def postgres_server() -> URL:
    """The server's URL; skips the test where there is none."""
    url = os.environ.get(POSTGRES_URL)  # noqa: TID251  where the tests' server is, is no setting of ours
    if not url:
        pytest.skip(f"PostgreSQL is not tested: {POSTGRES_URL} names no server")
    return make_url(url).set(drivername="postgresql+psycopg")


@contextmanager
def postgres_database(template: str = "template1") -> Iterator[str]:
    """A fresh database on that server, a copy of `template`; it is dropped at the end, whoever is still connected."""
    server = postgres_server()
    engine = create_engine(server, isolation_level="AUTOCOMMIT", connect_args={"client_encoding": "utf8"})
    name = f"va_test_{uuid.uuid4().hex}"
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        engine.dispose()


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a database with the tables in it; a copy of it is there sooner than new tables."""
    with postgres_database() as url:
        database = Database(url)
        upgrade(database)
        database.dispose()
        yield str(database.url.database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database; it is empty, unless the test also wants `database`."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'videoannotator.db'}"
    else:
        template = request.getfixturevalue("postgres_template") if "database" in request.fixturenames else "template1"
        with postgres_database(template) as url:
            yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with the tables in it."""
    database = Database(database_url)
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


def waiting_job(database: Database, job_id: str | None = None, **fields: Any) -> str:
    """Put a job into the queue; gives its id."""
    job = Job(id=job_id or str(uuid.uuid4()), **fields)
    with database.writing() as session:
        return crud.add_job(session, job).id


def job_in(database: Database, job_id: str) -> Job:
    """A job's row as it is now."""
    with database.reading() as session:
        return crud.get_job(session, job_id)


def events_in(database: Database, after: int = 0) -> Sequence[Event]:
    """What happened after that event."""
    with database.reading() as session:
        return events.after(session, after, limit=1_000_000)
