"""Letting observations go in order of time, with boxes in between where a face was missed for a while."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from videoannotator.annotations.boxes import Evidence
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.time import MediaTime


@dataclass(slots=True)
class _Moment:
    """A frame and the faces in it, by track."""

    time: MediaTime
    frame: int
    faces: dict[int, FaceObservation] = field(default_factory=dict)


class Release:
    """Keeps frames back as long as a face that is missed in them may come back.

    Args:
        max_gap_s: the longest gap that is filled; no more than this is kept back.
    """

    def __init__(self, max_gap_s: float) -> None:
        self._max_gap_s = max_gap_s
        self._moments: deque[_Moment] = deque()
        self._last_seen: dict[int, FaceObservation] = {}

    def add(self, time: MediaTime, frame: int, seen: Iterable[FaceObservation], alive: frozenset[int]) -> Iterator[FaceObservation]:
        """Take the faces of the next frame; give those that are final.

        Args:
            time: of the frame.
            frame: its index.
            seen: the faces in it.
            alive: tracks that may go on; only for those frames are kept back.
        """
        faces = {face.track_id: face for face in seen}
        for number, face in faces.items():
            self._fill(number, face)
        self._last_seen = {number: face for number, face in {**self._last_seen, **faces}.items() if number in alive}
        self._moments.append(_Moment(time, frame, faces))
        missed = any(number not in faces for number in alive)
        while self._moments and not (missed and time.since(self._moments[0].time) <= self._max_gap_s):
            yield from _in_order(self._moments.popleft())

    def finish(self) -> Iterator[FaceObservation]:
        """Give what is left."""
        while self._moments:
            yield from _in_order(self._moments.popleft())

    def _fill(self, number: int, face: FaceObservation) -> None:
        """Boxes for the frames between this sight of a face and the one before."""
        before = self._last_seen.get(number)
        if before is None:
            return
        for moment in self._moments:
            if moment.time > before.time:
                moment.faces[number] = _between(before, face, moment.time, moment.frame)


def _in_order(moment: _Moment) -> Iterator[FaceObservation]:
    return (moment.faces[number] for number in sorted(moment.faces))


def _between(before: FaceObservation, after: FaceObservation, time: MediaTime, frame: int) -> FaceObservation:
    share = time.since(before.time) / after.time.since(before.time)
    box = before.box.towards(after.box, share)
    return FaceObservation(time=time, frame=frame, track_id=before.track_id, box=box, evidence=Evidence.INTERPOLATED, score=None)
