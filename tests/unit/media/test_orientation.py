"""Rotated and mirrored recordings come out upright, and so do their sizes and their pixel shape."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.unit.media.clips import corner_colours, corner_picture, read

from videoannotator.annotations.time import MediaTime
from videoannotator.media.orientation import Orientation, from_matrix
from videoannotator.media.probe import probe
from videoannotator.media.synthetic import Picture, write_clip
from videoannotator.media.types import FrameNeed, Scaling

ALL = [Orientation(turn, mirrored) for turn in (0, 90, 180, 270) for mirrored in (False, True)]


def stored_for(upright: np.ndarray, orientation: Orientation) -> np.ndarray:
    """The stored picture that the orientation makes upright: turned back first, then mirrored back."""
    turned = np.rot90(upright, orientation.rotation_deg // 90)
    return np.ascontiguousarray(turned[:, ::-1] if orientation.mirrored else turned)


@pytest.mark.parametrize("orientation", ALL, ids=str)
@pytest.mark.parametrize("scaling", list(Scaling), ids=str)
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_pictures_are_upright(orientation: Orientation, scaling: Scaling, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"phone.{suffix}"
    upright = corner_picture(64, 96)
    stored = stored_for(upright, orientation)
    picture = Picture(rotation_deg=orientation.rotation_deg, mirrored=orientation.mirrored, pixel_aspect_ratio=Fraction(4, 3))
    write_clip(path, [(stored, MediaTime(Fraction(index, 25))) for index in range(3)], picture=picture)
    sizes: list[tuple[tuple[int, int] | None, tuple[int, int] | None]] = [(None, None), ((48, 48), None), (None, (40, 20))]
    needs = tuple(FrameNeed(scaling=scaling, max_size=largest, exact_size=exact) for largest, exact in sizes)
    found = read(path, needs)
    wanted = {"upper left": "red", "upper right": "green", "lower left": "blue", "lower right": "grey"}
    for need, shape in enumerate([(96, 64, 3), (48, 32, 3), (20, 40, 3)]):
        image = found.frames[need][1].image
        assert image.shape == shape
        assert corner_colours(image) == wanted
    info = probe(path, timing=False).video
    assert info is not None
    assert (info.width, info.height) == (64, 96)
    assert (info.rotation_deg, info.mirrored) == (orientation.rotation_deg, orientation.mirrored)
    assert info.pixel_aspect_ratio == (Fraction(3, 4) if orientation.swaps_sides else Fraction(4, 3))


def test_a_marker_keeps_its_coordinates(tmp_path: Path) -> None:
    path = tmp_path / "phone.mp4"
    upright = np.full((120, 80, 3), 90, np.uint8)
    upright[30:38, 10:18] = 250
    picture = Picture(rotation_deg=90, options={"crf": "10"})
    write_clip(path, [(stored_for(upright, Orientation(90)), MediaTime(Fraction(0)))], picture=picture)
    image = read(path).frames[0][0].image
    rows, columns = np.nonzero(image[:, :, 0] > 180)
    assert (columns.min(), rows.min()) == (10, 30)
    assert (columns.max(), rows.max()) == (17, 37)


@pytest.mark.parametrize("orientation", ALL, ids=str)
def test_turning_is_the_inverse_of_turning_back(orientation: Orientation) -> None:
    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert np.array_equal(orientation.upright(stored_for(image, orientation)), image)
    assert orientation.upright_size(*orientation.upright_size(7, 5)) == (7, 5)


@pytest.mark.parametrize("data", [b"", bytes(36), b"\x01" * 20])
def test_an_unusable_matrix_leaves_the_picture_as_stored(data: bytes) -> None:
    assert from_matrix(data) == Orientation()


def test_an_oblique_matrix_is_taken_to_the_nearest_right_angle() -> None:
    one = 1 << 16
    tilted = np.array([one // 10, one, 0, -one, one // 10, 0, 0, 0, 1 << 30], np.int32).tobytes()
    assert from_matrix(tilted) == Orientation(90)
