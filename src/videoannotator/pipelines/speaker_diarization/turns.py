"""From windows with voices of their own to turns of speakers.

Method: that of pyannote.audio (Bredin 2023): each voice of a window is given to a speaker, no two of one window to the same; the
windows vote in every frame, and as many speakers have the frame as the windows hear at once on average.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.inference.assignment import best_assignment
from videoannotator.pipelines.speaker_diarization.embedding import HeardPiece
from videoannotator.pipelines.speaker_diarization.grid import FRAME_SAMPLES, FRAMES, VOICES
from videoannotator.pipelines.speaker_diarization.pieces import Activity

_SHARPNESS = 10.0
"""How much more likely a more similar speaker is: a lead of 0.3 in similarity makes 95 of 100."""


_FORCED = 0.1
"""A voice that is by so much more similar to a speaker whom another voice of the window got is a part of that voice."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn in frames from the start of the stream: the first, the one behind the last; `speaker` counts from 0."""

    start: int
    end: int
    speaker: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Window:
    """A window in which somebody speaks: its first frame, and its activity packed to bits."""

    start: int
    bits: bytes

    @classmethod
    def packed(cls, start: int, activity: Activity) -> "Window":
        """Pack the activity, shape (589, 3)."""
        return cls(start, np.packbits(activity).tobytes())

    @property
    def activity(self) -> Activity:
        """The activity, shape (589, 3)."""
        bits = np.frombuffer(self.bits, np.uint8)
        return np.unpackbits(bits, count=FRAMES * VOICES).reshape(FRAMES, VOICES).astype(np.bool_)


