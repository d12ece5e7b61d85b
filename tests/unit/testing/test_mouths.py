"""Mouths that open: as the sound says, below the lips only."""

import numpy as np
import pytest

from videoannotator.media.portraits import Portrait, eileen_collins, grace_hopper
from videoannotator.media.synthetic import silence, tone
from videoannotator.testing.mouths import opened, opening_at, voice


def test_a_mouth_is_open_while_there_is_sound() -> None:
    samples = np.concatenate([tone(1.0), silence(1.0), tone(1.0)])
    spoken = voice(samples, 16000, 2.0)
    assert spoken.end_s == pytest.approx(5.0)
    assert [round(spoken.at(moment), 2) for moment in (1.0, 2.5, 3.5, 4.5, 6.0)] == [0, 1, 0, 1, 0]
    assert opening_at([spoken, voice(samples, 16000, 3.0)], 3.5) == pytest.approx(1.0, abs=0.01)
    assert opening_at([], 1.0) == 0


@pytest.mark.parametrize("portrait", [eileen_collins(), grace_hopper()], ids=["eileen", "grace"])
def test_what_is_below_the_lips_moves(portrait: Portrait) -> None:
    colours = portrait.picture.astype(np.float32)
    assert np.array_equal(opened(portrait, colours, 0.0), colours)
    moved = np.abs(opened(portrait, colours, 1.0) - colours).max(2)
    lips = round(max(point.y for point in portrait.face_points[3:]))
    face = portrait.face_box
    assert moved[: round(lips - 0.1 * face.height)].max() == 0
    assert moved[lips + 3 : round(lips + 0.1 * face.height), round(face.left + face.width / 2)].max() > 60
    assert moved[round(lips + 0.6 * face.height) :].max() == 0
    small = opened(portrait, colours[::2, ::2], 1.0)
    assert np.abs(small - opened(portrait, colours, 1.0)[::2, ::2]).mean() < 2
