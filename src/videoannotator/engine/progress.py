"""How far a run has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        fraction: 0 to 1; None when the recording's length is not known.
        stage: `reading` while frames and sound are decoded, then `finishing`, then `done`.
        frames: video frames read so far.
        position_s: how far the reading has come on the recording's time line, seconds.
        eta_s: estimated seconds to go; None while nobody can tell.
    """

    fraction: float | None
    stage: str
    frames: int
    position_s: float
    eta_s: float | None


OnProgress = Callable[[Progress], None]

READING_SHARE = 0.97
"""Part of the bar that the reading takes: pipelines work while it goes on and lag behind only by what their queues hold."""

MIN_FRACTION_FOR_ETA = 0.02


class ProgressMeter:
    """Turns positions into progress with an estimate of the time to go."""

    def __init__(self, duration_s: float | None) -> None:
        self._duration_s = duration_s
        self._started = time.monotonic()

    def reading(self, frames: int, position_s: float) -> Progress:
        """Progress while the recording is read."""
        fraction = None
        if self._duration_s:
            fraction = min(1.0, max(0.0, position_s / self._duration_s)) * READING_SHARE
        return Progress(fraction, "reading", frames, position_s, self._eta_s(fraction))

    def finishing(self, frames: int, position_s: float, share_done: float) -> Progress:
        """Progress when all is read and `share_done` (0 to 1) of the pipelines have ended."""
        fraction = READING_SHARE + (1 - READING_SHARE) * share_done
        return Progress(fraction, "finishing", frames, position_s, self._eta_s(fraction))

    def done(self, frames: int, position_s: float) -> Progress:
        """The last report."""
        return Progress(1.0, "done", frames, position_s, 0.0)

    def _eta_s(self, fraction: float | None) -> float | None:
        if fraction is None or fraction < MIN_FRACTION_FOR_ETA:
            return None
        return (time.monotonic() - self._started) * (1 - fraction) / fraction
