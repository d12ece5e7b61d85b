"""`videoannotator worker`: computes jobs of the queue until it is stopped."""

from typing import Annotated

import typer

from videoannotator.cli.console import tell


def worker(
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=256, metavar="N", help="Jobs side by side. [default: MAX_CONCURRENT_JOBS]")
    ] = None,
    with_server: Annotated[bool, typer.Option("--with-server", hidden=True, help="Stop when standard input closes.")] = False,
) -> None:
    """Compute the jobs that wait in the queue, until it is stopped with Ctrl-C or SIGTERM; twice stops at once."""
    from videoannotator.cli.service import start_service  # noqa: PLC0415  CLI start-up
    from videoannotator.worker.loop import run_worker  # noqa: PLC0415  CLI start-up
    from videoannotator.worker.parent import stop_with_parent  # noqa: PLC0415  CLI start-up

    if with_server:
        stop_with_parent()
    settings = start_service("worker" if with_server else None)
    if with_server:
        run_worker(settings, concurrency=concurrency)
        return
    jobs = concurrency or settings.max_concurrent_jobs
    tell(f"Worker: up to {jobs} {'job' if jobs == 1 else 'jobs'} at once, storage in {settings.storage_dir}.")
    run_worker(settings, concurrency=concurrency)
    tell("Worker: stopped. Jobs that were running go on when a worker starts again.")
