"""Finds mains hum: steady lines at 50 or 60 Hz and their multiples.

Method: the lower quartile over seconds of the power spectrum, with a resolution of 1 Hz, so that what comes and goes (speech,
music, knocks) does not count; a line is a place that stands out from its neighbourhood.
"""

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]

QUIET_PERCENT = 25
MAINS_HZ = (50, 60)
HARMONICS = 6
FEWEST_SECONDS = 5
FUNDAMENTAL_DB, HARMONIC_DB = 15.0, 10.0
"""How far a line stands out from its neighbourhood: the fundamental alone, or several harmonics."""
FEWEST_LINES = 3
FAINTEST_DBFS = -70.0
"""Fainter hum is not told: nobody hears it beside speech."""
NEAR_HZ, FAR_HZ = 4, 12


def hum_level_dbfs(samples: Samples) -> float | None:
    """Level of the mains hum in a stretch of sound, dBFS; None when there is none, or the stretch is too short to tell.

    Args:
        samples: 16 kHz, shape (n,).
    """
    seconds = len(samples) // SAMPLE_RATE_HZ
    if seconds < FEWEST_SECONDS:
        return None
    frames = samples[: seconds * SAMPLE_RATE_HZ].reshape(seconds, SAMPLE_RATE_HZ)
    highest = max(MAINS_HZ) * HARMONICS + FAR_HZ + 1
    spectra = np.array([np.abs(np.fft.rfft(frame * _HANN)[:highest]) ** 2 for frame in frames])
    # A sine of amplitude a has a peak of (a n / 4)² in the spectrum of a Hann window, and a mean square of a² / 2.
    spectrum = np.percentile(spectra, QUIET_PERCENT, axis=0) * 8 / SAMPLE_RATE_HZ**2
    levels = [level for mains in MAINS_HZ if (level := _lines_level(spectrum, mains)) is not None]
    return max(levels) if levels and max(levels) >= FAINTEST_DBFS else None


def _lines_level(spectrum: npt.NDArray[np.float64], mains: int) -> float | None:
    """Level of the lines of one mains frequency, dBFS; None when there are too few."""
    found: list[float] = []
    fundamental = False
    for harmonic in range(1, HARMONICS + 1):
        at = mains * harmonic
        line = float(spectrum[at - 1 : at + 2].max())
        beside = np.concatenate([spectrum[at - FAR_HZ : at - NEAR_HZ + 1], spectrum[at + NEAR_HZ : at + FAR_HZ + 1]])
        prominence_db = 10 * np.log10((line + 1e-15) / (float(np.median(beside)) + 1e-15))
        fundamental = fundamental or (harmonic == 1 and prominence_db >= FUNDAMENTAL_DB)
        if prominence_db >= HARMONIC_DB:
            found.append(line)
    return float(10 * np.log10(sum(found))) if fundamental or len(found) >= FEWEST_LINES else None


_HANN = np.hanning(SAMPLE_RATE_HZ)
