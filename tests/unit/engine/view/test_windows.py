"""Layers in windows: every observation stands in exactly one, as it is."""

import gzip
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.faces import LANDMARK_COUNT, FaceObservation
from videoannotator.annotations.persons import PersonObservation
from videoannotator.annotations.time import MediaTime
from videoannotator.engine.view.contours import CONTOUR_LINES, CONTOUR_POINTS
from videoannotator.engine.view.windows import WINDOW_S, OutOfOrder, Window, WindowWriter, face_measures, person_measures
from videoannotator.testing.examples import at, faces, persons

Item = dict[str, Any]
BOX = Box(10.04, -20.06, 30.0, 40.123)
LETTERS = {"d": Evidence.DETECTED, "t": Evidence.TRACKED, "i": Evidence.INTERPOLATED}


def written(
    folder: Path, observations: Iterable[Any], measures: Callable[[Any], Item], duration_s: float = 0.0
) -> tuple[list[Window], list[Item | None]]:
    """The places of the windows, and what stands in each as the Result page reads it."""
    path = folder / "layer.bin"
    with WindowWriter(path, measures) as writer:
        for seen in observations:
            writer.add(seen)
        writer.finish(duration_s)
    data = path.read_bytes()
    documents = []
    end = 0
    for _, _, place, length in writer.windows:
        assert place == end
        end = place + length
        documents.append(json.loads(gzip.decompress(data[place:end])) if length else None)
    assert end == len(data)
    return writer.windows, documents


def listed(windows: list[Window], documents: list[Item | None]) -> list[tuple[int, int, float, Item]]:
    """Track, frame, time and what is said of every observation, in the order of frames and tracks."""
    found = []
    for (start_s, end_s, _, _), document in zip(windows, documents, strict=True):
        for track in document["tracks"] if document else ():
            lengths = {name: len(values) for name, values in track.items() if name != "id"}
            assert len(set(lengths.values())) == 1, lengths
            for number, place in enumerate(track["at"]):
                frame = document["frames"][place] if document else {}
                assert start_s <= frame["t"] < end_s
                facts = {name: values[number] for name, values in track.items() if name != "id"}
                found.append((track["id"], frame["i"], frame["t"], facts))
    return sorted(found, key=lambda each: (each[1], each[0]))


def in_pixels(box: list[int]) -> list[float]:
    return [value / 10 for value in box]


def test_people_are_as_they_were_observed(tmp_path: Path) -> None:
    observations = persons()
    found = listed(*written(tmp_path, observations, person_measures))
    assert len(found) == len(observations)
    expected = sorted(observations, key=lambda seen: (seen.frame, seen.track_id))
    for (track, frame, time_s, facts), seen in zip(found, expected, strict=True):
        assert (track, frame, time_s) == (seen.track_id, seen.frame, seen.time.seconds)
        assert in_pixels(facts["box"]) == pytest.approx([seen.box.left, seen.box.top, seen.box.width, seen.box.height], abs=0.051)
        assert LETTERS[facts["evidence"]] is seen.evidence
        assert facts["score"] == pytest.approx(seen.score, abs=0.0006) if seen.score is not None else facts["score"] is None
        assert (facts["pose"] is None) == (seen.keypoints is None)
        if seen.keypoints is not None:
            numbers = [tuple(facts["pose"][n : n + 4]) for n in range(0, 68, 4)]
            for (x, y, visibility, score), point in zip(numbers, seen.keypoints, strict=True):
                assert (x / 10, y / 10, score / 100) == pytest.approx((point.x, point.y, point.score), abs=0.051)
                assert visibility == point.visibility
                assert score / 100 == pytest.approx(point.score, abs=0.0051)


def test_faces_are_as_they_were_measured(tmp_path: Path) -> None:
    observations = faces()
    found = listed(*written(tmp_path, observations, face_measures))
    whole, between, unmeasured, _ = (facts for _, _, _, facts in found)
    seen = observations[0]
    assert in_pixels(whole["points"]) == pytest.approx([value for point in seen.points for value in point], abs=0.051)
    assert seen.landmarks is not None
    mesh = [value for number in CONTOUR_POINTS for value in seen.landmarks[number][:2]]
    assert in_pixels(whole["mesh"]) == pytest.approx(mesh, abs=0.051)
    assert whole["pose"] == pytest.approx(seen.head_pose, abs=0.051)
    assert whole["gaze"] == pytest.approx(seen.gaze, abs=0.051)
    assert whole["blink"] == pytest.approx(seen.blink, abs=0.0051)
    assert whole["expression"] == ["neutral", 0.25]
    assert (between["points"], between["score"], between["evidence"]) == (None, None, "i")
    assert unmeasured["points"] is not None
    assert [unmeasured[name] for name in ("mesh", "pose", "gaze", "blink", "expression")] == [None] * 5


