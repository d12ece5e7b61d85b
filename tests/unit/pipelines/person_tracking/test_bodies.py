"""Points of one body, points that another body makes doubtful, colours, cuts."""

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.pipelines.person_tracking.appearance import appearance_of, gain_of, similarity
from videoannotator.pipelines.person_tracking.overlap import DOUBT, doubles, with_doubts

Floats = npt.NDArray[np.float32]


def posture(x: float, top: float) -> Floats:
    """Seventeen points below one another, all sure."""
    return np.stack([np.full(17, x), top + 10.0 * np.arange(17), np.full(17, 0.8)], 1).astype(np.float32)


def test_points_outside_the_own_box_are_doubtful() -> None:
    astray = posture(50, 10)
    astray[3, :2], astray[4, :2] = (200, 50), (105, 50)
    (kept,) = with_doubts(np.array([[0, 0, 100, 200]], np.float32), [astray])
    assert kept[:, 2] == pytest.approx([0.8, 0.8, 0.8, 0.8 * DOUBT, *[0.8] * 13]), "a little outside is still his own"
    assert (kept[:, :2] == astray[:, :2]).all()


def test_points_that_two_people_claim_stay_with_the_one_in_whose_middle_they_lie() -> None:
    boxes = np.array([[0, 0, 100, 200], [60, 0, 160, 200]], np.float32)
    mine, jumped = posture(50, 20), posture(110, 20)
    jumped[:5, 0] = 51
    one, other = with_doubts(boxes, [mine, jumped])
    assert (one[:, 2] == mine[:, 2]).all()
    assert other[:, 2] == pytest.approx([0.8 * DOUBT] * 5 + [0.8] * 12)


def test_nobody_else_nothing_to_doubt() -> None:
    boxes = np.array([[0, 0, 100, 200], [500, 0, 600, 200]], np.float32)
    postures = [posture(50, 20), posture(550, 20)]
    assert all((kept == given).all() for kept, given in zip(with_doubts(boxes, postures), postures, strict=True))


def test_two_boxes_with_one_posture_are_around_one_body() -> None:
    boxes = np.array([[0, 0, 100, 200], [10, 0, 100, 190], [500, 0, 600, 200]], np.float32)
    nearly, unlike, elsewhere = posture(53, 20), posture(53, 20), posture(550, 20)
    unlike[:6, 0] += 30
    assert doubles(boxes, [posture(50, 20), nearly, elsewhere], 0.3).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert not doubles(boxes, [posture(50, 20), unlike, elsewhere], 0.3).any()


def test_points_that_are_not_seen_make_no_two_boxes_one_body() -> None:
    boxes = np.array([[0, 0, 100, 200], [10, 0, 100, 190]], np.float32)
    hidden = posture(50, 20)
    hidden[2:, 2] = 0.1
    assert not doubles(boxes, [posture(50, 20), hidden], 0.3).any()


def picture(*halves: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Two stripes of colour (BGR), side by side."""
    left, right = halves
    whole = np.zeros((120, 200, 3), np.uint8)
    whole[:, :100], whole[:, 100:] = left, right
    return whole


LEFT, RIGHT = np.array([0, 0, 100, 120], np.float32), np.array([100, 0, 200, 120], np.float32)


def test_looks_agree_with_themselves_in_dim_light_too_and_not_with_others() -> None:
    bright = picture((40, 40, 200), (200, 60, 40))
    dim = (bright * 0.3).astype(np.uint8)
    red, blue = appearance_of(bright, LEFT, gain_of(bright)), appearance_of(bright, RIGHT, gain_of(bright))
    assert similarity(red, red) == pytest.approx(1.0)
    assert similarity(red, blue) < 0.1
    assert similarity(red, appearance_of(dim, LEFT, gain_of(dim))) > 0.6


def test_a_box_outside_the_picture_looks_like_nobody() -> None:
    nothing = appearance_of(picture((1, 2, 3), (4, 5, 6)), np.array([300, 0, 400, 100], np.float32))
    assert similarity(nothing, nothing) == 0.0
