import cv2
import numpy as np
import pytest

from videoannotator.inference.face_detector import FaceDetector, surest_of_overlapping
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.portraits import grace_hopper


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(SessionPool("cpu").get("yunet"), 0.6, 0.4)


@pytest.mark.parametrize("height", [1600, 400, 130])
def test_a_face_of_any_size_is_found_within_a_tenth_of_it(detector: FaceDetector, height: int) -> None:
    portrait = grace_hopper()
    scale = height / portrait.height
    picture = cv2.resize(portrait.picture[..., ::-1], (round(portrait.width * scale), height), interpolation=cv2.INTER_AREA)
    found = detector.detect(picture.astype(np.uint8))
    assert found.scores.shape == (1,)
    truth = np.array(portrait.face_points) * scale
    assert np.linalg.norm(found.points[0] - truth, axis=1).max() < 0.1 * portrait.face_box.height * scale


def test_nothing_is_found_where_nothing_is(detector: FaceDetector) -> None:
    found = detector.detect(np.full((90, 160, 3), 90, np.uint8))
    assert (found.boxes.shape, found.scores.shape, found.points.shape) == ((0, 4), (0,), (0, 5, 2))


def test_of_overlapping_boxes_the_surest_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], np.float32)
    assert surest_of_overlapping(boxes, np.array([0.7, 0.9, 0.8], np.float32), 0.4) == [1, 2]
    assert surest_of_overlapping(boxes, np.array([0.7, 0.9, 0.8], np.float32), 0.9) == [1, 2, 0]
