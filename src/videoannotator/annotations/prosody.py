"""Prosody: how something is said, measured on the voice of one person, and what a network makes of it."""

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SPEAKER_ID


class VoiceMeasure(str, Enum):
    """What can be said about a stretch of voice; each is given, or missing for a reason."""

    PITCH = "pitch"
    ENERGY = "energy"
    SPECTRAL_TILT = "spectral_tilt"
    SYLLABLE_RATE = "syllable_rate"
    WORD_RATE = "word_rate"
    JITTER = "jitter"
    SHIMMER = "shimmer"
    HARMONICITY = "harmonicity"
    AROUSAL = "arousal"
    EMOTION = "emotion"


class VoiceFlag(str, Enum):
    """Why something could not be measured on a voice, or should be read with care."""

    TOO_SHORT = "too_short"
    """Too little sound of this voice alone."""
    UNVOICED = "unvoiced"
    """Too little of it has a pitch: whispering, breath, a cough."""
    QUIET = "quiet"
    """Too low a level for its details to be above the steps of digital sound."""
    NOISY = "noisy"
    """Too little above the noise around it."""
    NOISE_UNKNOWN = "noise_unknown"
    """No pause is near in which the noise could be measured, so nobody knows how much of it is in the measures."""
    CLIPPED = "clipped"
    """The recording was driven beyond full scale."""
    OVERLAP = "overlap"
    """Somebody else speaks at the same time."""
    FEW_PERIODS = "few_periods"
    """Too few periods of the voice follow one another."""
    NO_WORDS = "no_words"
    """There is no transcript with word times, or it has no word here."""
    NO_COMPARISON = "no_comparison"
    """Too little is known of this speaker to compare with, or nobody knows who speaks."""
    FAILED = "failed"
    """The computation gave no usable number."""


class Pitch(NamedTuple):
    """How high a voice is: fundamental frequency over the voiced 10 ms steps.

    Attributes:
        median_hz: the median.
        low_hz, high_hz: the 10th and the 90th percentile.
        spread_semitones: standard deviation, in semitones.
    """

    median_hz: float
    low_hz: float
    high_hz: float
    spread_semitones: float


class Energy(NamedTuple):
    """How loud a voice arrives in the recording, which says as much about the microphone as about the voice.

    Attributes:
        mean_dbfs: root mean square over the whole stretch, dB relative to an amplitude of 1 (a full-scale sine has -3.01).
        spread_db: standard deviation of the level of its 10 ms steps, those far below the loudest left out.
    """

    mean_dbfs: float
    spread_db: float


INTENSITY_SCALE = (0, 4)
"""The scale of intensities: from not there to extreme."""


class EmotionScore(NamedTuple):
    """A category that a network knows, and what the network says of it: a confidence or an intensity, and never both.

    Attributes:
        label: its name.
        confidence: how sure the network is of this category among all that it knows, 0 to 1: uncalibrated.
        intensity: how strongly it is heard, whatever else is heard as well. The scale is `INTENSITY_SCALE`, but networks estimate
            it freely, so that values may lie beside it. It is no probability.
    """

    label: str
    confidence: float | None
    intensity: float | None = None

    @property
    def value(self) -> float:
        """The one of both that is given."""
        value = self.intensity if self.confidence is None else self.confidence
        return math.nan if value is None else value


