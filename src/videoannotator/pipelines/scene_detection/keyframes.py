"""One picture of each scene, without holding all pictures."""

from dataclasses import dataclass

from videoannotator.annotations.time import MediaTime
from videoannotator.media.types import Frame

MOST_SETTLED = 12
"""Candidates that are kept of the scene that goes on, evenly spread over it."""
MOST_UNSETTLED = 64
"""Candidates that are kept of the frames in which a boundary may still be found."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A picture that may become a keyframe; `number` counts all candidates from 0."""

    number: int
    frame: Frame


class KeyframeCandidates:
    """Pictures for the scene that goes on and for those that may follow it; never more than 76."""

    def __init__(self) -> None:
        self._kept: list[Candidate] = []
        self._count = 0
        self._stride = 1
        self.newest_index = -1
        """Index of the newest frame that was offered."""

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, frame: Frame, settled_index: int) -> None:
        """Take the next candidate. All frames before `settled_index` are known to belong to one scene: they are thinned out."""
        self._kept.append(Candidate(self._count, frame))
        self._count += 1
        self.newest_index = frame.index
        settled = [one for one in self._kept if one.frame.index < settled_index]
        unsettled = self._kept[len(settled) :]
        settled = self._on_stride(settled)
        while len(settled) > MOST_SETTLED:
            self._stride *= 2
            settled = self._on_stride(settled)
        if len(unsettled) > MOST_UNSETTLED:
            unsettled = unsettled[::2]
        self._kept = settled + unsettled

    def take(self, first: int, last: int, middle: MediaTime) -> Frame | None:
        """The candidate nearest to `middle` from index `first` to `last`, None without any; all up to `last` are dropped."""
        inside = [one.frame for one in self._kept if first <= one.frame.index <= last]
        self._kept = [one for one in self._kept if one.frame.index > last]
        self._stride = 1
        return min(inside, key=lambda frame: abs(frame.time.since(middle)), default=None)

    def _on_stride(self, candidates: list[Candidate]) -> list[Candidate]:
        """Those on the stride, and the oldest in any case: a scene that has just begun keeps a picture."""
        return [one for place, one in enumerate(candidates) if place == 0 or one.number % self._stride == 0]