def test_outlines_name_points_of_the_mesh_once_and_join_all_of_them() -> None:
    assert len(set(CONTOUR_POINTS)) == len(CONTOUR_POINTS) == 128
    assert max(CONTOUR_POINTS) < LANDMARK_COUNT
    assert {place for line in CONTOUR_LINES for place in line} == set(range(128))


def sighting(time: MediaTime, frame: int, track: int) -> PersonObservation:
    return PersonObservation(time, frame, track, BOX, Evidence.DETECTED, 0.5)


@given(
    gaps=st.lists(st.integers(1, 4_000_000), max_size=60),
    start=st.integers(-30_000_000, 60_000_000),
    tracks=st.integers(1, 3),
    duration_s=st.integers(0, 400),
)
def test_every_observation_stands_in_exactly_one_window(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[int], start: int, tracks: int, duration_s: int
) -> None:
    times = []
    for gap in gaps:
        start += gap
        times.append(MediaTime.from_seconds(start / 1_000_000))
    observations = [sighting(time, frame, track) for frame, time in enumerate(times) for track in range(1, tracks + 1)]
    windows, documents = written(tmp_path_factory.mktemp("windows"), observations, person_measures, duration_s)
    assert [(track, frame, time) for track, frame, time, _ in listed(windows, documents)] == [
        (seen.track_id, seen.frame, seen.time.seconds) for seen in observations
    ]
    assert [end for _, end, _, _ in windows[:-1]] == [begin for begin, _, _, _ in windows[1:]]
    assert all(end - begin == WINDOW_S for begin, end, _, _ in windows)
    if duration_s:
        assert windows[0][0] <= 0
        assert windows[-1][1] >= duration_s
        assert len(windows) <= math.ceil(max(duration_s, *(time.seconds for time in times), 0.0) / 10) + 5


def test_a_time_at_the_border_belongs_to_the_later_window(tmp_path: Path) -> None:
    _, documents = written(tmp_path, [sighting(at(9.999999), 0, 1), sighting(at(10), 1, 1)], person_measures)
    assert [[frame["i"] for frame in document["frames"]] for document in documents if document] == [[0], [1]]


def test_windows_in_which_nobody_is_seen_take_no_room(tmp_path: Path) -> None:
    windows, _ = written(tmp_path, [sighting(at(25), 5, 1)], person_measures, 47.0)
    assert [length > 0 for _, _, _, length in windows] == [False, False, True, False, False]


def test_an_earlier_observation_is_refused(tmp_path: Path) -> None:
    with WindowWriter(tmp_path / "x", person_measures) as writer:
        writer.add(sighting(at(12), 1, 1))
        writer.add(sighting(at(11), 0, 1))
        with pytest.raises(OutOfOrder, match=r"9\.0 s"):
            writer.add(sighting(at(9), 0, 1))


def test_a_number_that_is_none_is_told(tmp_path: Path) -> None:
    wide = PersonObservation(at(1), 1, 1, Box(math.nan, 0.0, 1.0, 1.0), Evidence.DETECTED, 0.5)
    with WindowWriter(tmp_path / "x", person_measures) as writer, pytest.raises(ValueError, match="NaN"):
        writer.add(wide)


def test_equal_observations_give_equal_bytes(tmp_path: Path) -> None:
    written(tmp_path, faces(), face_measures)
    first = (tmp_path / "layer.bin").read_bytes()
    written(tmp_path, faces(), face_measures)
    assert (tmp_path / "layer.bin").read_bytes() == first


def test_faces_that_lie_in_no_order_of_tracks_are_listed_by_track(tmp_path: Path) -> None:
    seen = [FaceObservation(at(0), 0, track, BOX, Evidence.INTERPOLATED, None) for track in (3, 1, 2)]
    _, documents = written(tmp_path, seen, face_measures)
    assert documents[0] is not None
    assert [track["id"] for track in documents[0]["tracks"]] == [1, 2, 3]
