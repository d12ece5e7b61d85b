"""Upgrading a SQLite file of release 1.2, in the one transaction that its caller opened."""

import filecmp
import glob
import logging
from collections.abc import Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, text

from videoannotator.database import backup
from videoannotator.database.migrations import tables_1_3_0 as today
from videoannotator.database.migrations.release_1_2 import jobs, keys
from videoannotator.database.migrations.release_1_2.files import Places

REVISION = "v1_3_0"
"""The revision whose tables the rows are brought into."""
FORMER_TABLES = (
    *("jobs", "pipeline_results", "annotations", "users", "api_keys", "schema_version", "schema_metadata", "batch_reports"),
    *("pipeline_runs", "artifacts", "job_events", "alembic_version"),
)
"""Tables that make room: those of release 1.2, and whatever else has the name of a table of today."""
SET_ASIDE = "_v1_2"
COPY_SUFFIX = ".before-1.3.0"
ROWS_AT_ONCE = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OldRows:
    """The rows of release 1.2 that have a place today, as they were written."""

    jobs: Sequence[dict[str, Any]]
    runs: Sequence[dict[str, Any]]
    keys: Sequence[dict[str, Any]]
    copy: Path


def is_former(connection: Connection, tables: frozenset[str]) -> bool:
    """Whether these are the tables of release 1.2."""
    columns = {str(row[1]).lower() for row in connection.execute(text("PRAGMA table_info('jobs')"))}
    return _are_former(tables, columns)


def adopt(found: Path, target: Path) -> None:
    """Copy the database of release 1.2 at `found` to `target`, unless something is there already. `found` stays as it is.

    Raises:
        DatabaseUnavailableException: it cannot be read.
        StorageFullException: the disk has too little room.
    """
    if target.exists() or not found.is_file() or not _is_former_file(found):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with backup.part_of(target) as part:
        backup.copy_sqlite(found, part)
        try:
            backup.keep(part, target)
        except FileExistsError:  # another process was faster
            return
    logger.warning("Found the database of release 1.2 in %s: using a copy of it, %s. The original stays as it is.", found, target)


def set_aside(connection: Connection, file: Path) -> OldRows:
    """Keep a copy of the file beside it, read the old rows, and rename the old tables.

    Raises:
        DatabaseUnavailableException: it cannot be read.
        StorageFullException: the disk has too little room for the copy.
    """
    copy = _keep_copy(file)
    with closing(backup.read_only(copy)) as old:
        old.text_factory = _readable
        found = OldRows(_rows_of(old, "jobs"), _rows_of(old, "pipeline_results"), _rows_of(old, "api_keys"), copy)
    tables = [str(row[0]) for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
    for table in tables:
        if table.lower() in FORMER_TABLES:
            _rename(connection, table)
    return found


def bring_rows(connection: Connection, old: OldRows, file: Path, folders: Sequence[Path]) -> str:
    """Write the old rows into today's tables; gives a sentence about it.

    Args:
        connection: with today's tables in it.
        old: what `set_aside` gave.
        file: the database.
        folders: where a relative path of an old row may start, the likeliest first.
    """
    at = datetime.now(timezone.utc)
    brought = jobs.bring(old.jobs, old.runs, Places(folders, file), at)
    brought_keys = keys.bring(old.keys, at)
    _insert(connection, today.jobs, brought.jobs)
    _insert(connection, today.pipeline_runs, brought.runs)
    _insert(connection, today.artifacts, brought.artifacts)
    _insert(connection, today.api_keys, brought_keys)
    return (
        f"Upgraded the database of release 1.2: {len(brought.jobs)} jobs, {len(brought.artifacts)} result files and "
        f"{len(brought_keys)} of {len(old.keys)} API keys. The old tables are kept as *{SET_ASIDE}, the old file as {old.copy}. "
        "Recordings and results stay where they are until `videoannotator migrate --files` brings them into the storage folder."
    )


def _is_former_file(file: Path) -> bool:
    with closing(backup.read_only(file)) as old:
        tables = {row[0].lower() for row in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        columns = {row[1].lower() for row in old.execute("PRAGMA table_info('jobs')")}
    return _are_former(tables, columns)


def _are_former(tables: Set[str], columns_of_jobs: Set[str]) -> bool:
    if columns_of_jobs:
        return "token" not in columns_of_jobs and not columns_of_jobs.isdisjoint({"id", "job_id"})
    return {"users", "api_keys"} <= tables and "alembic_version" not in tables


def _keep_copy(file: Path) -> Path:
    """A copy of the file as it is. An earlier one is never overwritten; it serves again when nothing has changed since."""
    target = file.with_name(file.name + COPY_SUFFIX)
    for leftover in file.parent.glob(f".{glob.escape(target.name)}.*.part*"):  # of a start that was killed; only we hold the lock
        leftover.unlink()
    with backup.part_of(target) as part:
        backup.copy_sqlite(file, part)
        number = 1
        while True:
            try:
                backup.keep(part, target)
            except FileExistsError:
                if filecmp.cmp(part, target, shallow=False):
                    return target
                number += 1
                target = file.with_name(f"{file.name}{COPY_SUFFIX}.{number}")
            else:
                return target


def _rows_of(old: Any, table: str) -> list[dict[str, Any]]:
    columns = [row[1] for row in old.execute(f"PRAGMA table_info('{table}')")]
    return [dict(zip(columns, row, strict=True)) for row in old.execute(f"SELECT * FROM {table}")] if columns else []  # noqa: S608  a constant


def _readable(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _rename(connection: Connection, table: str) -> None:
    """Its indexes go, because their names would be in the way; its rows and constraints stay."""
    indexes = text("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL")
    for (index,) in connection.execute(indexes, {"table": table}).all():
        connection.exec_driver_sql(f'DROP INDEX "{index}"')
    connection.exec_driver_sql(f'ALTER TABLE "{table}" RENAME TO "{table}{SET_ASIDE}"')


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for first in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(table.insert(), rows[first : first + ROWS_AT_ONCE])