@dataclass(frozen=True, slots=True)
class Raster:
    """Where all windows lie: how many samples from one to the next, and how many there are."""

    step_samples: int
    count: int

    def frame(self, window: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
        """The first frame of windows, to the nearest one."""
        frames: npt.NDArray[np.int_] = np.rint(window * (self.step_samples / FRAME_SAMPLES)).astype(np.int_)
        return frames

    def windows_over(self, first: int, count: int) -> npt.NDArray[np.float64]:
        """How many windows lie over each of `count` frames from `first` on; at least one."""
        frames = np.arange(first, first + count)
        newest = frames * FRAME_SAMPLES // self.step_samples + 1
        windows = np.zeros(count)
        for back in range(-(-FRAMES * FRAME_SAMPLES // self.step_samples) + 2):
            window = newest - back
            place = frames - self.frame(window)
            windows += (window >= 0) & (window < self.count) & (place >= 0) & (place < FRAMES)
        return np.maximum(1.0, windows)


class _Pieces:
    """Pieces with their similarity to each speaker, given out as the windows pass over them."""

    def __init__(self, heard: Iterable[HeardPiece], directions: npt.NDArray[np.float64]) -> None:
        self._coming = iter(heard)
        self._directions = directions
        self._near: deque[tuple[int, int, npt.NDArray[np.float64]]] = deque()
        self._next = next(self._coming, None)

    def within(self, start: int, end: int) -> Iterator[tuple[int, int, npt.NDArray[np.float64]]]:
        """The pieces that share frames with a stretch, (first, behind the last, similarities); stretches come in order."""
        while self._next is not None and self._next.piece.start < end:
            piece = self._next.piece
            self._near.append((piece.start, piece.end, self._directions @ self._next.voice))
            self._next = next(self._coming, None)
        while self._near and self._near[0][1] <= start:
            self._near.popleft()
        return iter(self._near)


def turns(
    windows: Iterable[Window], heard: Iterable[HeardPiece], directions: npt.NDArray[np.float64], raster: Raster, *, overlap: bool
) -> Iterator[Turn]:
    """The turns of all speakers, in the order of their ends.

    Args:
        windows: those in which somebody speaks, in order.
        heard: pieces in order.
        directions: of the speakers, shape (speakers, 256).
        raster: where windows lie, those without speech included.
        overlap: whether several may speak at once.
    """
    pieces = _Pieces(heard, directions)
    votes = _Votes(len(directions), raster, overlap=overlap)
    for window in windows:
        activity = window.activity
        evidence = _evidence(window.start, activity, pieces, len(directions))
        yield from votes.add(window.start, activity, _given(evidence))
    yield from votes.finish()


def _evidence(start: int, activity: Activity, pieces: _Pieces, speakers: int) -> npt.NDArray[np.float64]:
    """Average similarity of each voice of a window to each speaker, shape (3, speakers); NaN where it is never heard alone."""
    sums, frames = np.zeros((VOICES, speakers)), np.zeros(VOICES)
    for first, behind, similarities in pieces.within(start, start + FRAMES):
        shared = activity[max(0, first - start) : behind - start].sum(axis=0)
        sums += np.outer(shared, similarities)
        frames += shared
    with np.errstate(invalid="ignore"):
        evidence: npt.NDArray[np.float64] = sums / frames[:, np.newaxis]
    return evidence


def _given(evidence: npt.NDArray[np.float64]) -> Sequence[tuple[int, int, float]]:
    """(voice, speaker, likelihood) for the voices of a window that can be given to somebody."""
    known = np.flatnonzero(np.isfinite(evidence).all(axis=1))
    if not len(known):
        return ()
    rows, speakers = best_assignment(evidence[known])
    given = []
    for row, speaker in zip(rows, speakers, strict=True):
        similarities = evidence[known[row]]
        if similarities[speaker] < similarities.max() - _FORCED:
            continue
        likelihood = 1 / np.exp(_SHARPNESS * (similarities - similarities[speaker])).sum()
        given.append((int(known[row]), int(speaker), float(likelihood)))
    return given


class _Votes:
    """Adds up what the windows say, and gives the turns that no later window can change."""

    def __init__(self, speakers: int, raster: Raster, *, overlap: bool) -> None:
        self._raster = raster
        self._most = speakers if overlap else 1
        self._first = 0
        self._heard = np.zeros(0, np.float32)  # active voices, summed over the windows
        self._for = np.zeros((speakers, 0), np.float32)  # windows that hear a speaker
        self._likely = np.zeros((speakers, 0), np.float32)  # how likely it is that speaker, summed over the windows
        self._open: list[tuple[int, float] | None] = [None] * speakers

    def add(self, start: int, activity: Activity, given: Iterable[tuple[int, int, float]]) -> Iterator[Turn]:
        """Take a window; give the turns that ended before it."""
        yield from self._decide(start)
        missing = start + FRAMES - self._first - len(self._heard)
        self._heard = np.pad(self._heard, (0, missing))
        self._for, self._likely = (np.pad(sums, ((0, 0), (0, missing))) for sums in (self._for, self._likely))
        at = start - self._first
        self._heard[at : at + FRAMES] += activity.sum(axis=1)
        for voice, speaker, likelihood in given:
            self._for[speaker, at : at + FRAMES] += activity[:, voice]
            self._likely[speaker, at : at + FRAMES] += likelihood * activity[:, voice]

    def finish(self) -> Iterator[Turn]:
        """Give the turns that are left."""
        yield from self._decide(self._first + len(self._heard) + 1)

    def _decide(self, end: int) -> Iterator[Turn]:
        """Go on to frame `end`; what lies behind the last window is silence."""
        known = min(end - self._first, len(self._heard))
        windows = self._raster.windows_over(self._first, known)
        counts = np.minimum(np.rint(self._heard[:known] / windows).astype(int), self._most)
        votes = self._for[:, :known]
        ranks = np.argsort(np.argsort(-votes, axis=0, kind="stable"), axis=0)
        speaks = (ranks < counts) & (votes > 0)
        for speaker, row in enumerate(speaks):
            likely = self._likely[speaker, :known] / windows
            yield from self._turns_of(speaker, row, likely, silent_at_end=end > self._first + known)
        self._first, self._heard = end, self._heard[known:]
        self._for, self._likely = self._for[:, known:], self._likely[:, known:]

    def _turns_of(
        self, speaker: int, speaks: npt.NDArray[np.bool_], likely: npt.NDArray[np.float64], *, silent_at_end: bool
    ) -> Iterator[Turn]:
        """Go on with one speaker's turn, or begin one; `_open` keeps its first frame and its summed likelihood."""
        edges = np.flatnonzero(
            np.diff(np.concatenate([[self._open[speaker] is not None], speaks, [False] if silent_at_end else []]))
        )
        sums = np.concatenate([[0.0], np.cumsum(likely)])
        begin = 0
        for edge in edges.tolist():
            held = self._open[speaker]
            if held is None:
                self._open[speaker], begin = (self._first + edge, 0.0), edge
            else:
                end = self._first + edge
                yield Turn(held[0], end, speaker, min(1.0, (held[1] + sums[edge] - sums[begin]) / (end - held[0])))
                self._open[speaker] = None
        held = self._open[speaker]
        if held is not None:
            self._open[speaker] = held[0], held[1] + sums[len(speaks)] - sums[begin]
