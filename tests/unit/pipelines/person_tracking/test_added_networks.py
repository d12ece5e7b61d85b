"""Networks that the user added in place of those that come along: RTMDet and RTMPose as ONNX files."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from tests import tiny_networks
from tests.tiny_networks import added

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonObservation
from videoannotator.engine.annotate import annotate
from videoannotator.errors import InvalidConfigException
from videoannotator.inference.rtmdet import RTMDetector
from videoannotator.inference.sessions import Session, SessionPool
from videoannotator.inference.weights import WeightsStore
from videoannotator.media.clip_writer import write_clip
from videoannotator.pipelines.person_tracking.rtmpose import RTMPoseNetwork

BLUE, RED = (255, 0, 0), (0, 0, 255)
"""In the order of the picture: blue, green, red."""


def session(folder: Path, file: Path) -> Session:
    return SessionPool("cpu", 1, WeightsStore([added(folder / "weights", "mine", file)])).added("mine")


def with_rectangle(size: tuple[int, int], box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """A black picture (width, height) with a rectangle: left, top, right, bottom."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[box[1] : box[3], box[0] : box[2]] = colour
    return picture


@pytest.mark.parametrize("size", [(640, 480), (200, 300), (320, 320)], ids=str)
@pytest.mark.parametrize("sides", [(320, 320), ("height", "width")], ids=["fixed", "any size"])
def test_a_box_comes_back_in_pixels_of_the_picture(
    tmp_path: Path, size: tuple[int, int], sides: tuple[int | str, int | str]
) -> None:
    detector = RTMDetector(session(tmp_path, tiny_networks.rtmdet(tmp_path / "a.onnx", *sides)), 0.3, 0.6)
    found = detector.detect(with_rectangle(size, (40, 60, 160, 240), BLUE))
    assert found.boxes[0] == pytest.approx([40, 60, 160, 240], abs=2.5)
    assert found.scores == pytest.approx([0.9]), "of people alone, with the network's own score"


def test_channels_come_as_the_network_was_trained(tmp_path: Path) -> None:
    detector = RTMDetector(session(tmp_path, tiny_networks.rtmdet(tmp_path / "a.onnx")), 0.3, 0.6)
    found = detector.detect(with_rectangle((320, 320), (40, 60, 160, 240), RED))
    assert not np.allclose(found.boxes, [40, 60, 160, 240], atol=20)


def test_what_is_too_unsure_is_left_out(tmp_path: Path) -> None:
    detector = RTMDetector(session(tmp_path, tiny_networks.rtmdet(tmp_path / "a.onnx")), 0.92, 0.6)
    assert len(detector.detect(with_rectangle((320, 320), (40, 60, 160, 240), BLUE)).scores) == 0


@pytest.mark.parametrize("box", [(100, 50, 220, 350), (0, 0, 60, 40), (500, 300, 640, 480)], ids=str)
def test_points_come_back_in_pixels_of_the_picture(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    x, y = (box[0] * 2 + box[2]) // 3, (box[1] + box[3] * 2) // 3
    picture = np.zeros((480, 640, 3), np.uint8)
    cv2.circle(picture, (x, y), 6, RED, -1)
    network = RTMPoseNetwork(session(tmp_path, tiny_networks.rtmpose(tmp_path / "a.onnx")))
    points = network.points(picture, np.array(box, np.float32))
    assert points.shape == (17, 3)
    assert points[:, 0] == pytest.approx(x, abs=7)
    assert points[:, 1] == pytest.approx(y, abs=7)
    assert points[:, 2] == pytest.approx((255 - 123.675) / 58.395 / 3, abs=0.02)


def test_weights_that_are_something_else_are_refused_with_what_they_give(tmp_path: Path) -> None:
    pose = session(tmp_path / "a", tiny_networks.rtmpose(tmp_path / "a.onnx"))
    detector = session(tmp_path / "b", tiny_networks.rtmdet(tmp_path / "b.onnx"))
    with pytest.raises(InvalidConfigException, match="simcc_x, simcc_y and not dets and labels"):
        RTMDetector(pose, 0.3, 0.6)
    with pytest.raises(InvalidConfigException, match="dets, labels and not simcc_x and simcc_y") as refused:
        RTMPoseNetwork(detector)
    assert "added_weights.md" in str(refused.value.hint)
    with pytest.raises(InvalidConfigException, match="they give 133 points"):
        RTMPoseNetwork(session(tmp_path / "133", tiny_networks.rtmpose(tmp_path / "133.onnx", points=133)))
    with pytest.raises(InvalidConfigException, match="shapes than one"):
        RTMPoseNetwork(SessionPool("cpu").get("mobileface"))


def run(tmp_path: Path, weights: Path, **options: object) -> AnnotationSet:
    """Track a blue rectangle with a red spot."""
    picture = with_rectangle((320, 240), (60, 30, 140, 210), BLUE)
    cv2.circle(picture, (100, 60), 8, RED, -1)
    write_clip(tmp_path / "clip.mp4", [(picture[..., ::-1].copy(), 0.2 * step) for step in range(4)])
    return annotate(tmp_path / "clip.mp4", ["person_tracking"], {"person_tracking": options}, device="cpu", weights_folder=weights)


def test_the_pipeline_runs_with_added_weights_alone_and_says_which(tmp_path: Path) -> None:
    weights = added(tmp_path / "weights", "detector", tiny_networks.rtmdet(tmp_path / "detector.onnx"))
    added(weights, "pose", tiny_networks.rtmpose(tmp_path / "pose.onnx"))
    with run(tmp_path, weights, detector_weights="detector", pose_weights="pose") as found:
        outcome = found.outcomes["person_tracking"]
        assert outcome.status is PipelineStatus.COMPLETED, outcome.error
        people = list(found.records(PersonObservation))
        assert [used.name for used in found.provenance.weights] == ["detector", "pose"]
    assert len(people) == 4
    for one in people:
        assert (one.box.left, one.box.top, one.box.right, one.box.bottom) == pytest.approx((60, 30, 140, 210), abs=3)
        assert one.keypoints is not None
        assert one.keypoints[0].x == pytest.approx(100, abs=9)
        assert one.keypoints[0].y == pytest.approx(60, abs=9)


def test_without_postures_added_ones_are_not_loaded(tmp_path: Path) -> None:
    weights = added(tmp_path / "weights", "detector", tiny_networks.rtmdet(tmp_path / "detector.onnx"))
    with run(tmp_path, weights, detector_weights="detector", pose_weights="not-there", pose="off") as found:
        assert [used.name for used in found.provenance.weights] == ["detector"]
        assert all(one.keypoints is None for one in found.records(PersonObservation))


def test_options_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    with run(tmp_path, tmp_path / "weights", yolo_weights="yolo", detector_weights="detector") as found:
        error = found.outcomes["person_tracking"].error
    assert error is not None
    assert (error.code, error.hint) == ("INVALID_CONFIG", "Leave out one or the other.")


def test_weights_that_nobody_added_fail_the_pipeline_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    with run(tmp_path, tmp_path / "weights", detector_weights="not-there") as found:
        error = found.outcomes["person_tracking"].error
    assert error is not None
    assert error.code == "WEIGHTS_MISSING"
    assert "videoannotator models pull" in str(error.hint)
