"""How far a run has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        fraction: 0 to 1; None when the recording's length is not known.
        stage: `reading` while frames and sound are decoded, `finishing` while pipelines work on what is queued, then `done`.
        frames: video frames read so far.
        position_s: how far the slowest pipeline has come on the recording's time line, seconds.
        eta_s: estimated seconds to go; None while nobody can tell.
        signs: counts every batch that a pipeline takes and every time that it asks whether to stop: a number that stands still
            together with the rest means that the run hangs.
    """

    fraction: float | None
    stage: str
    frames: int
    position_s: float
    eta_s: float | None
    signs: int = 0


OnProgress = Callable[[Progress], None]

WORKING_SHARE = 0.97
"""Part of the bar that the way along the time line takes; the rest is for what pipelines do at the end."""

MIN_FRACTION_FOR_ETA = 0.02


class ProgressMeter:
    """Turns positions into progress that never goes back, with an estimate of the time to go."""

    def __init__(self, duration_s: float | None) -> None:
        self._duration_s = duration_s
        self._started = time.monotonic()
        self._fraction = 0.0

    def working(self, stage: str, frames: int, position_s: float, share_done: float) -> Progress:
        """Progress when all have come to `position_s`, and `share_done` (0 to 1) of reading and pipelines have ended."""
        if not self._duration_s:
            return Progress(None, stage, frames, position_s, None)
        along = min(1.0, max(0.0, position_s / self._duration_s))
        self._fraction = max(self._fraction, WORKING_SHARE * along + (1 - WORKING_SHARE) * share_done)
        return Progress(self._fraction, stage, frames, position_s, self._eta_s(self._fraction))

    def done(self, frames: int, position_s: float) -> Progress:
        """The last report."""
        return Progress(1.0, "done", frames, position_s, 0.0)

    def _eta_s(self, fraction: float) -> float | None:
        if fraction < MIN_FRACTION_FOR_ETA:
            return None
        return (time.monotonic() - self._started) * (1 - fraction) / fraction
