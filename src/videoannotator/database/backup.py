"""Copies of a database that are whole, also while somebody writes to it."""

import os
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL

from videoannotator.database.session import Database
from videoannotator.errors import (
    DatabaseUnavailableException,
    ExtraMissingException,
    InvalidRequestException,
    OutputExistsException,
    StorageFailedException,
    StorageFullException,
)

SPARE_BYTES = 64_000_000
"""What a copy leaves free on its disk."""


def backup(database: Database, target: Path) -> Path:
    """Copy a database that may be in use; `target` appears whole or not at all, readable by this user alone.

    The copy of a SQLite database is a SQLite database; that of PostgreSQL is an archive for `pg_restore`. Recordings and results
    lie in the storage folder and are not part of it.

    Returns:
        The absolute path of the copy.

    Raises:
        OutputExistsException: `target` exists; it is kept.
        InvalidRequestException: its folder cannot be written to.
        ExtraMissingException: PostgreSQL's program `pg_dump` is not installed.
        StorageFullException: its disk has too little room.
        DatabaseUnavailableException: the database cannot be read.
    """
    target = target.expanduser().absolute()
    if os.path.lexists(target):
        raise _exists(target)
    with _naming(target), part_of(target) as part:
        if database.file is not None:
            copy_sqlite(database.file, part)
        else:
            _dump_postgresql(database.url, part)
        keep(part, target)
    return target


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database, its log included, to a new file that is on the disk when this returns; it is quick to check.

    Raises:
        StorageFullException: the disk has too little room for it.
        DatabaseUnavailableException: the database cannot be read, or the copy is not whole.
    """
    if not source.is_file():
        raise DatabaseUnavailableException(f"There is no database {source.name}.", hint="Start the server once, or run setup-db.")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(read_only(source)) as old, closing(sqlite3.connect(target)) as new:
            _require_room(old, target.parent)
            old.backup(new)  # in one step: a copy in several would begin anew with every write of somebody else
            new.execute("PRAGMA journal_mode=DELETE")  # one file, which also opens where nothing may be written
            verdict = str(new.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        if "full" in str(error):
            raise StorageFullException(f"The disk of {target.parent} is full.", hint="Free some space there.") from error
        raise DatabaseUnavailableException(
            f"The database {source.name} cannot be copied: {error}.", hint="Check its disk, and who may read it."
        ) from error
    if verdict != "ok":
        message = f"The database {source.name} is damaged: {verdict}."
        raise DatabaseUnavailableException(message, hint="Restore a backup of it, or recover it with SQLite's `.recover`.")
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def read_only(file: Path) -> sqlite3.Connection:
    """A connection that changes nothing."""
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True, timeout=30)


def keep(part: Path, target: Path) -> None:
    """Give a complete file its name; the name is on the disk when this returns.

    Raises:
        FileExistsError: the name is taken; whoever has it keeps it.
    """
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        part.rename(target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """The name under which the copy is made; nothing is left under it."""
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _naming(target: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError as error:
        message = f"The copy {target} cannot be written: {error.strerror or error}."
        raise InvalidRequestException(message, hint="Choose an existing folder that you may write to.") from error


def _exists(target: Path) -> OutputExistsException:
    return OutputExistsException(f"{target} exists already, and is kept.", hint="Choose another name, or move it away first.")


def _require_room(database: sqlite3.Connection, folder: Path) -> None:
    pages, page_bytes = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    wanted, free = pages * page_bytes + SPARE_BYTES, shutil.disk_usage(folder).free
    if wanted > free:
        raise StorageFullException(
            f"A copy of the database needs {wanted / 1e6:.0f} MB, and {folder} has {free / 1e6:.0f} MB left.",
            hint="Free some space there, or choose a folder on another disk.",
        )


def _dump_postgresql(url: URL, part: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise ExtraMissingException(
            "A backup of PostgreSQL is made by its program `pg_dump`, which is not installed here.",
            hint="Install its client programs (Debian: apt install postgresql-client), or make the backup where the server runs.",
        )
    plain = url.set(drivername="postgresql", password=None)
    with _password_file(url, part) as passwords:
        plain = plain.update_query_dict({"passfile": str(passwords)}) if passwords else plain
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        target = plain.render_as_string(hide_password=False)
        command = [program, "--format=custom", "--no-password", f"--file={part}", f"--dbname={target}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own arguments
    if done.returncode:
        reason = next((line for line in done.stderr.splitlines() if line.strip()), f"exit code {done.returncode}")
        if "No space left" in done.stderr:
            raise StorageFullException(f"The disk of {part.parent} is full.", hint="Free some space there.")
        raise StorageFailedException(
            f"pg_dump could not copy the database: {reason}.",
            hint="Its version must be at least the server's; its user must be allowed to read every table.",
        )
    with part.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _password_file(url: URL, part: Path) -> Iterator[Path | None]:
    """The password in a file of its own: a command line is there for everybody to see."""
    if not url.password:
        yield None
        return
    file = part.with_suffix(".pgpass")
    escaped = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as opened:
            opened.write(f"*:*:*:*:{escaped}\n")
        yield file
    finally:
        file.unlink(missing_ok=True)
