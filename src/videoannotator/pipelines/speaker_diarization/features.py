"""What the voice embedding hears: energies in mel bands.

Method: the log mel filter banks of Kaldi (https://kaldi-asr.org/doc/feat.html), 25 ms windows every 10 ms, 80 bands from 20 Hz to
8 kHz, preemphasis 0.97, Hamming window, no dither; as WeSpeaker (Wang et al. 2023) computes them.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE_HZ = 16_000
STEP_SAMPLES = 160
WINDOW_SAMPLES = 400
BANDS = 80
_FFT_SIZE = 512
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 8000.0
_PREEMPHASIS = 0.97
_FULL_SCALE = 32768.0
"""Kaldi counts samples as 16-bit integers."""
_LEAST_ENERGY = float(np.finfo(np.float32).eps)


def frame_count(samples: int) -> int:
    """How many whole windows lie in so many samples."""
    return max(0, 1 + (samples - WINDOW_SAMPLES) // STEP_SAMPLES)


def filter_banks(samples: Floats) -> Floats:
    """The energies in 80 bands.

    Args:
        samples: mono sound at 16 kHz, float32 from -1 to 1, shape (n,).

    Returns:
        Natural logarithms, shape (frame_count(n), 80).
    """
    count = frame_count(len(samples))
    if not count:
        return np.zeros((0, BANDS), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(samples * np.float32(_FULL_SCALE), WINDOW_SAMPLES)[::STEP_SAMPLES].copy()
    windows -= windows.mean(axis=1, keepdims=True)
    windows[:, 1:] -= _PREEMPHASIS * windows[:, :-1]
    windows[:, 0] *= 1 - _PREEMPHASIS
    windows *= np.hamming(WINDOW_SAMPLES).astype(np.float32)
    power = np.abs(np.fft.rfft(windows, _FFT_SIZE)[:, : _FFT_SIZE // 2]) ** 2
    energies: Floats = np.maximum(power.astype(np.float32) @ _mel_filters(), np.float32(_LEAST_ENERGY))
    return np.log(energies)


@cache
def _mel_filters() -> Floats:
    """Triangular filters, shape (256, 80)."""

    def mel(hertz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return 1127.0 * np.log(1.0 + hertz / 700.0)

    lowest, highest = mel(np.array([_LOWEST_HZ, _HIGHEST_HZ])).tolist()
    edges = np.linspace(lowest, highest, BANDS + 2)
    bins = mel(np.arange(_FFT_SIZE // 2) * RATE_HZ / _FFT_SIZE)[:, np.newaxis]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    filters: Floats = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return filters
