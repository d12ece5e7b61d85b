"""Real encoded clips, through the decoder: times, indices and pictures."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.time import MediaTime
from videoannotator.inference.sessions import SessionPool
from videoannotator.media.synthetic import STANDARD_SHOTS, Picture, Shot, ShotTruth, regular_times, shots_clip
from videoannotator.media.types import Frame, FrameBatch
from videoannotator.pipelines.base import RunContext
from videoannotator.pipelines.scene_detection import SceneDetection, SceneDetectionOptions

CUT_ERROR = 0
"""Frames by which a hard cut may be missed."""


def assert_tiles(scenes: list[Scene], times: tuple[MediaTime, ...]) -> None:
    """The scenes cover all frames, once, at the frames' own times."""
    assert scenes[0].boundary is Boundary.START
    assert (scenes[0].first_frame, scenes[-1].last_frame) == (0, len(times) - 1)
    for scene, following in pairwise(scenes):
        assert scene.end == following.start
        assert following.first_frame == scene.last_frame + 1
        assert following.boundary is not Boundary.START
    for scene in scenes:
        assert abs(scene.start.since(times[scene.first_frame])) < 0.001
        assert scene.scene_type == "unknown"


def assert_finds(scenes: list[Scene], truth: ShotTruth) -> None:
    assert [scene.boundary for scene in scenes[1:]] == [join.boundary for join in truth.joins]
    for scene, join in zip(scenes[1:], truth.joins, strict=True):
        if join.boundary is Boundary.CUT:
            assert abs(scene.first_frame - join.first_frame) <= CUT_ERROR
        else:
            assert abs(scene.first_frame - (join.first_frame + join.last_frame + 1) / 2) <= 2
            assert scene.transition_start is not None
            assert scene.transition_end is not None
            assert abs(scene.transition_start.since(truth.frame_times[join.first_frame])) <= 0.1
            assert abs(scene.transition_end.since(truth.frame_times[join.last_frame + 1])) <= 0.1


@pytest.mark.parametrize("size", [(320, 240), (160, 284), (322, 182)])
@pytest.mark.parametrize("seed", [0, 3])
def test_finds_every_join_of_a_clip(analyse: Any, tmp_path: Path, size: tuple[int, int], seed: int) -> None:
    truth = shots_clip(tmp_path / "clip.mp4", size=size, seed=seed)
    found = analyse(tmp_path / "clip.mp4")
    assert_finds(found.scenes, truth)
    assert_tiles(found.scenes, truth.frame_times)
    assert found.warnings == []


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(60)], ids=str)
def test_finds_every_join_at_other_rates(analyse: Any, tmp_path: Path, rate: Fraction) -> None:
    truth = shots_clip(tmp_path / "clip.mp4", size=(192, 108), picture=Picture(rate=rate))
    found = analyse(tmp_path / "clip.mp4")
    assert_finds(found.scenes, truth)
    assert found.scenes[-1].end.seconds == pytest.approx(float(len(truth.frame_times) / rate), abs=0.001)


def irregular_times(count: int) -> tuple[MediaTime, ...]:
    """Frames 20 to 60 ms apart, on a grid of 1/90000 s."""
    steps = np.random.default_rng(4).integers(1800, 5400, count)
    ticks = np.cumsum(steps) - steps[0]
    return tuple(MediaTime(Fraction(int(tick), 90000)) for tick in ticks)


def test_irregular_frame_times_are_kept_exactly(analyse: Any, tmp_path: Path) -> None:
    times = irregular_times(sum(part.frames + part.transition_frames for part in STANDARD_SHOTS))
    picture = Picture(time_base=Fraction(1, 90000))
    truth = shots_clip(tmp_path / "clip.mp4", size=(192, 108), times=times, picture=picture)
    found = analyse(tmp_path / "clip.mp4")
    assert_finds(found.scenes, truth)
    assert_tiles(found.scenes, truth.frame_times)
    for scene, join in zip(found.scenes[1:], truth.joins, strict=True):
        if join.boundary is Boundary.CUT:
            assert abs(scene.start.since(times[join.first_frame])) < 0.001


@pytest.mark.parametrize("frames", [1, 2, 3, 9])
def test_a_very_short_video_is_one_scene_with_an_extent(analyse: Any, tmp_path: Path, frames: int) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(frames)], size=(64, 48))
    found = analyse(tmp_path / "clip.mp4")
    (scene,) = found.scenes
    assert (scene.first_frame, scene.last_frame) == (0, frames - 1)
    assert scene.duration_s == pytest.approx(frames / 25, abs=0.001)
    assert scene.keyframe in found.pictures


