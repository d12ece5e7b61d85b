"""Synthetic vowels whose pitch, jitter, shimmer, level and noise are exactly known.

A train of pulses at exact times, each its own amplitude, goes through a glottal low-pass, the lips, and resonances at the formants:
the source and filter of Fant (1960, Acoustic theory of speech production). The pulses are band-limited, so that a period need not
be a whole number of samples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

RATE_HZ = 16000
FORMANTS_HZ = {
    "a": (730.0, 1090.0, 2440.0, 3400.0),
    "i": (270.0, 2290.0, 3010.0, 3700.0),
    "u": (300.0, 870.0, 2240.0, 3400.0),
}
"""The vowels of `father`, `heed` and `food` of men (Peterson & Barney 1952), with a usual fourth formant."""

_BANDWIDTHS_HZ = (80.0, 90.0, 120.0, 160.0)
_GLOTTAL_POLE_HZ = 100.0
_LIP_ZERO = 1.0
_REACH = 32
"""Samples on either side over which a pulse of limited bandwidth is written."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Vowel:
    """A vowel, and what is true of it.

    Attributes:
        samples: float32 from -1 to 1 at `RATE_HZ`, shape (n,).
        pulses_s: when each pulse of the glottis comes, seconds.
        jitter_percent, shimmer_percent: local jitter and shimmer of the pulses, computed from their times and amplitudes.
        level_dbfs: root mean square of the samples, dB relative to 1.
    """

    samples: npt.NDArray[np.float32]
    pulses_s: Floats
    jitter_percent: float
    shimmer_percent: float
    level_dbfs: float


def vowel(
    pitch_hz: float | Callable[[float], float],
    seconds: float = 1.0,
    *,
    formants: str = "a",
    jitter: float = 0.0,
    shimmer: float = 0.0,
    damping: float = 1.0,
    noise_db: float | None = None,
    level_dbfs: float = -20.0,
    seed: int = 1,
) -> Vowel:
    """Make a vowel.

    Args:
        pitch_hz: fundamental frequency, or its course: what it is at a time in seconds.
        seconds: how long it lasts.
        formants: which of `FORMANTS_HZ`.
        jitter, shimmer: standard deviation of the periods and of the amplitudes, independent of one another, as a part of their
            mean.
        damping: how much faster than usual glottis and formants stop to ring. With 1, a pulse rings into the next period, so that
            jitter and shimmer of the sound differ from those of the pulses, the more the higher the pitch; with 6 they hardly do.
        noise_db: how far white noise lies below the vowel, dB; None for no noise.
        level_dbfs: root mean square of vowel and noise together, dB relative to 1.
        seed: of the randomness.
    """
    random = np.random.default_rng(seed)
    course = pitch_hz if callable(pitch_hz) else (lambda _: float(pitch_hz))
    times, now = [], 0.0
    while now < seconds:
        times.append(now)
        now += (1 + jitter * float(random.standard_normal())) / course(now)
    pulses = np.array(times)
    amplitudes = np.maximum(0.05, 1 + shimmer * random.standard_normal(len(pulses)))
    voiced = _spoken(_train(pulses, amplitudes, round(seconds * RATE_HZ)), FORMANTS_HZ[formants], damping)
    voiced /= np.sqrt(np.mean(voiced**2))
    if noise_db is not None:
        noise = random.standard_normal(len(voiced))
        voiced += noise / np.sqrt(np.mean(noise**2)) * 10 ** (-noise_db / 20)
    voiced *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(voiced**2))
    samples = voiced.astype(np.float32)
    return Vowel(samples, pulses, _local(np.diff(pulses)), _local(amplitudes), level_dbfs)


def _train(pulses_s: Floats, amplitudes: Floats, length: int) -> Floats:
    """Pulses at exact times: each a windowed sinc around its place between the samples."""
    train = np.zeros(length + 2 * _REACH + 1)
    for time, amplitude in zip(pulses_s * RATE_HZ, amplitudes, strict=True):
        first = int(time)
        offset = np.arange(-_REACH, _REACH + 1) - (time - first)
        train[first : first + 2 * _REACH + 1] += amplitude * np.sinc(offset) * np.cos(np.pi * offset / (2 * _REACH + 2)) ** 2
    return train[_REACH : _REACH + length]


def _spoken(train: Floats, formants_hz: tuple[float, ...], damping: float) -> Floats:
    pole = np.exp(-2 * np.pi * damping * _GLOTTAL_POLE_HZ / RATE_HZ)
    sound: Floats = lfilter([1.0], np.convolve([1.0, -pole], [1.0, -pole]), train)
    sound = lfilter([1.0, -_LIP_ZERO], [1.0], sound)
    for formant_hz, bandwidth_hz in zip(formants_hz, _BANDWIDTHS_HZ, strict=True):
        radius = np.exp(-np.pi * damping * bandwidth_hz / RATE_HZ)
        sound = lfilter([1.0], [1.0, -2 * radius * np.cos(2 * np.pi * formant_hz / RATE_HZ), radius**2], sound)
    return sound


def _local(values: Floats) -> float:
    """Mean difference of neighbours over the mean, in percent: the definition of local jitter and shimmer."""
    return float(100 * np.mean(np.abs(np.diff(values))) / np.mean(values))
