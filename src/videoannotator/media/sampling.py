"""Choosing frames at a rate, on a time line of any shape."""

import math
from fractions import Fraction


class Sampler:
    """Chooses the first frame at or after each k / rate; never the same frame twice.

    The grid starts at time 0 and is exact, so that nothing drifts, whatever the frame times are.

    Args:
        rate_hz: frames per second; None for every frame.
    """

    def __init__(self, rate_hz: float | None) -> None:
        self._rate = None if rate_hz is None else Fraction(rate_hz).limit_denominator(1_000_000)
        self._next_step: int | None = None

    def wants(self, time: Fraction) -> bool:
        """Whether the frame at `time`, in seconds, is chosen. Ask once for every frame, in time order."""
        if self._rate is None:
            return True
        step = time * self._rate
        if self._next_step is not None and step < self._next_step:
            return False
        self._next_step = math.floor(step) + 1
        return True
