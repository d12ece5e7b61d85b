"""How the runner tells its supervisor how far it is."""

import os
import select
import threading
import time
from dataclasses import replace
from typing import BinaryIO

from videoannotator.engine.progress import Progress
from videoannotator.worker.messages import Line, Moved, runner_line

REPORT_INTERVAL_S = 0.5
WORKING_SHARE = 0.99
"""Part of the whole that is done when nothing is left but to put the results in place."""
EXIT_ABANDONED = 3


class Lines:
    """The way to the supervisor.

    The work has parts, one after the other; each has its share of the whole, and tells how much of itself is done.

    Args:
        pipe: takes the lines.
    """

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._last = Moved(0.0, "starting")
        self._told_at = 0.0
        self._told: Progress | None = None
        self._begin = self._end = 0.0

    def say(self, line: Line) -> None:
        """Send a line; without anybody to hear it, this process ends."""
        try:
            with self._lock:
                self._pipe.write(runner_line(line))
                self._pipe.flush()
        except OSError:
            os._exit(EXIT_ABANDONED)

    def part(self, share: float, stage: str) -> None:
        """Begin the next part, which is so much of the whole."""
        self._begin, self._end = self._end, min(WORKING_SHARE, self._end + share)
        self.moved_to(self._begin, stage)

    def moved(self, progress: Progress) -> None:
        """Tell how far the run is, not too often, and only when something has moved: silence means that the run hangs."""
        now, moved = time.monotonic(), replace(progress, eta_s=None)
        if moved == self._told or now - self._told_at < REPORT_INTERVAL_S:
            return
        self._told, self._told_at = moved, now
        self.moved_to(self._at(progress.fraction or 0.0), progress.stage, progress.eta_s)

    def done(self, fraction: float | None) -> None:
        """Tell, not too often, how much of the part is done, where that is known; only when more is than before."""
        share = max(self._last.fraction, self._at(fraction or 0.0))
        if (share > self._last.fraction or fraction is None) and time.monotonic() - self._told_at >= REPORT_INTERVAL_S:
            self._told_at = time.monotonic()
            self.moved_to(share, self._last.stage)

    def _at(self, fraction: float) -> float:
        return self._begin + (self._end - self._begin) * fraction

    def moved_to(self, fraction: float, stage: str, eta_s: float | None = None) -> None:
        """Tell how far the whole is."""
        self._last = Moved(fraction, stage, eta_s)
        self.say(Line(moved=self._last))

    def staged(self, stage: str) -> None:
        """Tell that something else is at work in the same part."""
        self.moved_to(self._last.fraction, stage)

    def grown(self) -> None:
        """Tell that what was told last is still at work."""
        self.say(Line(moved=self._last))

    def end_with_reader(self) -> None:
        """End this process when the supervisor has closed its end."""
        poll = select.poll()
        poll.register(self._pipe, 0)
        poll.poll()
        os._exit(EXIT_ABANDONED)
