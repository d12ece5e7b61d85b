"""Connections: SQLite in WAL mode or PostgreSQL behind two ways in, one that reads and one that writes."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from videoannotator.errors import (
    DatabaseUnavailableException,
    ExtraMissingException,
    InvalidRequestException,
    StorageFullException,
)
from videoannotator.settings import Settings

DATABASE_FILE = "videoannotator.db"
BUSY_TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 30
UNAVAILABLE = (
    sqlalchemy_errors.OperationalError,
    sqlalchemy_errors.InterfaceError,
    sqlalchemy_errors.InternalError,
    sqlalchemy_errors.TimeoutError,
)


def database_url(settings: Settings) -> str:
    """Where the database is: as DATABASE_URL says, else a SQLite file below the storage root."""
    given = settings.database_url
    if given is None:
        return f"sqlite:///{settings.storage_dir / DATABASE_FILE}"
    return given if "://" in given else f"sqlite:///{Path(given).expanduser().absolute()}"


class Database:
    """A database. Make one per process, and dispose of it at the end.

    Args:
        url: `sqlite:///PATH`, or `postgresql://…`.

    Raises:
        InvalidRequestException: the URL cannot be understood, or names another kind of database.
        ExtraMissingException: it names PostgreSQL and the driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(self.url) if self.is_sqlite else _postgresql_engine(self.url)
        self._writing_engine = self._engine.execution_options(writing=True)

    @property
    def engine(self) -> Engine:
        """For migrations and backups; everything else takes `reading` or `writing`."""
        return self._engine

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(str(self.url.database)) if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A short transaction that changes nothing. What it loads stays usable afterwards.

        Raises:
            DatabaseUnavailableException: the database does not answer.
        """
        with _translated(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is committed at the end of the block, and undone when the block raises.

        On SQLite it takes the write lock at once, so that what it reads is still true when it writes.

        Raises:
            DatabaseUnavailableException: the database does not answer, or somebody holds the write lock for 10 s.
            StorageFullException: its disk is full.
        """
        with _translated(), Session(self._writing_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        """Close every connection."""
        self._engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except UNAVAILABLE as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        if "disk is full" in reason or "No space left" in reason:
            message = "The database's disk is full."
            raise StorageFullException(
                message, hint="Free some space; `videoannotator storage cleanup` shows what can go."
            ) from error
        raise DatabaseUnavailableException(
            "The database does not answer.",
            hint="Check that it runs and that its disk is there, then try again.",
            detail={"reason": _without_password(reason)},
        ) from error


def _without_password(text: str) -> str:
    return re.sub(r"://[^@\s]*@", "://…@", text)


def _checked(url: str) -> URL:
    hint = "Write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME."
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except sqlalchemy_errors.ArgumentError as error:
        message = "DATABASE_URL cannot be understood."
        raise InvalidRequestException(message, hint=hint, field="DATABASE_URL") from error
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise InvalidRequestException(
            "DATABASE_URL names neither a SQLite file nor a PostgreSQL database.", hint=hint, field="DATABASE_URL"
        )
    return parsed


def _sqlite_engine(url: URL) -> Engine:
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}, pool_size=10, max_overflow=40, pool_timeout=10
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # Python's own transactions begin late and never IMMEDIATE; ours begin in _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgresql_engine(url: URL) -> Engine:
    options = f"-c statement_timeout={STATEMENT_TIMEOUT_S * 1000} -c lock_timeout={BUSY_TIMEOUT_S * 1000} -c timezone=UTC"
    try:
        return create_engine(
            url,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": options, "application_name": "videoannotator"},
            pool_size=10,
            max_overflow=40,
            pool_timeout=10,
            pool_pre_ping=True,
        )
    except ModuleNotFoundError as error:
        message = "PostgreSQL needs the package 'psycopg', which is not installed."
        raise ExtraMissingException(message, hint="Install it with: pip install 'videoannotator[postgres]'") from error
