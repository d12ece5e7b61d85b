"""Tables say what the records say, one row per annotation, every column described."""

import sys
from collections.abc import Iterable, Iterator

import pandas as pd
import pyarrow as pa
import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.columns import Row, Table
from videoannotator.annotations.scene_tables import SCENES
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.speech_tables import UTTERANCES, WORDS
from videoannotator.annotations.tables import TABLES, stacked
from videoannotator.annotations.transcript import Utterance
from videoannotator.errors import ExtraMissingException, InvalidRequestException
from videoannotator.testing.examples import EXAMPLES, annotation_set, at, frame_times
from videoannotator.testing.speech_examples import TEXTS, utterance

PYTHON_TYPES: dict[str, tuple[type, ...]] = {"number": (float,), "integer": (int,), "text": (str,), "boolean": (bool,)}


@pytest.fixture
def full() -> Iterator[AnnotationSet]:
    with EXAMPLES["full"]() as annotations:
        yield annotations


def as_dicts(table: Table, rows: Iterable[Row]) -> list[dict[str, object]]:
    return [dict(zip([column.name for column in table.columns], row, strict=True)) for row in rows]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_named_once_and_described(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    for column in table.columns:
        assert column.name.isidentifier()
        assert column.name == column.name.lower()
        assert column.description.endswith(".")
        assert (column.unit == "s") == column.name.endswith("_s")
        assert (column.unit is not None) or column.kind in ("text", "boolean") or column.name.endswith("_id")


def test_columns_of_the_same_name_are_of_the_same_kind_and_unit() -> None:
    stack = {column.name: column for column in stacked(TABLES)}
    for table in TABLES:
        for column in table.columns:
            assert (column.kind, column.unit) == (stack[column.name].kind, stack[column.name].unit)


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_are_of_their_column_s_kind(name: str) -> None:
    with EXAMPLES[name]() as annotations:
        for pipeline in annotations.outcomes:
            for table in annotations.tables_of(pipeline):
                for row in annotations.rows(table, pipeline):
                    assert len(row) == len(table.columns)
                    for column, value in zip(table.columns, row, strict=True):
                        assert value is None or type(value) in PYTHON_TYPES[column.kind], (table.name, column.name)


def test_scenes_as_rows(full: AnnotationSet) -> None:
    rows = as_dicts(SCENES, full.rows(SCENES, "scene_detection"))
    assert len(rows) == 4
    assert rows[1] == {
        "pipeline": "scene_detection",
        "scene_id": 2,
        "start_s": 2.042,
        "end_s": 4.694656,
        "duration_s": 2.652656,
        "start_frame": 30,
        "end_frame": 69,
        "boundary": "cut",
        "boundary_confidence": 0.987654321,
        "transition_start_s": None,
        "transition_end_s": None,
        "method": "content",
        "scene_type": "Küche",
        "scene_type_score": 0.8,
        "keyframe": "scene_detection/scene-0002.jpg",
        "keyframe_time_s": frame_times()[50].seconds,
    }
    assert rows[0]["scene_type_score"] is None, "no number is made up for a type that is unknown"


def test_words_know_their_utterance_and_their_frames(full: AnnotationSet) -> None:
    spoken = as_dicts(UTTERANCES, full.rows(UTTERANCES, "speech_recognition"))
    words = as_dicts(WORDS, full.rows(WORDS, "speech_recognition"))
    assert [row["text"] for row in spoken][:1] == [TEXTS[0]]
    times = frame_times()
    place = 0
    for said, row in zip(full.records(Utterance), spoken, strict=True):
        own = [word for word in words if word["utterance_id"] == row["utterance_id"]]
        assert [word["text"] for word in own] == [word.text for word in said.words]
        assert row["word_count"] == len(own)
        for word, source in zip(own, said.words, strict=True):
            place += 1
            assert word["word_id"] == place
            assert (word["start_s"], word["end_s"]) == (source.start.seconds, source.end.seconds)
            assert (word["start_frame"], word["end_frame"]) == (times.index_at(source.start), times.index_at(source.end))
            assert (word["confidence"], word["timing"]) == (source.confidence, source.timing.value)
    assert place == len(words) > 0


def test_without_video_and_before_the_first_frame_there_is_no_frame_index() -> None:
    with annotation_set({"speech_recognition": [utterance(0.0, 1.0, "one")]}) as annotations:
        (row,) = as_dicts(WORDS, annotations.rows(WORDS, "speech_recognition"))
        assert (row["start_frame"], row["end_frame"]) == (None, frame_times().index_at(at(1)))
    with EXAMPLES["audio_only"]() as annotations:
        frame = annotations.to_pandas("words")[["start_frame", "end_frame"]]
    assert frame.isna().all(axis=None)
    assert len(frame) > 0


def test_pandas_gets_types_that_allow_missing_values(full: AnnotationSet) -> None:
    frame = full.to_pandas("words")
    kinds = {"text": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {column.name: kinds[column.kind] for column in WORDS.columns}
    assert frame["confidence"].isna().sum() == sum(
        word.confidence is None for said in full.records(Utterance) for word in said.words
    )
    assert frame["text"].tolist() == [word.text for said in full.records(Utterance) for word in said.words]


def test_arrow_carries_the_descriptions(full: AnnotationSet) -> None:
    table = full.to_arrow("scenes")
    assert isinstance(table, pa.Table)
    assert table.schema.field("start_s").metadata == {b"description": SCENES.columns[2].description.encode(), b"unit": b"s"}
    assert table.num_rows == len(full.results["scene_detection"].of_type(Scene))


def test_all_tables_stand_below_one_another(full: AnnotationSet) -> None:
    frame = full.to_pandas()
    assert list(frame.columns) == [column.name for column in stacked(TABLES)]
    assert frame["table"].value_counts().to_dict() == {name: len(full.to_pandas(name)) for name in full.tables}
    for name in full.tables:
        alone = full.to_pandas(name)
        within = frame[frame["table"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(within[list(alone.columns)], alone)
        others = [column for column in frame.columns if column not in alone.columns and column != "table"]
        assert within[others].isna().all(axis=None)


def test_nothing_found_gives_tables_without_rows() -> None:
    with EXAMPLES["empty"]() as annotations:
        assert annotations.tables == tuple(table.name for table in TABLES)
        assert list(annotations.to_pandas("words").columns) == [column.name for column in WORDS.columns]
        assert len(annotations.to_pandas()) == 0
        assert str(annotations.to_pandas("words")["start_frame"].dtype) == "Int64"


def test_only_completed_pipelines_give_records_and_tables() -> None:
    with EXAMPLES["unfinished"]() as annotations:
        assert len(annotations.results["scene_detection"].of_type(Scene))
        assert not list(annotations.records(Scene))
        assert annotations.tables == ()
        assert len(annotations.to_pandas()) == 0
        with pytest.raises(InvalidRequestException, match="'scenes'"):
            annotations.to_arrow("scenes")


def test_a_table_that_does_not_exist_is_named_beside_those_that_do() -> None:
    with EXAMPLES["audio_only"]() as annotations, pytest.raises(InvalidRequestException, match="'scenes'") as caught:
        annotations.to_pandas("scenes")
    said = "utterances, words, turns, floor_transfers, speaker_measures"
    heard = f"{said}, prosody, speaker_prosody, sound_segments, sound_minutes, sound_events"
    assert caught.value.hint == f"These are there: {heard}."


@pytest.mark.parametrize("package", ["pandas", "pyarrow"])
def test_a_missing_package_is_named_with_the_cure(full: AnnotationSet, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    full.to_pandas()  # PyArrow looks for pandas when it is first used, and must find the real one
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ExtraMissingException, match=package) as caught:
        full.to_pandas()
    assert caught.value.hint is not None
    assert "pip install 'videoannotator[tables]'" in caught.value.hint


def test_closing_the_set_closes_every_result() -> None:
    with EXAMPLES["many"]() as annotations:
        assert len(annotations.to_pandas("scenes")) == len(annotations.results["scene_detection"].of_type(Scene)) > 0
    with pytest.raises(InvalidRequestException, match="closed"):
        annotations.to_arrow("scenes")
    with pytest.raises(InvalidRequestException, match="closed"):
        next(annotations.records(Utterance))


def test_failed_outcomes() -> None:
    with EXAMPLES["unfinished"]() as annotations:
        assert [outcome.pipeline for outcome in annotations.failed] == ["scene_detection"]
