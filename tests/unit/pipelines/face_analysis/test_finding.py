"""Finding faces and following them."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.unit.pipelines.face_analysis.conftest import SIZE, Found, canvas

from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.media.portraits import eileen_collins

Analyse = Callable[..., Found]


def test_a_face_is_found_where_it_is_with_its_five_points(analyse: Analyse) -> None:
    found = analyse([canvas((1, 320, 200, 160))])
    (face,) = found.faces
    portrait = eileen_collins()
    scale = 160 / portrait.face_box.height
    middle = Point(portrait.face_box.left + portrait.face_box.width / 2, portrait.face_box.top + portrait.face_box.height / 2)
    for point, true in zip(face.points, portrait.face_points, strict=True):
        assert np.hypot(point.x - 320 - (true.x - middle.x) * scale, point.y - 200 - (true.y - middle.y) * scale) < 10
    assert face.box.iou(Box(320 - portrait.face_box.width * scale / 2, 120, portrait.face_box.width * scale, 160)) > 0.6
    assert face.evidence is Evidence.DETECTED
    assert found.weights == {"yunet"}


def test_places_are_those_of_the_recording_however_small_the_picture_is(analyse: Analyse) -> None:
    picture = canvas((1, 320, 200, 160))
    (plain,), (large,) = analyse([picture]).faces, analyse([picture], stored=(1280, 1440)).faces
    assert large.box.left == pytest.approx(2 * plain.box.left, abs=0.02)
    assert large.box.height == pytest.approx(3 * plain.box.height, abs=0.02)
    assert large.points[2].y == pytest.approx(3 * plain.points[2].y, abs=0.02)


def test_two_people_who_move_keep_their_tracks(analyse: Analyse) -> None:
    found = analyse([canvas((1, 120 + 12 * step, 200, 120), (2, 520 - 10 * step, 240, 110)) for step in range(8)])
    assert [(track.track_id, track.observations) for track in found.tracks] == [(1, 8), (2, 8)]
    places = {number: [face.box.left for face in found.faces if face.track_id == number] for number in (1, 2)}
    assert {number: np.sign(np.diff(left)).sum() for number, left in places.items()} in ({1: 7, 2: -7}, {1: -7, 2: 7})


def test_a_short_gap_is_filled_and_said_to_be(analyse: Analyse) -> None:
    pictures = [canvas((1, 200 + 10 * step, 200, 140)) for step in range(6)]
    for step in (2, 3):
        pictures[step][100:300, 100:400] = 90
    found = analyse(pictures)
    assert [face.frame for face in found.faces] == list(range(6))
    assert [face.evidence is Evidence.INTERPOLATED for face in found.faces] == [False, False, True, True, False, False]
    assert found.tracks[0].observations == 4
    between = found.faces[2]
    assert (between.score, between.points) == (None, ())
    assert found.faces[1].box.left < between.box.left < found.faces[3].box.left < found.faces[4].box.left


def test_a_long_gap_ends_the_track_and_stays_a_gap(analyse: Analyse) -> None:
    pictures = [canvas((1, 300, 200, 140)) for _ in range(7)]
    for step in range(2, 6):
        pictures[step][100:300, 200:400] = 90
    found = analyse(pictures, max_gap_s=0.5)
    assert [(face.frame, face.track_id) for face in found.faces] == [(0, 1), (1, 1), (6, 2)]


def test_a_low_rate_is_no_gap(analyse: Analyse) -> None:
    found = analyse([canvas((1, 300, 200, 140))] * 3, times=[0.0, 4.0, 8.0])
    assert [track.observations for track in found.tracks] == [3]


def test_another_shot_begins_other_tracks(analyse: Analyse) -> None:
    bright = canvas((1, 300, 200, 140))
    other = canvas((2, 300, 200, 140))
    other[: SIZE[1] // 2, : SIZE[0] // 4] = 255
    other[SIZE[1] // 2 :] = 0
    found = analyse([bright, bright, other, other])
    assert [track.observations for track in found.tracks] == [2, 2]


def test_a_fade_ends_no_track(analyse: Analyse) -> None:
    picture = canvas((1, 300, 200, 140))
    found = analyse([(picture * share).astype(np.uint8) for share in (1.0, 0.85, 0.7, 0.55, 0.4)])
    assert [track.observations for track in found.tracks] == [5]


def test_small_faces_and_too_many_are_left_out(analyse: Analyse) -> None:
    picture = canvas((1, 200, 200, 150), (2, 500, 200, 60))
    assert len(analyse([picture]).faces) == 2
    assert [face.box.width > 80 for face in analyse([picture], min_face_size_px=100).faces] == [True]
    assert len(analyse([picture], max_faces=1).faces) == 1


@pytest.mark.parametrize("kind", ["black", "noise", "stripes", "one pixel"])
def test_no_face_is_made_up(analyse: Analyse, kind: str) -> None:
    rng = np.random.default_rng(3)
    pictures = {
        "black": [np.zeros((480, 640, 3), np.uint8)] * 3,
        "noise": [rng.integers(0, 256, (480, 640, 3)).astype(np.uint8) for _ in range(5)],
        "stripes": [
            np.repeat(np.tile((np.arange(640) // step % 2 * 255).astype(np.uint8), (480, 1))[..., None], 3, 2) for step in (5, 20)
        ],
        "one pixel": [np.zeros((1, 1, 3), np.uint8)],
    }[kind]
    found = analyse(pictures)
    assert (found.faces, found.tracks) == ([], [])
