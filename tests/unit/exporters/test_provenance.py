"""The record of where results come from."""

import dataclasses
import json
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.provenance import Provenance
from videoannotator.exporters.provenance import ProvenanceRecord
from videoannotator.testing.examples import EXAMPLES, RECORDING_NAME, STARTED_AT, full


def exported(annotations: AnnotationSet, folder: Path) -> Any:
    (file,) = ProvenanceRecord().export(annotations, folder)
    assert (file.name, file.pipeline, file.main) == ("provenance.json", None, False)
    return json.loads((folder / file.name).read_bytes())


def test_everything_that_is_known_stands_in_it(tmp_path: Path) -> None:
    with full() as annotations:
        document = exported(annotations, tmp_path)
    assert {field.name for field in dataclasses.fields(Provenance)} < set(document)
    assert document["input_sha256"] == "0" * 64
    assert document["weights"] == [{"name": "transnetv2", "sha256": "f" * 64, "licence": "MIT", "device": "cpu"}]
    assert document["timings_s"]["total"] == 7.25
    assert document["media"]["file_name"] == f"{RECORDING_NAME}.mp4"
    assert document["media"]["video"]["pixel_aspect_ratio"] == 64 / 45
    assert document["media"]["video"]["timing"]["variable_rate"] is True
    assert document["media"]["damage"]["bad_packets"] == 3
    outcome = document["pipelines"]["scene_detection"]
    assert (outcome["status"], outcome["records"]) == ("completed", {"Scene": 4})
    assert outcome["options"] == {"mode": "balanced", "min_scene_length": 0.6}


def test_what_went_wrong_is_said(tmp_path: Path) -> None:
    with EXAMPLES["unfinished"]() as annotations:
        pipelines = exported(annotations, tmp_path)["pipelines"]
    assert pipelines["scene_detection"]["status"] == "failed"
    assert pipelines["scene_detection"]["error"] == {
        "code": "INFERENCE_FAILED",
        "message": "The network could not be run: Größe stimmt nicht.",
        "hint": "Report it.",
        "transient": False,
    }
    assert pipelines["speech_recognition"]["status"] == "stopped"
    assert pipelines["speech_recognition"]["started_at"] is None


def test_a_skipped_pipeline_has_its_reason(tmp_path: Path) -> None:
    with EXAMPLES["audio_only"]() as annotations:
        document = exported(annotations, tmp_path)
    assert document["pipelines"]["scene_detection"]["reason"] == "The recording has no video track."
    assert document["media"]["video"] is None


def test_times_of_day_are_utc_with_their_zone(tmp_path: Path) -> None:
    with full() as annotations:
        document = exported(annotations, tmp_path)
    assert document["started_at"] == "2026-01-01T12:00:00Z"
    assert datetime.strptime(document["started_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc) == STARTED_AT


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_is_not_taken_for_scenes(example: str, tmp_path: Path) -> None:
    with EXAMPLES[example]() as annotations:
        exported(annotations, tmp_path)
    text = (tmp_path / "provenance.json").read_text(encoding="utf-8")
    assert not [trap for trap in ("start_time", "end_time", "scene_type") if trap in text]


def test_options_may_hold_paths_choices_and_sets(tmp_path: Path) -> None:
    class Choice(Enum):
        ONE = "one"

    options = {"p": {"path": PurePosixPath("a/b"), "choice": Choice.ONE, "labels": frozenset({"b", "a"}), "pair": (1, 2)}}
    with full() as annotations:
        changed = dataclasses.replace(annotations, provenance=dataclasses.replace(annotations.provenance, options=options))
        document = exported(changed, tmp_path)
    assert document["options"]["p"] == {"path": "a/b", "choice": "one", "labels": ["a", "b"], "pair": [1, 2]}


def test_what_json_cannot_say_is_an_error(tmp_path: Path) -> None:
    with full() as annotations:
        changed = dataclasses.replace(
            annotations, provenance=dataclasses.replace(annotations.provenance, options={"p": {"a": object()}})
        )
        with pytest.raises(TypeError, match="object cannot be written as JSON"):
            exported(changed, tmp_path)
