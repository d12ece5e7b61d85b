"""CSV read back by the readers that people use."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from videoannotator.annotations.tables import TABLES
from videoannotator.annotations.transcript import Utterance
from videoannotator.exporters.csv_table import CSVTable
from videoannotator.testing.examples import EXAMPLES, annotation_set, full
from videoannotator.testing.speech_examples import TEXTS, utterance

FILES = {
    "scenes": "scene_detection.csv",
    "utterances": "speech_recognition.utterances.csv",
    "words": "speech_recognition.words.csv",
    "turns": "speaker_diarization.csv",
    "floor_transfers": "audio_processing.floor_transfers.csv",
    "speaker_measures": "audio_processing.speaker_measures.csv",
    "persons": "person_tracking.persons.csv",
    "identities": "person_tracking.identities.csv",
    "faces": "face_analysis.faces.csv",
    "face_tracks": "face_analysis.face_tracks.csv",
    "speaking_on_screen": "active_speaker.speaking_on_screen.csv",
    "speaker_links": "active_speaker.speaker_links.csv",
    "prosody": "voice_emotion.prosody.csv",
    "speaker_prosody": "voice_emotion.speaker_prosody.csv",
    "sound_segments": "audio_quality.sound_segments.csv",
    "sound_minutes": "audio_quality.sound_minutes.csv",
    "sound_events": "audio_events.csv",
}


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_one_table_is_named_after_its_pipeline_and_several_after_themselves_too(tmp_path: Path) -> None:
    with full() as annotations:
        files = list(CSVTable().export(annotations, tmp_path))
    assert [file.name for file in files] == [*FILES.values(), "data_dictionary.csv"]


@pytest.mark.parametrize("name", ["full", "empty", "before_zero", "many"])
def test_cells_are_the_values(name: str, tmp_path: Path) -> None:
    with EXAMPLES[name]() as annotations:
        list(CSVTable().export(annotations, tmp_path))
        for table in TABLES:
            pipeline = FILES[table.name].split(".")[0]
            if pipeline not in annotations.outcomes:
                continue
            header, *cells = read(tmp_path / FILES[table.name])
            assert header == [column.name for column in table.columns]
            assert cells == [["" if value is None else str(value) for value in row] for row in annotations.rows(table, pipeline)]


def test_texts_are_written_exactly_as_recognised(tmp_path: Path) -> None:
    with annotation_set({"speech_recognition": [utterance(i, i + 1, text) for i, text in enumerate(TEXTS)]}) as annotations:
        list(CSVTable().export(annotations, tmp_path))
    rows = read(tmp_path / FILES["utterances"])
    assert [row[rows[0].index("text")] for row in rows[1:]] == list(TEXTS)


def test_lines_end_as_the_standard_says_and_there_is_no_byte_order_mark(tmp_path: Path) -> None:
    with full() as annotations:
        list(CSVTable().export(annotations, tmp_path))
    content = (tmp_path / FILES["scenes"]).read_bytes()
    assert content.startswith(b"pipeline,")
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == 5


def test_pandas_reads_what_the_annotation_set_gives(tmp_path: Path) -> None:
    with full() as annotations:
        list(CSVTable().export(annotations, tmp_path))
        for table, file in FILES.items():
            expected = annotations.to_pandas(table)
            found = pd.read_csv(tmp_path / file, dtype=expected.dtypes.to_dict(), keep_default_na=False, na_values=[""])
            pd.testing.assert_frame_equal(found, expected, check_exact=True)
        assert "NA" in set(annotations.to_pandas("words")["text"])


def test_the_dictionary_explains_every_column_of_every_file(tmp_path: Path) -> None:
    with full() as annotations:
        list(CSVTable().export(annotations, tmp_path))
    header, *rows = read(tmp_path / "data_dictionary.csv")
    assert header == ["table", "file", "column", "type", "unit", "description"]
    for table in TABLES:
        explained = [row[2:] for row in rows if row[:2] == [table.name, FILES[table.name]]]
        assert explained == [[column.name, column.kind, column.unit or "", column.description] for column in table.columns]
        assert [row[0] for row in explained] == read(tmp_path / FILES[table.name])[0]
    assert len(rows) == sum(len(table.columns) for table in TABLES)


def test_without_tables_there_is_no_dictionary(tmp_path: Path) -> None:
    with EXAMPLES["unfinished"]() as annotations:
        assert list(annotations.results["speech_recognition"].of_type(Utterance)) != []
        assert list(CSVTable().export(annotations, tmp_path)) == []
    assert list(tmp_path.iterdir()) == []