@dataclass(frozen=True, slots=True)
class VoiceSegment:
    """A stretch in which one person speaks, and how. Every measure is given, or stands in `missing` with the reason.

    Attributes:
        start, end: of the stretch.
        subject: id of the speaker; None where nobody told the speakers apart.
        label: name of the speaker from a labels file; None without one.
        flags: what makes this stretch hard to measure.
        missing: measures that could not be taken, each with why. Categories that nobody asked for are not missing.
        voiced_share: which part of its 10 ms steps has a pitch, 0 to 1.
        signal_to_noise_db: level of the stretch above the noise in the pauses around it; None where there is no pause.
        pitch, energy: as their types say.
        spectral_tilt_db_per_octave: slope of the spectrum of voiced sound between 100 Hz and 5 kHz; the louder the effort, the less
            negative.
        syllable_rate: syllable nuclei per second, found in the sound, pauses included.
        word_rate: words of the transcript per second, pauses included.
        jitter_percent: local jitter: mean difference of neighbouring periods of the voice, relative to the mean period.
        shimmer_percent: local shimmer: the same of their amplitudes.
        harmonicity_db: harmonics-to-noise ratio of the voiced sound, 40 at most.
        arousal_proxy: pitch, level and rate among those of all stretches of the same speaker, 0 to 1, 0.5 the speaker's own median:
            uncalibrated, and nothing that two speakers could be compared by.
        emotions: categories of networks that the user added, empty without any: with confidences, which add up to 1, surest first,
            or with intensities, strongest first.
    """

    start: MediaTime
    end: MediaTime
    subject: str | None
    label: str | None
    flags: tuple[VoiceFlag, ...] = ()
    missing: dict[VoiceMeasure, tuple[VoiceFlag, ...]] = field(default_factory=dict)
    voiced_share: float = 0.0
    signal_to_noise_db: float | None = None
    pitch: Pitch | None = None
    energy: Energy | None = None
    spectral_tilt_db_per_octave: float | None = None
    syllable_rate: float | None = None
    word_rate: float | None = None
    jitter_percent: float | None = None
    shimmer_percent: float | None = None
    harmonicity_db: float | None = None
    arousal_proxy: float | None = None
    emotions: tuple[EmotionScore, ...] = ()

    def __post_init__(self) -> None:
        require(self.start < self.end, f"a stretch of voice ends after it starts, not {self.start} to {self.end}")
        _require_speaker(self.subject, self.label)
        require_probability("voiced_share", self.voiced_share)
        require_probability("arousal_proxy", self.arousal_proxy)
        for measure in VoiceMeasure:
            given, why = self.value_of(measure) is not None, self.missing.get(measure)
            require(why is None or bool(why), f"{measure.value} is missing for a reason")
            require(not (given and why), f"{measure.value} is given and said to be missing")
            require(
                given or why is not None or measure is VoiceMeasure.EMOTION, f"{measure.value} is given, or missing for a reason"
            )
        _require_numbers(self.pitch, self.energy)
        for ratio in (self.syllable_rate, self.word_rate, self.jitter_percent, self.shimmer_percent):
            require(ratio is None or (math.isfinite(ratio) and ratio >= 0), f"rates, jitter and shimmer are not negative: {ratio}")
        _require_emotions(self.emotions)

    def value_of(self, measure: VoiceMeasure) -> object | None:
        """What was measured; None when it was not."""
        value: object | None = getattr(self, _FIELDS.get(measure, measure.value))
        return None if value == () else value


@dataclass(frozen=True, slots=True)
class VoiceProfile:
    """How one speaker sounds over a whole recording: the measures of all their stretches, long ones counting more.

    Each is missing (None) when no stretch has it.

    Attributes:
        subject: id of the speaker.
        label: name of the speaker from a labels file; None without one.
        segments: how many stretches there are.
        speech_s: how long they last together, seconds.
        pitch_hz: median of their median pitch, weighted by duration.
        pitch_spread_semitones, energy_dbfs, spectral_tilt_db_per_octave, syllable_rate, word_rate, jitter_percent, shimmer_percent,
            harmonicity_db: means weighted by duration, of what `VoiceSegment` calls so (`energy_dbfs` of its `mean_dbfs`).
    """

    subject: str
    label: str | None
    segments: int
    speech_s: float
    pitch_hz: float | None = None
    pitch_spread_semitones: float | None = None
    energy_dbfs: float | None = None
    spectral_tilt_db_per_octave: float | None = None
    syllable_rate: float | None = None
    word_rate: float | None = None
    jitter_percent: float | None = None
    shimmer_percent: float | None = None
    harmonicity_db: float | None = None

    def __post_init__(self) -> None:
        _require_speaker(self.subject, self.label)
        require(self.segments > 0 and self.speech_s > 0, "a profile is made of what somebody said")


_FIELDS = {
    VoiceMeasure.SPECTRAL_TILT: "spectral_tilt_db_per_octave",
    VoiceMeasure.JITTER: "jitter_percent",
    VoiceMeasure.SHIMMER: "shimmer_percent",
    VoiceMeasure.HARMONICITY: "harmonicity_db",
    VoiceMeasure.AROUSAL: "arousal_proxy",
    VoiceMeasure.EMOTION: "emotions",
}


def _require_speaker(subject: str | None, label: str | None) -> None:
    require(subject is None or SPEAKER_ID.fullmatch(subject) is not None, f"{subject!r} is not an id of plain letters and digits")
    require(label is None or (bool(label.strip()) and subject is not None), "a label is a text, of a speaker who is known")


def _require_emotions(emotions: tuple[EmotionScore, ...]) -> None:
    require(len({score.label for score in emotions}) == len(emotions), "every category stands once")
    require(len({score.confidence is None for score in emotions}) <= 1, "categories have confidences, or all have intensities")
    for score in emotions:
        require(bool(score.label.strip()), "a category has a name")
        require((score.confidence is None) != (score.intensity is None), f"{score.label!r} has a confidence or an intensity")
        require_probability(f"the confidence of {score.label!r}", score.confidence)
        require(math.isfinite(score.value), f"the intensity of {score.label!r} is a finite number")


def _require_numbers(pitch: Pitch | None, energy: Energy | None) -> None:
    if pitch is not None:
        ordered = 0 < pitch.low_hz <= pitch.median_hz <= pitch.high_hz < math.inf
        require(ordered and 0 <= pitch.spread_semitones < math.inf, f"these are no numbers of a pitch: {pitch}")
    if energy is not None:
        require(
            math.isfinite(energy.mean_dbfs) and 0 <= energy.spread_db < math.inf, f"these are no numbers of an energy: {energy}"
        )
