"""Pictures in which there is nobody."""

import numpy as np
import pytest

from videoannotator.testing.peopleless_pictures import KINDS, SIZE, peopleless


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_a_kind_differ_and_are_the_same_each_time(kind: str) -> None:
    pictures = [picture for _, picture in peopleless((kind,), 3)]
    again = [picture for _, picture in peopleless((kind,), 3)]
    assert all(picture.shape == (SIZE[1], SIZE[0], 3) and picture.dtype == np.uint8 for picture in pictures)
    assert all(np.array_equal(a, b) for a, b in zip(pictures, again, strict=True))
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_black_is_black() -> None:
    assert next(peopleless(("black",), 1))[1].max() == 0
