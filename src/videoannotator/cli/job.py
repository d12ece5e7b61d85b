"""`videoannotator job`: have a server annotate recordings, follow them, fetch the results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from videoannotator.cli.arguments import named_path, names_in
from videoannotator.cli.console import fail, say, say_json, say_table, tell
from videoannotator.errors import VideoAnnotatorException

if TYPE_CHECKING:
    from videoannotator.cli.client import Client

app = typer.Typer(help="Have a server annotate recordings.", no_args_is_help=True, rich_markup_mode=None)

Server = Annotated[str | None, typer.Option(help="The server, http://HOST:PORT. [default: the one that ran last on this machine]")]
Key = Annotated[str | None, typer.Option("--api-key", help="The key. [default: VIDEOANNOTATOR_API_KEY, or the one kept here]")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
JobId = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]
MB = 1_000_000


@app.command()
def submit(
    recordings: Annotated[
        list[Path], typer.Argument(metavar="FILE|FOLDER...", parser=named_path, help="Video or audio files, or folders of them.")
    ],
    pipelines: Annotated[
        str | None, typer.Option(help="Pipelines to run, separated by commas. [default: the server's default ones]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with options: {pipeline: {option: value}}.")] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV file with roles and names: track,speaker,start_s,end_s,label."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PIPELINE.OPTION=VALUE", help="Set one option; may be repeated.")
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also make overlay.mp4: the recording with its annotations drawn on it.")
    ] = False,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="A word by which to find the job; may be repeated.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until the jobs have ended.")] = False,
    server: Server = None,
    api_key: Key = None,
    as_json: AsJSON = False,
) -> None:
    """Upload recordings, and have each one annotated as a job of its own; exit code 1 when one was refused or, watched, failed."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.labels import with_labels  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.options import read_config  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.upload import Order, check_order  # noqa: PLC0415  CLI start-up
    from videoannotator.engine.batch import tasks_for  # noqa: PLC0415  CLI start-up

    files = list(dict.fromkeys(task.recording for given in recordings for task in tasks_for(given, None)))
    selected = names_in(pipelines)
    order = Order(selected, with_labels(read_config(config, settings or []), labels, selected), tags or [], overlay)
    with connect(server, api_key) as client:
        for warning in check_order(client, order):
            tell(f"Warning: {warning}")
        jobs = [job for file in files if (job := _submit(client, file, order, quiet=as_json)) is not None]
        if watch:
            jobs = [_watch(client, job["id"], quiet=as_json) for job in jobs]
    if as_json:
        say_json({"jobs": jobs})
    elif watch:
        _say_jobs(jobs)
    if len(jobs) < len(files) or (watch and any(_has_failed(job) for job in jobs)):
        raise typer.Exit(1)


