"""Which faces of neighbouring frames are one: by place, size and movement.

Associated as in ByteTrack (Zhang et al. 2022): sure faces first, then unsure ones with the tracks that are left; only a sure face
begins a track. Faces seldom overlap, so the nearest pairs are taken first and no assignment problem is solved.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

CONTINUES = 0.75
"""A face of this share of the threshold continues a track."""
REACH = 0.9
"""How far, in face sizes, a face may be from where it is expected at once; and further with the time since it was seen."""
SPEED = 2.0
"""Face sizes a second that a face may move besides."""
GROWTH = 1.8
"""Most times by which its size changes between two sights."""
MEMORY_S = 0.4
"""After how long the speed of a face is forgotten by a factor of e while it is not seen."""


@dataclass(slots=True)
class Track:
    """A face that is followed.

    Attributes:
        number: from 1, never given twice.
        centre, size: of its box when last seen; the size is the root of the area, pixels.
        speed: pixels a second.
        seen_at_s: when it was last seen.
        seen_in_frame: in which of the frames looked at, counted.
    """

    number: int
    centre: npt.NDArray[np.float64]
    size: float
    seen_at_s: float
    seen_in_frame: int
    speed: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))


class Tracks:
    """The faces that are followed at present.

    Args:
        confidence_threshold: least score of a face that begins a track.
        max_gap_s: how long a face may be missed within a track.
    """

    def __init__(self, confidence_threshold: float, max_gap_s: float) -> None:
        self._threshold = confidence_threshold
        self._max_gap_s = max_gap_s
        self._alive: list[Track] = []
        self._frames = 0
        self._given = 0

    @property
    def alive(self) -> frozenset[int]:
        """Numbers of the tracks that may go on."""
        return frozenset(track.number for track in self._alive)

    def update(self, now_s: float, boxes: Floats, scores: Floats, *, cut: bool) -> list[int | None]:
        """Take the faces of the next frame.

        Args:
            now_s: its time.
            boxes: left, top, right, bottom, shape (n, 4).
            scores: 0 to 1, shape (n,).
            cut: whether another shot begins with it; then no track goes on.

        Returns:
            The number of the track for each face; None for one that is too unsure to begin a track.
        """
        self._frames += 1
        self._alive = [track for track in self._alive if not cut and self._may_go_on(track, now_s)]
        found: list[Track | None] = [None] * len(boxes)
        sure = scores >= self._threshold
        for group in (np.flatnonzero(sure), np.flatnonzero(~sure)):
            taken = {track.number for track in found if track}
            free = [track for track in self._alive if track.number not in taken]
            for place, track in _pairs(free, boxes, group, now_s):
                self._continue(track, boxes[place], now_s)
                found[place] = track
        for place, box in enumerate(boxes):
            if sure[place] and found[place] is None:
                found[place] = self._begin(box, now_s)
        return [track.number if track else None for track in found]

    def _may_go_on(self, track: Track, now_s: float) -> bool:
        """Seen in the frame before, however long ago that was, or recently enough."""
        return track.seen_in_frame == self._frames - 1 or now_s - track.seen_at_s <= self._max_gap_s

    def _begin(self, box: Floats, now_s: float) -> Track:
        self._given += 1
        track = Track(self._given, _centre(box), _size(box), now_s, self._frames)
        self._alive.append(track)
        return track

    def _continue(self, track: Track, box: Floats, now_s: float) -> None:
        centre, passed_s = _centre(box), now_s - track.seen_at_s
        if passed_s > 0:
            track.speed = 0.5 * track.speed + 0.5 * (centre - track.centre) / passed_s
        track.centre, track.size, track.seen_at_s, track.seen_in_frame = centre, _size(box), now_s, self._frames


def _pairs(tracks: list[Track], boxes: Floats, group: npt.NDArray[np.intp], now_s: float) -> list[tuple[int, Track]]:
    """Faces of the group with the tracks that they continue, nearest pairs first; each is used once."""
    near = sorted(
        (distance, int(place), track.number, track)
        for track in tracks
        for place in group
        if (distance := _distance(track, boxes[place], now_s)) is not None
    )
    used_places: set[int] = set()
    used_tracks: set[int] = set()
    pairs = []
    for _, place, number, track in near:
        if place not in used_places and number not in used_tracks:
            pairs.append((place, track))
            used_places.add(place)
            used_tracks.add(number)
    return pairs


def _distance(track: Track, box: Floats, now_s: float) -> float | None:
    """How far the face is from where the track's is expected, in face sizes; None when it cannot be the same."""
    size, passed_s = _size(box), now_s - track.seen_at_s
    growth = max(size, track.size) / min(size, track.size)
    expected = track.centre + track.speed * MEMORY_S * (1 - math.exp(-passed_s / MEMORY_S))
    distance = float(np.linalg.norm(_centre(box) - expected)) / max(size, track.size)
    if growth > GROWTH or distance > REACH + SPEED * min(passed_s, 1.0) / 2:
        return None
    return distance + math.log(growth)


def _centre(box: Floats) -> npt.NDArray[np.float64]:
    return np.array([box[0] + box[2], box[1] + box[3]], np.float64) / 2


def _size(box: Floats) -> float:
    return float(np.sqrt(max(1e-6, (box[2] - box[0]) * (box[3] - box[1]))))
