"""What tables are made of: columns, and the ones that several tables share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from videoannotator.annotations.boxes import Box
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.identities import Identities
from videoannotator.annotations.persons import PersonIdentity
from videoannotator.annotations.time import MediaTime

Kind = Literal["number", "integer", "text", "boolean"]
Value = float | int | str | bool | None
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: in the header; a time in seconds ends in `_s`.
        kind: of its values; any of them may be missing where the description says so.
        unit: of its values; None for names, texts and numbers without a unit.
        description: what it says, in a sentence.
    """

    name: str
    kind: Kind
    unit: str | None
    description: str


@dataclass(frozen=True, slots=True)
class RowContext:
    """What rows say besides their own record.

    Attributes:
        times: time of each frame; None where the video track was not read.
        identities: who is behind the tracks of people and faces.
    """

    times: FrameTimes | None
    identities: Identities


@dataclass(frozen=True, slots=True)
class Table:
    """One way to read the records of a type as rows.

    Attributes:
        name: the one name that `to_pandas`, `to_arrow` and the file names use.
        record_type: the records it is made of.
        columns: in order.
        rows: gives the rows of one pipeline's records as they come, each with one value per column; its arguments are the name of
            the pipeline, the records, and what else is known about the recording.
    """

    name: str
    record_type: type
    columns: tuple[Column, ...]
    rows: Callable[[str, Iterable[Any], RowContext], Iterator[Row]]


def span(start: MediaTime, end: MediaTime) -> Row:
    """The values of `SPAN`."""
    return start.seconds, end.seconds, MediaTime(end.exact - start.exact).seconds


def frames(start: MediaTime, end: MediaTime, times: FrameTimes | None) -> Row:
    """The values of `FRAMES`."""
    return (None, None) if times is None else (times.index_at(start), times.index_at(end))


def seconds(time: MediaTime | None) -> float | None:
    """A time that may be missing, in seconds."""
    return None if time is None else time.seconds


def box(value: Box) -> Row:
    """The values of `BOX`."""
    return value.left, value.top, value.width, value.height


def person(identity: PersonIdentity | None) -> Row:
    """The values of `PERSON`."""
    if identity is None:
        return None, None, None, None
    return identity.person_id, identity.label, identity.label_confidence, identity.labeling_method


PIPELINE = Column("pipeline", "text", None, "Name of the pipeline that made the annotation.")
SPAN = (
    Column("start_s", "number", "s", "When it starts, on the recording's time line, rounded to the microsecond."),
    Column("end_s", "number", "s", "When it ends, on the recording's time line, rounded to the microsecond."),
    Column("duration_s", "number", "s", "How long it lasts, rounded to the microsecond."),
)
FRAMES = (
    Column(
        "start_frame",
        "integer",
        "frame",
        "Index of the frame shown at start_s, from 0 (the last one after its end); missing before the first or without video.",
    ),
    Column(
        "end_frame",
        "integer",
        "frame",
        "Index of the frame shown at end_s, from 0 (the last one after its end); missing before the first or without video.",
    ),
)
MOMENT = (
    Column("time_s", "number", "s", "Time of the frame, on the recording's time line, rounded to the microsecond."),
    Column("frame", "integer", "frame", "Index of the frame, from 0."),
)
BOX = (
    Column("bbox_x", "number", "px", "Left edge of the box; pixels are those of the stored picture after rotation."),
    Column("bbox_y", "number", "px", "Upper edge of the box."),
    Column("bbox_width", "number", "px", "Width of the box."),
    Column("bbox_height", "number", "px", "Height of the box."),
)
PERSON = (
    Column("person_id", "text", None, "Who it is, the same for all tracks of one person; missing where that was not looked into."),
    Column("person_label", "text", None, "Role of that person; unknown without sufficient evidence."),
    Column("label_confidence", "number", "0-1", "How sure the role is; missing when it is unknown."),
    Column("labeling_method", "text", None, "What the role rests on: labels_file, face_age, body_size; none when it is unknown."),
)
EVIDENCE = (
    Column("score", "number", "0-1", "Confidence of the detection that the box rests on; missing for an interpolated one."),
    Column(
        "evidence",
        "text",
        None,
        "How the place is known: detected (found in this frame), tracked (measured in this frame near the place before) or "
        "interpolated (nothing was measured in this frame).",
    ),
)
