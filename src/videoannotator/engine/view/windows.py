"""People and faces of a recording in windows of a few seconds, so that a player needs only those around the moment it shows."""

import gzip
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.persons import Keypoint, PersonObservation
from videoannotator.engine.view.contours import CONTOUR_POINTS

Seen = TypeVar("Seen", PersonObservation, FaceObservation)
Item = dict[str, Any]
Window = tuple[float, float, int, int]
"""Start and end in seconds, place and length in the file; length 0 where nobody is seen."""

WINDOW_S = 10
PER_PIXEL = 10
"""Places are whole numbers of this many to a pixel."""
_COMPRESSION = 5
_CONTOURS = itemgetter(*CONTOUR_POINTS)
_LETTERS = {Evidence.DETECTED: "d", Evidence.TRACKED: "t", Evidence.INTERPOLATED: "i"}


class OutOfOrder(ValueError):
    """An observation comes after one of a later window."""


@dataclass(slots=True)
class _Track:
    at: list[int] = field(default_factory=list)
    box: list[list[int]] = field(default_factory=list)
    score: list[float | None] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    measures: dict[str, list[Any]] = field(default_factory=dict)


class WindowWriter(Generic[Seen]):
    """Writes one layer, window by window; one window is held in memory.

    Args:
        path: where to.
        measures: what each observation says besides its place, by name.

    Attributes:
        windows: those that are written, without gaps.
        count: how many observations stand in them.
    """

    def __init__(self, path: Path, measures: Callable[[Seen], Item]) -> None:
        self.windows: list[Window] = []
        self.count = 0
        self._file = path.open("wb")
        self._measures: Callable[[Seen], Item] = measures
        self._number: int | None = None
        self._frames: dict[int, int] = {}
        self._times: list[Item] = []
        self._tracks: dict[int, _Track] = {}
        self._place = 0

    def add(self, seen: Seen) -> None:
        """Take the next observation, in time order.

        Raises:
            OutOfOrder: it lies before the window that is being written.
        """
        time_s = seen.time.seconds
        number = math.floor(time_s / WINDOW_S)
        if self._number is None:
            self._number = min(0, number)
        if number < self._number:
            raise OutOfOrder(f"an observation at {time_s} s comes after a later one")
        while self._number < number:
            self._end_window()
        self._put(seen, time_s)

    def _put(self, seen: Seen, time_s: float) -> None:
        at = self._frames.get(seen.frame)
        if at is None:
            at = self._frames[seen.frame] = len(self._times)
            self._times.append({"i": seen.frame, "t": time_s})
        track = self._tracks.setdefault(seen.track_id, _Track())
        track.at.append(at)
        track.box.append(_box(seen.box))
        track.score.append(None if seen.score is None else round(float(seen.score), 3))
        track.evidence.append(_LETTERS[seen.evidence])
        for name, value in self._measures(seen).items():
            track.measures.setdefault(name, []).append(value)
        self.count += 1

    def _end_window(self) -> None:
        number = self._number or 0
        length = 0
        if self._times:
            tracks = [
                {"id": key, "at": one.at, "box": one.box, "score": one.score, "evidence": "".join(one.evidence), **one.measures}
                for key, one in sorted(self._tracks.items())
            ]
            document = json.dumps({"frames": self._times, "tracks": tracks}, separators=(",", ":"), allow_nan=False)
            length = self._file.write(gzip.compress(document.encode(), _COMPRESSION, mtime=0))
        self.windows.append((float(number * WINDOW_S), float((number + 1) * WINDOW_S), self._place, length))
        self._place += length
        self._frames, self._times, self._tracks = {}, [], {}
        self._number = number + 1

    def finish(self, duration_s: float) -> None:
        """Write the last window, and empty ones up to the end of the recording."""
        last = max(math.ceil(duration_s / WINDOW_S), 0 if self._number is None else self._number + 1)
        if self._number is None:
            self._number = 0
        while self._number < last:
            self._end_window()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "WindowWriter[Seen]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def person_measures(seen: PersonObservation) -> Item:
    """The posture: x, y, visibility, and score in hundredths, for each keypoint."""
    return {"pose": None if seen.keypoints is None else _pose(seen.keypoints)}


def face_measures(seen: FaceObservation) -> Item:
    """Points, outlines, directions and the largest expression of a face."""
    return {
        "points": [_tenths(value) for point in seen.points for value in point] if seen.points else None,
        "mesh": None if seen.landmarks is None else _outlines(seen.landmarks),
        "pose": None if seen.head_pose is None else [round(float(value), 1) for value in seen.head_pose],
        "gaze": None if seen.gaze is None else [round(float(value), 1) for value in seen.gaze],
        "expression": None if seen.expression is None else _largest(seen.expression),
        "blink": None if seen.blink is None else [round(float(value), 2) for value in seen.blink],
    }


def _box(box: Box) -> list[int]:
    return [_tenths(value) for value in (box.left, box.top, box.width, box.height)]


def _tenths(value: float) -> int:
    return round(float(value) * PER_PIXEL)


def _pose(keypoints: Sequence[Keypoint]) -> list[int]:
    numbers: list[int] = []
    for x, y, score, visibility in keypoints:  # many of them: calls would cost more than what they do
        numbers += (round(x * PER_PIXEL), round(y * PER_PIXEL), visibility, round(score * 100))
    return numbers


def _outlines(landmarks: Sequence[tuple[float, float, float]]) -> list[int]:
    numbers: list[int] = []
    for x, y, _ in _CONTOURS(landmarks):
        numbers += (round(x * PER_PIXEL), round(y * PER_PIXEL))
    return numbers


def _largest(expression: dict[str, float]) -> list[Any]:
    name, share = max(expression.items(), key=lambda pair: pair[1])
    return [name, round(float(share), 3)]
