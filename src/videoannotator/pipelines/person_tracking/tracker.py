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

    def update(self, now_s: float, candidates: list[Candidate], *, cut: bool) -> list[Track | None]:
        """Take the detections of the next frame.

        Args:
            now_s: time of the frame, in seconds.
            candidates: what was found in it.
            cut: whether another shot may have begun with it.

        Returns:
            The track of each candidate; None for an unsure one that continues none.
        """
        self._let_time_pass(now_s, cut=cut)
        given: list[Track | None] = [None] * len(candidates)
        sure = [place for place, each in enumerate(candidates) if each.score >= self._sure]
        unsure = [place for place, each in enumerate(candidates) if each.score < self._sure]
        seen_last = [track for track in self._tracks if not track.before_cut]
        self._match(seen_last, candidates, sure, given, LEAST_IOU)
        self._match(seen_last, candidates, unsure, given, LEAST_IOU_UNSURE)
        self._find_again(candidates, sure, given, now_s)
        for place in sure:
            if given[place] is None:
                self._count += 1
                one = candidates[place]
                given[place] = Track(self._count, BoxFilter(one.box), one.appearance, now_s)
                self._tracks.append(given[place])  # type: ignore[arg-type]  # it was set in the line before
        for place, track in enumerate(given):
            if track is not None and track.seen_at_s != now_s:
                _see(track, candidates[place], now_s)
        return given

    def _let_time_pass(self, now_s: float, *, cut: bool) -> None:
        passed = 0.0 if self._now_s is None else now_s - self._now_s
        self._now_s = now_s
        self._tracks = [track for track in self._tracks if now_s - track.seen_at_s <= max(self._lost_s, passed)]
        for track in self._tracks:
            track.before_cut |= cut
            if now_s - track.seen_at_s > HALTED_S + passed:
                track.filter.halt()
            track.filter.predict(passed)

    def _match(
        self, tracks: list[Track], candidates: list[Candidate], places: list[int], given: list[Track | None], lowest: float
    ) -> None:
        """Give candidates at these places to the tracks that have none, by place and appearance."""
        free = [track for track in tracks if not any(track is taken for taken in given)]
        if not free or not places:
            return
        shared = iou(
            widened(np.stack([track.filter.box for track in free]), WIDENED),
            widened(np.stack([candidates[place].box for place in places]), WIDENED),
        )
        looks = np.array([[similarity(track.appearance, candidates[place].appearance) for place in places] for track in free])
        agreement = np.where(shared >= lowest, (1 - LOOKS) * shared + LOOKS * looks, -1.0).astype(np.float32)
        for row, column in assign(agreement, 0.0):
            given[places[column]] = free[row]

    def _find_again(self, candidates: list[Candidate], places: list[int], given: list[Track | None], now_s: float) -> None:
        """Give what is left to lost tracks that look alike, and from which one can have come here."""
        free = [track for track in self._tracks if not any(track is taken for taken in given)]
        left = [place for place in places if given[place] is None]
        agreement = np.full((len(free), len(left)), -1.0, np.float32)
        for row, track in enumerate(free):
            for column, place in enumerate(left):
                looks = similarity(track.appearance, candidates[place].appearance)
                if looks >= ALIKE and _within_reach(track, candidates[place].box, now_s):
                    agreement[row, column] = looks
        for row, column in assign(agreement, 0.0):
            given[left[column]] = free[row]


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
