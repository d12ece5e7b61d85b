"""Sound whose speech, noise and faults are known."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d
from scipy.signal import resample_poly

from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.probe import open_media
from videoannotator.media.synthetic import Sound, write_clip

Samples = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
RATE_HZ = 16000
PEAK = 0.9
NOMINAL_DBFS = -26.0
CONTAINERS = {"aac": "sound.m4a", "pcm_s16le": "sound.wav"}


@cache
def _read_aloud() -> Samples:
    samples, rate_hz = speech_sample()
    assert rate_hz == RATE_HZ
    return np.asarray(samples / np.abs(samples).max(), np.float32)


def read_aloud() -> Values:
    """20 s of real speech at 16 kHz, its largest sample 1."""
    return _read_aloud().astype(np.float64)


def spoken_with_pauses() -> Values:
    """The same speech in pieces of 3 s with 1.25 s of nothing between them, 29 s, the mean of active speech at -26 dBFS."""
    speech, pause = read_aloud(), np.zeros(RATE_HZ * 5 // 4)
    pieces = [part for start in range(0, len(speech), 3 * RATE_HZ) for part in (speech[start : start + 3 * RATE_HZ], pause)]
    joined: Values = np.concatenate(pieces)
    return joined * float(10 ** (NOMINAL_DBFS / 20) / np.sqrt(active_power(joined)))


def active_power(speech: Values) -> float:
    """Mean square of speech while somebody speaks, as in ITU-T P.56: within 15.9 dB of itself, or up to 0.2 s after."""
    powers = (speech[: len(speech) // 512 * 512].reshape(-1, 512) ** 2).mean(axis=1)
    held = maximum_filter1d(powers, 7, origin=-3)
    level = float(powers.mean())
    for _ in range(50):
        level = float(powers[held > level * 10**-1.59].mean())
    return level


def white(count: int, seed: int = 1) -> Values:
    """White noise of mean square 1."""
    return np.random.default_rng(seed).normal(size=count)


def pink(count: int, seed: int = 1) -> Values:
    """Noise that falls by 3 dB an octave from 20 Hz, of mean square 1."""
    spectrum = np.fft.rfft(white(count, seed))
    hertz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    shaped = np.fft.irfft(np.where(hertz >= 20, spectrum / np.sqrt(np.maximum(hertz, 20)), 0), count)
    return np.asarray(shaped / shaped.std())


NOISES: dict[str, Callable[[int], Values]] = {"white": white, "pink": pink}


def at_rate(samples: Values, rate_hz: int) -> Values:
    """Sound of 16 kHz at another rate."""
    step = Fraction(rate_hz, RATE_HZ)
    return np.asarray(resample_poly(samples, step.numerator, step.denominator))


def tone(hertz: float, seconds: float, rate_hz: int = RATE_HZ) -> Values:
    """A sine of amplitude 1."""
    moments: Values = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.sin(2 * np.pi * hertz * moments)


def written(folder: Path, samples: npt.NDArray[Any], rate_hz: int = RATE_HZ, codec: str = "pcm_s16le") -> Path:
    """A real file with this sound."""
    path = folder / CONTAINERS[codec]
    write_clip(path, sounds=[Sound(np.asarray(samples, np.float32), rate_hz, codec=codec)])
    return path


def arrived(folder: Path, samples: npt.NDArray[Any], rate_hz: int, codec: str) -> Samples:
    """What of this sound a pipeline is fed: written, read, and resampled to 16 kHz."""
    return np.concatenate([block.samples for block in open_media(written(folder, samples, rate_hz, codec)).audio(rate_hz=RATE_HZ)])
