"""Progress for people: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from videoannotator.cli.console import printable, tell
from videoannotator.engine.progress import OnProgress
from videoannotator.engine.progress import Progress as RunProgress

LINE_INTERVAL_S = 10.0

Show = Callable[[float | None, str], None]
"""Takes how much is done, 0 to 1, None when nobody knows, and a note."""


@contextmanager
def show_progress(title: str, *, quiet: bool = False) -> Iterator[OnProgress]:
    """Show the progress of one run under `title`, on standard error; the yielded function takes each report."""
    with show_bar(title, quiet=quiet) as show:
        yield lambda report: show(report.fraction, _note(report))


@contextmanager
def show_bar(title: str, *, quiet: bool = False) -> Iterator[Show]:
    """Show how far something has come under `title`, on standard error; the yielded function takes each report."""
    if quiet:
        yield lambda _fraction, _note: None
    elif sys.stderr is not None and sys.stderr.isatty():
        # A file may be called "visit [copy].mp4"; rich would take that for a style.
        title_column, note_column = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[note]}"))
        columns = (title_column, BarColumn(), TaskProgressColumn(), note_column)
        shown = printable(title, sys.stderr)  # asked now: the bar puts a stream of its own in the place of standard error
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(shown, total=1.0, note="")
            yield lambda fraction, note: bar.update(
                task, total=1.0 if fraction is not None else None, completed=fraction or 0.0, note=note
            )
    else:
        yield _Lines(title)
        tell(f"{title}: done")


class _Lines:
    """A line at the start, and every ten seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._next_at = time.monotonic() + LINE_INTERVAL_S
        tell(f"{title}: started")

    def __call__(self, fraction: float | None, note: str) -> None:
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + LINE_INTERVAL_S
            percent = "" if fraction is None else f"{fraction:.0%}, "
            tell(f"{self._title}: {percent}{note}")


def clock(seconds: float) -> str:
    """A stretch of time as people write it: `2:05`, `1:02:05`."""
    minutes, whole = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}" if hours else f"{minutes}:{whole:02d}"


def _note(report: RunProgress) -> str:
    """Stage, how far on the time line, and the time to go."""
    note = f"{report.stage} {clock(report.position_s)}"
    return note if report.eta_s is None else f"{note}, {clock(report.eta_s)} to go"
