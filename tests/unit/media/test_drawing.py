"""Drawing on a picture."""

import numpy as np
import pytest

from videoannotator.annotations.boxes import Box, Point
from videoannotator.media.drawing import Canvas, Image

RED = (255, 0, 0)


def blank(width: int = 320, height: int = 240) -> Image:
    return np.full((height, width, 3), 40, np.uint8)


def coloured(canvas: Canvas) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return (canvas.image[..., 0] > 200) & (canvas.image[..., 1] < 100)


def test_the_given_picture_stays_as_it_is() -> None:
    image = blank()
    image.flags.writeable = False
    canvas = Canvas(image, 320)
    canvas.box(Box(10, 10, 50, 50), RED, dashed=False)
    assert (image == 40).all()
    assert coloured(canvas).any()


def test_a_box_lies_on_its_edges_and_a_dashed_one_has_gaps() -> None:
    whole, dashed = Canvas(blank(), 320), Canvas(blank(), 320)
    for canvas in (whole, dashed):
        canvas.box(Box(60, 40, 200, 100), RED, dashed=canvas is dashed)
    assert coloured(whole)[40, 62:258].all()
    assert coloured(whole)[42:138, 260].all()
    assert not coloured(whole)[60:120, 80:240].any()
    assert 0.2 < coloured(dashed)[40, 60:260].mean() < 0.8


def test_places_are_those_of_a_larger_recording() -> None:
    canvas = Canvas(blank(), 640)
    canvas.line(Point(200, 100), Point(400, 100), RED)
    assert coloured(canvas)[50, 101:199].all()


@pytest.mark.parametrize(
    ("yaw", "pitch", "direction"), [(60, 0, (1, 0)), (-60, 0, (-1, 0)), (0, 60, (0, -1)), (0, -60, (0, 1)), (45, 45, (1, -1))]
)
def test_a_ray_points_right_for_positive_yaw_and_up_for_positive_pitch(yaw: int, pitch: int, direction: tuple[int, int]) -> None:
    canvas = Canvas(blank(), 320)
    canvas.ray(Point(160, 120), yaw, pitch, 60, RED)
    rows, columns = np.nonzero(coloured(canvas))
    mean = (columns.mean() - 160, rows.mean() - 120)
    assert tuple(int(np.sign(value)) if abs(value) > 5 else 0 for value in mean) == direction


@pytest.mark.parametrize("place", [Point(-50, -50), Point(1e9, 1e9), Point(150, 3)])
def test_a_label_stays_inside_the_picture(place: Point) -> None:
    canvas = Canvas(blank(), 320)
    canvas.label("#1 person_001", place, RED)
    assert coloured(canvas).sum() > 300


def test_whatever_lies_far_outside_does_no_harm() -> None:
    canvas = Canvas(blank(), 320)
    canvas.box(Box(-1e9, -1e9, 3e9, 3e9), RED, dashed=True)
    canvas.dot(Point(-1e12, 5), RED)
    canvas.ray(Point(1e12, 5), 30, 0, 1e9, RED)
    canvas.label("a text that is much wider than the picture " * 5, Point(10, 100), RED)


@pytest.mark.parametrize("text", ["plain", "heißt", "你好", "שלום"])
def test_every_script_is_drawn_with_letters_of_its_own(text: str) -> None:
    drawn, unknown = Canvas(blank(), 320), Canvas(blank(), 320)
    drawn.caption([text])
    unknown.caption(["?" * len(text)])
    assert (drawn.image != 40).any()
    assert (drawn.image != unknown.image).any()


def test_a_picture_of_a_few_pixels_can_be_drawn_on() -> None:
    canvas = Canvas(blank(4, 2), 4)
    canvas.box(Box(0, 0, 3, 1), RED, dashed=True)
    canvas.label("#1", Point(0, 0), RED)
    canvas.caption(["text"])
    assert canvas.image.shape == (2, 4, 3)
