"""Sound that is not words: how good the recording is, and what can be heard in it.

Levels are in dBFS: 10 log10 of the mean square, or 20 log10 of the largest value, of samples from -1 to 1. A sine at full scale has
a level of -3 dBFS and a peak of 0 dBFS; a constant offset has no level. The level of digital silence is None.
"""

import math
from dataclasses import dataclass
from enum import Enum

from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.time import MediaTime

HIGHEST_DBFS = 0.01


class SoundKind(str, Enum):
    """What a stretch of sound is, as far as voice activity and level tell."""

    SILENCE = "silence"
    """Nobody speaks, and nothing is loud."""
    SPEECH = "speech"
    """Somebody speaks."""
    LOUD = "loud"
    """Something is loud that is not speech."""


class Verdict(str, Enum):
    """Whether speech in a minute of sound can be worked with."""

    USABLE = "usable"
    DOUBTFUL = "doubtful"
    """Something is wrong; look at the flags before relying on it."""
    UNUSABLE = "unusable"
    NO_SPEECH = "no_speech"
    """There is nothing to judge."""


class SoundFlag(str, Enum):
    """What is wrong with a minute of sound."""

    CLIPPING = "clipping"
    LOW_SNR = "low_snr"
    TOO_QUIET = "too_quiet"
    DC_OFFSET = "dc_offset"
    HUM = "hum"
    """Mains hum, of 50 or 60 Hz and their multiples."""
    DIGITAL_SILENCE = "digital_silence"
    """Parts of it are exactly zero, which no microphone gives."""
    DROPOUTS = "dropouts"
    """Short holes in the middle of sound."""


@dataclass(frozen=True, slots=True)
class SoundSegment:
    """A stretch of sound of one kind; those of a recording follow each other without gaps.

    Attributes:
        start, end: of the stretch.
        kind: silence, speech or loud.
        level_dbfs: mean level; None in digital silence.
        peak_dbfs: level of its largest sample; None in digital silence.
        confidence: of speech, the mean probability of voice, 0 to 1; None for the other kinds.
    """

    start: MediaTime
    end: MediaTime
    kind: SoundKind
    level_dbfs: float | None
    peak_dbfs: float | None
    confidence: float | None = None

    def __post_init__(self) -> None:
        require(self.start < self.end, f"a stretch of sound ends after it starts, not {self.start} to {self.end}")
        _require_level("level_dbfs", self.level_dbfs)
        _require_level("peak_dbfs", self.peak_dbfs)
        require((self.level_dbfs is None) == (self.peak_dbfs is None), "level and peak are known together")
        require_probability("confidence", self.confidence)
        require((self.confidence is None) == (self.kind is not SoundKind.SPEECH), "speech has a confidence, and nothing else")


@dataclass(frozen=True, slots=True)
class SoundMinute:
    """How good a minute of sound is; the minutes are counted from where the sound begins, and the last may be shorter.

    Attributes:
        start, end: of the minute.
        verdict: whether speech in it can be worked with.
        flags: what is wrong.
        speech_share, silence_share: of its time, 0 to 1; the rest is loud. Not smoothed, so not quite those of the segments.
        speech_level_dbfs: mean level where somebody speaks, noise included; None without speech.
        noise_floor_dbfs: median level of the pauses; None without pauses.
        snr_db: of speech over the noise of the pauses, -20 at the least; None without either.
        clipped_share: of its samples, 0 to 1.
        clipped_runs: stretches of clipped samples.
        dc_offset: mean of its samples, -1 to 1.
    """

    start: MediaTime
    end: MediaTime
    verdict: Verdict
    flags: tuple[SoundFlag, ...]
    speech_share: float
    silence_share: float
    speech_level_dbfs: float | None
    noise_floor_dbfs: float | None
    snr_db: float | None
    clipped_share: float
    clipped_runs: int
    dc_offset: float

    def __post_init__(self) -> None:
        require(self.start < self.end, f"a minute of sound ends after it starts, not {self.start} to {self.end}")
        for name in ("speech_share", "silence_share", "clipped_share"):
            require_probability(name, getattr(self, name))
        _require_level("speech_level_dbfs", self.speech_level_dbfs)
        _require_level("noise_floor_dbfs", self.noise_floor_dbfs)
        require(self.snr_db is None or math.isfinite(self.snr_db), f"snr_db is a number or None, not {self.snr_db}")
        compared = self.speech_level_dbfs is not None and self.noise_floor_dbfs is not None
        require(self.snr_db is None or compared, "a ratio of speech to noise needs both")
        require(self.clipped_runs >= 0, "runs are counted from 0")
        require(-1.0 <= self.dc_offset <= 1.0, f"dc_offset is a number from -1 to 1, not {self.dc_offset}")
        require(len(set(self.flags)) == len(self.flags), "every flag stands once")


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """Something that can be heard, as a network with named classes tells. Events of different classes may overlap.

    Attributes:
        start, end: of the event.
        label: name of the class, as the network's class map has it.
        confidence: highest score of the class within the event, 0 to 1: not calibrated; None where somebody marked the stretch.
        mean_confidence: mean score of the class over the event, 0 to 1; None with `confidence`.
        class_number: place of the class among the network's scores, from 0; None for what somebody named.
        class_id: its identifier in a public list, such as /m/09x0r of AudioSet; None where the class map has none.
    """

    start: MediaTime
    end: MediaTime
    label: str
    confidence: float | None
    mean_confidence: float | None
    class_number: int | None
    class_id: str | None = None

    def __post_init__(self) -> None:
        require(self.start < self.end, f"an event ends after it starts, not {self.start} to {self.end}")
        require(bool(self.label.strip()), "an event has a label")
        require_probability("confidence", self.confidence)
        require_probability("mean_confidence", self.mean_confidence)
        if self.confidence is None or self.mean_confidence is None:
            require(self.confidence is self.mean_confidence, "an event has both scores, or neither")
        else:
            require(self.mean_confidence <= self.confidence, "no mean is above the highest value")
        require(self.class_number is None or self.class_number >= 0, "classes are numbered from 0")


def _require_level(name: str, value: float | None) -> None:
    require(
        value is None or (math.isfinite(value) and value <= HIGHEST_DBFS), f"{name} is a finite level up to 0 dBFS, not {value}"
    )
