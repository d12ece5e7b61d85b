"""Tracks from boxes, as ByteTrack makes them (Zhang et al. 2022, https://arxiv.org/abs/2110.06864).

Sure detections are given to tracks first; then unsure ones to the tracks that got none, which keeps people who are half hidden.
What is left of the sure ones begins new tracks. Beyond ByteTrack: appearance decides between neighbours, a lost track is found
again where its person can have got to and looks alike, and behind a suspected cut no track goes on unless it does.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.inference.person_detector import iou
from videoannotator.pipelines.person_tracking.appearance import similarity
from videoannotator.pipelines.person_tracking.association import assign, widened
from videoannotator.pipelines.person_tracking.kalman import BoxFilter

Floats = npt.NDArray[np.float32]

WIDENED = 0.15
LEAST_IOU = 0.1
"""Of widened boxes, for a sure detection."""
LEAST_IOU_UNSURE = 0.4
"""The same for an unsure detection."""
LOOKS = 0.35
"""Weight of appearance beside place."""
ALIKE = 0.6
"""Least agreement of appearances (0 to 1) of one person after a cut or an absence."""
REACH = 1.0
"""How far somebody gets out of sight, in box heights a second; half a height is always allowed."""
HALTED_S = 0.4
"""After this time out of sight nobody is expected to go on as before."""
REMEMBERED = 0.8
"""What an appearance keeps of itself with each new one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A detection in one frame.

    Attributes:
        box: left, top, right, bottom in pixels.
        score: of the detection, 0 to 1.
        appearance: as `appearance_of` gives it.
    """

    box: Floats
    score: float
    appearance: Floats


@dataclass(slots=True)
class Track:
    """Somebody who is followed."""

    number: int
    filter: BoxFilter
    appearance: Floats
    seen_at_s: float
    sightings: int = 1
    before_cut: bool = False


class Tracker:
    """Gives every detection of a frame the number of a track.

    Args:
        sure: least score of a detection that may begin a track.
        lost_s: how long a track is kept that gets no detection, in seconds.
    """

    def __init__(self, sure: float, lost_s: float) -> None:
        self._sure = sure
        self._lost_s = lost_s
        self._tracks: list[Track] = []
        self._count = 0
        self._now_s: float | None = None

    @property
    def alive(self) -> frozenset[int]:
        """Numbers of the tracks that may go on."""
        return frozenset(track.number for track in self._tracks)

    def advance(self, now_s: float, *, cut: bool) -> None:
        """Go on to the next frame.

        Args:
            now_s: its time, in seconds.
            cut: whether another shot may have begun with it.
        """
        passed = 0.0 if self._now_s is None else now_s - self._now_s
        self._now_s = now_s
        self._tracks = [track for track in self._tracks if now_s - track.seen_at_s <= max(self._lost_s, passed)]
        for track in self._tracks:
            track.before_cut |= cut
            if now_s - track.seen_at_s > HALTED_S + passed:
                track.filter.halt()
            track.filter.predict(passed)

    def may_take(self, boxes: Floats, scores: Floats) -> npt.NDArray[np.bool_]:
        """Which of these detections can begin or continue a track; the others need not be looked at more closely.

        Args:
            boxes: left, top, right, bottom in pixels, shape (n, 4).
            scores: of each, shape (n,).
        """
        followed = [track.filter.box for track in self._tracks if not track.before_cut]
        near = _shared(followed, list(boxes)).max(0, initial=0.0) >= LEAST_IOU_UNSURE
        return np.asarray((scores >= self._sure) | near, np.bool_)

    def update(self, candidates: list[Candidate], doubles: npt.NDArray[np.bool_] | None = None) -> list[Track | None]:
        """Take the detections of the frame.

        Args:
            candidates: what was found in it, the surest first.
            doubles: which two of them show the same body, shape (n, n); a double of somebody who is followed begins no track.

        Returns:
            The track of each candidate; None for one that continues none and may begin none.
        """
        now_s = self._now_s or 0.0
        given: list[Track | None] = [None] * len(candidates)
        sure = [place for place, each in enumerate(candidates) if each.score >= self._sure]
        unsure = [place for place, each in enumerate(candidates) if each.score < self._sure]
        seen_last = [track for track in self._tracks if not track.before_cut]
        self._match(seen_last, candidates, sure, given, LEAST_IOU)
        self._match(seen_last, candidates, unsure, given, LEAST_IOU_UNSURE)
        left = [place for place in sure if given[place] is None and not _is_double(place, given, doubles)]
        self._find_again(candidates, left, given, now_s)
        for place in left:
            if given[place] is None and not _is_double(place, given, doubles):
                given[place] = self._begin(candidates[place], now_s)
        for place, track in enumerate(given):
            if track is not None and track.seen_at_s != now_s:
                _see(track, candidates[place], now_s)
        return given

    def _begin(self, candidate: Candidate, now_s: float) -> Track:
        self._count += 1
        track = Track(self._count, BoxFilter(candidate.box), candidate.appearance, now_s)
        self._tracks.append(track)
        return track

    def _match(
        self, tracks: list[Track], candidates: list[Candidate], places: list[int], given: list[Track | None], lowest: float
    ) -> None:
        """Give candidates at these places to the tracks that have none, by place and appearance."""
        free = [track for track in tracks if not any(track is taken for taken in given)]
        if not free or not places:
            return
        shared = _shared([track.filter.box for track in free], [candidates[place].box for place in places])
        looks = np.array([[similarity(track.appearance, candidates[place].appearance) for place in places] for track in free])
        agreement = np.where(shared >= lowest, (1 - LOOKS) * shared + LOOKS * looks, -1.0).astype(np.float32)
        for row, column in assign(agreement, 0.0):
            given[places[column]] = free[row]

    def _find_again(self, candidates: list[Candidate], left: list[int], given: list[Track | None], now_s: float) -> None:
        """Give what is left to lost tracks that look alike, and from which one can have come here."""
        free = [track for track in self._tracks if not any(track is taken for taken in given)]
        agreement = np.full((len(free), len(left)), -1.0, np.float32)
        for row, track in enumerate(free):
            for column, place in enumerate(left):
                looks = similarity(track.appearance, candidates[place].appearance)
                if looks >= ALIKE and _within_reach(track, candidates[place].box, now_s):
                    agreement[row, column] = looks
        for row, column in assign(agreement, 0.0):
            given[left[column]] = free[row]


def _shared(ones: list[Floats], others: list[Floats]) -> Floats:
    """Intersection over union of widened boxes, shape (n, m)."""
    pair = (widened(np.reshape(boxes, (-1, 4)).astype(np.float32), WIDENED) for boxes in (ones, others))
    return iou(*pair)


def _is_double(place: int, given: list[Track | None], doubles: npt.NDArray[np.bool_] | None) -> bool:
    """Whether the body of this candidate has a track already, through another candidate."""
    return doubles is not None and any(track is not None and doubles[place, other] for other, track in enumerate(given))


def _within_reach(track: Track, box: Floats, now_s: float) -> bool:
    """Whether the person of a track can be here: near enough, and of about the same size."""
    last = track.filter.box
    height, other = last[3] - last[1], box[3] - box[1]
    away = np.hypot(*((last[:2] + last[2:]) / 2 - (box[:2] + box[2:]) / 2))
    return bool(away <= (0.5 + REACH * (now_s - track.seen_at_s)) * height and 0.5 <= other / height <= 2.0)


def _see(track: Track, candidate: Candidate, now_s: float) -> None:
    if track.before_cut:  # it stands where the new shot shows it, and how it moved there is not known
        track.filter = BoxFilter(candidate.box)
    else:
        track.filter.correct(candidate.box)
    mixed = REMEMBERED * track.appearance + (1 - REMEMBERED) * candidate.appearance
    track.appearance = np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-9), np.float32)
    track.seen_at_s, track.before_cut = now_s, False
    track.sightings += 1
