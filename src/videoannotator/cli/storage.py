"""`videoannotator storage`: what lies in the storage folder."""

from typing import TYPE_CHECKING, Annotated

import typer

from videoannotator.cli.console import say, say_json
from videoannotator.errors import InvalidRequestException

if TYPE_CHECKING:
    from videoannotator.storage.cleanup import Report

LISTED = 20
"""How many of a kind are printed one by one."""

app = typer.Typer(help="Look after the storage folder.", no_args_is_help=True)


@app.callback()
def storage() -> None:
    """Look after the storage folder."""


@app.command("cleanup")
def cleanup(
    days: Annotated[
        float | None,
        typer.Option(min=0, help="Delete jobs that ended more than so many days ago. [default: STORAGE_RETENTION_DAYS, else none]"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Delete old jobs with their files, and what interrupted work left behind.

    Only jobs that have ended are deleted, and never an original that was submitted by path.
    """
    from dataclasses import asdict  # noqa: PLC0415  CLI start-up

    from videoannotator.database.migrations import upgrade  # noqa: PLC0415  CLI start-up
    from videoannotator.database.session import Database, former_file  # noqa: PLC0415  CLI start-up
    from videoannotator.logs import set_up_logging  # noqa: PLC0415  CLI start-up
    from videoannotator.settings import load_settings  # noqa: PLC0415  CLI start-up
    from videoannotator.storage.cleanup import clean_up  # noqa: PLC0415  CLI start-up
    from videoannotator.storage.config import Storage  # noqa: PLC0415  CLI start-up

    settings = load_settings(storage_retention_days=days)
    set_up_logging(settings.log_level.value, settings.log_dir, as_json=settings.log_json)
    database = Database.of(settings)
    if database.file is not None and not database.file.exists():
        raise InvalidRequestException(
            f"There is no database {database.file}, so nobody knows which files belong to a job.",
            hint="Set VIDEOANNOTATOR_STORAGE_DIR, or VIDEOANNOTATOR_DATABASE_URL, as the server has it.",
        )
    place = Storage.of(settings)
    place.prepare()
    try:
        upgrade(database, former_file(settings))
        report = clean_up(database, place, settings.storage_retention_days, dry_run=dry_run)
    finally:
        database.dispose()
    if as_json:
        say_json(asdict(report))
    else:
        _show(report, settings.storage_retention_days)
    if report.failed:
        raise typer.Exit(1)


def _show(report: "Report", days: float | None) -> None:
    deleted = "would be deleted" if report.dry_run else "deleted"
    say(
        f"{len(report.jobs)} jobs {deleted}: "
        + ("all are kept." if days is None else f"those that ended more than {days:g} days ago.")
    )
    _list(report.jobs)
    say(f"{len(report.leftovers)} leftovers of interrupted work {deleted}.")
    _list(report.leftovers)
    say(f"Space {'that would be freed' if report.dry_run else 'freed'}: {report.freed_bytes / 1e6:.1f} MB.")
    for title, items in (
        ("Folders of jobs that the database does not know; look at them, and remove them yourself", report.orphans),
        ("Files among results that the database does not know; look at them, and remove them yourself", report.unlisted),
        ("These could not be deleted", report.failed),
    ):
        if items:
            say(f"{title}:")
            _list(items)


def _list(items: tuple[str, ...]) -> None:
    for item in items[:LISTED]:
        say(f"  {item}")
    if len(items) > LISTED:
        say(f"  ... and {len(items) - LISTED} more (--json lists all)")
