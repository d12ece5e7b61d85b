"""Cuttings of a face."""

import numpy as np
import pytest

from videoannotator.pipelines.face_analysis.crops import ALIGNED_POINTS, Region, cut, cut_aligned, similarity, upright_region


def test_a_region_is_as_large_and_turned_as_the_face() -> None:
    box = np.array([100, 100, 140, 160], np.float32)
    region = upright_region(box, np.array([110, 120], np.float32), np.array([130, 140], np.float32), 1.5)
    assert region == pytest.approx((120, 130, 90, np.pi / 4))


def test_a_cutting_shows_what_lies_in_the_region() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[95:105, 115:125] = 255  # 20 pixels to the right of the middle
    for turn, (x, y) in ((0.0, (70, 50)), (np.pi / 2, (50, 30)), (-np.pi / 2, (50, 70))):
        cutting = cut(picture, Region(100, 100, 100, turn), 100)
        assert cutting[y, x, 0] == 255, turn
        assert cutting[100 - y if y != 50 else 50, 100 - x if x != 50 else 50, 0] == 0, turn


def test_a_map_between_points_is_found() -> None:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]]) * 2.5
    points = np.array([[0, 0], [4, 1], [2, 5], [7, 3.0]])
    np.testing.assert_allclose(similarity(points, points @ turn.T + [3, -2]), np.column_stack([turn, [3, -2]]), atol=1e-9)


def test_an_aligned_face_has_its_points_in_their_places() -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    points = (ALIGNED_POINTS * 2 + [80, 60]).astype(np.float32)
    for x, y in points:
        picture[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5] = 255
    aligned = cut_aligned(picture, points)
    assert all(aligned[round(y), round(x), 0] > 200 for x, y in ALIGNED_POINTS)
    assert 5 * 8 < (aligned[..., 0] > 127).sum() < 5 * 40
