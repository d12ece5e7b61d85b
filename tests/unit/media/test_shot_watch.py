"""Another shot is suspected where the picture changes at once, and not where it is lit otherwise or moves."""

import numpy as np
import numpy.typing as npt

from videoannotator.media.shot_watch import ShotWatch

Image = npt.NDArray[np.uint8]


def halves(left: tuple[int, int, int], right: tuple[int, int, int]) -> Image:
    """Two stripes of colour (BGR), side by side."""
    whole = np.zeros((120, 200, 3), np.uint8)
    whole[:, :100], whole[:, 100:] = left, right
    return whole


ONE, OTHER = halves((40, 40, 200), (200, 60, 40)), halves((200, 200, 20), (10, 200, 90))


def test_a_cut_is_suspected_where_the_picture_changes_at_once() -> None:
    watch = ShotWatch()
    assert [watch.suspects(each) for each in (ONE, ONE, OTHER, OTHER, ONE)] == [False, False, True, False, True]


def test_a_picture_that_darkens_or_moves_a_little_is_the_same_shot() -> None:
    watch = ShotWatch()
    assert not any(watch.suspects((ONE * light).astype(np.uint8)) for light in (1.0, 0.6, 0.3, 1.0))
    assert not watch.suspects(np.roll(ONE, 10, axis=1))


def test_pictures_of_a_single_grey_are_compared_too() -> None:
    watch = ShotWatch()
    white = np.full((120, 200, 3), 255, np.uint8)
    assert [watch.suspects(each) for each in (white, white, ONE)] == [False, False, True]