def test_two_shots_of_one_frame_are_one_scene(analyse: Any, tmp_path: Path) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(1), Shot(1)], size=(64, 48))
    assert len(analyse(tmp_path / "clip.mp4").scenes) == 1


def test_every_scene_has_a_picture_from_near_its_middle(analyse: Any, tmp_path: Path) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(75), Shot(20), Shot(75), Shot(17), Shot(50)], size=(320, 240))
    found = analyse(tmp_path / "clip.mp4")
    assert len(found.scenes) == 5
    assert list(found.pictures) == [scene.keyframe for scene in found.scenes]
    for scene in found.scenes:
        assert scene.start <= scene.keyframe_time < scene.end
        assert abs(scene.keyframe_time.since(scene.start) - scene.duration_s / 2) <= 0.3
        picture = cv2.imdecode(np.frombuffer(found.pictures[scene.keyframe], np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (240, 320, 3)


def test_a_picture_comes_before_the_scene_that_names_it(analyse: Any, tmp_path: Path) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(40), Shot(40)], size=(64, 48))
    known = set()
    for record in analyse(tmp_path / "clip.mp4").records:
        if isinstance(record, Scene):
            assert record.keyframe in known
        else:
            known.add(record.name)
    assert len(known) == 2


def test_pictures_keep_to_the_size_asked_for(analyse: Any, tmp_path: Path) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(30)], size=(320, 240))
    found = analyse(tmp_path / "clip.mp4", keyframe_max_size=100)
    picture = cv2.imdecode(np.frombuffer(found.pictures["scene_00001.jpg"], np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (75, 100, 3)
    assert analyse(tmp_path / "clip.mp4", keyframes=False).scenes[0].keyframe is None


def test_short_scenes_get_pictures_when_short_scenes_are_asked_for(analyse: Any, tmp_path: Path) -> None:
    shots_clip(tmp_path / "clip.mp4", [Shot(40), Shot(5), Shot(40)], size=(160, 120), motion=0.0)
    found = analyse(tmp_path / "clip.mp4", min_scene_length_s=0.2)
    assert [scene.first_frame for scene in found.scenes] == [0, 40, 45]
    assert all(scene.keyframe for scene in found.scenes)
    assert found.warnings == []


def test_a_scene_without_a_sampled_frame_says_so(detect: Callable[..., Any], take: Callable[..., Any]) -> None:
    found = detect([*take(91, 40), *take(92, 40)], keyframes=True)
    assert [scene.keyframe for scene in found.scenes] == [None, None]
    assert found.warnings == ["2 scenes have no picture: no frame sampled for pictures lies in them."]


def test_the_last_frame_lasts_as_long_as_the_one_before_when_the_file_does_not_say(detect: Any, take: Any) -> None:
    pictures = take(93, 30)
    assert detect(pictures, rate=Fraction(10)).scenes[-1].end == MediaTime(Fraction(3))
    assert detect(pictures, rate=Fraction(10), duration_s=0.5).scenes[-1].end == MediaTime(Fraction(34, 10))
    assert detect(pictures, times=regular_times(30, Fraction(25), Fraction(2))).scenes[0].start == MediaTime(Fraction(2))


def test_a_single_frame_of_unknown_length_is_no_scene(detect: Any, take: Any) -> None:
    found = detect(take(94, 1))
    assert found.records == []
    assert "single frame" in found.warnings[0]


def test_a_scene_is_given_as_soon_as_it_is_certain(take: Any, sessions: SessionPool) -> None:
    context = RunContext(sessions, lambda: False, lambda _: None, lambda _: ())
    pipeline = SceneDetection(SceneDetectionOptions(mode="fast", keyframes=False), context)
    pipeline.start(MediaInfo("pictures", 1, "raw", None, None, (), None))
    given_at = None
    for index, picture in enumerate([*take(95, 60), *take(96, 300)]):
        if pipeline.feed(FrameBatch("content", (Frame(MediaTime(Fraction(index, 25)), index, 0.04, picture),))):
            given_at = index
    assert given_at is not None
    assert 60 < given_at < 300


def test_no_frame_no_scene(detect: Any) -> None:
    assert detect([]).records == []
