"""Voices: who speaks when."""

import re
from dataclasses import dataclass

from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.time import MediaTime

SPEAKER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What names a speaker; formats that separate their fields by spaces carry it as it is."""


def speaker_id(number: int) -> str:
    """The id of the speaker of this number, counted from 1 by first appearance: `speaker_001`."""
    return f"speaker_{number:03d}"


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """A stretch in which one person speaks. Turns of different speakers may overlap, those of one speaker do not.

    Attributes:
        start, end: of the turn.
        speaker_id: whose it is, the same for all turns of one speaker (`speaker_001`).
        confidence: how sure it is that this speaker speaks here, 0 to 1, not calibrated; None when the method does not say.
        label: the name that a labels file gives this speaker; None without one.
    """

    start: MediaTime
    end: MediaTime
    speaker_id: str
    confidence: float | None
    label: str | None = None

    def __post_init__(self) -> None:
        require(self.start < self.end, f"a turn ends after it starts, not {self.start} to {self.end}")
        require(SPEAKER_ID.fullmatch(self.speaker_id) is not None, f"{self.speaker_id!r} is not an id of plain letters and digits")
        require_probability("confidence", self.confidence)
        require(self.label is None or bool(self.label.strip()), "a label is a text, or None")
