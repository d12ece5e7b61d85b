"""How each speaker sounds over a whole recording."""

from array import array
from dataclasses import dataclass, field

import numpy as np

from videoannotator.annotations.prosody import VoiceProfile, VoiceSegment

_MEANS = (
    *("pitch_spread_semitones", "energy_dbfs", "spectral_tilt_db_per_octave", "syllable_rate", "word_rate"),
    *("jitter_percent", "shimmer_percent", "harmonicity_db"),
)


@dataclass(slots=True)
class _Sums:
    """What was added up of one speaker; weights are seconds."""

    label: str | None
    segments: int = 0
    speech_s: float = 0.0
    pitches: "array[float]" = field(default_factory=lambda: array("d"))
    weights: "array[float]" = field(default_factory=lambda: array("d"))
    totals: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_MEANS, 0.0))
    shares: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_MEANS, 0.0))


class Profiles:
    """Adds up the stretches of each speaker."""

    def __init__(self) -> None:
        self._speakers: dict[str, _Sums] = {}

    def add(self, voice: VoiceSegment) -> None:
        """Take a stretch; one without a speaker tells nothing about anybody."""
        if voice.subject is None:
            return
        sums = self._speakers.setdefault(voice.subject, _Sums(voice.label))
        duration_s = voice.end.since(voice.start)
        sums.segments += 1
        sums.speech_s += duration_s
        if voice.pitch is not None:
            sums.pitches.append(voice.pitch.median_hz)
            sums.weights.append(duration_s)
        values = {name: getattr(voice, name, None) for name in _MEANS} | {
            "pitch_spread_semitones": None if voice.pitch is None else voice.pitch.spread_semitones,
            "energy_dbfs": None if voice.energy is None else voice.energy.mean_dbfs,
        }
        for name, value in values.items():
            if value is not None:
                sums.totals[name] += value * duration_s
                sums.shares[name] += duration_s

    def made(self) -> list[VoiceProfile]:
        """The profile of every speaker, by id."""
        return [_profile(subject, sums) for subject, sums in sorted(self._speakers.items())]


def _profile(subject: str, sums: _Sums) -> VoiceProfile:
    means = {name: round(sums.totals[name] / sums.shares[name], 3) for name in _MEANS if sums.shares[name]}
    pitch_hz = _weighted_median(np.array(sums.pitches), np.array(sums.weights)) if sums.pitches else None
    return VoiceProfile(subject, sums.label, sums.segments, round(sums.speech_s, 6), pitch_hz, **means)


def _weighted_median(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], weights: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    """The smallest value below which, itself included, lies half of the weight."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
