"""`videoannotator setup-db`, `migrate` and `backup`: the database's tables, what release 1.2 left, and copies."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from videoannotator.cli.arguments import named_path
from videoannotator.cli.console import say, tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from videoannotator.database.migrations import Standing
    from videoannotator.database.session import Database
    from videoannotator.jobs.bring_in import Report, Trouble
    from videoannotator.settings import Settings

LISTED = 50
"""How many troubles of one kind are printed one by one."""


def setup_db() -> None:
    """Make the database, or bring its tables to those of this release. The server does the same at every start."""
    from videoannotator.database.migrations import SCHEMA_VERSION  # noqa: PLC0415  CLI start-up

    with _opened() as (settings, database):
        _upgrade(settings, database)
        say(f"The database {_name(database)} has the tables of release {SCHEMA_VERSION}.")


def migrate(
    files: Annotated[
        bool, typer.Option("--files", help="Also bring recordings and results of release 1.2 into the storage folder.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Upgrade the database to this release; with --files, also move in what release 1.2 left. The originals stay."""
    from videoannotator.database.migrations import SCHEMA_VERSION, look  # noqa: PLC0415  CLI start-up
    from videoannotator.database.session import former_file  # noqa: PLC0415  CLI start-up

    with _opened() as (settings, database):
        if not dry_run:
            _upgrade(settings, database)
            say(f"The database {_name(database)} has the tables of release {SCHEMA_VERSION}.")
        elif database.file is not None and not database.file.exists():
            found = former_file(settings)
            say(f"A copy of {found} would be upgraded as {database.file}." if found else f"{database.file} would be made.")
            return
        else:
            standing = look(database)
            say(_what_would_happen(standing, _name(database)))
            if not standing.is_current:
                return
        if files:
            _bring_in_files(settings, database, dry_run=dry_run)


def backup(
    target: Annotated[Path, typer.Argument(metavar="TARGET", parser=named_path, help="The file to write; it must not exist.")],
) -> None:
    """Copy the database, also while the server runs. Recordings and results are not in it."""
    from videoannotator.database.backup import backup as back_up  # noqa: PLC0415  CLI start-up

    with _opened() as (settings, database):
        written = back_up(database, target)
        say(f"The database {_name(database)} was copied to {written} ({written.stat().st_size / 1e6:.1f} MB).")
        if database.file is None:
            say(f"To restore it: pg_restore --clean --if-exists --dbname=NAME {written}")
        else:
            say(f"To restore it: stop the server, put the copy in the place of {database.file},")
            say(
                f"and remove {database.file.name}-wal and {database.file.name}-shm, if they are left: they belong to the other one."
            )
        say(f"Recordings, results and keys are files. Copy this folder too, after the database: {settings.storage_dir}")


@contextmanager
def _opened() -> "Iterator[tuple[Settings, Database]]":
    from videoannotator.database.session import Database  # noqa: PLC0415  CLI start-up
    from videoannotator.logs import set_up_logging  # noqa: PLC0415  CLI start-up
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up

    settings = load_settings()
    set_up_logging(settings.log_level.value, settings.log_dir, as_json=settings.log_json)
    database = Database.of(settings)
    try:
        yield settings, database
    finally:
        database.dispose()


def _upgrade(settings: "Settings", database: "Database") -> None:
    from videoannotator.database.migrations import upgrade  # noqa: PLC0415  CLI start-up
    from videoannotator.database.session import former_file  # noqa: PLC0415  CLI start-up
    from videoannotator.storage.config import Storage  # noqa: PLC0415  CLI start-up

    Storage.of(settings).prepare()
    upgrade(database, former_file(settings))


def _name(database: "Database") -> str:
    return str(database.file) if database.file else str(database.url.render_as_string(hide_password=True))


def _what_would_happen(standing: "Standing", name: str) -> str:
    if standing.is_current:
        return f"The database {name} has the tables of release {standing.version} already."
    if standing.is_former:
        return f"The database {name} of release 1.2 would be upgraded, and a copy of it kept beside it."
    return f"The database {name} would get the tables of this release."


def _bring_in_files(settings: "Settings", database: "Database", *, dry_run: bool) -> None:
    from videoannotator.jobs.bring_in import bring_in  # noqa: PLC0415  CLI start-up
    from videoannotator.storage.config import Storage  # noqa: PLC0415  CLI start-up

    storage = Storage.of(settings)

    def on_job(done: int, total: int) -> None:
        if done % 100 == 0 and done < total:
            tell(f"{done} of {total} jobs")

    _show(bring_in(database, storage, dry_run=dry_run, on_job=on_job), storage.root, dry_run=dry_run)


def _show(report: "Report", root: Path, *, dry_run: bool) -> None:
    if report.jobs == 0:
        say(f"No file of release 1.2 is left to bring into {root}.")
        return
    verb = "would be" if dry_run else "were"
    size = f" ({report.copied_bytes / 1e9:.2f} GB)" if report.copied else ""
    say(f"{report.jobs} jobs of release 1.2 had files elsewhere. Into {root} {verb} brought:")
    say(f"  {report.linked} files as links, which take no space")
    say(f"  {report.copied} files as copies{size}")
    say(f"  {report.in_place} files that lay there already")
    say("The originals stay where they are.")
    _list("no longer there", report.missing)
    _list("not followed or not readable; they stay where they are", report.refused)
    if report.left:
        tell(f"{len(report.left)} jobs whose id is no UUID: their files stay where they are.")
        for job_id in report.left[:LISTED]:
            tell(f"  {job_id}")


def _list(what: str, troubles: "Sequence[Trouble]") -> None:
    if not troubles:
        return
    tell(f"{len(troubles)} files {what}:")
    for trouble in troubles[:LISTED]:
        tell(f"  job {trouble.job_id}: {trouble.path} ({trouble.reason})")
    if len(troubles) > LISTED:
        tell(f"  and {len(troubles) - LISTED} more")
