"""Dissolves and halves of fades: stretches in which each picture is a mixture of the first and the last.

The test follows from what a dissolve is: picture(t) = (1 - a(t)) * old + a(t) * new with a growing from 0 to 1. Each picture of a
stretch is projected on the line from its first to its last; what the line does not explain is the residual. Movement of the camera
shifts edges instead of mixing them and leaves a large residual; a lamp that is turned up mixes, but shows the same picture after.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from videoannotator.pipelines.scene_detection.evidence import Signatures, distance, resemblance

LENGTHS = (6, 9, 13, 19, 27, 38, 54, 76, 108)
"""Frames from the first to the last picture of the stretches that are tried."""
LONGEST = 128
"""A stretch may grow to this many frames when its ends are sought."""
FLANK = 27
"""Frames beyond its end that are needed to judge a stretch: a quarter of the longest."""
STILL_ALIKE = 0.6
"""Pictures that resemble each other more than this are the same scene, in which somebody moved."""
PROBES = 8
"""A stretch is looked at in this many steps."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a stretch must fulfil.

    Attributes:
        change: least distance of its first and last picture, 0 to 255.
        residual: largest share of the change that the mixture leaves unexplained.
        flank: largest share of the change that may happen within a quarter of its length before and after.
        step: largest share of the change from one of the eight steps to the next; a hard cut has 1.
    """

    change: float
    residual: float
    flank: float
    step: float


LIKELY = Demands(change=12.0, residual=0.3, flank=0.35, step=0.4)
POSSIBLE = Demands(change=8.0, residual=0.55, flank=0.7, step=0.6)
EVEN_RESIDUAL = 0.32
"""Residual of the larger pictures at which mixture and movement are equally likely: dissolves over moving people stay below, people
who move a lot in front of a still camera lie above."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A gradual change.

    Attributes:
        first, last: the last picture before it and the first picture after it.
        change: distance of these two, 0 to 255.
        residual: share of the change that is not explained by mixing, 0 to 1.
    """

    first: int
    last: int
    change: float
    residual: float

    @property
    def strength(self) -> float:
        """How much of a change it explains; a long stretch must not outdo the two short ones that it covers."""
        return self.change * (1.0 - 2.0 * self.residual)


StretchT = TypeVar("StretchT", bound=Stretch)


def find_stretches(signatures: Signatures, start: int, stop: int, demands: Demands) -> list[Stretch]:
    """The gradual changes whose end was tried in rows `start` to `stop`, best of those that overlap, in order."""
    found = [stretch for length in LENGTHS for stretch in _of_length(signatures, start, stop, length, demands)]
    return best_apart(found)


def best_apart(stretches: list[StretchT]) -> list[StretchT]:
    """Of stretches that overlap, the one that explains most; in order of time."""
    chosen: list[StretchT] = []
    for stretch in sorted(stretches, key=lambda one: -one.strength):
        if not any(_overlap(stretch, other) for other in chosen):
            chosen.append(stretch)
    return sorted(chosen, key=lambda one: one.first)


def _overlap(left: Stretch, right: Stretch) -> bool:
    """Whether two stretches share more than a quarter of the shorter one; the two halves of a fade may meet in the black."""
    shared = min(left.last, right.last) - max(left.first, right.first)
    return 4 * shared > min(left.last - left.first, right.last - right.first)


def _of_length(signatures: Signatures, start: int, stop: int, length: int, demands: Demands) -> Iterator[Stretch]:
    hop = max(1, length // 8)
    lasts = np.arange(max(start, length), stop)
    lasts = lasts[lasts % hop == 0]
    lasts = lasts[_ends_fit(signatures, lasts - length, lasts, demands)]
    if not len(lasts):
        return
    firsts = lasts - length
    change = distance(signatures[firsts], signatures[lasts])
    shares, residual = _mixture(signatures, firsts, lasts)
    rises = np.diff(shares, axis=1)
    fits = (residual <= demands.residual) & (rises.max(axis=1) <= demands.step) & (rises.min(axis=1) >= -demands.step / 4)
    for row in np.flatnonzero(fits):
        yield Stretch(int(firsts[row]), int(lasts[row]), float(change[row]), float(residual[row]))


def _ends_fit(
    signatures: Signatures, firsts: npt.NDArray[np.int64], lasts: npt.NDArray[np.int64], demands: Demands
) -> npt.NDArray[np.bool_]:
    """Where the pictures at both ends differ enough, show different things, and stay as they are beyond: cheap to ask first."""
    change = distance(signatures[firsts], signatures[lasts])
    fits = change >= demands.change
    fits[fits] = resemblance(signatures[firsts[fits]], signatures[lasts[fits]]) <= STILL_ALIKE
    firsts, lasts, change = firsts[fits], lasts[fits], change[fits]
    flank = np.maximum(2, (lasts - firsts) // 4)
    before = distance(signatures[firsts], signatures[np.maximum(firsts - flank, 0)])
    after = distance(signatures[lasts], signatures[np.minimum(lasts + flank, len(signatures) - 1)])
    fits[fits] = np.maximum(before, after) <= demands.flank * change
    return fits


def _mixture(
    signatures: Signatures, firsts: npt.NDArray[np.int64], lasts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Shares of the last picture at the probes, shape (stretches, 9), and the unexplained part, shape (stretches,)."""
    steps = np.arange(1, PROBES)
    rows = firsts[:, None] + np.rint((lasts - firsts)[:, None] * steps / PROBES).astype(np.int64)
    line = signatures[lasts] - signatures[firsts]
    pictures = signatures[rows] - signatures[firsts][:, None]
    power = np.square(line).sum(axis=1)
    shares = np.einsum("nkd,nd->nk", pictures, line) / power[:, None]
    unexplained = pictures - shares[..., None] * line[:, None]
    residual = np.sqrt(np.square(unexplained).sum(axis=2).mean(axis=1) / power)
    shares = np.pad(shares, ((0, 0), (1, 1)))
    shares[:, -1] = 1.0
    return shares, residual


