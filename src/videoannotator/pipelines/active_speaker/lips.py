"""How much the lips of each face move, from moment to moment.

Who speaks opens and closes the mouth several times a second (Everingham, Sivic & Zisserman 2006, "Hello! My name is... Buffy", tell
speakers from listeners by the change of the mouth between frames; Cutler & Davis 2000, Look who's talking, correlate it with
sound). Here the change is that of the mouth's opening over about 0.15 to 0.2 s, half a syllable, which is the same quantity at
every rate from 5 to 25 frames a second; a smile that stays or a head that turns slowly changes little in that time.
"""

from array import array
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import BLENDSHAPES, FaceObservation, Measure

Floats = npt.NDArray[np.float64]

WINDOW_S = 0.8
"""Over how long motion is averaged: three to four syllables, and at 5 Hz four changes."""
LAG_S = 0.15
"""Two openings that are compared lie at least so far apart."""
LONGEST_LAG_S = 0.45
"""Openings further apart are not compared: at 2 Hz and below there is no lip motion."""
STILL = 0.005
"""The mean change that face analysis reports for a mouth that is held still, on a face of 60 pixels in a compressed, noisy picture
(0.0003 on one of 100 pixels; in two filmed talks 0.06). Motion below it means nothing; added to every motion before its logarithm
is taken."""
LEAST_CHANGES = 2
"""So many changes at least make a motion."""
VISIBLE_GAP_S = 1.5
"""Observations of one track that lie further apart do not say that the face was there in between."""

_JAW_OPEN, _MOUTH_CLOSE = BLENDSHAPES.index("jawOpen"), BLENDSHAPES.index("mouthClose")
_UPPER_LIP, _LOWER_LIP, _FOREHEAD, _CHIN = 13, 14, 10, 152
"""Points of the mesh: the inner lips in their middle, and the ends of the face."""
LIPS_AS_JAW = 2.7
"""The blendshape moves so many times as much in speech as the distance of the lips, in heights of the face: in two filmed talks."""


def opening_of(face: FaceObservation) -> float | None:
    """How far a mouth is open; None where that was not measured.

    By blendshapes the opening of the jaw, less what the lips close of it; where they are switched off, by landmarks the distance of
    the inner lips in heights of the face, times `LIPS_AS_JAW`: less sure on small faces. Both are about 0 for a shut mouth.
    """
    if face.blendshapes is not None:
        return face.blendshapes[_JAW_OPEN] - face.blendshapes[_MOUTH_CLOSE]
    if face.landmarks is None or Measure.BLENDSHAPES in face.missing:
        return None
    points = np.array([face.landmarks[place][:2] for place in (_UPPER_LIP, _LOWER_LIP, _FOREHEAD, _CHIN)])
    height = float(np.linalg.norm(points[2] - points[3]))
    return LIPS_AS_JAW * float(np.linalg.norm(points[0] - points[1])) / height if height > 0 else None


@dataclass(frozen=True, slots=True)
class LipMotion:
    """How the lips of one face, or of several that are one person's, move.

    Attributes:
        times: seconds, ascending, shape (n,).
        levels: natural logarithm of the mean change of the opening around each time, `STILL` added; shape (n,).
        step_s: how much time one value stands for.
    """

    times: Floats
    levels: Floats
    step_s: float

    def within(self, start_s: float, end_s: float) -> Floats:
        """The levels in a stretch of time."""
        first, last = np.searchsorted(self.times, (start_s, end_s))
        return self.levels[first:last]


def motion_of(times: Floats, openings: Floats) -> LipMotion:
    """The motion in openings of one face, NaN where one was not measured; both of shape (n,), times ascending."""
    measured = np.isfinite(openings)
    times, openings = times[measured], openings[measured]
    later = np.searchsorted(times, times + LAG_S - 1e-6)
    first = np.flatnonzero(later < len(times))
    later = later[first]
    near = times[later] - times[first] <= LONGEST_LAG_S
    first, later = first[near], later[near]
    middles = (times[first] + times[later]) / 2
    sums = np.concatenate([[0.0], np.cumsum(np.abs(openings[later] - openings[first]))])
    begin = np.searchsorted(middles, middles - WINDOW_S / 2)
    end = np.searchsorted(middles, middles + WINDOW_S / 2, side="right")
    enough = end - begin >= LEAST_CHANGES
    begin, end = begin[enough], end[enough]
    means = (sums[end] - sums[begin]).clip(0) / (end - begin)
    middles = middles[enough]
    return LipMotion(middles, np.log(means + STILL), _step(middles))


def joined(motions: list[LipMotion]) -> LipMotion:
    """The motions of several faces of one person, in order of time."""
    times = np.concatenate([motion.times for motion in motions])
    levels = np.concatenate([motion.levels for motion in motions])
    order = np.argsort(times, kind="stable")
    return LipMotion(times[order], levels[order], float(np.median([motion.step_s for motion in motions])))


@dataclass(slots=True)
class _Samples:
    """What is kept of a face track: 12 bytes for every observation."""

    times: "array[float]" = field(default_factory=lambda: array("d"))
    openings: "array[float]" = field(default_factory=lambda: array("f"))


class LipTracks:
    """Takes the observations of faces as they come, and keeps of each no more than its time and how far the mouth is open.

    That is 12 bytes for each observation: 0.2 MB for an hour of one face at 5 Hz, 10 MB for ten hours of one face at 25 Hz.
    """

    def __init__(self) -> None:
        self._tracks: dict[int, _Samples] = {}

    def add(self, face: FaceObservation) -> None:
        """Take the next observation; those of one track come in order of time."""
        samples = self._tracks.setdefault(face.track_id, _Samples())
        opening = opening_of(face)
        samples.times.append(face.time.seconds)
        samples.openings.append(np.nan if opening is None else opening)

    @property
    def tracks(self) -> int:
        """How many faces there are."""
        return len(self._tracks)

    @property
    def measured(self) -> int:
        """In how many observations the mouth was measured."""
        return sum(int(np.isfinite(np.frombuffer(samples.openings, np.float32)).sum()) for samples in self._tracks.values())

    @property
    def step_s(self) -> float | None:
        """The usual time between two observations of one face; None when none was seen twice."""
        steps = [np.diff(np.frombuffer(samples.times)) for samples in self._tracks.values()]
        every = np.concatenate(steps) if steps else np.zeros(0)
        return float(np.median(every)) if len(every) else None

    def motion(self, track: int) -> LipMotion:
        """The lip motion of one face."""
        samples = self._tracks[track]
        return motion_of(np.frombuffer(samples.times), np.frombuffer(samples.openings, np.float32).astype(np.float64))

    def stays(self) -> dict[int, Floats]:
        """When each face is in the picture: start and end of every stay, seconds, shape (n, 2)."""
        half = (self.step_s or 0.0) / 2
        return {number: stays_of(np.frombuffer(samples.times), half) for number, samples in self._tracks.items()}


def stays_of(times: Floats, half_step_s: float) -> Floats:
    """Start and end of every stretch without a gap of more than `VISIBLE_GAP_S`, half a step wider than its times; shape (n, 2)."""
    breaks = np.flatnonzero(np.diff(times) > VISIBLE_GAP_S)
    starts, ends = times[np.concatenate([[0], breaks + 1])], times[np.concatenate([breaks, [len(times) - 1]])]
    return np.stack([starts - half_step_s, ends + half_step_s], axis=1)


def _step(times: Floats) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0
