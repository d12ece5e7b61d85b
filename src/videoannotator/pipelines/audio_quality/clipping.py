"""Finds clipping: peaks that were cut off at one level, wherever that level is now.

What arrives was mixed to mono, resampled and most often compressed since it was clipped, so the plateaus are neither exact nor at
full scale: AAC was measured to spread them over 1.5 dB and more. Two things remain, and both are asked for, on each side of zero:

1. Loud samples pile up at one level. In sound that was not clipped the loudest samples are the rarest; here the histogram of levels
   has a hump near its end, with a dip below the hump. (Methods of this kind are reviewed in Hansen, Stauffer and Xia 2021,
   "Nonlinear waveform distortion: Assessment and detection of clipping on speech data and systems", Speech Communication 134.)
2. The waves that reach that level are flat on top: they come up steeply and stay. The top 1.5 dB of a sine last 0.64 of its top
   4 dB, those of a clipped wave longer. Without this a steady tone would count, whose samples pile up at its crests.

A single run at full scale counts without a pile. Clipping of one channel only is halved by the mix to mono and not found; nor is
that of noise, whose peaks last less than a sample of 16 kHz.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

BIN_DB = 0.25
BINS = 48
HUMP_BINS = 24
"""The hump lies in the uppermost 6 dB: a resampled and compressed plateau overshoots by less."""
DIP_BINS = (2, 14)
"""How far below the hump the dip begins, at least and at most."""
DIP_WIDTH = 6
CLEAR = 0.2
"""Least height of the hump over the dip, in dips with their statistical spread."""
FOOT_DB, TOP_DB, REACH_DB = -4.0, -1.5, -0.5
FLAT = 0.7
"""The top of a flat wave lasts at least this share of its foot; 0.64 for a sine."""
FLAT_SHARE = 0.45
"""Least share of the tops that are flat."""
STEADY = 0.9
STEADY_FLAT_SHARE = 0.9
"""Where nearly all waves reach the level they may be a tone: then nearly all have to be flat."""
BEYOND_DB, BEYOND_SHARE = 2.0, 0.1
"""A level that many samples exceed by this much is none at which they were cut."""
SHORTEST_RUN, LONGEST_RUN = 3, SAMPLE_RATE_HZ // 20
"""Samples: fewer cannot be told from a point, and more are no half of a wave that can be heard."""
LOWEST = 10 ** (-50 / 20)
"""Sound whose peaks are lower than -50 dBFS is not looked at: its noise is as loud as its plateaus would be."""
FULL_SCALE = 0.99


@dataclass(frozen=True, slots=True)
class Clipping:
    """What was cut off: how many samples, and in how many runs."""

    samples: int
    runs: int


@dataclass(frozen=True, slots=True)
class _Hump:
    """Where loud samples pile up: its level, and how many of them there are more than there should be."""

    level: float
    excess: float


@dataclass(frozen=True, slots=True)
class _Waves:
    """The waves around a level: samples at foot and top, whether each reaches the level, whether it is flat."""

    tops: Counts
    reach: npt.NDArray[np.bool_]
    flat: npt.NDArray[np.bool_]

    @property
    def flat_share(self) -> float:
        """Share of the tops of waves that reach the level, in samples, that are flat."""
        return float(self.tops[self.flat].sum() / max(1, self.tops[self.reach].sum()))

    @property
    def steady(self) -> bool:
        """Whether nearly all waves reach the level."""
        return bool(self.reach.sum() >= STEADY * len(self.reach))


def find_clipping(samples: Samples) -> Clipping:
    """Count what was clipped in a stretch of sound, at best some ten seconds and more.

    Args:
        samples: shape (n,), full scale 1.
    """
    sides = [_one_side(samples), _one_side(-samples)]
    return Clipping(sum(side.samples for side in sides), sum(side.runs for side in sides))


def _one_side(samples: Samples) -> Clipping:
    """Clipping of the positive half."""
    peak = float(samples.max(initial=0.0))
    if peak < LOWEST:
        return Clipping(0, 0)
    hump = _find_hump(samples, peak)
    if hump is not None:
        waves = _waves(samples, hump.level)
        if waves.flat_share >= (STEADY_FLAT_SHARE if waves.steady else FLAT_SHARE):
            return Clipping(max(round(hump.excess), int(waves.flat.sum())), int(waves.flat.sum()))
    return _at_full_scale(samples) if peak >= FULL_SCALE else Clipping(0, 0)


def _find_hump(samples: Samples, peak: float) -> _Hump | None:
    """The clearest hump in the histogram of levels; None without one."""
    loud = samples[samples > peak * 10 ** (-BINS * BIN_DB / 20)]
    places = (np.log10(loud / peak) * (-20 / BIN_DB)).astype(np.int64).clip(0, BINS - 1)
    counts = np.bincount(places, minlength=BINS)
    best, found = CLEAR, None
    for at in range(HUMP_BINS):
        height = counts[max(0, at - 1) : at + 2].mean() if at else counts[:2].max()
        for edge in range(at + DIP_BINS[0], at + DIP_BINS[1]):
            dip = counts[edge : edge + DIP_WIDTH].mean()
            clearness = (height - dip) / (dip + 3 * np.sqrt(dip) + 3)
            if clearness > best:
                excess = counts[:edge].sum() - dip * (edge - at - 1)
                best, found = clearness, _Hump(peak * 10 ** (-(at + 0.5) * BIN_DB / 20), float(excess))
    if found is None:
        return None
    beyond = np.count_nonzero(loud > found.level * 10 ** (BEYOND_DB / 20))
    return found if beyond <= BEYOND_SHARE * found.excess else None


def _waves(samples: Samples, level: float) -> _Waves:
    """The runs of samples above the foot of a level."""
    foot, top, reach = (level * 10 ** (below / 20) for below in (FOOT_DB, TOP_DB, REACH_DB))
    edges = np.diff((samples >= foot).astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    tops, reached = (np.concatenate([[0], np.cumsum(samples >= height)]) for height in (top, reach))
    lengths = tops[ends] - tops[begins]
    reaches = reached[ends] > reached[begins]
    whole = ends - begins
    flat = reaches & (lengths >= SHORTEST_RUN) & (whole <= LONGEST_RUN) & (lengths >= FLAT * whole)
    return _Waves(lengths, reaches, flat)


def _at_full_scale(samples: Samples) -> Clipping:
    """Runs at full scale, too few of them to make a hump."""
    edges = np.diff((samples >= FULL_SCALE).astype(np.int8), prepend=0, append=0)
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    long = lengths >= SHORTEST_RUN
    waves = _waves(samples, 1.0)
    runs = min(int(long.sum()), int(waves.flat.sum()))
    flat_enough = waves.flat_share >= (STEADY_FLAT_SHARE if waves.steady else FLAT_SHARE)
    return Clipping(int(lengths[long].sum()), runs) if runs and flat_enough else Clipping(0, 0)
