"""The portraits that ship."""

import cv2
import numpy as np
import pytest

from videoannotator.annotations.faces import FACE_POINTS
from videoannotator.media.portraits import Portrait, eileen_collins, grace_hopper


@pytest.mark.parametrize("portrait", [eileen_collins(), grace_hopper(), eileen_collins().mirrored()])
def test_face_and_body_lie_inside_the_person(portrait: Portrait) -> None:
    assert portrait.matte.shape == portrait.picture.shape[:2]
    assert cv2.connectedComponents(portrait.matte)[0] == 2
    assert portrait.face_box.overlap(portrait.person_box) == portrait.face_box.area
    for point in (*portrait.face_points, *portrait.body_points.values()):
        assert portrait.matte[int(point.y), int(point.x)] == 255
    places = dict(zip(FACE_POINTS, portrait.face_points, strict=True))
    assert places["right_eye"].x < places["nose"].x < places["left_eye"].x
    assert places["right_eye"].y < places["nose"].y < places["mouth_right"].y
    assert portrait.body_points["right_shoulder"].x < portrait.body_points["left_shoulder"].x


def test_clothes_change_and_faces_do_not() -> None:
    dressed = grace_hopper().dressed_in((0, 200, 0))
    chin = round(grace_hopper().face_box.bottom)
    assert np.array_equal(dressed.picture[:chin], grace_hopper().picture[:chin])
    assert dressed.picture[450:, :, 1].mean() > grace_hopper().picture[450:, :, 1].mean() + 30
