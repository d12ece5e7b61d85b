"""Which pitches a short piece of sound may have, each with its probability.

Method: YIN (de Cheveigné & Kawahara 2002, JASA 111, https://doi.org/10.1121/1.1458024) for the periods at which a sound repeats
itself; pYIN (Mauch & Dixon 2014, ICASSP, https://doi.org/10.1109/ICASSP.2014.6853678) for what each is worth: the threshold of YIN
is not one number but a distribution, and a period is as probable as the thresholds at which YIN would choose it. Other than there,
two distributions stand apart: whether the sound repeats itself well enough to have a pitch, and, relative to the best period, which
of those that are nearly as good is the pitch; one for both either took whole octaves for pitches or missed hoarse voices.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Floats = npt.NDArray[np.float64]


def low_pass(taps: int, cutoff: float) -> Floats:
    """A windowed-sinc low-pass filter (Hamming window), which passes a constant unchanged.

    Args:
        taps: its length, odd.
        cutoff: in cycles per sample.
    """
    filtered = np.sinc(2 * cutoff * (np.arange(taps) - taps // 2)) * np.hamming(taps)
    whole: Floats = filtered / filtered.sum()
    return whole


RATE_HZ = 16_000
HOP = 160
"""Samples (10 ms) from one step to the next."""
WINDOW = 400
"""Samples (25 ms) that are compared with those a period later."""
CANDIDATES = 5
"""The most probable pitches of a step that are kept."""

_PERIODIC_ENOUGH = (4.0, 6.0)
"""Parameters of the beta distribution (mean 0.4) of how much of the sound may not repeat itself, where there still is a pitch."""
_NEARLY_AS_GOOD = (2.0, 11.0 + 1 / 3)
"""The same (mean 0.15, as in pYIN) of how much worse than the best period a shorter one may be, to be taken instead."""
_FAINTEST = 1e-8
"""Mean square (-80 dBFS) below which a sound has no pitch: steps of digital sound are periodic too."""
_FFT = 2048
_USUAL_PERIOD = 100
"""Samples. What a step looks at lies evenly around its middle for a voice of this period (160 Hz)."""
_LOW_PASS = low_pass(65, 1100 / RATE_HZ)
"""What is above does not help: small irregularities of the voice make its high partials differ from period to period."""
_MARGIN = len(_LOW_PASS) // 2


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the pitch of each step may be.

    Attributes:
        pitch_hz: float64 [n, CANDIDATES]; NaN where there are fewer.
        probability: float64 [n, CANDIDATES], each row sums up to 1 at most; what is left is the probability that there is no pitch.
    """

    pitch_hz: Floats
    probability: Floats


class PitchCandidates:
    """Finds them.

    Args:
        min_pitch_hz, max_pitch_hz: the pitches that are looked for.

    Attributes:
        before, after: how many samples around the middle of a step are looked at.
    """

    def __init__(self, min_pitch_hz: float, max_pitch_hz: float) -> None:
        self._shortest = max(2, int(RATE_HZ / max_pitch_hz))
        self._longest = int(np.ceil(RATE_HZ / min_pitch_hz)) + 1
        self._span = WINDOW + self._longest
        self.before = (WINDOW + _USUAL_PERIOD) // 2 + _MARGIN
        self.after = self._span + 2 * _MARGIN - self.before

    def find(self, samples: Floats) -> Candidates:
        """The candidates of steps in a row.

        Args:
            samples: float64 [before + after + HOP * (steps - 1)]: from `before` samples before the middle of the first step.
        """
        pieces = sliding_window_view(np.convolve(samples, _LOW_PASS, "valid"), self._span)[::HOP]
        difference = _difference(pieces, self._longest)
        mean = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, self._longest + 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(mean > 0, difference[:, 1:] / mean, 1.0)  # of lag 1, 2, ...: YIN's equation 8
        low = self._shortest - 1
        middle = relative[:, low:-1]
        dips = (middle < relative[:, low - 1 : -2]) & (middle <= relative[:, low + 1 :])
        worth = _worth(np.where(dips, middle, np.inf))
        worth[np.mean(pieces[:, :WINDOW] ** 2, axis=1) < _FAINTEST] = 0.0
        best = np.argsort(-worth, axis=1, kind="stable")[:, :CANDIDATES]
        probability = np.take_along_axis(worth, best, axis=1)
        period = best + self._shortest + _bend(difference, best + self._shortest)
        return Candidates(np.where(probability > 0, RATE_HZ / period, np.nan), probability)


def _difference(pieces: Floats, longest: int) -> Floats:
    """The summed squared difference of each piece's beginning and what comes 0 to `longest` samples later (YIN, equation 6)."""
    begin = np.fft.rfft(pieces[:, :WINDOW], _FFT)
    products = np.fft.irfft(np.fft.rfft(pieces, _FFT) * begin.conj(), _FFT)[:, : longest + 1]
    squares = np.concatenate([np.zeros((len(pieces), 1)), np.cumsum(pieces**2, axis=1)], axis=1)
    energy = squares[:, WINDOW : WINDOW + longest + 1] - squares[:, : longest + 1]
    apart: Floats = np.maximum(0.0, energy[:, :1] + energy - 2 * products)
    return apart


def _worth(dips: Floats) -> Floats:
    """The probability of each dip; they are infinite where there is none."""
    from scipy.special import betainc  # noqa: PLC0415  takes a third of a second to load, which only some runs need

    best = dips.min(axis=1, keepdims=True)
    best[np.isinf(best)] = 1.0
    passed = betainc(*_NEARLY_AS_GOOD, np.clip(dips - best, 0.0, 1.0))
    lowest = np.minimum.accumulate(passed, axis=1)
    before = np.concatenate([np.ones((len(dips), 1)), lowest[:, :-1]], axis=1)
    chosen = np.where(np.isfinite(dips), np.maximum(0.0, before - passed), 0.0)
    worth: Floats = chosen * (1 - betainc(*_PERIODIC_ENOUGH, np.minimum(best, 1.0)))
    return worth


def _bend(difference: Floats, lag: npt.NDArray[np.int64]) -> Floats:
    """Where between the samples the lowest point of a dip lies, by a parabola through three."""
    left, here, right = (np.take_along_axis(difference, lag + step, axis=1) for step in (-1, 0, 1))
    curvature = left - 2 * here + right
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(curvature > 0, np.clip(0.5 * (left - right) / curvature, -0.5, 0.5), 0.0)
