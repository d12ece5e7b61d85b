"""The single periods of a voice: how long each is and how strong, for jitter and shimmer.

Neighbouring periods are found by matching the waveform (Milenkovic 1987, JSHR 30; the most exact of the methods that Titze & Liang
1993, JSHR 36, compare). Jitter and shimmer are the local ones of Praat's manual (Boersma & Weenink, "Voice 2. Jitter", "Voice 3.
Shimmer"), and so is what counts as neighbours: lengths that differ by a factor of 1.3 at most, strengths by 1.6 at most.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from videoannotator.pipelines.voice_emotion.pitch import HOP, RATE_HZ

Floats = npt.NDArray[np.float64]

LARGEST_PERIOD_FACTOR = 1.3
LARGEST_AMPLITUDE_FACTOR = 1.6
_NEAREST, _FARTHEST = 0.8, 1.25
"""Where the next period is looked for, in periods that the pitch says."""
_ALIKE = 0.7
"""Correlation below which two pieces are not two periods of one voice."""
_FEWEST = 3


class PeriodSums(NamedTuple):
    """What the periods that begin in each step add up to; each float64 [steps].

    Attributes:
        periods, period_s: how many there are, and their summed length in seconds.
        period_pairs, period_change_s: neighbours, and the summed difference of their lengths.
        amplitude: the summed strength (root mean square over a period) of those of `periods`.
        amplitude_pairs, amplitude_change: neighbours, and the summed difference of their strengths.
    """

    periods: Floats
    period_s: Floats
    period_pairs: Floats
    period_change_s: Floats
    amplitude: Floats
    amplitude_pairs: Floats
    amplitude_change: Floats


def period_sums(samples: Floats, first: int, pitch_hz: Floats) -> PeriodSums:
    """Measure the periods of steps in a row.

    Args:
        samples: float64, with at least a longest period before the first and after the last step.
        first: which of them is the first of step 0.
        pitch_hz: float64 [steps], 0 where there is no voice.
    """
    sums = PeriodSums(*np.zeros((len(PeriodSums._fields), len(pitch_hz))))
    voiced = np.concatenate([[0], (pitch_hz > 0).astype(int), [0]])
    begins, ends = (np.flatnonzero(np.diff(voiced) == change) for change in (1, -1))
    squares = np.concatenate([[0.0], np.cumsum(samples**2)])
    for begin, end in zip(begins, ends, strict=True):
        for marks in _marks(samples, squares, first, pitch_hz, int(begin), int(end)):
            if len(marks) > _FEWEST:
                _add(sums, marks, squares, first)
    return sums


def _marks(samples: Floats, squares: Floats, first: int, pitch_hz: Floats, begin: int, end: int) -> list[Floats]:
    """Places one period apart, in samples, in the voiced steps from `begin` to `end`: one series, or several with gaps between."""
    series: list[Floats] = []
    limit = first + end * HOP
    start = first + begin * HOP
    while start < limit:
        period = RATE_HZ / pitch_hz[min(end - 1, int((start - first) // HOP))]
        found = [_strongest(samples, start, period)]
        while found[-1] < limit:
            period = RATE_HZ / pitch_hz[min(end - 1, int((found[-1] - first) // HOP))]
            ahead = _next(samples, squares, found[-1], period)
            if ahead is None:
                break
            found.append(found[-1] + ahead)
        series.append(np.array(found))
        start = int(found[-1] + period / 2)
    return series


def _strongest(samples: Floats, start: int, period: float) -> float:
    """Where the waveform is farthest from 0 in the first period: a place at which neighbours match best."""
    return start + int(np.abs(samples[start : start + max(2, int(period))]).argmax())


def _next(samples: Floats, squares: Floats, mark: float, period: float) -> float | None:
    """How far after a mark the waveform around it comes again; None where it does not, or the sound ends."""
    middle, half = round(mark), max(4, round(period / 2))
    low, high = int(_NEAREST * period), int(_FARTHEST * period) + 2
    left, right = middle - half + low, middle + half + high
    if middle - half < 0 or right > len(samples):
        return None
    template = samples[middle - half : middle + half]
    products = np.correlate(samples[left:right], template, "valid")
    energy = squares[left + 2 * half : right + 1] - squares[left : right + 1 - 2 * half]
    own = squares[middle + half] - squares[middle - half]
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = products / np.sqrt(energy * own)
    best = int(alike[1:-1].argmax()) + 1
    if not alike[best] >= _ALIKE:
        return None
    left_value, here, right_value = alike[best - 1 : best + 2]
    curvature = left_value - 2 * here + right_value
    bend = 0.5 * (left_value - right_value) / curvature if curvature < 0 else 0.0
    return float(low + best + min(0.5, max(-0.5, bend)))


def _add(sums: PeriodSums, marks: Floats, squares: Floats, first: int) -> None:
    """Add the periods between marks to the steps in which they begin."""
    lengths = np.diff(marks)
    middle = np.concatenate([marks[:1] - lengths[:1] / 2, (marks[:-1] + marks[1:]) / 2])
    energy = np.diff(np.interp(middle, np.arange(len(squares)), squares))
    strengths = np.sqrt(np.maximum(0.0, energy / np.diff(middle)))
    steps = np.clip(((marks[:-1] - first) // HOP).astype(int), 0, len(sums.periods) - 1)
    np.add.at(sums.periods, steps, 1.0)
    np.add.at(sums.period_s, steps, lengths / RATE_HZ)
    np.add.at(sums.amplitude, steps, strengths)
    for values, factor, pairs, change in (
        (lengths / RATE_HZ, LARGEST_PERIOD_FACTOR, sums.period_pairs, sums.period_change_s),
        (strengths, LARGEST_AMPLITUDE_FACTOR, sums.amplitude_pairs, sums.amplitude_change),
    ):
        larger, smaller = np.maximum(values[1:], values[:-1]), np.minimum(values[1:], values[:-1])
        neighbours = larger <= factor * smaller
        np.add.at(pairs, steps[1:][neighbours], 1.0)
        np.add.at(change, steps[1:][neighbours], (larger - smaller)[neighbours])
