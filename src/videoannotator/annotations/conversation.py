"""Conversation: how speakers take turns, and how much and how fast each one speaks."""

from dataclasses import dataclass
from enum import Enum

from videoannotator.annotations.checks import require
from videoannotator.annotations.time import MediaTime


class Transfer(str, Enum):
    """How somebody begins to speak after, or while, somebody else does."""

    GAP = "gap"
    """After a pause of at most 5 s."""
    LAPSE = "lapse"
    """After a longer silence: nobody waited for an answer any more."""
    OVERLAP = "overlap"
    """Less than 0.5 s before the other one ends, and goes on alone."""
    INTERRUPTION = "interruption"
    """At least 0.5 s before the other one ends, and goes on alone."""
    WITHIN = "within"
    """While the other one speaks, who goes on: a word of listening, or an attempt that failed."""


@dataclass(frozen=True, slots=True)
class FloorTransfer:
    """One speaker begins after another one had the floor.

    Attributes:
        time: when the new speaker begins.
        from_speaker, to_speaker: who had the floor, and who begins.
        offset_s: from the end of the other one's turn to that beginning, in seconds: a gap when positive, an overlap when negative.
        transfer: which kind it is.
    """

    time: MediaTime
    from_speaker: str
    to_speaker: str
    offset_s: float
    transfer: Transfer

    def __post_init__(self) -> None:
        require(self.from_speaker != self.to_speaker, "the floor passes from one speaker to another")
        require((self.offset_s >= 0) == (self.transfer in (Transfer.GAP, Transfer.LAPSE)), "gaps are positive, overlaps negative")


@dataclass(frozen=True, slots=True)
class SpeakerMeasures:
    """How one speaker takes part.

    Attributes:
        speaker_id, label: who.
        turns: how many turns; a pause of up to 0.5 s in which nobody else speaks does not end one.
        speaking_s: seconds in turns, without pauses between them.
        overlapped_s: seconds of those in which others speak too.
        share: of the speaking time of all, 0 to 1.
        words: how many; None without words that have times.
        syllables: how many, by the pronouncing dictionary; None unless all words are English.
        words_per_minute, syllables_per_minute: of speaking time; None where the count is missing.
        response_latency_s: median of the gaps after which this speaker takes the floor; None without a gap.
        responses: how many gaps that are.
        interruptions_made, interruptions_received: how often.
    """

    speaker_id: str
    label: str | None
    turns: int
    speaking_s: float
    overlapped_s: float
    share: float
    words: int | None
    syllables: int | None
    words_per_minute: float | None
    syllables_per_minute: float | None
    response_latency_s: float | None
    responses: int
    interruptions_made: int
    interruptions_received: int

    def __post_init__(self) -> None:
        require(self.turns > 0 and self.speaking_s > 0, "a speaker speaks")
        require(0 <= self.overlapped_s <= self.speaking_s + 1e-6, "overlapped speech is speech")
        require(0 < self.share <= 1, f"a share lies between 0 and 1, not {self.share}")
        require((self.response_latency_s is None) == (self.responses == 0), "a median has values")
