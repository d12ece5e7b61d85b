"""Who is speaking on screen: which face, and which person, each turn of a speaker belongs to."""

from dataclasses import dataclass, field
from enum import Enum

from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.persons import PLAIN_ID
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SPEAKER_ID


class WhyUnknown(str, Enum):
    """Why nobody on screen is taken for the speaker."""

    NOT_VISIBLE = "not_visible"
    """No face in the picture can be the speaker's: there is none, or all belong to others."""
    NO_LIPS = "no_lips"
    """There are faces, but their lips were not measured: turned away, too small, blurred, covered."""
    UNDECIDED = "undecided"
    """Lips were measured, and what they say does not suffice."""


class SpeakingMethod(str, Enum):
    """What an attribution rests on."""

    LIPS = "lips"
    """The lips in this stretch, and who this speaker is in the whole recording."""
    LINK = "link"
    """Who this speaker is in the whole recording alone: the lips were not measured in this stretch."""


@dataclass(frozen=True, slots=True)
class SpeakingOnScreen:
    """A stretch of a speaker's turn, and who speaks in it. A turn has several where the face comes, goes or changes its track.

    Attributes:
        start, end: of the stretch.
        speaker_id: whose turn it is, as in `SpeakerTurn`.
        face_track_id: the face that speaks; None when unknown, or when only the body is seen.
        person_id: who that is; None when unknown, or when people were not tracked.
        track_id: the person's track, where people were tracked and it is seen in this stretch.
        confidence: 0 to 1: not calibrated; None when unknown.
        method: what it rests on; None when unknown.
        why_unknown: the reason; None when the speaker is known.
        evidence: the figures it was decided on, by name.
    """

    start: MediaTime
    end: MediaTime
    speaker_id: str
    face_track_id: int | None = None
    person_id: str | None = None
    track_id: int | None = None
    confidence: float | None = None
    method: SpeakingMethod | None = None
    why_unknown: WhyUnknown | None = None
    evidence: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(self.start < self.end, f"a stretch ends after it starts, not {self.start} to {self.end}")
        require(SPEAKER_ID.fullmatch(self.speaker_id) is not None, f"{self.speaker_id!r} is not an id of plain letters and digits")
        require(self.person_id is None or PLAIN_ID.fullmatch(self.person_id) is not None, f"{self.person_id!r} is not a plain id")
        require_probability("confidence", self.confidence)
        known = self.face_track_id is not None or self.track_id is not None
        require(known == (self.why_unknown is None), "either somebody is seen to speak, or there is a reason why not")
        require(known == (self.confidence is not None), "an attribution and its confidence come together")
        require(known == (self.method is not None), "an attribution and its method come together")
        require(known or self.person_id is None, "who is not known has no id")
        require(self.track_id is None or self.person_id is not None, "the track of a person is that of somebody")


@dataclass(frozen=True, slots=True)
class SpeakerLink:
    """Who a speaker is in the whole recording.

    Attributes:
        speaker_id: as in `SpeakerTurn`.
        person_ids: the person; several when their tracks could not be joined; none when unknown, or when people were not tracked.
        face_track_ids: the faces that are this speaker's.
        confidence: 0 to 1: not calibrated; None when unknown.
        why_unknown: the reason; None when somebody was found.
        speech_s: how long the speaker speaks, seconds.
        evidence_s: for how much of that, without others speaking, lips were measured that could be the speaker's, seconds.
        evidence: the figures it was decided on, by name.
    """

    speaker_id: str
    person_ids: tuple[str, ...] = ()
    face_track_ids: tuple[int, ...] = ()
    confidence: float | None = None
    why_unknown: WhyUnknown | None = None
    speech_s: float = 0.0
    evidence_s: float = 0.0
    evidence: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(SPEAKER_ID.fullmatch(self.speaker_id) is not None, f"{self.speaker_id!r} is not an id of plain letters and digits")
        require_probability("confidence", self.confidence)
        known = bool(self.face_track_ids)
        require(known == (self.why_unknown is None), "either a face is linked, or there is a reason why not")
        require(known == (self.confidence is not None), "a link and its confidence come together")
        require(known or not self.person_ids, "a person is linked by a face")
        require(min(self.evidence_s, self.speech_s) >= 0, "durations are not negative")