def mixture_confidence(pictures: npt.NDArray[np.uint8]) -> float:
    """How sure it is that pictures, shape (frames, height, width, 3), are mixtures of the first and the last, 0 to 1."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    _, residual = _mixture(flat, np.array([0]), np.array([len(pictures) - 1]))
    return float(np.clip(1.0 - residual[0] / (2 * EVEN_RESIDUAL), 0.0, 1.0))


def sharpen(signatures: Signatures, stretch: Stretch) -> Stretch:
    """The same stretch with its ends where the mixing begins and ends.

    The ends move outwards as long as that adds to the change, then inwards to where the straight line through 20 and 80 percent of
    the mixing meets 0 and 100.
    """
    first, last = _widen(signatures, stretch)
    line = signatures[last] - signatures[first]
    shares = (signatures[first : last + 1] - signatures[first]) @ line / np.square(line).sum()
    low, high = (_crossing(shares, level) for level in (0.2, 0.8))
    margin = (high - low) / 3
    start = first + max(0, int(np.floor(low - margin + 0.5)))
    stop = first + min(last - first, int(np.ceil(high + margin - 0.5)))
    if stop - start < 2:
        return Stretch(first, last, stretch.change, stretch.residual)
    return Stretch(start, stop, stretch.change, stretch.residual)


def _widen(signatures: Signatures, stretch: Stretch) -> tuple[int, int]:
    first, last = stretch.first, stretch.last
    hop = max(1, (last - first) // 8)
    while last - first < LONGEST:
        change = distance(signatures[first], signatures[last])
        earlier, later = max(first - hop, 0), min(last + hop, len(signatures) - 1)
        if distance(signatures[earlier], signatures[last]) > 1.04 * change and earlier < first:
            first = earlier
        elif distance(signatures[first], signatures[later]) > 1.04 * change and later > last:
            last = later
        else:
            break
    return first, last


def _crossing(shares: npt.NDArray[np.float32], level: float) -> float:
    """Where the shares first reach `level`, in rows, between two rows by their values."""
    row = int(np.argmax(shares >= level))
    if row == 0:
        return 0.0
    below, above = float(shares[row - 1]), float(shares[row])
    return row - 1 + (level - below) / (above - below)
