"""Transcripts: utterances and their words."""

from dataclasses import dataclass
from enum import Enum

from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.time import MediaTime


class WordTiming(str, Enum):
    """Where a word's times come from."""

    ALIGNED = "aligned"
    """Forced alignment with a pronunciation from the dictionary."""
    GUESSED = "guessed"
    """Forced alignment with a pronunciation guessed from the spelling."""
    PROPORTIONAL = "proportional"
    """Shared out by word length over the utterance: alignment was not possible."""
    ATTENTION = "attention"
    """The recogniser's own cross-attention."""
    CORRECTED = "corrected"
    """A correction by hand put it between the words around it."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an utterance.

    Attributes:
        text: as recognised, with its punctuation.
        start, end: when it is spoken.
        confidence: of the recognition, 0 to 1; None when the recogniser gives none, and for a word that somebody wrote.
        timing: where `start` and `end` come from.
        speaker_id: who says it, as in `SpeakerTurn`; None when nobody is known to speak then, or nobody looked.
        other_speakers: who else speaks meanwhile.
    """

    text: str
    start: MediaTime
    end: MediaTime
    confidence: float | None
    timing: WordTiming
    speaker_id: str | None = None
    other_speakers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(bool(self.text) and not any(c.isspace() for c in self.text), f"a word has no space inside: {self.text!r}")
        require(self.start <= self.end, f"the word {self.text!r} ends before it starts")
        require_probability("confidence", self.confidence)
        require(self.speaker_id not in self.other_speakers, "who says a word is not somebody else")


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of continuous speech and what was said in it.

    Attributes:
        start, end: of the stretch.
        text: as recognised, or as somebody corrected it; then it has no confidence.
        language: ISO 639-1 code of the language it was recognised in.
        confidence: of the recognition, 0 to 1; None when the recogniser gives none.
        words: in order, each inside the stretch, none starting before its predecessor.
        speaker_id: who says all of it; None when nobody is known to, or nobody looked.
        speaker_label: that speaker's name from a labels file; None without one.
    """

    start: MediaTime
    end: MediaTime
    text: str
    language: str
    confidence: float | None
    words: tuple[Word, ...]
    speaker_id: str | None = None
    speaker_label: str | None = None

    def __post_init__(self) -> None:
        require(self.start < self.end, f"an utterance ends after it starts, not {self.start} to {self.end}")
        require(bool(self.text.strip()), "an utterance has text")
        require_probability("confidence", self.confidence)
        previous = self.start
        for word in self.words:
            require(previous <= word.start and word.end <= self.end, f"the word {word.text!r} lies outside or out of order")
            require(word.speaker_id == self.speaker_id, f"the word {word.text!r} is another speaker's")
            previous = word.start
