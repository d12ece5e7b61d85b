"""Progress for people: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from videoannotator.cli.console import printable, tell
from videoannotator.engine.progress import OnProgress
from videoannotator.engine.progress import Progress as RunProgress

LINE_INTERVAL_S = 10.0


@contextmanager
def show_progress(title: str, *, quiet: bool = False) -> Iterator[OnProgress]:
    """Show the progress of one run under `title`, on standard error; the yielded function takes each report."""
    if quiet:
        yield lambda _: None
    elif sys.stderr is not None and sys.stderr.isatty():
        # A file may be called "visit [copy].mp4"; rich would take that for a style.
        title_column, note_column = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[note]}"))
        columns = (title_column, BarColumn(), TaskProgressColumn(), note_column)
        shown = printable(title, sys.stderr)  # asked now: the bar puts a stream of its own in the place of standard error
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(shown, total=1.0, note="")
            yield lambda report: bar.update(
                task, total=1.0 if report.fraction is not None else None, completed=report.fraction or 0.0, note=_note(report)
            )
    else:
        yield _Lines(title)


class _Lines:
    """A line at the start, every ten seconds, and at the end."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._next_at = time.monotonic() + LINE_INTERVAL_S
        tell(f"{title}: started")

    def __call__(self, report: RunProgress) -> None:
        if report.stage == "done":
            tell(f"{self._title}: done")
        elif time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + LINE_INTERVAL_S
            percent = "" if report.fraction is None else f"{report.fraction:.0%}, "
            tell(f"{self._title}: {percent}{_note(report)}")


def _note(report: RunProgress) -> str:
    """Stage, how far on the time line, and the time to go."""
    note = f"{report.stage} {_clock(report.position_s)}"
    return note if report.eta_s is None else f"{note}, {_clock(report.eta_s)} to go"


def _clock(seconds: float) -> str:
    minutes, whole = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{whole:02d}" if hours else f"{minutes}:{whole:02d}"
