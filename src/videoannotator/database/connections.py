"""How connections to SQLite and PostgreSQL are made, and in which condition each transaction finds them."""

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from videoannotator.errors import ExtraMissingException

BUSY_TIMEOUT_S = 10
"""How long to wait for somebody else's lock."""
SWITCH_INTERVAL_S = 0.02
CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 30
SILENCE_TIMEOUT_S = 10
"""After which PostgreSQL's machine counts as gone, and PostgreSQL ends the transaction of a process that stopped in the middle of
it: the locks of a frozen worker must not freeze the others."""
WAL_KEPT_BYTES = 64 * 1024 * 1024
POOL: dict[str, Any] = {"pool_size": 10, "max_overflow": 40, "pool_timeout": 10, "hide_parameters": True}
NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "sshfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs", "fuse.glusterfs", "lustre")
READING: dict[str, Any] = {"reading": True, "postgresql_readonly": True}
"""Options of the transactions in which the database itself refuses to write."""
WRITING: dict[str, Any] = {"writing": True}
"""Options of the transactions that take SQLite's write lock at once, so that what they read is still true when they write."""
CHANGED = "the database file"
"""How our own complaints about the file begin."""

logger = logging.getLogger(__name__)


class _SQLiteFile:
    """The file behind an engine. Once opened, it must stay that very file.

    A process that goes on with a deleted file would write into nowhere; one that opens another file of the same name would mix
    the log that lies beside it into that one.
    """

    def __init__(self, path: Path, umask: int) -> None:
        self._path = path
        self._umask = umask
        self._identity: tuple[int, int] | None = None

    def connect(self) -> sqlite3.Connection:
        if self._identity is None:
            self._make()
        else:
            self.require_same()
        # Python's own transactions begin late and never IMMEDIATE; ours begin in _begin
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None
        )
        try:
            mode = _switch_to_wal(connection)
            for pragma in ("synchronous=FULL", "foreign_keys=ON", f"journal_size_limit={WAL_KEPT_BYTES}"):
                connection.execute(f"PRAGMA {pragma}").close()
        except sqlite3.Error:
            connection.close()
            raise
        if self._identity is None:
            self._identity = self._look()
            self._warn(mode)
        return connection

    def require_same(self, *_: Any) -> None:
        """Called whenever a connection is taken into use."""
        try:
            same = self._identity in (None, self._look())
        except OSError as error:
            raise sqlite3.OperationalError(f"{CHANGED} {self._path.name} is gone") from error
        if not same:
            raise sqlite3.OperationalError(f"{CHANGED} {self._path.name} was replaced; restart this process")

    def _make(self) -> None:
        try:
            self._path.parent.mkdir(mode=0o777 & ~self._umask, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666 & ~self._umask))
        except FileExistsError:
            pass
        except OSError as error:
            raise sqlite3.OperationalError(f"unable to make the database file {self._path.name}: {error.strerror}") from error

    def _look(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_dev, found.st_ino

    def _warn(self, mode: str) -> None:
        kind = file_system(self._path)
        if mode != "wal":
            logger.warning("The database's disk (%s) allows no write-ahead log; SQLite works slower there.", kind)
        if is_network(kind):
            advice = "one machine only may use it. Set DATABASE_URL to a file on a local disk, or to PostgreSQL."
            logger.warning("The SQLite database %s lies on a network drive (%s): %s", self._path, kind, advice)


def _switch_to_wal(connection: sqlite3.Connection) -> str:
    """Turn the write-ahead log on; gives the mode that is in force.

    When several processes do this to a new file at the same moment, SQLite does not wait as it otherwise does, so we do.
    """
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= give_up_at:
                raise
        time.sleep(SWITCH_INTERVAL_S)


class _Compiler(SQLiteCompiler):
    """Writes hints that name an index behind the table's name, where SQLite wants them."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        return text


def sqlite_engine(path: Path, umask: int) -> Engine:
    """An engine for a file, which is made with its folder when the first connection is, without the rights in `umask`."""
    file = _SQLiteFile(path, umask)
    engine = create_engine("sqlite://", creator=file.connect, poolclass=QueuePool, **POOL)
    engine.dialect.statement_compiler = _Compiler
    event.listen(engine, "checkout", file.require_same)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    reading = options.get("reading", False)
    if connection.info.get("query_only", False) != reading:
        connection.exec_driver_sql(f"PRAGMA query_only={int(reading)}")
        connection.info["query_only"] = reading
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing", False) else "BEGIN")


def is_network(kind: str) -> bool:
    """Whether a file system of this kind is another machine's."""
    return kind.startswith(NETWORK_FILE_SYSTEMS)


def file_system(path: Path) -> str:
    """The kind of file system that a file lies on: `ext4`, `nfs4`; `unknown` where the system does not tell."""
    real = path.resolve()
    mounted = [part for part in psutil.disk_partitions(all=True) if real.is_relative_to(part.mountpoint)]
    return max(mounted, key=lambda part: len(part.mountpoint)).fstype if mounted else "unknown"


def postgresql_engine(url: URL) -> Engine:
    """An engine for a server.

    Raises:
        ExtraMissingException: the driver is not installed.
    """
    limits = {
        "statement_timeout": STATEMENT_TIMEOUT_S,
        "lock_timeout": BUSY_TIMEOUT_S,
        "idle_in_transaction_session_timeout": SILENCE_TIMEOUT_S,
    }
    given = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "keepalives_idle": SILENCE_TIMEOUT_S // 2,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": SILENCE_TIMEOUT_S * 1000,
        "options": " ".join(f"-c {name}={seconds * 1000}" for name, seconds in limits.items()) + " -c timezone=UTC",
        "application_name": "videoannotator",
        "client_encoding": "utf8",  # a server that was set up without a language would give bytes
    }
    try:
        return create_engine(url, connect_args=given, pool_pre_ping=True, **POOL)
    except ImportError as error:
        message = "PostgreSQL needs the package 'psycopg', which is not installed."
        raise ExtraMissingException(message, hint="Install it with: pip install 'videoannotator[postgres]'") from error
