"""The motion of lips: the same at every rate, missing where nothing was measured."""

import numpy as np
import pytest
from tests.unit.pipelines.active_speaker.conversations import NOISE, articulation, observed

from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.faces import BLENDSHAPES, LANDMARK_COUNT, FaceFlag, FaceObservation, Measure
from videoannotator.pipelines.active_speaker.lips import LIPS_AS_JAW, STILL, LipTracks, joined, motion_of, opening_of, stays_of
from videoannotator.testing.examples import at


def face_with(**values: object) -> FaceObservation:
    return FaceObservation(at(0), 0, 1, Box(0, 0, 50, 60), Evidence.INTERPOLATED, None, **values)  # type: ignore[arg-type]


def mesh(gap: float, height: float) -> tuple[tuple[float, float, float], ...]:
    points = [(0.0, 0.0, 0.0)] * LANDMARK_COUNT
    points[13], points[14], points[10], points[152] = (5.0, 50.0, 0.0), (5.0, 50.0 + gap, 9.0), (5.0, 0.0, 0.0), (5.0, height, 0.0)
    return tuple(points)


def test_a_mouth_is_as_open_as_its_blendshapes_say() -> None:
    shapes = {"jawOpen": 0.5, "mouthClose": 0.125}
    face = face_with(blendshapes=tuple(shapes.get(name, 0.9) for name in BLENDSHAPES), landmarks=mesh(20, 80))
    assert opening_of(face) == 0.375


def test_without_blendshapes_the_distance_of_the_lips_counts() -> None:
    assert opening_of(face_with(landmarks=mesh(20, 80))) == pytest.approx(0.25 * LIPS_AS_JAW)
    assert opening_of(face_with(landmarks=mesh(20, 0))) is None


def test_what_could_not_be_measured_is_not_a_shut_mouth() -> None:
    assert opening_of(face_with()) is None
    why = {Measure.BLENDSHAPES: (FaceFlag.PROFILE,)}
    assert opening_of(face_with(landmarks=mesh(20, 80), missing=why)) is None, "a mesh over half a face does not tell either"


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 12.5, 25.0])
def test_speech_moves_lips_as_much_at_every_rate(rate_hz: float) -> None:
    """As much as in two filmed talks, looked at 5 to 25 times a second: a median of 0.056 to 0.094."""
    random = np.random.default_rng(1)
    times = np.arange(0, 200, 1 / rate_hz)
    motion = motion_of(times, articulation(times, random) + random.normal(0, NOISE, len(times)))
    assert 0.045 < float(np.exp(np.median(motion.levels)) - STILL) < 0.065
    assert motion.step_s == pytest.approx(1 / rate_hz)
    still = motion_of(times, random.normal(0, NOISE, len(times)))
    assert float(np.exp(np.median(still.levels)) - STILL) == pytest.approx(0.004, abs=0.001)


def test_a_slow_change_is_hardly_motion() -> None:
    times = np.arange(0, 20, 0.1)
    smile = 0.2 / (1 + np.exp(-(times - 10)))
    assert float(np.exp(motion_of(times, smile).levels.max()) - STILL) < 0.012


def test_where_a_face_is_turned_away_there_is_no_motion() -> None:
    times = np.arange(0, 10, 0.2)
    openings = np.where((times > 3) & (times < 7), np.nan, 0.1 * (np.arange(len(times)) % 2))
    motion = motion_of(times, openings)
    assert not np.any((motion.times > 3) & (motion.times < 7))
    assert float(np.exp(motion.levels).min()) == pytest.approx(0.1 + STILL)


def test_too_few_looks_give_no_motion() -> None:
    times = np.arange(0, 20, 0.5)
    assert len(motion_of(times, np.random.default_rng(1).random(len(times))).times) == 0
    assert len(motion_of(np.zeros(0), np.zeros(0)).times) == 0


def test_tracks_of_one_person_are_joined_in_order_of_time() -> None:
    times = np.arange(0, 4, 0.2)
    late, early = motion_of(times + 10, times * 0), motion_of(times, times)
    both = joined([late, early])
    assert np.all(np.diff(both.times) >= 0)
    assert len(both.within(0, 5)) == len(early.levels)
    assert both.step_s == pytest.approx(0.2)


def test_a_face_stays_until_it_is_not_seen_for_long() -> None:
    assert stays_of(np.array([1.0, 1.2, 2.0, 9.0, 9.2]), 0.1).tolist() == [[0.9, 2.1], [8.9, pytest.approx(9.3)]]


def test_tracks_keep_times_and_openings_only() -> None:
    lips = LipTracks()
    for frame in range(20):
        lips.add(observed(frame / 5, frame, 1, 0.1 * (frame % 2)))
        lips.add(observed(frame / 5, frame, 2, None))
    assert (lips.tracks, lips.measured) == (2, 20)
    assert lips.step_s == pytest.approx(0.2)
    assert len(lips.motion(1).times) > 10
    assert len(lips.motion(2).times) == 0
    assert lips.stays()[2].tolist() == [[pytest.approx(-0.1), pytest.approx(3.9)]]
