"""What makes a face hard to measure."""

import cv2
import numpy as np
import pytest
from tests.unit.pipelines.face_analysis.conftest import canvas

from videoannotator.annotations.faces import FaceFlag, Measure
from videoannotator.pipelines.face_analysis.crops import ALIGNED_POINTS
from videoannotator.pipelines.face_analysis.readings import Readings
from videoannotator.pipelines.face_analysis.validity import (
    LEAST_SIZE_PX,
    RULES,
    Sight,
    flags_of,
    reasons_against,
    share_outside,
    turn_of,
)

BOX = np.array([260, 120, 380, 280], np.float32)
POINTS = np.array([[290, 185], [350, 185], [320, 215], [295, 245], [345, 245]], np.float32)


def sight(blur: float = 0.0, box: np.ndarray = BOX, points: np.ndarray = POINTS) -> Sight:
    picture = canvas((1, 320, 200, 160))
    return Sight(cv2.GaussianBlur(picture, (0, 0), blur).astype(np.uint8) if blur else picture, box, points)


def test_a_clear_face_has_no_flags() -> None:
    assert flags_of(sight()) == []


def test_every_fault_has_its_flag() -> None:
    turned = POINTS + np.array([[0, 0], [0, 0], [40, 0], [0, 0], [0, 0]], np.float32)
    assert flags_of(sight(blur=5)) == [FaceFlag.BLURRED]
    assert flags_of(sight(points=turned)) == [FaceFlag.PROFILE]
    assert FaceFlag.TOO_SMALL in flags_of(sight(box=np.array([300, 180, 330, 220], np.float32)))
    assert FaceFlag.CUT_OFF in flags_of(sight(points=POINTS - np.array([280, 0], np.float32)))


def test_the_turn_of_a_head_does_not_depend_on_its_tilt() -> None:
    tilt = np.array([[0.8, -0.6], [0.6, 0.8]], np.float32)
    turned = POINTS + np.array([[0, 0], [0, 0], [24, 0], [0, 0], [0, 0]], np.float32)
    assert turn_of(POINTS) == pytest.approx(0)
    assert turn_of(turned) == pytest.approx(0.4)
    assert turn_of((turned @ tilt.T).astype(np.float32)) == pytest.approx(0.4, abs=1e-5)
    assert turn_of(np.zeros((5, 2), np.float32)) == float("inf")


def test_what_lies_outside_the_picture() -> None:
    points = (ALIGNED_POINTS + 100).astype(np.float32)  # a face from 100 to 212 across and down
    assert share_outside(points, 300, 300) == 0
    assert share_outside(points, 212 - 28, 300) == pytest.approx(0.25)
    assert share_outside(points - np.array([0, 156], np.float32), 300, 300) == pytest.approx(0.5)


def test_every_measure_has_its_rules() -> None:
    assert set(LEAST_SIZE_PX) == set(RULES) == set(Measure)


def test_reasons_are_those_that_concern_the_measure() -> None:
    flags = [FaceFlag.TOO_SMALL, FaceFlag.PROFILE, FaceFlag.EYES_CLOSED]
    assert reasons_against(Measure.HEAD_POSE, flags, 45) == ()
    assert reasons_against(Measure.GAZE, flags, 45) == (FaceFlag.TOO_SMALL, FaceFlag.PROFILE, FaceFlag.EYES_CLOSED)
    assert reasons_against(Measure.BLINK, flags, 60) == (FaceFlag.PROFILE,)


def test_a_measure_without_a_value_is_a_failure_and_none_that_is_not_wanted_is_kept() -> None:
    readings = Readings(frozenset({Measure.AGE, Measure.BLINK}), [])
    readings.enter(Measure.AGE, None)
    readings.enter(Measure.BLINK, 0.5)
    readings.enter(Measure.GAZE, 0.5)
    readings.miss({Measure.GENDER}, FaceFlag.NOT_SAMPLED)
    assert (readings.values, readings.missing) == ({Measure.BLINK: 0.5}, {Measure.AGE: (FaceFlag.FAILED,)})
