"""The flat tables that annotations are read as: one row per annotation, every column described.

A new record type becomes readable as a table, and so in every tabular format, by one more entry in `TABLES`. Columns of the same
name have the same kind in every table, so that tables can stand below one another.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance

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
class Table:
    """One way to read the records of a type as rows.

    Attributes:
        name: the one name that `to_pandas`, `to_arrow` and the file names use.
        record_type: the records it is made of.
        columns: in order.
        rows: gives the rows of one pipeline's records as they come, each with one value per column; its arguments are the name of
            the pipeline, the records, and the frame times (None where they are not known).
    """

    name: str
    record_type: type
    columns: tuple[Column, ...]
    rows: Callable[[str, Iterable[Any], FrameTimes | None], Iterator[Row]]


def _span(start: MediaTime, end: MediaTime) -> Row:
    return start.seconds, end.seconds, MediaTime(end.exact - start.exact).seconds


def _frames(start: MediaTime, end: MediaTime, times: FrameTimes | None) -> Row:
    return (None, None) if times is None else (times.index_at(start), times.index_at(end))


def _seconds(time: MediaTime | None) -> float | None:
    return None if time is None else time.seconds


def _scene_rows(pipeline: str, scenes: Iterable[Scene], _times: FrameTimes | None) -> Iterator[Row]:
    for number, scene in enumerate(scenes, start=1):
        yield (
            pipeline,
            number,
            *_span(scene.start, scene.end),
            scene.first_frame,
            scene.last_frame,
            scene.boundary.value,
            scene.confidence,
            _seconds(scene.transition_start),
            _seconds(scene.transition_end),
            scene.method,
            scene.scene_type,
            scene.scene_type_scores.get(scene.scene_type),
            None if scene.keyframe is None else f"{pipeline}/{scene.keyframe}",
            _seconds(scene.keyframe_time),
        )


def _utterance_rows(pipeline: str, utterances: Iterable[Utterance], times: FrameTimes | None) -> Iterator[Row]:
    for number, said in enumerate(utterances, start=1):
        yield (
            pipeline,
            number,
            *_span(said.start, said.end),
            *_frames(said.start, said.end, times),
            said.text,
            said.language,
            said.confidence,
            len(said.words),
        )


def _word_rows(pipeline: str, utterances: Iterable[Utterance], times: FrameTimes | None) -> Iterator[Row]:
    number = 0
    for utterance_number, said in enumerate(utterances, start=1):
        for word in said.words:
            number += 1
            yield (
                pipeline,
                number,
                utterance_number,
                *_span(word.start, word.end),
                *_frames(word.start, word.end, times),
                word.text,
                said.language,
                word.confidence,
                word.timing.value,
            )


_PIPELINE = Column("pipeline", "text", None, "Name of the pipeline that made the annotation.")
_SPAN = (
    Column("start_s", "number", "s", "When it starts, on the recording's time line, rounded to the microsecond."),
    Column("end_s", "number", "s", "When it ends, on the recording's time line, rounded to the microsecond."),
    Column("duration_s", "number", "s", "How long it lasts, rounded to the microsecond."),
)
_FRAMES = (
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
_LANGUAGE = Column("language", "text", None, "ISO 639-1 code of the language it was recognised in.")
_CONFIDENCE = Column("confidence", "number", "0-1", "How sure the recogniser was; missing when it does not say.")
_UTTERANCE_ID = Column("utterance_id", "integer", None, "Number of the utterance among those of its pipeline, from 1.")

SCENES = Table(
    name="scenes",
    record_type=Scene,
    columns=(
        _PIPELINE,
        Column("scene_id", "integer", None, "Number of the scene among those of its pipeline, from 1."),
        *_SPAN,
        Column("start_frame", "integer", "frame", "Index of its first frame, from 0."),
        Column("end_frame", "integer", "frame", "Index of its last frame (it belongs to the scene), from 0."),
        Column("boundary", "text", None, "How it begins: start (of the recording), cut, dissolve or fade."),
        Column("boundary_confidence", "number", "0-1", "How sure that boundary is; missing for the start of the recording."),
        Column("transition_start_s", "number", "s", "When the dissolve or fade that begins it starts; missing for a cut."),
        Column("transition_end_s", "number", "s", "When the dissolve or fade that begins it ends; missing for a cut."),
        Column("method", "text", None, "What decided the boundary; missing for the start of the recording."),
        Column("scene_type", "text", None, "Kind of environment; unknown when there is no evidence."),
        Column("scene_type_score", "number", "0-1", "Evidence for that kind; missing when it is unknown."),
        Column(
            "keyframe", "text", None, "Path of its picture in the result folder, as the scenes format writes it; missing without."
        ),
        Column("keyframe_time_s", "number", "s", "Time of the frame in that picture; missing without a picture."),
    ),
    rows=_scene_rows,
)

UTTERANCES = Table(
    name="utterances",
    record_type=Utterance,
    columns=(
        _PIPELINE,
        _UTTERANCE_ID,
        *_SPAN,
        *_FRAMES,
        Column("text", "text", None, "What was said, as recognised."),
        _LANGUAGE,
        _CONFIDENCE,
        Column("word_count", "integer", "word", "How many of its words have times of their own, in the table words."),
    ),
    rows=_utterance_rows,
)

WORDS = Table(
    name="words",
    record_type=Utterance,
    columns=(
        _PIPELINE,
        Column("word_id", "integer", None, "Number of the word among those of its pipeline, from 1."),
        _UTTERANCE_ID,
        *_SPAN,
        *_FRAMES,
        Column("text", "text", None, "What was said, as recognised."),
        _LANGUAGE,
        _CONFIDENCE,
        Column(
            "timing",
            "text",
            None,
            "Where its times come from: aligned (pronunciation from the dictionary), guessed (pronunciation from the spelling), "
            "proportional (shared out by length) or attention (of the recogniser).",
        ),
    ),
    rows=_word_rows,
)

TABLES: tuple[Table, ...] = (SCENES, UTTERANCES, WORDS)
"""Every table there is."""


def stacked(tables: Iterable[Table]) -> tuple[Column, ...]:
    """The columns of tables that stand below one another: first `table`, the name of each row's table, then each column once."""
    columns = {"table": Column("table", "text", None, "Name of the table that the row comes from.")}
    for table in tables:
        for column in table.columns:
            columns.setdefault(column.name, column)
    return tuple(columns.values())


def widened(table: Table, columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[Row]:
    """Rows of `table` laid out for the columns that `stacked` gave; what the table does not have is None."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    wanted = [places.get(column.name) for column in columns[1:]]
    for row in rows:
        yield (table.name, *(None if place is None else row[place] for place in wanted))
