"""Finds where the sound is exactly zero: long as digital silence, short in the middle of sound as dropouts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]

ZERO = 10 ** (-100 / 20)
"""Below a third of the smallest step of 16 bits."""
SHORTEST_SILENCE = SAMPLE_RATE_HZ // 10
SHORTEST_DROPOUT = SAMPLE_RATE_HZ // 500
LONGEST_DROPOUT = SAMPLE_RATE_HZ // 2
BESIDE = SAMPLE_RATE_HZ // 200
"""Samples (5 ms) on either side of a dropout that have to be sound."""
SOUND = 10 ** (-60 / 10)
"""Mean square of what counts as sound beside a dropout: -60 dBFS."""


@dataclass(frozen=True, slots=True)
class Holes:
    """How many samples lie in digital silence, and how many dropouts there are."""

    silent_samples: int
    dropouts: int


def find_holes(samples: Samples) -> Holes:
    """Count where a stretch of sound, shape (n,), is exactly zero."""
    edges = np.diff((np.abs(samples) < ZERO).astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lengths = ends - begins
    short = (lengths >= SHORTEST_DROPOUT) & (lengths <= LONGEST_DROPOUT)
    inside = short & (begins >= BESIDE) & (ends <= len(samples) - BESIDE)
    dropouts = sum(
        _is_sound(samples[begin - BESIDE : begin]) and _is_sound(samples[end : end + BESIDE])
        for begin, end in zip(begins[inside], ends[inside], strict=True)
    )
    return Holes(int(lengths[lengths >= SHORTEST_SILENCE].sum()), dropouts)


def _is_sound(samples: Samples) -> bool:
    return float((samples.astype(np.float64) ** 2).mean()) >= SOUND
