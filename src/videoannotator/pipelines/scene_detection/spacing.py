"""No scene shorter than asked: of boundaries that lie too close together the stronger stay."""

from videoannotator.annotations.time import MediaTime
from videoannotator.pipelines.scene_detection.changes import Change

MOST_WAITING = 64
"""So many boundaries, each too close to the next, are weighed together at most."""


class Spacing:
    """Lets boundaries through that are far enough apart.

    Args:
        start: time of the first frame.
        shortest_s: least time between boundaries, and between a boundary and both ends of the recording.
    """

    def __init__(self, start: MediaTime, shortest_s: float) -> None:
        self._last = start
        self._shortest_s = shortest_s
        self._waiting: list[Change] = []

    def add(self, change: Change) -> list[Change]:
        """Take the next boundary, in order of time; give those that are certain to stay."""
        if change.at.time.since(self._last) < max(self._shortest_s, 0.0) or change.at.time <= self._last:
            return []
        passed: list[Change] = []
        if self._waiting and (self._apart(self._waiting[-1], change) or len(self._waiting) == MOST_WAITING):
            passed = self._choose(self._waiting)
            self._waiting = []
            if change.at.time.since(self._last) < self._shortest_s:
                return passed
        self._waiting.append(change)
        return passed

    def flush(self, now: MediaTime) -> list[Change]:
        """Give what no boundary after `now` can displace."""
        if not self._waiting or now.since(self._waiting[-1].at.time) < self._shortest_s:
            return []
        passed, self._waiting = self._choose(self._waiting), []
        return passed

    def finish(self, end: MediaTime) -> list[Change]:
        """Give what is left when the recording ends at `end`."""
        passed, self._waiting = self._choose([one for one in self._waiting if end.since(one.at.time) >= self._shortest_s]), []
        return passed

    def _apart(self, left: Change, right: Change) -> bool:
        gap_s = right.at.time.since(left.at.time)
        return gap_s >= self._shortest_s and gap_s > 0

    def _choose(self, rivals: list[Change]) -> list[Change]:
        chosen: list[Change] = []
        for change in sorted(rivals, key=lambda one: (-one.confidence, one.at.position)):
            if all(self._apart(*sorted((change, other), key=lambda one: one.at.position)) for other in chosen):
                chosen.append(change)
        chosen.sort(key=lambda one: one.at.position)
        if chosen:
            self._last = chosen[-1].at.time
        return chosen
