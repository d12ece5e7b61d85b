"""Parquet read back by PyArrow."""

import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from videoannotator.annotations.arrow import BATCH_ROWS
from videoannotator.annotations.tables import TABLES
from videoannotator.errors import ExtraMissingException
from videoannotator.exporters.parquet import ParquetTable
from videoannotator.testing.examples import EXAMPLES, annotation_set, full
from videoannotator.testing.speech_examples import utterance

FILES = {
    "scenes": "scene_detection.parquet",
    "utterances": "speech_recognition.utterances.parquet",
    "words": "speech_recognition.words.parquet",
    "turns": "speaker_diarization.parquet",
    "floor_transfers": "audio_processing.floor_transfers.parquet",
    "speaker_measures": "audio_processing.speaker_measures.parquet",
    "persons": "person_tracking.persons.parquet",
    "identities": "person_tracking.identities.parquet",
    "faces": "face_analysis.faces.parquet",
    "face_tracks": "face_analysis.face_tracks.parquet",
    "speaking_on_screen": "active_speaker.speaking_on_screen.parquet",
    "speaker_links": "active_speaker.speaker_links.parquet",
    "prosody": "voice_emotion.prosody.parquet",
    "speaker_prosody": "voice_emotion.speaker_prosody.parquet",
    "sound_segments": "audio_quality.sound_segments.parquet",
    "sound_minutes": "audio_quality.sound_minutes.parquet",
    "sound_events": "audio_events.parquet",
}


@pytest.mark.parametrize("name", ["full", "empty", "before_zero"])
def test_the_file_is_the_table(name: str, tmp_path: Path) -> None:
    with EXAMPLES[name]() as annotations:
        files = [file.name for file in ParquetTable().export(annotations, tmp_path)]
        assert files == [file for file in FILES.values() if file.split(".")[0] in annotations.outcomes]
        for table, file in zip(annotations.tables, files, strict=True):
            expected = annotations.to_arrow(table)
            assert pq.read_table(tmp_path / file).equals(expected)
            assert expected.num_rows > 0 or name == "empty"


def test_every_field_carries_its_description_and_unit(tmp_path: Path) -> None:
    with full() as annotations:
        list(ParquetTable().export(annotations, tmp_path))
    for table in TABLES:
        schema = pq.read_schema(tmp_path / FILES[table.name])
        for column in table.columns:
            metadata = schema.field(column.name).metadata
            assert metadata[b"description"].decode() == column.description
            assert metadata.get(b"unit", b"").decode() == (column.unit or "")


def test_rows_are_written_in_groups(tmp_path: Path) -> None:
    said = [utterance(i, i + 1, "some words " * 100) for i in range(BATCH_ROWS // 200 + 1)]
    with annotation_set({"speech_recognition": said}) as annotations:
        list(ParquetTable().export(annotations, tmp_path))
    words = pq.ParquetFile(tmp_path / FILES["words"])
    assert words.metadata.num_rows == 200 * len(said)
    assert [words.metadata.row_group(i).num_rows for i in range(words.num_row_groups)] == [BATCH_ROWS, 200 * len(said) - BATCH_ROWS]


def test_without_pyarrow_the_cure_is_named_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with full() as annotations, pytest.raises(ExtraMissingException) as caught:
        list(ParquetTable().export(annotations, tmp_path))
    assert caught.value.hint == "Install it with: pip install 'videoannotator[tables]'"
    assert list(tmp_path.iterdir()) == []
