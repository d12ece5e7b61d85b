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
        passed: list[Change] = []
        if self._waiting and (self._apart(self._waiting[-1].at.time, change.at.time) or len(self._waiting) == MOST_WAITING):
            passed, self._waiting = self._choose(self._waiting), []
        if self._apart(self._last, change.at.time):
            self._waiting.append(change)
        return passed

    def flush(self, now: MediaTime) -> list[Change]:
        """Give what no boundary from `now` on can displace."""
        if not self._waiting or not self._apart(self._waiting[-1].at.time, now):
            return []
        passed, self._waiting = self._choose(self._waiting), []
        return passed

    @property
    def undecided(self) -> Change | None:
        """The first boundary that waits."""
        return self._waiting[0] if self._waiting else None

    def finish(self, end: MediaTime) -> list[Change]:
        """Give what is left when the recording ends at `end`."""
        passed, self._waiting = self._choose([one for one in self._waiting if self._apart(one.at.time, end)]), []
        return passed

    def _apart(self, earlier: MediaTime, later: MediaTime) -> bool:
        return earlier < later and later.since(earlier) >= self._shortest_s

    def _choose(self, rivals: list[Change]) -> list[Change]:
        times = [self._last]
        chosen: list[Change] = []
        for change in sorted(rivals, key=lambda one: (-one.confidence, one.at.position)):
            if all(self._apart(*sorted((change.at.time, time))) for time in times):
                chosen.append(change)
                times.append(change.at.time)
        self._last = max(times)
        return sorted(chosen, key=lambda one: one.at.position)