@app.command()
def status(job_id: JobId, server: Server = None, api_key: Key = None, as_json: AsJSON = False) -> None:
    """Show how a job stands."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up

    with connect(server, api_key) as client:
        job = client.get(f"jobs/{_id(job_id)}")
    say_json(job) if as_json else _say_job(job)


@app.command("list")
def list_jobs(
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    per_page: Annotated[int, typer.Option(min=1, max=100, help="Jobs on a page.")] = 20,
    status_filter: Annotated[
        str | None, typer.Option("--status", help="Only pending, running, completed, failed or cancelled ones.")
    ] = None,
    server: Server = None,
    api_key: Key = None,
    as_json: AsJSON = False,
) -> None:
    """List jobs, newest first."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up

    with connect(server, api_key) as client:
        found = client.get("jobs", page=page, per_page=per_page, status_filter=status_filter)
    if as_json:
        say_json(found)
        return
    _say_jobs(found["jobs"])
    pages = -(-found["total"] // per_page)
    if pages > 1:
        tell(f"Page {page} of {pages}, {found['total']} jobs in all; --page shows others.")


@app.command()
def results(job_id: JobId, server: Server = None, api_key: Key = None, as_json: AsJSON = False) -> None:
    """Show what each pipeline of a job gave."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up

    with connect(server, api_key) as client:
        found = client.get(f"jobs/{_id(job_id)}/results")
    if as_json:
        say_json(found)
        return
    rows = []
    for name, part in found["pipeline_results"].items():
        count = part["annotation_count"]
        rows.append((name, part["status"], "-" if count is None else str(count), part["error_message"] or part["reason"] or ""))
    say(f"Job {found['job_id']}: {found['status']}")
    say_table(("pipeline", "status", "annotations", "note"), rows)
    tell(f"Fetch the files with: videoannotator job download-annotations {found['job_id']}")


@app.command()
def cancel(
    job_id: JobId,
    reason: Annotated[str | None, typer.Option(help="Why, for those who look at the job later.")] = None,
    server: Server = None,
    api_key: Key = None,
    as_json: AsJSON = False,
) -> None:
    """Cancel a job, and wait until it has ended."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up

    with connect(server, api_key) as client:
        job = client.post(f"jobs/{_id(job_id)}/cancel", {"reason": reason} if reason else {})
    say_json(job) if as_json else say(job["message"])


@app.command()
def retry(
    job_id: JobId,
    only_failed: Annotated[bool, typer.Option("--only-failed", help="Run only the pipelines that failed.")] = False,
    server: Server = None,
    api_key: Key = None,
    as_json: AsJSON = False,
) -> None:
    """Run the recording of a job again, as a new job."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up

    with connect(server, api_key) as client:
        job = client.post(f"jobs/{_id(job_id)}/retry", {"only_failed": only_failed})
    say_json(job) if as_json else say(job["id"])


@app.command()
def delete(
    job_id: JobId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    server: Server = None,
    api_key: Key = None,
) -> None:
    """Delete a job with its recording and its results; a running one is cancelled first."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up

    if not yes:
        typer.confirm(f"Delete job {job_id} with its recording and its results?", abort=True)
    with connect(server, api_key) as client:
        client.delete(f"jobs/{_id(job_id)}")
    say(f"Job {job_id} is deleted.")


@app.command()
def watch(job_id: JobId, server: Server = None, api_key: Key = None, as_json: AsJSON = False) -> None:
    """Follow a job to its end; exit code 1 when it, or one of its pipelines, failed or it was cancelled."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up

    with connect(server, api_key) as client:
        job = _watch(client, _id(job_id), quiet=as_json)
    say_json(job) if as_json else _say_job(job)
    if _has_failed(job):
        raise typer.Exit(1)


@app.command("download-annotations")
def download_annotations(
    job_id: JobId,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PATH", parser=named_path, help="[default: NAME_annotations.zip]")
    ] = None,
    extract: Annotated[bool, typer.Option("--extract", help="Unpack into a folder instead of keeping the archive.")] = False,
    server: Server = None,
    api_key: Key = None,
    as_json: AsJSON = False,
) -> None:
    """Fetch all results of a job, with the recording, as a ZIP archive that is checked when it has come."""
    from videoannotator.cli.connection import connect  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.download import check_archive, fetch, unpack  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.progress import show_bar  # noqa: PLC0415  CLI start-up

    with connect(server, api_key) as client:
        job = client.get(f"jobs/{_id(job_id)}")
        folder = output or Path(f"{_stem(job)}_annotations")
        archive = folder.with_name(f"{folder.name}.zip") if extract or output is None else output
        with show_bar(archive.name, quiet=as_json) as show:
            fetch(client, f"jobs/{job_id}/artifacts", archive, lambda got, of: show(got / of if of else None, _megabytes(got, of)))
    if extract:
        files = unpack(archive, folder)
        archive.unlink()
    else:
        check_archive(archive)
        files = [archive]
    if as_json:
        say_json({"job_id": job_id, "files": [str(file) for file in files]})
    else:
        say(str(folder if extract else archive))


def _submit(client: "Client", file: Path, order: Any, *, quiet: bool) -> dict[str, Any] | None:
    """The job that came of a recording; None, and the reason on the terminal, when the server did not take it."""
    from videoannotator.cli.progress import show_bar  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.upload import submit as upload  # noqa: PLC0415  CLI start-up

    try:
        with show_bar(file.name, quiet=quiet) as show:
            job = upload(client, file, order, lambda sent, of: show(sent / of if of else None, _megabytes(sent, of)), tell)
    except VideoAnnotatorException as error:
        tell(f"{file} was not submitted.")
        fail(error)
        return None
    if not quiet:
        say(f"{job['id']}  {file}")
    for warning in job.get("warnings") or ():
        tell(f"Warning: {warning['message']}")
    return job


def _watch(client: "Client", job_id: str, *, quiet: bool) -> dict[str, Any]:
    from videoannotator.cli.progress import clock, show_bar  # noqa: PLC0415  CLI start-up
    from videoannotator.cli.watch import follow  # noqa: PLC0415  CLI start-up

    with show_bar(job_id, quiet=quiet) as show:

        def on_change(job: dict[str, Any]) -> None:
            eta_s = job.get("eta_seconds")
            note = job.get("stage") or job["status"]
            show(job.get("progress") or 0.0, note if eta_s is None else f"{note}, {clock(eta_s)} to go")

        return follow(client, job_id, on_change, tell)


def _has_failed(job: dict[str, Any]) -> bool:
    """Whether a job that has ended is not all that was asked for."""
    return job["status"] != "completed" or bool(job.get("error")) or bool(job.get("error_message"))


def _id(job_id: str) -> str:
    """A job's id as a part of an address.

    Raises:
        typer.BadParameter: it cannot be one.
    """
    if not job_id.replace("-", "").isalnum() or not job_id.isascii():
        raise typer.BadParameter(f"{job_id!r} is not the id of a job; `videoannotator job list` shows the ids.")
    return job_id


def _stem(job: dict[str, Any]) -> str:
    """The name of a job's recording without its ending; what a server says is no path here."""
    name = Path(str(job.get("video_filename") or "").replace("\\", "/")).name
    stem = "".join(letter if letter.isprintable() and letter not in ':*?"<>|' else "_" for letter in Path(name).stem)
    return stem.strip(". ")[:100] or str(job["id"])


def _megabytes(done: int, total: int | None) -> str:
    return f"{done / MB:.1f} of {total / MB:.1f} MB" if total else f"{done / MB:.1f} MB"


def _say_jobs(jobs: list[dict[str, Any]]) -> None:
    rows = [
        (job["id"], job["status"], f"{job['progress']:.0%}", str(job["created_at"])[:19], str(job["video_filename"] or ""))
        for job in jobs
    ]
    say_table(("job", "status", "done", "created (UTC)", "recording"), rows)


def _say_job(job: dict[str, Any]) -> None:
    shown = ("status", "stage", "queue_position", "retry_count", "created_at", "started_at", "completed_at", "video_filename")
    say(f"Job {job['id']}")
    for name in shown:
        if job.get(name) not in (None, 0):
            say(f"  {name.replace('_', ' ')}: {job[name]}")
    say(f"  progress: {job['progress']:.0%}")
    error = job.get("error")
    if error:
        say(f"  error: {error['code']}: {error['message']}")
        if error.get("hint"):
            say(f"  hint: {error['hint']}")
