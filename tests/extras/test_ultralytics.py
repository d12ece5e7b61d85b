"""The extra `ultralytics`, with a pose network that the test makes: untrained, so that only the way of its answers is tested."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
import ultralytics
from tests.tiny_networks import added

from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonObservation
from videoannotator.engine.annotate import annotate
from videoannotator.errors import InferenceFailedException, InvalidConfigException, WeightsMissingException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.clip_writer import write_clip
from videoannotator.pipelines.person_tracking.yolo import YoloPose

PICTURE: npt.NDArray[np.uint8] = np.random.default_rng(3).integers(0, 256, (240, 320, 3), dtype=np.uint8)


def weights(folder: Path, task: str = "pose", points: int = 17) -> Path:
    """A weights folder with an untrained network that is sure to see people everywhere."""
    torch.manual_seed(1)
    model = ultralytics.YOLO({"pose": "yolov8n-pose.yaml", "detect": "yolov8n.yaml"}[task], verbose=False)
    if points != 17:
        settings = folder / "yolov8n-pose.yaml"
        settings.write_text(json.dumps({**model.model.yaml, "kpt_shape": [points, 3]}), encoding="utf-8")
        model = ultralytics.YOLO(settings, task="pose", verbose=False)
    with torch.no_grad():
        for head in model.model.model[-1].cv3:
            head[-1].bias[:] = 2.0
    file = folder / "tiny.pt"
    model.save(str(file))
    return added(folder / "weights", "tiny", file)


def opened(folder: Path) -> YoloPose:
    return YoloPose("tiny", SessionPool("cpu", 1, WeightsStore([folder])), 0.3, 0.6)


def test_boxes_scores_and_points_are_those_of_the_library(tmp_path: Path) -> None:
    folder = weights(tmp_path)
    yolo = opened(folder)
    found = yolo.detect(PICTURE)
    (expected,) = ultralytics.YOLO(tmp_path / "tiny.pt").predict(
        PICTURE, conf=0.3, iou=0.6, classes=[0], verbose=False, device="cpu"
    )
    assert len(found.boxes) > 0
    theirs = {tuple(box): place for place, box in enumerate(expected.boxes.xyxy.numpy().round(3).tolist())}
    for box, score in zip(found.boxes, found.scores, strict=True):
        place = theirs[tuple(box.round(3).tolist())]
        assert score == pytest.approx(float(expected.boxes.conf[place]))
        assert yolo.points(PICTURE, box) == pytest.approx(expected.keypoints.data[place].numpy())


def test_the_pipeline_runs_with_these_weights_alone(tmp_path: Path) -> None:
    folder = weights(tmp_path)
    write_clip(tmp_path / "clip.mp4", [(PICTURE, 0.2 * step) for step in range(3)])
    options = {"person_tracking": {"yolo_weights": "tiny", "keypoint_threshold": 0.05}}
    with annotate(tmp_path / "clip.mp4", ["person_tracking"], options, device="cpu", weights_folder=folder) as found:
        outcome = found.outcomes["person_tracking"]
        assert outcome.status is PipelineStatus.COMPLETED, outcome.error
        assert [used.name for used in found.provenance.weights] == ["tiny"]
        assert all(one.keypoints is not None for one in found.records(PersonObservation))


def test_weights_for_another_task_or_other_points_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(InvalidConfigException, match="for the task 'detect'"):
        opened(weights(tmp_path / "a", "detect"))
    with pytest.raises(InvalidConfigException, match=r"\(5, 3\), not the 17"):
        opened(weights(tmp_path / "b", points=5)).detect(PICTURE)


def test_what_is_no_network_and_what_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"no network")
    with pytest.raises(InferenceFailedException, match="'tiny' cannot be loaded"):
        opened(added(tmp_path / "a", "tiny", tmp_path / "broken.pt"))
    (tmp_path / "table.onnx").write_bytes(b"no network")
    with pytest.raises(InvalidConfigException, match=r"not one \.pt file"):
        opened(added(tmp_path / "b", "tiny", tmp_path / "table.onnx"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsMissingException):
        opened(tmp_path / "empty")


def test_nothing_is_told_to_its_makers_and_nothing_installed(tmp_path: Path) -> None:
    opened(weights(tmp_path))
    assert not ultralytics.utils.checks.AUTOINSTALL
    assert not ultralytics.utils.events.events.enabled
