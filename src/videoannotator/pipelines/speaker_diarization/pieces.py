"""Stretches in which one voice speaks alone, found before anybody knows whose it is.

The segmentation network hears windows that overlap, and numbers the voices of each window in its own way. Where one voice ends and
another begins it says in every window, though: the activity of its voices changes there. Pieces end at such changes, so a piece
holds one voice whatever its number is, and says more about it than a whole window, in which several people may have spoken.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.pipelines.speaker_diarization.grid import FRAME_S, FRAMES

Activity = npt.NDArray[np.bool_]
"""Which voices are active in the frames of one window, shape (589, 3)."""

SHORTEST = 6
"""Frames (0.1 s). Shorter pieces say nothing about a voice."""
LONGEST = 474
"""Frames (8 s). Longer pieces are divided, so that little sound must be kept, and listening to one takes half a second."""
_CHANGED = 0.4
"""Share of the windows that must see a change in one place; one that sees it beside counts less, by `_NEAR`."""
_NEAR = np.array([1, 2, 3, 2, 1]) / 3
_APART = 6
"""Frames. Two changes are farther apart than this."""
_LOOK_AHEAD = _APART + len(_NEAR) // 2 + 1
"""Frames that must be known behind a frame before it can be decided on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one voice, in frames from the start of the stream: the first one, and the one behind the last."""

    start: int
    end: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.end - self.start) * FRAME_S


class PieceFinder:
    """Takes windows in order and gives the pieces that no later window can change."""

    def __init__(self) -> None:
        self._first = 0  # frame of the first entry of the arrays
        self._sums = np.zeros((3, 0), np.float32)  # per frame: windows, active voices, windows that see a change
        self._decided = 0
        self._open: int | None = None
        self._last_change = -_APART - 1

    @property
    def given_to(self) -> int:
        """The frame up to which all pieces have been given: no later one begins before it."""
        return self._decided if self._open is None else self._open

    def add(self, start: int, activity: Activity | None, next_start: int) -> Iterator[Piece]:
        """Take a window.

        Args:
            start: its first frame, counted from the start of the stream.
            activity: of its voices; None when nobody speaks in it.
            next_start: first frame of the window that comes next.
        """
        self._reach(start + FRAMES)
        at = start - self._first
        self._sums[0, at : at + FRAMES] += 1
        if activity is not None:
            self._sums[1, at : at + FRAMES] += activity.sum(axis=1)
            self._sums[2, at + 1 : at + FRAMES] += (activity[1:] != activity[:-1]).any(axis=1)
        yield from self._decide(next_start - _LOOK_AHEAD)

    def finish(self) -> Iterator[Piece]:
        """Give the pieces that are left when no window follows."""
        end = self._first + self._sums.shape[1]
        yield from self._decide(end)
        if self._open is not None:
            yield from _piece(self._open, end)

    def _reach(self, end: int) -> None:
        missing = end - self._first - self._sums.shape[1]
        if missing > 0:
            self._sums = np.pad(self._sums, ((0, 0), (0, missing)))

    def _decide(self, end: int) -> Iterator[Piece]:
        """Go on to frame `end`."""
        if end <= self._decided:
            return
        windows = np.maximum(self._sums[0], 1)
        voices = self._sums[1] / windows
        alone = (voices > 0.5) & (voices < 1.5)
        changes = np.convolve(self._sums[2], _NEAR, "same") / windows
        peaks = _peaks(changes)
        for frame in range(self._decided, end):
            at = frame - self._first
            changed = peaks[at] and frame - self._last_change > _APART
            if changed:
                self._last_change = frame
            if self._open is not None and (changed or not alone[at] or frame - self._open == LONGEST):
                yield from _piece(self._open, frame)
                self._open = None
            if self._open is None and alone[at]:
                self._open = frame
        self._decided = end
        kept = max(0, end - 2 * _LOOK_AHEAD - self._first)
        self._sums = self._sums[:, kept:]
        self._first += kept


def _peaks(changes: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Where enough windows see a change, and none near sees more."""
    padded = np.pad(changes, _APART, constant_values=-1.0)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _APART + 1).max(axis=1)
    peaks: npt.NDArray[np.bool_] = (changes >= _CHANGED) & (changes == highest)
    return peaks


def _piece(start: int, end: int) -> Iterator[Piece]:
    """The piece, unless it is too short."""
    if end - start >= SHORTEST:
        yield Piece(start, end)
