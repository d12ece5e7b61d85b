"""Sounds without speech, in which nobody may be heard."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from videoannotator.testing.conversations import pink_noise, white_noise
from videoannotator.testing.speech import RATE_HZ

Samples = npt.NDArray[np.float32]
_ROOTS_HZ = (220.0, 174.6, 261.6, 196.0)
"""Of the chords: A, F, C, G."""
_CHORD_S = 2.0
_BARK_S = 0.25


def _times(seconds: float) -> npt.NDArray[np.float64]:
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def _chords(seconds: float, vibrato: float) -> npt.NDArray[np.float64]:
    """Struck major chords with seven harmonics; `vibrato` is the depth of one of 5.5 Hz, in radians per harmonic."""
    time = _times(seconds)
    music = np.zeros(len(time))
    for number in range(int(seconds / _CHORD_S) + 1):
        part = slice(round(number * _CHORD_S * RATE_HZ), round((number + 1) * _CHORD_S * RATE_HZ))
        since = time[part] - number * _CHORD_S
        root = _ROOTS_HZ[number % len(_ROOTS_HZ)]
        for frequency in (root, root * 1.25, root * 1.5, root * 2):
            for harmonic in range(1, 8):
                phase = 2 * np.pi * frequency * harmonic * since + vibrato * harmonic * np.sin(2 * np.pi * 5.5 * since)
                music[part] += np.minimum(1, since * 20) * np.exp(-2 * since) * np.sin(phase) / harmonic * 0.05
    return music


def _barking(seconds: float) -> npt.NDArray[np.float64]:
    """A dog: short bursts of a falling, rough tone of 700 to 350 Hz with noise in it, two or three in a row."""
    random = np.random.default_rng(5)
    sound = np.zeros(round(seconds * RATE_HZ))
    since = _times(_BARK_S)
    shape = np.minimum(1, since * 60) * np.exp(-14 * since)
    at = 0.5
    while at + 1.5 < seconds:
        for number in range(int(random.integers(2, 4))):
            pitch = random.uniform(0.9, 1.1) * (350 + 350 * np.exp(-12 * since))
            phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
            tone = np.sum([np.sin(harmonic * phase) / harmonic for harmonic in range(1, 9)], axis=0)
            begin = round((at + number * 0.4) * RATE_HZ)
            sound[begin : begin + len(since)] += 0.2 * shape * (tone + 0.8 * random.standard_normal(len(since)))
        at += random.uniform(1.5, 4.0)
    return sound


SPEECHLESS_SOUNDS: Mapping[str, Callable[[float], npt.NDArray[np.floating]]] = MappingProxyType(
    {
        "silence": lambda seconds: np.zeros(round(seconds * RATE_HZ)),
        "white noise": lambda seconds: 0.1 * white_noise(np.random.default_rng(1), round(seconds * RATE_HZ)),
        "pink noise": lambda seconds: 0.1 * pink_noise(np.random.default_rng(2), round(seconds * RATE_HZ)),
        "tone of 440 Hz": lambda seconds: 0.5 * np.sin(2 * np.pi * 440 * _times(seconds)),
        "mains hum": lambda seconds: 0.3 * np.sum([np.sin(2 * np.pi * 50 * k * _times(seconds)) / k for k in range(1, 8)], axis=0),
        "chords": lambda seconds: _chords(seconds, 0.0),
        "chords with vibrato": lambda seconds: _chords(seconds, 0.3),
        "barking": _barking,
    }
)
"""Kinds of sound by name: each makes so many seconds of it, from -1 to 1 at 16 kHz."""


def speechless(kind: str, seconds: float) -> Samples:
    """So many seconds of a kind of `SPEECHLESS_SOUNDS`, float32, shape (n,)."""
    return SPEECHLESS_SOUNDS[kind](seconds).astype(np.float32)
