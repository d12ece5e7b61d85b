"""Small pictures on sheets."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from videoannotator.annotations.media_info import VideoInfo
from videoannotator.annotations.time import MediaTime
from videoannotator.media.thumbnails import MOST, Thumbnails, thumbnail_need, thumbnail_size
from videoannotator.media.types import Frame

VIDEO = VideoInfo("h264", 1920, 1080, 0, False, Fraction(1), 25.0, 0.0, False, "yuv420p")


def grey(number: int) -> Frame:
    """A frame at `number` seconds, as bright as its number."""
    return Frame(MediaTime(Fraction(number)), 25 * number, 0.04, np.full((8, 16, 3), number % 250, np.uint8))


def brightness(thumbnails: Thumbnails) -> list[float]:
    """Of every small picture, as it stands on its sheet."""
    width, height = thumbnails.size
    found: list[float] = []
    for data in thumbnails.sheets():
        sheet = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert sheet is not None
        assert sheet.shape[1] == 10 * width
        for row in range(sheet.shape[0] // height):
            for column in range(10):
                part = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
                found.append(float(part.mean()))
    return found


@pytest.mark.parametrize(
    ("width", "height", "aspect", "expected"),
    [
        (1920, 1080, Fraction(1), (160, 90)),
        (640, 480, Fraction(1), (160, 120)),
        (1080, 1920, Fraction(1), (160, 284)),
        (720, 576, Fraction(64, 45), (160, 90)),
        (100, 4000, Fraction(1), (8, 320)),
        (64, 48, Fraction(1), (160, 120)),
    ],
)
def test_they_have_the_shape_that_players_show(width: int, height: int, aspect: Fraction, expected: tuple[int, int]) -> None:
    assert thumbnail_size(replace(VIDEO, width=width, height=height, pixel_aspect_ratio=aspect)) == expected


@pytest.mark.parametrize(("duration_s", "rate_hz"), [(None, 1.0), (10.0, 1.0), (1200.0, 1.0), (3600.0, 1 / 3), (36_000.0, 1 / 30)])
def test_a_long_recording_gets_no_more_than_1200(duration_s: float | None, rate_hz: float) -> None:
    assert thumbnail_need(VIDEO, duration_s).rate_hz == pytest.approx(rate_hz)


def test_each_stands_in_its_place_and_at_its_time() -> None:
    thumbnails = Thumbnails()
    for number in range(237):
        thumbnails.add(grey(number))
    assert len(list(thumbnails.sheets())) == 3
    assert thumbnails.times_s == list(range(237))
    shown = brightness(thumbnails)
    assert len(shown) == 240
    assert shown[:237] == pytest.approx([number % 250 for number in range(237)], abs=3)


def test_a_recording_that_is_longer_than_it_said_loses_every_second_one() -> None:
    thumbnails = Thumbnails()
    for number in range(5 * MOST + 1):
        thumbnails.add(grey(number))
    assert MOST / 2 < len(thumbnails.times_s) <= MOST
    assert thumbnails.times_s == list(range(0, 5 * MOST + 1, 8))
    assert brightness(thumbnails)[:30] == pytest.approx([8 * number % 250 for number in range(30)], abs=3)


def test_nothing_gives_no_sheet() -> None:
    assert list(Thumbnails().sheets()) == []
