"""The pipeline on real people: found, followed, in the pixels of the stored picture; and nobody where nobody is."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import KEYPOINTS, PersonIdentity, PersonObservation
from videoannotator.engine.annotate import annotate
from videoannotator.media.clip_writer import Image, Picture, write_clip
from videoannotator.media.portraits import Portrait, eileen_collins, grace_hopper

SIZE = (480, 360)


def shrunk(portrait: Portrait, height: int) -> Image:
    return np.asarray(
        cv2.resize(portrait.picture, (portrait.width * height // portrait.height, height), interpolation=cv2.INTER_AREA), np.uint8
    )


def clip(path: Path, *, rotation_deg: int = 0, seconds: float = 1.0) -> Path:
    """A portrait that moves slowly to the right in front of a plain wall, ten frames a second."""
    person = shrunk(eileen_collins(), 320)
    frames = []
    for step in range(round(seconds * 10)):
        wall = np.full((SIZE[1], SIZE[0], 3), (120, 130, 140), np.uint8)
        wall[20 : 20 + person.shape[0], 40 + 4 * step : 40 + 4 * step + person.shape[1]] = person
        stored = np.rot90(wall, rotation_deg // 90) if rotation_deg else wall
        frames.append((np.ascontiguousarray(stored), step / 10))
    write_clip(path, frames, picture=Picture(rate=Fraction(10), rotation_deg=rotation_deg))
    return path


def run(path: Path, **options: object) -> AnnotationSet:
    return annotate(path, ["person_tracking"], {"person_tracking": options}, device="cpu")


def test_one_person_is_one_track_where_the_person_is(tmp_path: Path) -> None:
    with run(clip(tmp_path / "clip.mp4"), pose="lightning") as found:
        assert found.outcomes["person_tracking"].status is PipelineStatus.COMPLETED, found.outcomes["person_tracking"].error
        seen = list(found.records(PersonObservation))
        who = list(found.records(PersonIdentity))
    assert [(one.frame, one.track_id) for one in seen] == [(0, 1), (2, 1), (4, 1), (6, 1), (8, 1)]
    for one in seen:
        assert one.box.left > 30
        assert one.box.right < 380
        assert one.keypoints is not None
        nose, shoulder = one.keypoints[KEYPOINTS.index("nose")], one.keypoints[KEYPOINTS.index("left_shoulder")]
        assert nose.visibility == shoulder.visibility == 2
        assert nose.y < shoulder.y
        assert one.box.left < nose.x < one.box.right
    assert [(one.track_id, one.person_id, one.label) for one in who] == [(1, "person_001", "unknown")]


def test_coordinates_are_those_of_the_upright_picture_at_its_stored_size(tmp_path: Path) -> None:
    with (
        run(clip(tmp_path / "a.mp4", seconds=0.4), pose="off") as plain,
        run(clip(tmp_path / "b.mp4", rotation_deg=90, seconds=0.4), pose="off", max_picture_size=240) as turned,
    ):
        one, other = next(plain.records(PersonObservation)), next(turned.records(PersonObservation))
    assert one.keypoints is None
    for side in ("left", "top", "right", "bottom"):
        assert getattr(one.box, side) == pytest.approx(getattr(other.box, side), abs=25)


def test_only_the_weights_that_are_needed_are_loaded(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", seconds=0.2)
    for pose, expected in {"off": ["nanodet"], "lightning": ["movenet_lightning", "nanodet"]}.items():
        with run(path, pose=pose) as found:
            assert [used.name for used in found.provenance.weights] == expected


def test_at_most_so_many_people(tmp_path: Path) -> None:
    person = shrunk(grace_hopper(), 300)
    wall = np.full((SIZE[1], 2 * SIZE[0], 3), (120, 130, 140), np.uint8)
    for left in (40, 520):
        wall[30 : 30 + person.shape[0], left : left + person.shape[1]] = person
    write_clip(tmp_path / "two.mp4", [(wall, 0.2 * n) for n in range(3)])
    with run(tmp_path / "two.mp4", pose="off") as both, run(tmp_path / "two.mp4", pose="off", max_persons=1) as single:
        assert {one.track_id for one in both.records(PersonObservation)} == {1, 2}
        assert {one.track_id for one in single.records(PersonObservation)} == {1}


def test_nobody_where_nobody_is(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    pictures = [np.zeros((240, 320, 3), np.uint8), random.integers(0, 256, (240, 320, 3), dtype=np.uint8)]
    write_clip(tmp_path / "empty.mp4", [(pictures[n % 2], 0.2 * n) for n in range(4)])
    with run(tmp_path / "empty.mp4") as found:
        assert list(found.records(PersonObservation)) == []
        assert list(found.records(PersonIdentity)) == []
