"""Connections: SQLite in WAL mode or PostgreSQL behind two ways in, one that reads and one that writes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from videoannotator.database.connections import CHANGED, READING, WRITING, postgresql_engine, sqlite_engine
from videoannotator.errors import DatabaseUnavailableException, InvalidRequestException, StorageFullException
from videoannotator.settings import Settings

DATABASE_FILE = "videoannotator.db"
PRIVATE = 0o077
UNAVAILABLE = (
    sqlalchemy_errors.OperationalError,
    sqlalchemy_errors.InterfaceError,
    sqlalchemy_errors.InternalError,
    sqlalchemy_errors.TimeoutError,
)
DAMAGED = ("file is not a database", "malformed")
"""SQLite's words for a file that it cannot read as a database."""
UNUSABLE_STATES = ("42P01", "42501")
"""PostgreSQL's words for tables that are not there, and for rights that are missing."""


def database_url(settings: Settings) -> URL:
    """Where the database is: as DATABASE_URL says, else a SQLite file below the storage root.

    Raises:
        InvalidRequestException: DATABASE_URL cannot be understood.
    """
    given = settings.database_url
    if given is not None and "://" in given:
        return _checked(given)
    path = settings.storage_dir / DATABASE_FILE if given is None else Path(given)
    return _checked(URL.create("sqlite", database=str(path)))


def former_file(settings: Settings) -> Path | None:
    """The database that release 1.2 left in the working folder, while no setting says where the database is."""
    found = Path(DATABASE_FILE).absolute()
    return found if settings.database_url is None and found.is_file() else None


class Database:
    """A database. Make one per process, and dispose of it at the end.

    Args:
        url: `sqlite:///PATH`, or `postgresql://…`.
        umask: rights that a new SQLite file does not get.

    Raises:
        InvalidRequestException: the URL cannot be understood, or names another kind of database.
        ExtraMissingException: it names PostgreSQL and the driver is not installed.
    """

    def __init__(self, url: str | URL, *, umask: int = PRIVATE) -> None:
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = sqlite_engine(Path(str(self.url.database)), umask) if self.is_sqlite else postgresql_engine(self.url)
        self._reading_engine = self._engine.execution_options(**READING)
        self._writing_engine = self._engine.execution_options(**WRITING)

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """The database that the settings name.

        Raises:
            InvalidRequestException, ExtraMissingException: as above.
        """
        return cls(database_url(settings), umask=settings.umask)

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
        """A short transaction that cannot change anything. What it loads stays usable afterwards.

        Raises:
            DatabaseUnavailableException: the database does not answer.
        """
        with _translated(), Session(self._reading_engine, expire_on_commit=False) as session:
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
    except (sqlalchemy_errors.DBAPIError, sqlalchemy_errors.TimeoutError) as error:
        if not _is_of_the_database(error):
            raise
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        if "disk is full" in reason or "No space left" in reason:
            message = "The database's disk is full."
            raise StorageFullException(
                message, hint="Free some space; `videoannotator storage cleanup` shows what can go."
            ) from error
        message, hint = _told(reason)
        raise DatabaseUnavailableException(message, hint=hint, detail={"reason": _without_password(reason)}) from error


def _told(reason: str) -> tuple[str, str]:
    """What to say to whom must not see all of the reason, and what to do about it."""
    if reason.startswith(CHANGED):
        return f"The database does not answer: {reason}.", "Stop the server, put the right file in its place, and start it again."
    if any(words in reason for words in DAMAGED):
        hint = (
            "Stop the server, put the damaged file aside, and the newest backup in its place (`videoannotator backup` makes them)."
        )
        return "The database file is damaged, or is none.", hint
    return "The database does not answer.", "Check that it runs and that its disk is there, then try again."


def _is_of_the_database(error: Exception) -> bool:
    """Whether the database is at fault, not the statement. A damaged SQLite file is a DatabaseError of no further kind."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, UNAVAILABLE) or type(error) is sqlalchemy_errors.DatabaseError or state in UNUSABLE_STATES


def _without_password(text: str) -> str:
    return re.sub(r"://[^@\s]*@", "://…@", text)


def _checked(url: str | URL) -> URL:
    hint = "Write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME; in a password, write @ as %40."
    parsed = _parsed(url)
    if parsed is None:
        raise InvalidRequestException("DATABASE_URL cannot be understood.", hint=hint, field="DATABASE_URL")
    if parsed.drivername.startswith("postgres"):
        return _with_plain_password(parsed).set(drivername="postgresql+psycopg")
    path = parsed.database or ""
    if parsed.drivername != "sqlite" or not path or path.startswith((":memory:", "file:")):
        message = "DATABASE_URL names neither a SQLite file nor a PostgreSQL database."
        raise InvalidRequestException(message, hint=hint, field="DATABASE_URL")
    return URL.create("sqlite", database=str(Path(path).expanduser().absolute()))


def _parsed(url: str | URL) -> URL | None:
    """The parts of a URL; None where it has none. Errors about it would quote it, password and all."""
    try:
        parsed = make_url(url)
    except (sqlalchemy_errors.ArgumentError, ValueError):
        return None
    return None if "@" in (parsed.host or "") else parsed  # what stands before the @ belongs to the password


def _with_plain_password(url: URL) -> URL:
    """A password among the URL's options is moved to where everybody hides it."""
    password = url.query.get("password")
    return url.set(password=password).difference_update_query(["password"]) if isinstance(password, str) else url
