"""Scenes as JSON, held against what the browser client's reader accepts."""

import json
from pathlib import Path
from typing import Any

import pytest

from videoannotator.annotations.scenes import Scene
from videoannotator.exporters.scenes import Scenes
from videoannotator.testing.examples import EXAMPLES, annotation_set, before_zero, full, scenes

REQUIRED = {
    "start_time",
    "end_time",
    "duration",
    "scene_type",
    "score",
    "all_scores",
    "image_id",
    "bbox",
    "frame_start",
    "frame_end",
}


def exported(example: str, folder: Path) -> list[dict[str, Any]]:
    with EXAMPLES[example]() as annotations:
        list(Scenes().export(annotations, folder))
    document = json.loads((folder / "scene_detection.json").read_bytes())
    assert isinstance(document, list)
    return document


@pytest.mark.parametrize("example", ["full", "before_zero", "many"])
def test_every_scene_has_what_clients_read(example: str, tmp_path: Path) -> None:
    for scene in exported(example, tmp_path):
        assert set(scene) >= REQUIRED
        assert scene["start_time"] >= 0
        assert scene["end_time"] > scene["start_time"]
        assert scene["duration"] == pytest.approx(scene["end_time"] - scene["start_time"], abs=1e-6)
        assert scene["duration"] > 0
        assert isinstance(scene["score"], float)
        assert 0 <= scene["score"] <= 1
        assert all(isinstance(score, float) for score in scene["all_scores"].values())
        assert isinstance(scene["image_id"], str)
        assert scene["bbox"] == [0, 0, 640, 360]
        assert 0 <= scene["frame_start"] <= scene["frame_end"]


def test_values_are_those_of_the_records(tmp_path: Path) -> None:
    for number, (item, scene) in enumerate(zip(exported("full", tmp_path), scenes(), strict=True), start=1):
        assert item["id"] == number
        assert (item["start_time"], item["end_time"]) == (scene.start.seconds, scene.end.seconds)
        assert (item["frame_start"], item["frame_end"]) == (scene.first_frame, scene.last_frame)
        assert (item["boundary"], item["boundary_confidence"]) == (scene.boundary.value, scene.confidence)
        assert item["transition_start"] == (scene.transition_start and scene.transition_start.seconds)
        assert item["transition_end"] == (scene.transition_end and scene.transition_end.seconds)
        assert item["keyframe_time"] == (scene.keyframe_time and scene.keyframe_time.seconds)
        assert (item["method"], item["scene_type"], item["all_scores"]) == (
            scene.method,
            scene.scene_type,
            scene.scene_type_scores,
        )


def test_the_score_is_the_evidence_for_the_type_and_zero_when_it_is_unknown(tmp_path: Path) -> None:
    assert {scene["scene_type"]: scene["score"] for scene in exported("full", tmp_path)} == {"unknown": 0.0, "Küche": 0.8}


def test_pictures_lie_where_the_scenes_say(tmp_path: Path) -> None:
    with full() as annotations:
        files = list(Scenes().export(annotations, tmp_path))
        pictures = {
            f"scene_detection/{name}": path.read_bytes()
            for name, path in annotations.results["scene_detection"].attachments.items()
        }
    assert [(file.name, file.main) for file in files] == [
        ("scene_detection.json", True),
        ("scene_detection/scene-0001.jpg", False),
        ("scene_detection/scene-0002.jpg", False),
    ]
    named = {scene["keyframe"] for scene in json.loads((tmp_path / "scene_detection.json").read_bytes())} - {None}
    assert {name: (tmp_path / name).read_bytes() for name in named} == pictures


def test_nothing_found_is_an_empty_array(tmp_path: Path) -> None:
    assert exported("empty", tmp_path) == []


def test_what_a_player_cannot_show_is_cut_off_at_zero_and_numbers_stay(tmp_path: Path) -> None:
    (scene,) = exported("before_zero", tmp_path)
    with before_zero() as annotations:
        original = list(annotations.records(Scene))[1]
    assert (scene["id"], scene["start_time"], scene["end_time"], scene["duration"]) == (2, 0.0, 3.0, 3.0)
    assert (scene["frame_start"], scene["frame_end"]) == (original.first_frame, original.last_frame)


def test_scenes_without_a_picture_are_a_contradiction(tmp_path: Path) -> None:
    with (
        annotation_set({"scene_detection": scenes()}, video=False) as annotations,
        pytest.raises(ValueError, match="no video track"),
    ):
        list(Scenes().export(annotations, tmp_path))
