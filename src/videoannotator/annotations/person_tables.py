"""People as rows: one per person and frame, and one per stretch of a track with who it is."""

from collections.abc import Iterable, Iterator

from videoannotator.annotations.columns import (
    BOX,
    EVIDENCE,
    FRAMES,
    MOMENT,
    PERSON,
    PIPELINE,
    SPAN,
    Column,
    Row,
    RowContext,
    Table,
    box,
    frames,
    person,
    span,
)
from videoannotator.annotations.persons import KEYPOINTS, PersonIdentity, PersonObservation


def _person_rows(pipeline: str, people: Iterable[PersonObservation], context: RowContext) -> Iterator[Row]:
    nothing = (None,) * (4 * len(KEYPOINTS))
    for seen in people:
        yield (
            pipeline,
            seen.time.seconds,
            seen.frame,
            seen.track_id,
            *person(context.identities.of_person(seen.track_id, seen.time)),
            *box(seen.box),
            seen.score,
            seen.evidence.value,
            *(nothing if seen.keypoints is None else (value for point in seen.keypoints for value in point)),
        )


def _identity_rows(pipeline: str, identities: Iterable[PersonIdentity], context: RowContext) -> Iterator[Row]:
    for identity in identities:
        yield (
            pipeline,
            identity.track_id,
            *span(identity.start, identity.end),
            *frames(identity.start, identity.end, context.times),
            *person(identity),
            identity.identity_method,
            identity.identity_confidence,
            " ".join(str(face) for face in identity.face_track_ids) or None,
            " ".join(f"{name}={value:g}" for name, value in identity.evidence.items()) or None,
        )


def _keypoint_columns(name: str) -> tuple[Column, ...]:
    words = name.replace("_", " ")
    return (
        Column(
            f"{name}_x", "number", "px", f"Horizontal place of the {words}; missing without a posture, 0 when it was not found."
        ),
        Column(f"{name}_y", "number", "px", f"Vertical place of the {words}; missing without a posture, 0 when it was not found."),
        Column(f"{name}_score", "number", "0-1", f"Confidence of the {words}; missing without a posture."),
        Column(f"{name}_visibility", "integer", "0-2", f"The {words} was not found (0), hardly seen (1) or seen (2)."),
    )


_TRACK_ID = Column("track_id", "integer", None, "Number of the unbroken track among those of its pipeline, from 1.")

PERSONS = Table(
    name="persons",
    record_type=PersonObservation,
    columns=(
        PIPELINE,
        *MOMENT,
        _TRACK_ID,
        *PERSON,
        *BOX,
        *EVIDENCE,
        *(column for name in KEYPOINTS for column in _keypoint_columns(name)),
    ),
    rows=_person_rows,
)

IDENTITIES = Table(
    name="identities",
    record_type=PersonIdentity,
    columns=(
        PIPELINE,
        _TRACK_ID,
        *SPAN,
        *FRAMES,
        *PERSON,
        Column(
            "identity_method",
            "text",
            None,
            "What joined this track to others of the person; track when nothing did, by_hand when somebody did.",
        ),
        Column("identity_confidence", "number", "0-1", "How sure that join is; missing when there is none."),
        Column("face_track_ids", "text", None, "Numbers of the face tracks that show this person, with spaces between."),
        Column("identity_evidence", "text", None, "The figures that role and identity were decided on, as name=value."),
    ),
    rows=_identity_rows,
)
