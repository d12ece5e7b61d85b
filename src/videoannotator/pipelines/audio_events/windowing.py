"""Cutting a stream of samples into overlapping windows, some of them at a time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grid:
    """Windows of `window` samples, one beginning every `hop` samples of `rate_hz` a second."""

    window: int
    hop: int
    rate_hz: int

    def length(self, count: int) -> int:
        """Samples that so many windows cover."""
        return self.window + (count - 1) * self.hop

    def span(self, first: int, last: int) -> tuple[Fraction, Fraction]:
        """Start and end, in seconds, of what the windows from `first` to `last` tell: each speaks for the hop in its middle, and
        the first of a recording for what comes before as well.
        """
        margin = Fraction(self.window - self.hop, 2)
        start = Fraction(0) if first == 0 else first * self.hop + margin
        return start / self.rate_hz, ((last + 1) * self.hop + margin) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring windows: the number of the first, how many there are, and the samples that they cover."""

    first: int
    count: int
    samples: Samples


class Windowing:
    """Cuts a stream into pieces of at most `at_once` windows. What is kept of the stream never exceeds one piece and one block."""

    def __init__(self, grid: Grid, at_once: int) -> None:
        self._grid = grid
        self._at_once = at_once
        self._pending: Samples = np.zeros(0, np.float32)
        self._next = 0

    @property
    def windows(self) -> int:
        """How many windows there were so far."""
        return self._next

    def feed(self, samples: Samples) -> Iterator[Piece]:
        """Take the next samples; give the pieces that are complete."""
        self._pending = np.concatenate([self._pending, samples])
        while len(self._pending) >= self._grid.length(self._at_once):
            yield self._piece(self._at_once)

    def finish(self) -> Iterator[Piece]:
        """End the stream; give the rest, the last window filled up with silence."""
        unheard = len(self._pending) - (self._grid.window - self._grid.hop if self._next else 0)
        if unheard <= 0:
            return
        count = max(1, 1 + math.ceil((len(self._pending) - self._grid.window) / self._grid.hop))
        self._pending = np.pad(self._pending, (0, self._grid.length(count) - len(self._pending)))
        while count > 0:
            now = min(count, self._at_once)
            yield self._piece(now)
            count -= now

    def _piece(self, count: int) -> Piece:
        piece = Piece(self._next, count, self._pending[: self._grid.length(count)])
        self._pending = self._pending[count * self._grid.hop :]
        self._next += count
        return piece
