"""The options and what the pipeline asks for."""

from typing import Any

import pytest
from pydantic import ValidationError

from videoannotator.media.types import Scaling
from videoannotator.pipelines.scene_detection import SceneDetection, SceneDetectionOptions


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "best"},
        {"min_scene_length_s": -1.0},
        {"min_scene_length_s": "1"},
        {"confidence_threshold": 1.5},
        {"threshold": 0.0},
        {"keyframes": "yes"},
        {"keyframe_max_size": 10},
        {"unknown": 1},
    ],
    ids=str,
)
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SceneDetectionOptions(**wrong)


def test_former_names_lead_to_options_that_exist() -> None:
    assert set(SceneDetectionOptions.former_names.values()) <= set(SceneDetectionOptions.model_fields)
    assert not set(SceneDetectionOptions.former_names) & set(SceneDetectionOptions.model_fields)


def test_every_frame_is_asked_for_and_pictures_seldom() -> None:
    needs = SceneDetection.needs(SceneDetectionOptions(mode="fast")).frames
    assert needs["content"].rate_hz is None
    assert needs["content"].scaling is Scaling.FAST
    assert needs["keyframe"].rate_hz == 2.0
    assert needs["keyframe"].max_size == (640, 640)


def test_the_network_gets_pictures_that_are_reduced_with_care() -> None:
    assert SceneDetection.needs(SceneDetectionOptions()).frames["content"].scaling is Scaling.AREA


@pytest.mark.parametrize(("shortest_s", "rate_hz"), [(0.6, 2.0), (0.1, 10.0), (0.0, None)])
def test_short_scenes_need_more_candidates(shortest_s: float, rate_hz: float | None) -> None:
    needs = SceneDetection.needs(SceneDetectionOptions(min_scene_length_s=shortest_s)).frames
    assert needs["keyframe"].rate_hz == rate_hz


def test_without_keyframes_no_pictures_are_asked_for() -> None:
    assert list(SceneDetection.needs(SceneDetectionOptions(keyframes=False)).frames) == ["content"]
