"""Which tables a database has, and bringing them to those of this release."""

import logging
import re
import time
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.orm import Session

from videoannotator.database import crud
from videoannotator.database.migrations.release_1_2 import migration as former
from videoannotator.database.models import Base, SchemaMetadata
from videoannotator.database.session import Database
from videoannotator.errors import DatabaseTooNewException, DatabaseUnavailableException, InvalidRequestException

SCHEMA_VERSION = "1.3.0"
"""The release that last changed the tables; it stands in the database as the fact `version`."""
MIGRATION_LOCK = 0x56415F4D
"""Key of the PostgreSQL advisory lock under which tables are changed."""
MAX_WAIT_S = 600.0
"""How long to wait for another process that is changing the tables."""

logger = logging.getLogger(__name__)


class Kind(str, Enum):
    """How a database's tables stand to those of this release."""

    EMPTY = "empty"
    FORMER = "1.2"
    OLDER = "older"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Standing:
    """Which tables a database has.

    Attributes:
        kind: how they stand to those of this release.
        version: the release that last changed them; None where that is not known.
        tables: their names.
    """

    kind: Kind
    version: str | None
    tables: frozenset[str]

    @property
    def is_current(self) -> bool:
        """Whether this release can work with it as it is."""
        return self.kind is Kind.CURRENT

    @property
    def is_former(self) -> bool:
        """Whether release 1.2 made it."""
        return self.kind is Kind.FORMER


def upgrade(database: Database, former_file: Path | None = None) -> None:
    """Bring the tables to those of this release. All of it happens or nothing; whoever comes second waits, and finds it done.

    Args:
        database: where.
        former_file: a database of release 1.2 that is copied to the place of a SQLite database that does not exist yet.

    Raises:
        DatabaseTooNewException: a newer release has changed the tables.
        InvalidRequestException: tables of another program stand in the way.
        DatabaseUnavailableException: the database does not answer, or is in somebody else's hands all the time.
        StorageFullException: its disk has too little room.
    """
    if former_file is not None and database.file is not None:
        former.adopt(former_file, database.file)
    give_up = time.monotonic() + MAX_WAIT_S
    while True:
        try:
            if not look(database).is_current:
                _upgrade(database, former_file)
        except DatabaseUnavailableException as error:
            if "locked" not in str(error.detail.get("reason")) or time.monotonic() > give_up:
                raise
            logger.info("Another process is writing to the database; waiting for it.")
            time.sleep(0.2)
        else:
            return


def migrate_to_v1_3_0(path: Path | str) -> None:
    """Upgrade the SQLite file of release 1.2 at `path`; a copy of it is kept beside it, as `NAME.before-1.3.0`.

    A file that is upgraded already stays as it is.

    Raises:
        InvalidRequestException: there is no such file, or it is no database of VideoAnnotator.
        DatabaseTooNewException, DatabaseUnavailableException, StorageFullException: as `upgrade`.
    """
    file = Path(path).expanduser().absolute()
    if not file.is_file():
        raise InvalidRequestException(f"There is no database {file}.", hint="Give the path of the file that release 1.2 used.")
    database = Database(f"sqlite:///{file}")
    try:
        upgrade(database)
    finally:
        database.dispose()


def look(database: Database) -> Standing:
    """Which tables a database has.

    Raises:
        DatabaseTooNewException: a newer release has changed them.
        DatabaseUnavailableException: the database does not answer.
    """
    with database.reading() as session:
        return _standing(session.connection())


def _upgrade(database: Database, former_file: Path | None) -> None:
    started = time.monotonic()
    with database.writing() as session:
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        standing = _standing(connection)
        if standing.is_current:
            return
        done = _change_tables(session, database.file, standing, former_file)
        crud.set_fact(session, "version", SCHEMA_VERSION)
    logger.info("The database has the tables of release %s now, after %.1f s.", SCHEMA_VERSION, time.monotonic() - started)
    if done is not None:
        logger.warning("%s", done)


def _change_tables(session: Session, file: Path | None, standing: Standing, former_file: Path | None) -> str | None:
    """Run the revisions, and bring the rows of release 1.2; gives a sentence about those."""
    connection = session.connection()
    rows = None
    if standing.is_former and file is not None:
        rows = former.set_aside(connection, file)
    elif standing.kind is Kind.EMPTY:
        _refuse_foreign_tables(standing)
    config = _config()
    config.attributes["connection"] = connection
    if rows is not None and file is not None:
        command.upgrade(config, former.REVISION)
        folders = dict.fromkeys(place.absolute() for place in ((former_file or file).parent, file.parent, Path.cwd()))
        sentence = former.bring_rows(connection, rows, file, tuple(folders))
    else:
        sentence = None
    command.upgrade(config, "head")
    return sentence


def _standing(connection: Connection) -> Standing:
    tables = frozenset(inspect(connection).get_table_names())
    if connection.dialect.name == "sqlite" and former.is_former(connection, tables):
        return Standing(Kind.FORMER, None, tables)
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        return Standing(Kind.EMPTY, None, tables)
    version = None
    if SchemaMetadata.__tablename__ in tables:
        version = connection.scalar(select(SchemaMetadata.value).where(SchemaMetadata.key == "version"))
    _refuse_newer(heads, version)
    return Standing(Kind.CURRENT if heads == (_head(),) else Kind.OLDER, version, tables)


def _refuse_newer(heads: tuple[str, ...], version: str | None) -> None:
    known = {revision.revision for revision in _scripts().walk_revisions()}
    if set(heads) <= known and _numbers(version or SCHEMA_VERSION) <= _numbers(SCHEMA_VERSION):
        return
    release = f"release {version}" if version else "a release"
    raise DatabaseTooNewException(
        f"The database was changed by {release}, which is newer than this program knows ({SCHEMA_VERSION}).",
        hint=f"Install that release again (pip install 'videoannotator>={version or SCHEMA_VERSION}'), or restore a backup "
        "that was made before, or name another database with DATABASE_URL.",
        detail={"database_version": version, "program_version": SCHEMA_VERSION},
    )


def _refuse_foreign_tables(standing: Standing) -> None:
    taken = sorted(standing.tables & set(Base.metadata.tables))
    if taken:
        raise InvalidRequestException(
            f"The database holds tables that this program did not make: {', '.join(taken)}.",
            hint="Give VideoAnnotator a database of its own: set DATABASE_URL.",
            field="DATABASE_URL",
        )


def _numbers(version: str) -> tuple[int, ...]:
    """The release's numbers, by which releases are ordered."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


@cache
def _head() -> str | None:
    return _scripts().get_current_head()
