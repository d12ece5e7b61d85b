"""From scores to events: two thresholds, gaps filled, short ones left out."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


@dataclass(slots=True)
class Heard:
    """A run of windows in which a class is heard.

    Attributes:
        place: of the class among those that are looked for.
        first, last: numbers of its windows.
        peak: highest score.
        total, windows: sum and number of the scores from the lower threshold.
    """

    place: int
    first: int
    last: int
    peak: float
    total: float
    windows: int

    def absorb(self, later: "Heard") -> None:
        """Go on to the end of a later run."""
        self.last = later.last
        self.peak = max(self.peak, later.peak)
        self.total += later.total
        self.windows += later.windows


class EventFinder:
    """Finds the events of every class in scores that come window by window.

    An event is a run of windows whose scores keep to the lower threshold, and one of which reaches the upper one. Events of a class
    with at most `gap` windows between them are one.

    Args:
        threshold, low: the upper and the lower threshold.
        gap: windows.
    """

    def __init__(self, threshold: float, low: float, gap: int) -> None:
        self._threshold = threshold
        self._low = min(low, threshold)
        self._gap = gap
        self._running: dict[int, Heard] = {}
        self._held: dict[int, Heard] = {}

    def feed(self, window: int, scores: Scores) -> Iterator[Heard]:
        """Take the scores of the next window, one for each class; give the events that are over."""
        heard = {int(place) for place in np.flatnonzero(scores >= self._low)}
        for place in sorted(self._running.keys() - heard):
            yield from self._end(self._running.pop(place))
        for place in heard:
            score = float(scores[place])
            now = Heard(place, window, window, score, score, 1)
            if place in self._running:
                self._running[place].absorb(now)
            else:
                self._running[place] = now
        for place in sorted(self._held):
            if place not in self._running and window - self._held[place].last > self._gap:
                yield self._held.pop(place)

    def finish(self) -> Iterator[Heard]:
        """End the stream; give the events that were not over."""
        for place in sorted(self._running):
            yield from self._end(self._running[place])
        yield from (self._held[place] for place in sorted(self._held))
        self._running, self._held = {}, {}

    def _end(self, run: Heard) -> Iterator[Heard]:
        """A run is over: keep it if it is an event, joined to the one before if that is near."""
        before = self._held.get(run.place)
        if run.peak < self._threshold:
            return
        if before is not None and run.first - before.last - 1 <= self._gap:
            before.absorb(run)
            return
        self._held[run.place] = run
        if before is not None:
            yield before
