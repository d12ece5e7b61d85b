"""How many syllables there are in a stretch of sound, without knowing what is said.

Method: de Jong & Wempe 2009 (Behavior Research Methods 41, https://doi.org/10.3758/BRM.41.2.385): a syllable's nucleus is a peak of
the intensity with a dip of at least 2 dB before it, where there is a pitch. The level that a peak must have is that of later
versions of their script: 25 dB below the loud steps.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

_WINDOW = np.hanning(8)[1:-1] / np.hanning(8).sum()
"""Over 64 ms, as Praat's intensity for a lowest pitch of 50 Hz."""
_SILENCE_DB = 25.0
_DIP_DB = 2.0
_FAINTEST = 1e-10


def syllable_count(power: npt.NDArray[np.float64], voiced: npt.NDArray[Any]) -> int:
    """Count the syllable nuclei.

    Args:
        power: mean square of each step of 10 ms.
        voiced: bool, whether each has a pitch.
    """
    from scipy.signal import find_peaks  # noqa: PLC0415  takes a second to load, and every process of a server loads this module

    levels = 10 * np.log10(np.maximum(np.convolve(power, _WINDOW, "same"), _FAINTEST))
    lowest = float(levels.min()) - _DIP_DB - 1
    padded = np.concatenate([[lowest], levels, [lowest]])
    peaks, _ = find_peaks(padded, height=float(np.quantile(levels, 0.99)) - _SILENCE_DB, prominence=_DIP_DB)
    return int(np.sum(voiced[peaks - 1]))
