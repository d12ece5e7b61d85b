"""Whatever the boundaries, the scenes tile the recording; whatever the length, memory stays bounded."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.time import MediaTime
from videoannotator.media.types import Frame
from videoannotator.pipelines.scene_detection.changes import Change
from videoannotator.pipelines.scene_detection.detector import CAPACITY, Detector
from videoannotator.pipelines.scene_detection.fades import MOST_MARKS, FlatRuns
from videoannotator.pipelines.scene_detection.history import History, Mark
from videoannotator.pipelines.scene_detection.keyframes import MOST_SETTLED, MOST_UNSETTLED, KeyframeCandidates
from videoannotator.pipelines.scene_detection.scenes import Scenes
from videoannotator.pipelines.scene_detection.spacing import Spacing

TINY = np.zeros((2, 3, 3), np.uint8)


def frame(index: int, time: MediaTime) -> Frame:
    return Frame(time, index, 0.0, TINY)


def change(index: int, time: MediaTime, confidence: float) -> Change:
    mark = Mark(index, index, time)
    return Change(Boundary.CUT, mark, mark, mark, confidence)


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[MediaTime], list[tuple[int, float]]]:
    """Times of frames at irregular intervals, and boundaries among them with their confidence."""
    steps = draw(st.lists(st.integers(1, 400), min_size=2, max_size=120))
    ticks = np.cumsum(steps)
    times = [MediaTime(Fraction(int(tick), 1000)) for tick in ticks]
    at = draw(st.sets(st.integers(1, len(times) - 1)))
    return times, [(index, draw(st.floats(0.0, 1.0))) for index in sorted(at)]


@given(recordings(), st.sampled_from([0.0, 0.3, 1.0, 5.0]), st.booleans())
def test_scenes_tile_the_recording(
    recording: tuple[list[MediaTime], list[tuple[int, float]]], shortest_s: float, flush: bool
) -> None:
    times, boundaries = recording
    end = times[-1].shifted(Fraction(1, 25))
    spacing, scenes = Spacing(times[0], shortest_s), Scenes(frame(0, times[0]), None)
    passed = []
    for index, confidence in boundaries:
        passed += spacing.add(change(index, times[index], confidence))
        if flush:
            passed += spacing.flush(times[index])
    passed += spacing.finish(end)
    for one in passed:
        scenes.end_with(one)
    scenes.end_at(end, len(times) - 1)
    records = [record for record in scenes.take(complete=True) if isinstance(record, Scene)]
    assert len(records) == len(passed) + 1
    assert (records[0].start, records[-1].end) == (times[0], end)
    assert (records[0].first_frame, records[-1].last_frame) == (0, len(times) - 1)
    for earlier, later in pairwise(records):
        assert earlier.end == later.start == times[later.first_frame]
        assert earlier.last_frame + 1 == later.first_frame
    if len(records) > 1:
        assert all(record.duration_s >= shortest_s for record in records)


@given(recordings(), st.sampled_from([0.3, 1.0]))
def test_a_dropped_boundary_has_a_stronger_one_or_an_end_nearby(
    recording: tuple[list[MediaTime], list[tuple[int, float]]], shortest_s: float
) -> None:
    times, boundaries = recording
    end = times[-1].shifted(Fraction(1, 25))
    spacing = Spacing(times[0], shortest_s)
    passed = [one for index, confidence in boundaries for one in spacing.add(change(index, times[index], confidence))]
    passed += spacing.finish(end)
    kept = {one.at.index: one for one in passed}
    for index, confidence in boundaries:
        near = [one for one in passed if abs(one.at.time.since(times[index])) < shortest_s]
        at_an_end = times[index].since(times[0]) < shortest_s or end.since(times[index]) < shortest_s
        assert index in kept or at_an_end or any(one.confidence >= confidence for one in near)


@given(st.integers(1, 3000), st.integers(0, 300), st.floats(0.0, 1.0))
def test_candidates_are_few_and_spread_evenly(count: int, lag: int, share: float) -> None:
    candidates = KeyframeCandidates()
    for index in range(count):
        candidates.add(frame(index, MediaTime(Fraction(index, 4))), max(0, index - lag))
        assert len(candidates) <= MOST_SETTLED + MOST_UNSETTLED
    wanted = MediaTime.from_seconds(share * (count - 1) / 4)
    chosen = candidates.take(0, count - 1, wanted)
    assert chosen is not None
    if lag <= MOST_UNSETTLED:
        assert abs(chosen.time.since(wanted)) <= max(0.25, 0.1 * count / 4)
    assert len(candidates) == 0


@given(st.integers(20, 400), st.integers(0, 60), st.data())
def test_candidates_of_the_next_scene_stay(count: int, lag: int, data: st.DataObject) -> None:
    candidates = KeyframeCandidates()
    for index in range(count):
        candidates.add(frame(index, MediaTime(Fraction(index, 4))), max(0, index - lag))
    last = data.draw(st.integers(max(0, count - 1 - lag), count - 1))
    candidates.take(0, last, MediaTime(Fraction(last, 8)))
    assert len(candidates) == count - 1 - last


def test_a_long_video_takes_no_more_memory_than_a_short_one(take: Callable[..., Any]) -> None:
    watching = Detector(threshold=12.0, confidence=0.5, shortest_s=0.6, network=None, every_block=False)
    calm = take(21, 60)
    black = [np.zeros_like(calm[0])] * 60
    for index in range(6000):
        source = black if index // 1500 % 2 else calm
        watching.add(Frame(MediaTime(Fraction(index, 25)), index, 0.04, source[index % 60]))
        assert watching.history.end - watching.history.first <= CAPACITY


def test_a_long_single_coloured_run_remembers_few_frames() -> None:
    runs = FlatRuns()
    for position in range(20_000):
        runs.add(Mark(position, position, MediaTime(Fraction(position, 25))), flat=position > 0)
        if runs.open:
            assert len(runs.open.marks) <= MOST_MARKS
    assert runs.open is not None
    assert abs(runs.open.mark_near(10_000).position - 10_000) <= 100


def test_the_history_forgets_and_refuses_to_overflow(take: Callable[..., Any]) -> None:
    history = History(4)
    pictures = take(22, 6)
    for index in range(4):
        history.append(Frame(MediaTime(Fraction(index, 25)), index, 0.04, pictures[index]))
    before = history.signatures()
    history.forget(2)
    assert (history.first, history.end) == (2, 4)
    assert np.array_equal(history.signatures(), before[2:])
    assert history.mark(3).index == 3
    assert history.window(1, 4).shape == (4, 27, 48, 3)
    blue, red = (float(pictures[3][..., channel].mean()) for channel in (0, 2))
    assert history.window(3, 1)[0].mean(axis=(0, 1)) == pytest.approx([red, pictures[3][..., 1].mean(), blue], abs=1.5)
    assert abs(red - blue) > 5
    history.append(Frame(MediaTime(Fraction(4, 25)), 4, 0.04, pictures[4]))
    history.append(Frame(MediaTime(Fraction(5, 25)), 5, 0.04, pictures[5]))
    with pytest.raises(IndexError, match="4 frames"):
        history.append(Frame(MediaTime(Fraction(6, 25)), 6, 0.04, pictures[0]))
