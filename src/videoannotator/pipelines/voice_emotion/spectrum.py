"""What the spectrum of voiced sound says: how much of it is harmonic, and how steeply it falls.

Harmonicity is by the autocorrelation of Boersma (1993, Proceedings of the Institute of Phonetic Sciences Amsterdam 17, 97-110): the
autocorrelation of a windowed piece is divided by that of the window; its height at the period is the part of the energy that is
periodic.
"""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from videoannotator.pipelines.voice_emotion.pitch import HOP, RATE_HZ

Floats = npt.NDArray[np.float64]

WINDOW = 1280
"""Samples (80 ms): six periods of a voice of 75 Hz, as Boersma advises for harmonicity."""

_FFT = 2048
_FINER = 4
"""The autocorrelation is read in steps of a quarter of a sample: its peaks are narrow."""
_NEAR = 0.05
"""How far from the known period, relative to it, the peak is looked for."""
_HANN = np.hanning(WINDOW + 2)[1:-1]
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 5000.0
_FEWEST_HARMONICS = 4
_FAINTEST = 1e-20


def harmonic_share(spectra: Floats, pitch_hz: Floats) -> Floats:
    """Which part of the energy repeats itself with the period of the voice, 0 to 1.

    Args:
        spectra: what `power_spectra` gives.
        pitch_hz: float64 [n], all above 0.
    """
    longest = round(_FINER * RATE_HZ * (1 + _NEAR) / pitch_hz.min()) + 2
    products = np.fft.irfft(spectra, _FINER * _FFT, axis=1)[:, : longest + 1]
    relative = products / products[:, :1] / _window_share(np.arange(longest + 1) / _FINER)
    lags = np.arange(longest + 1)[None, :] * pitch_hz[:, None] / (_FINER * RATE_HZ)
    best = np.where(np.abs(lags - 1) <= _NEAR, relative, -1.0)[:, 1:-1].argmax(axis=1)[:, None] + 1
    left, here, right = (np.take_along_axis(relative, best + step, axis=1)[:, 0] for step in (-1, 0, 1))
    curvature = np.minimum(left - 2 * here + right, -_FAINTEST)
    peak = here - (left - right) ** 2 / (8 * curvature)  # the top of a parabola through the three
    share: Floats = np.clip(np.maximum(here, np.minimum(peak, 2 * here - np.minimum(left, right))), 0.0, 1.0)
    return share


def tilt_db_per_octave(spectra: Floats, pitch_hz: Floats) -> Floats:
    """How the level of the harmonics between 100 Hz and 5 kHz changes by octave; every octave counts the same.

    NaN where there are fewer than four. Arguments as for `harmonic_share`.
    """
    numbers = np.arange(1, int(_HIGHEST_HZ / pitch_hz.min()) + 1)
    frequencies = numbers[None, :] * pitch_hz[:, None]
    bins = np.minimum(np.rint(frequencies * _FFT / RATE_HZ).astype(int), spectra.shape[1] - 3)
    powers = sum(np.take_along_axis(spectra, np.maximum(bins + step, 0), axis=1) for step in range(-2, 3))
    levels, octaves = 10 * np.log10(np.maximum(powers, _FAINTEST)), np.log2(frequencies)
    weights = ((frequencies >= _LOWEST_HZ) & (frequencies <= _HIGHEST_HZ)) / numbers
    total = np.maximum(weights.sum(axis=1, keepdims=True), _FAINTEST)
    octaves = octaves - (weights * octaves).sum(axis=1, keepdims=True) / total
    levels = levels - (weights * levels).sum(axis=1, keepdims=True) / total
    slope = (weights * octaves * levels).sum(axis=1) / np.maximum((weights * octaves**2).sum(axis=1), _FAINTEST)
    return np.where((weights > 0).sum(axis=1) >= _FEWEST_HARMONICS, slope, np.nan)


def power_spectra(samples: Floats, steps: npt.NDArray[np.int64]) -> Floats:
    """Power of the spectrum of windows around steps: float64 [n, bins].

    Args:
        samples: from half a window before the middle of step 0.
        steps: which steps, each `HOP` samples after the one before.
    """
    pieces = sliding_window_view(samples, WINDOW)[::HOP][steps]
    pieces = (pieces - pieces.mean(axis=1, keepdims=True)) * _HANN
    power: Floats = np.abs(np.fft.rfft(pieces, _FFT, axis=1)) ** 2
    return power


def _window_share(lag: Floats) -> Floats:
    """The autocorrelation of the Hann window, relative to that at lag 0 (Boersma's equation 8)."""
    part = np.minimum(lag / WINDOW, 0.9)
    return (1 - part) * (2 / 3 + np.cos(2 * np.pi * part) / 3) + np.sin(2 * np.pi * part) / (2 * np.pi)
