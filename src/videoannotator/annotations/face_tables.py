"""Faces as rows: one per face and frame, and one per track of a face."""

import re
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
    Value,
    box,
    frames,
    person,
    span,
)
from videoannotator.annotations.faces import (
    ACTION_UNITS,
    BLENDSHAPES,
    CONTEMPT,
    EXPRESSIONS,
    FACE_POINTS,
    OTHER_ACTION_UNITS,
    FaceObservation,
    FaceTrack,
)


def _face_rows(pipeline: str, faces: Iterable[FaceObservation], context: RowContext) -> Iterator[Row]:
    for face in faces:
        points: tuple[Value, ...] = tuple(value for point in face.points for value in point)
        yield (
            pipeline,
            face.time.seconds,
            face.frame,
            face.track_id,
            *person(context.identities.of_face(face.track_id, face.time)),
            *box(face.box),
            face.score,
            face.evidence.value,
            " ".join(flag.value for flag in face.flags) or None,
            " ".join(f"{measure.value}:{'+'.join(flag.value for flag in why)}" for measure, why in face.missing.items()) or None,
            *(points or (None,) * (2 * len(FACE_POINTS))),
            *(face.head_pose or (None,) * 3),
            *(face.gaze or (None,) * 2),
            *(face.blink or (None,) * 2),
            *_named(face.expression, (*EXPRESSIONS, CONTEMPT)),
            *_named(face.action_units, (*ACTION_UNITS, *OTHER_ACTION_UNITS)),
            *(face.blendshapes or (None,) * len(BLENDSHAPES)),
            *(face.age or (None,) * 2),
            *(face.female_probability or (None,) * 2),
        )


def _named(values: dict[str, float] | None, names: Iterable[str]) -> Iterator[Value]:
    return (None if values is None else values.get(name) for name in names)


def _track_rows(pipeline: str, tracks: Iterable[FaceTrack], context: RowContext) -> Iterator[Row]:
    for track in tracks:
        yield (
            pipeline,
            track.track_id,
            *span(track.start, track.end),
            *frames(track.start, track.end, context.times),
            *person(context.identities.of_face(track.track_id, track.start)),
            track.observations,
            track.samples,
            *(track.age or (None,) * 2),
            *(track.female_probability or (None,) * 2),
        )


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower().strip("_")


_TRACK_ID = Column("track_id", "integer", None, "Number of the unbroken track among those of its pipeline, from 1.")
_AGE = (
    Column("age_years", "number", "year", "Estimated age; missing where it was not estimated."),
    Column("age_spread_years", "number", "year", "How far estimates of this age differ (standard deviation)."),
)
_GENDER = (
    Column(
        "female_probability", "number", "0-1", "How a network reads the face, not who the person is; missing where not estimated."
    ),
    Column("female_probability_spread", "number", "0-1", "How far these estimates differ (standard deviation)."),
)

FACES = Table(
    name="faces",
    record_type=FaceObservation,
    columns=(
        PIPELINE,
        *MOMENT,
        _TRACK_ID,
        *PERSON,
        *BOX,
        *EVIDENCE,
        Column("face_flags", "text", None, "What makes this face hard to measure, with spaces between; missing without."),
        Column("missing_measures", "text", None, "Measures that could not be taken here, each as measure:reason+reason."),
        *(
            Column(
                f"face_{name}_{axis}", "number", "px", f"{place} place of the {name.replace('_', ' ')}; missing when interpolated."
            )
            for name in FACE_POINTS
            for axis, place in (("x", "Horizontal"), ("y", "Vertical"))
        ),
        Column("head_yaw_deg", "number", "deg", "Head turned towards the right of the picture (positive) or the left."),
        Column("head_pitch_deg", "number", "deg", "Head raised (positive) or lowered."),
        Column("head_roll_deg", "number", "deg", "Head tilted clockwise in the picture (positive) or the other way."),
        Column("gaze_yaw_deg", "number", "deg", "Eyes turned towards the right of the picture (positive) or the left."),
        Column("gaze_pitch_deg", "number", "deg", "Eyes raised (positive) or lowered."),
        Column("blink_left", "number", "0-1", "How far the person's left eye is closed."),
        Column("blink_right", "number", "0-1", "How far the person's right eye is closed."),
        *(Column(f"expression_{name}", "number", "0-1", f"Probability of the expression {name}.") for name in EXPRESSIONS),
        Column(f"expression_{CONTEMPT}", "number", "0-1", "Probability of contempt; missing where the network does not know it."),
        *(
            Column(
                name.lower(),
                "number",
                "0-1",
                f"Action unit {name} ({meaning}): a proxy from blendshapes, or the probability that an added network gives.",
            )
            for name, meaning in ACTION_UNITS.items()
        ),
        *(
            Column(name.lower(), "number", "0-1", f"Action unit {name} ({meaning}), by an added network that knows it.")
            for name, meaning in OTHER_ACTION_UNITS.items()
        ),
        *(Column(f"blendshape_{_snake(name)}", "number", "0-1", f"The blendshape {name}.") for name in BLENDSHAPES),
        *_AGE,
        *_GENDER,
    ),
    rows=_face_rows,
)

FACE_TRACKS = Table(
    name="face_tracks",
    record_type=FaceTrack,
    columns=(
        PIPELINE,
        _TRACK_ID,
        *SPAN,
        *FRAMES,
        *PERSON,
        Column("observation_count", "integer", "frame", "In how many frames the face was measured."),
        Column("sample_count", "integer", "frame", "How many of them were good enough for age, gender and identity."),
        *_AGE,
        *_GENDER,
    ),
    rows=_track_rows,
)
