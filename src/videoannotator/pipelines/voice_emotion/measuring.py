"""From the steps of a stretch to its measures, each with a reason where it cannot be taken."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.prosody import Energy, Pitch, VoiceFlag, VoiceMeasure
from videoannotator.pipelines.voice_emotion.stretches import STEPS_PER_S
from videoannotator.pipelines.voice_emotion.syllables import syllable_count

QUALITY = (VoiceMeasure.JITTER, VoiceMeasure.SHIMMER, VoiceMeasure.HARMONICITY)
VOICED = (VoiceMeasure.PITCH, VoiceMeasure.SPECTRAL_TILT, *QUALITY)
SOUND = (*VOICED, VoiceMeasure.ENERGY, VoiceMeasure.SYLLABLE_RATE)

_FEWEST_VOICED = 5
"""Steps (50 ms) with a pitch below which there is no pitch to speak of."""
_FEWEST_PAIRS = 30
"""Neighbouring periods below which jitter and shimmer are chance."""
_QUALITY_NEEDS_DB = 20.0
"""Signal to noise below which noise makes up most of what tilt, jitter, shimmer and harmonicity say (measured on made vowels)."""
_QUIETEST_DBFS = -60.0
_LOUD_ENOUGH_DB = 30.0
"""Steps that lie farther than this below the loud ones of their stretch are pauses."""
_ABOVE_NOISE_DB = 6.0
_CLIPPED_SHARE = 0.001
"""Which part of its samples at full scale makes a stretch clipped."""
_SAMPLES_PER_STEP = 160
_MOST_HARMONIC = 1 - 1e-4
"""Harmonicity is given as 40 dB at most: more than that the windows of low voices cannot tell."""
_FAINTEST = 1e-10


@dataclass(slots=True)
class Reading:
    """What was measured on a stretch; names as in `VoiceSegment`."""

    flags: set[VoiceFlag] = field(default_factory=set)
    missing: dict[VoiceMeasure, set[VoiceFlag]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def lacks(self, measures: tuple[VoiceMeasure, ...], flag: VoiceFlag) -> None:
        """Say why measures cannot be taken, and flag the stretch."""
        self.flags.add(flag)
        for measure in measures:
            self.missing.setdefault(measure, set()).add(flag)

    def give(self, measure: VoiceMeasure, name: str, value: object) -> None:
        """Take a measure, unless it was said to be missing."""
        if measure not in self.missing:
            self.values[name] = value


def read_steps(rows: npt.NDArray[Any], alone: npt.NDArray[np.bool_], noise_power: float | None, min_segment_s: float) -> Reading:
    """Measure a stretch.

    Args:
        rows: its steps.
        alone: of each step, whether nobody else speaks; may be longer than the sound.
        noise_power: mean square of the noise; None when it is not known.
        min_segment_s: shortest sound of one voice alone that is measured, seconds.
    """
    reading = Reading()
    own = rows[alone[: len(rows)]]
    if not alone.all():
        reading.lacks(QUALITY, VoiceFlag.OVERLAP)
    if len(own) < min_segment_s * STEPS_PER_S:
        reading.lacks(SOUND, VoiceFlag.TOO_SHORT)
        return reading
    power = own["power"].astype(np.float64)
    _judge(reading, own, power, noise_power)
    loud = power >= max(
        np.quantile(power, 0.95) * _ratio(-_LOUD_ENOUGH_DB), _ratio(_ABOVE_NOISE_DB) * (noise_power or 0.0), _FAINTEST
    )
    voiced = own[loud & (own["pitch_hz"] > 0)]
    reading.values["voiced_share"] = round(len(voiced) / len(own), 4)
    levels = _db(power[loud]) if loud.any() else np.zeros(1)
    mean_dbfs = float(_db(np.maximum(power.mean(), _FAINTEST)))
    reading.give(VoiceMeasure.ENERGY, "energy", Energy(round(mean_dbfs, 2), round(float(levels.std()), 2)))
    syllables = syllable_count(power, own["pitch_hz"] > 0)
    reading.give(VoiceMeasure.SYLLABLE_RATE, "syllable_rate", round(syllables * STEPS_PER_S / len(own), 3))
    if len(voiced) < _FEWEST_VOICED:
        reading.lacks(VOICED, VoiceFlag.UNVOICED)
    else:
        _read_voice(reading, voiced)
    return reading


def _judge(reading: Reading, own: npt.NDArray[Any], power: npt.NDArray[np.float64], noise_power: float | None) -> None:
    """Find what makes the stretch hard to measure."""
    if noise_power is None:
        reading.flags.add(VoiceFlag.NOISE_UNKNOWN)
    else:
        noise_db = float(_db(max(power.mean() - noise_power, _FAINTEST) / noise_power))
        reading.values["signal_to_noise_db"] = round(noise_db, 1)
        if noise_db < _QUALITY_NEEDS_DB:
            reading.lacks((*QUALITY, VoiceMeasure.SPECTRAL_TILT), VoiceFlag.NOISY)
    if _db(max(power.mean(), _FAINTEST)) < _QUIETEST_DBFS:
        reading.lacks((*QUALITY, VoiceMeasure.SPECTRAL_TILT), VoiceFlag.QUIET)
    if own["clipped"].sum() > _CLIPPED_SHARE * _SAMPLES_PER_STEP * len(own):
        clipped = (VoiceMeasure.ENERGY, VoiceMeasure.SPECTRAL_TILT, VoiceMeasure.SHIMMER, VoiceMeasure.HARMONICITY)
        reading.lacks(clipped, VoiceFlag.CLIPPED)


def _read_voice(reading: Reading, voiced: npt.NDArray[Any]) -> None:
    """Measure the steps with a pitch."""
    pitch = voiced["pitch_hz"].astype(np.float64)
    low, median, high = (round(float(value), 2) for value in np.quantile(pitch, (0.1, 0.5, 0.9)))
    spread = round(float(np.std(12 * np.log2(pitch))), 3)
    reading.give(VoiceMeasure.PITCH, "pitch", Pitch(median, low, high, spread))
    tilts = voiced["tilt"][np.isfinite(voiced["tilt"])].astype(np.float64)
    if len(tilts):
        reading.give(VoiceMeasure.SPECTRAL_TILT, "spectral_tilt_db_per_octave", round(float(np.median(tilts)), 2))
    else:
        reading.lacks((VoiceMeasure.SPECTRAL_TILT,), VoiceFlag.FAILED)
    share = np.clip(voiced["harmonic"].astype(np.float64), 1 - _MOST_HARMONIC, _MOST_HARMONIC)
    reading.give(VoiceMeasure.HARMONICITY, "harmonicity_db", round(float(np.median(_db(share / (1 - share)))), 2))
    sums = {name: float(voiced[name].sum(dtype=np.float64)) for name in voiced.dtype.names or ()}
    for measure, name, total, pairs, change in (
        (VoiceMeasure.JITTER, "jitter_percent", "period_s", "period_pairs", "period_change_s"),
        (VoiceMeasure.SHIMMER, "shimmer_percent", "amplitude", "amplitude_pairs", "amplitude_change"),
    ):
        if sums[pairs] < _FEWEST_PAIRS:
            reading.lacks((measure,), VoiceFlag.FEW_PERIODS)
        else:
            mean = sums[total] / sums["periods"]
            reading.give(measure, name, round(100 * sums[change] / sums[pairs] / mean, 3))


def _db(ratio: Any) -> Any:
    return 10 * np.log10(ratio)


def _ratio(decibel: float) -> float:
    return float(10 ** (decibel / 10))
