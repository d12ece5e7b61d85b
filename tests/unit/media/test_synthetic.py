"""Made-up clips: what they say about themselves is what is in them."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.unit.media.clips import read

from videoannotator.annotations.scenes import Boundary
from videoannotator.annotations.time import MediaTime
from videoannotator.media.scenery import backdrop
from videoannotator.media.synthetic import Picture, Shot, noise, shots_clip, silence, tone
from videoannotator.media.types import FrameNeed

SHOTS = (Shot(20), Shot(20), Shot(20, Boundary.DISSOLVE, 8), Shot(20, Boundary.FADE, 9))
SMALL = (FrameNeed(max_size=(64, 48)),)


def images(path: Path) -> list[npt.NDArray[np.float64]]:
    return [frame.image.astype(float) for frame in read(path, SMALL, ()).frames[0]]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_joins_are_where_the_truth_says(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "shots.mp4"
    truth = shots_clip(path, SHOTS, size=(128, 96), seed=seed)
    assert [(join.boundary, join.first_frame, join.last_frame) for join in truth.joins] == [
        (Boundary.CUT, 20, 20),
        (Boundary.DISSOLVE, 40, 47),
        (Boundary.FADE, 68, 76),
    ]
    pictures = images(path)
    assert len(pictures) == len(truth.frame_times) == 97
    changes = [float(np.abs(b - a).mean()) for a, b in pairwise(pictures)]
    calm = [changes[index] for index in (*range(1, 18), *range(21, 38), *range(49, 66), *range(78, 95))]
    assert changes[19] > 4 * max(calm)
    assert changes[19] == max(changes)
    assert min(changes[39:48]) > 1.2 * float(np.median(calm))
    assert float(pictures[72].mean()) < 8
    assert min(float(picture.mean()) for index, picture in enumerate(pictures) if not 68 <= index <= 76) > 30


def test_irregular_times_are_written_as_given(tmp_path: Path) -> None:
    path = tmp_path / "vfr.mkv"
    steps = np.random.default_rng(3).integers(15, 90, 30).cumsum()
    times = tuple(MediaTime(Fraction(int(step) - int(steps[0]), 1000)) for step in steps)
    truth = shots_clip(path, (Shot(10), Shot(20)), size=(64, 48), times=times, picture=Picture(time_base=Fraction(1, 1000)))
    assert truth.frame_times == times
    assert read(path).times() == [time.exact for time in times]


def test_the_same_seed_gives_the_same_clip_and_another_seed_another(tmp_path: Path) -> None:
    made = []
    for number, seed in enumerate((4, 4, 5)):
        path = tmp_path / f"{number}.mp4"
        shots_clip(path, (Shot(5),), size=(64, 48), seed=seed)
        made.append(images(path))
    assert all(np.array_equal(a, b) for a, b in zip(made[0], made[1], strict=True))
    assert float(np.abs(made[0][0] - made[2][0]).mean()) > 10


def test_without_motion_and_noise_nothing_moves(tmp_path: Path) -> None:
    path = tmp_path / "still.mkv"
    shots_clip(path, (Shot(6),), size=(64, 48), motion=0, noise_level=0, picture=Picture(codec="ffv1"))
    pictures = images(path)
    assert all(np.array_equal(pictures[0], other) for other in pictures[1:])


def test_scenes_look_like_pictures() -> None:
    picture = backdrop(320, 240, 7)
    assert picture.dtype == np.uint8
    assert picture.shape == (240, 320, 3)
    assert float(picture.std()) > 20
    near = np.abs(np.diff(picture.astype(int), axis=1)).mean()
    far = np.abs(picture[:, 160:].astype(int) - picture[:, :160]).mean()
    assert near < far / 4
    assert ((picture == 0) | (picture == 255)).mean() < 0.05


def test_wrong_plans_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="30 frames, and 2 times"):
        shots_clip(tmp_path / "x.mp4", (Shot(30),), times=(MediaTime(Fraction(0)), MediaTime(Fraction(1))))
    with pytest.raises(ValueError, match="take frames"):
        Shot(5, Boundary.DISSOLVE)
    with pytest.raises(ValueError, match="has frames"):
        Shot(0)


def test_sounds_have_their_length_level_and_pitch() -> None:
    sine = tone(2, 250, 8000, level=0.25)
    assert sine.dtype == np.float32
    assert sine.shape == (16000,)
    assert float(np.abs(sine).max()) == pytest.approx(0.25, rel=0.01)
    assert int(np.abs(np.fft.rfft(sine)).argmax()) == 500
    hiss = noise(1, 16000, seed=2, level=0.1)
    assert float(hiss.std()) == pytest.approx(0.1, rel=0.03)
    assert np.array_equal(hiss, noise(1, 16000, seed=2, level=0.1))
    assert not np.array_equal(hiss, noise(1, 16000, seed=3, level=0.1))
    assert not silence(0.5, 8000).any()
    assert len(silence(0.5, 8000)) == 4000
