"""Who speaks on screen as rows: by stretch of a turn, and by speaker."""

from collections.abc import Iterable, Iterator, Mapping

from videoannotator.annotations.active_speaker import SpeakerLink, SpeakingOnScreen
from videoannotator.annotations.columns import FRAMES, PIPELINE, SPAN, Column, Row, RowContext, Table, frames, span


def _speaking_rows(pipeline: str, stretches: Iterable[SpeakingOnScreen], context: RowContext) -> Iterator[Row]:
    for spoken in stretches:
        yield (
            pipeline,
            *span(spoken.start, spoken.end),
            *frames(spoken.start, spoken.end, context.times),
            spoken.speaker_id,
            spoken.face_track_id,
            spoken.person_id,
            spoken.track_id,
            spoken.confidence,
            None if spoken.method is None else spoken.method.value,
            None if spoken.why_unknown is None else spoken.why_unknown.value,
            _figures(spoken.evidence),
        )


def _link_rows(pipeline: str, links: Iterable[SpeakerLink], _: RowContext) -> Iterator[Row]:
    for link in links:
        yield (
            pipeline,
            link.speaker_id,
            " ".join(link.person_ids) or None,
            " ".join(str(face) for face in link.face_track_ids) or None,
            link.confidence,
            None if link.why_unknown is None else link.why_unknown.value,
            link.speech_s,
            link.evidence_s,
            _figures(link.evidence),
        )


def _figures(evidence: Mapping[str, float]) -> str | None:
    return " ".join(f"{name}={value:g}" for name, value in evidence.items()) or None


_SPEAKER_ID = Column("speaker_id", "text", None, "Whose voice it is, the same for all turns of one speaker.")
_CONFIDENCE = Column("confidence", "number", "0-1", "How sure it is, not calibrated; missing when nobody is taken for the speaker.")
_WHY_UNKNOWN = Column(
    "why_unknown",
    "text",
    None,
    "Why nobody on screen is taken for the speaker: not_visible (no face that can be the speaker's), no_lips (lips could not be "
    "measured) or undecided (the evidence does not suffice); missing when somebody is.",
)
_EVIDENCE = Column("link_evidence", "text", None, "The figures it was decided on, as name=value.")

SPEAKING_ON_SCREEN = Table(
    name="speaking_on_screen",
    record_type=SpeakingOnScreen,
    columns=(
        PIPELINE,
        *SPAN,
        *FRAMES,
        _SPEAKER_ID,
        Column("face_track_id", "integer", None, "Number of the track of the face that speaks; missing when unknown or not seen."),
        Column(
            "person_id", "text", None, "Who speaks, the same for all tracks of one person; missing when unknown or not tracked."
        ),
        Column("track_id", "integer", None, "Number of the speaking person's track; missing when unknown or not tracked."),
        _CONFIDENCE,
        Column(
            "speaking_method",
            "text",
            None,
            "What it rests on: lips (in this stretch, and who the speaker is in the whole recording) or link (the latter alone).",
        ),
        _WHY_UNKNOWN,
        _EVIDENCE,
    ),
    rows=_speaking_rows,
)

SPEAKER_LINKS = Table(
    name="speaker_links",
    record_type=SpeakerLink,
    columns=(
        PIPELINE,
        _SPEAKER_ID,
        Column("person_ids", "text", None, "Who the speaker is, with spaces between several tracks that could not be joined."),
        Column("face_track_ids", "text", None, "Numbers of the speaker's face tracks, with spaces between."),
        _CONFIDENCE,
        _WHY_UNKNOWN,
        Column("speech_s", "number", "s", "How long the speaker speaks."),
        Column(
            "evidence_s", "number", "s", "For how much of that, without others speaking, lips that may be the speaker's were seen."
        ),
        _EVIDENCE,
    ),
    rows=_link_rows,
)
