"""Emotion files: what stands in them, and that they keep to their own rules."""

import json
from pathlib import Path
from typing import Any

import pytest

from videoannotator.annotations.prosody import VoiceSegment
from videoannotator.exporters.emotion import Emotion
from videoannotator.testing.examples import EXAMPLES, annotation_set
from videoannotator.testing.voice_examples import voice_segments
from videoannotator.validation.emotion import check_emotion_file

FILE = "voice_emotion.emotion.json"


def exported(example: str, folder: Path) -> dict[str, Any]:
    with EXAMPLES[example]() as annotations:
        (file,) = Emotion().export(annotations, folder)
    assert (file.name, file.main) == (FILE, True)
    document = json.loads((folder / FILE).read_bytes())
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("example", ["full", "empty", "audio_only", "before_zero", "intensities", "many"])
def test_files_keep_to_the_rules(example: str, tmp_path: Path) -> None:
    exported(example, tmp_path)
    assert check_emotion_file(tmp_path / FILE) == []


def test_only_stretches_with_categories_are_emotions(tmp_path: Path) -> None:
    document = exported("full", tmp_path)
    assert document["emotions"] == [
        {
            "start": 0.5,
            "end": 2.75,
            "labels": [{"label": "fröhlich", "confidence": 0.875}, {"label": "neutral, calm", "confidence": 0.125}],
            "source": {"modality": "audio", "channels": [0, 1]},
            "subject": "speaker_001",
            "confidence": 0.875,
            "quality_flags": [],
        }
    ]
    assert document["source_pipeline"] == "voice_emotion"
    assert document["labels"] == {"taxonomy": "my-emotions", "names": ["fröhlich", "neutral, calm"]}
    assert document["metadata"]["segments"] == len(voice_segments())
    assert document["metadata"]["subjects"] == {"speaker_001": "Zoë"}
    assert "not calibrated" in document["metadata"]["categories"]
    assert document["metadata"]["scale"] == {"measure": "confidence", "lowest": 0, "highest": 1}


def test_without_weights_the_file_says_why_it_is_empty_and_where_the_prosody_is(tmp_path: Path) -> None:
    plain: list[VoiceSegment] = [voice for voice in voice_segments() if not voice.emotions]
    with annotation_set({"voice_emotion": plain}) as annotations:
        annotations.outcomes["voice_emotion"].options["weights"] = None
        list(Emotion().export(annotations, tmp_path))
    document = json.loads((tmp_path / FILE).read_bytes())
    assert document["emotions"] == []
    assert document["labels"] == {"taxonomy": None, "names": []}
    assert document["metadata"]["weights"] is None
    assert document["metadata"]["scale"] is None
    assert "models pull" in document["metadata"]["categories"]
    assert "voice_emotion.prosody.csv" in document["metadata"]["prosody"]


def test_with_weights_and_nothing_to_judge_the_reason_is_another(tmp_path: Path) -> None:
    with annotation_set({"voice_emotion": ()}) as annotations:
        list(Emotion().export(annotations, tmp_path))
    assert "fit to be judged" in json.loads((tmp_path / FILE).read_bytes())["metadata"]["categories"]


def test_what_begins_before_a_player_s_clock_is_shown_from_zero(tmp_path: Path) -> None:
    (emotion,) = exported("before_zero", tmp_path)["emotions"]
    assert (emotion["start"], emotion["end"]) == (0.0, 1.75)


def test_intensities_are_no_confidences(tmp_path: Path) -> None:
    document = exported("intensities", tmp_path)
    (emotion,) = document["emotions"]
    assert emotion["confidence"] is None
    assert emotion["labels"] == [
        {"label": "Thankfulness Gratitude", "confidence": None, "intensity": 4.25},
        {"label": "Freude & Stolz über mich", "confidence": None, "intensity": 1.5},
        {"label": "Doubt", "confidence": None, "intensity": -0.125},
    ]
    assert document["metadata"]["scale"] == {"measure": "intensity", "lowest": 0, "highest": 4}
    assert "no probabilities" in document["metadata"]["categories"]
    assert document["labels"]["taxonomy"] == "my-emotions"
