"""Pictures of tracks: spread over their time, bounded in number, cut around the person."""

from itertools import pairwise

import cv2
import numpy as np

from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.persons import PersonPicture
from videoannotator.media.types import Frame
from videoannotator.pipelines.person_tracking.pictures import MOST, TrackPictures
from videoannotator.testing.examples import at

BOX = np.array([100, 50, 200, 350], np.float32)


def frame(step: int) -> Frame:
    """Grey, with a white rectangle in the place of `BOX`."""
    picture = np.full((400, 640, 3), 90, np.uint8)
    picture[50:350, 100:200] = 255
    return Frame(at(step / 5), step, 0.2, picture)


def pictures(steps: int) -> list[Attachment | PersonPicture]:
    made = TrackPictures()
    for step in range(steps):
        made.look(frame(step), {1: BOX})
    return list(made.of_ended(frozenset(), lambda _: True))


def test_pictures_lie_a_second_apart_and_show_the_box_with_a_little_around() -> None:
    one, first, *rest = pictures(11)
    assert first == PersonPicture(at(0), 0, 1, "track_00001_01.jpg")
    assert [each.frame for each in rest if isinstance(each, PersonPicture)] == [5, 10]
    assert isinstance(one, Attachment)
    assert one.name == "track_00001_01.jpg"
    shown = np.asarray(cv2.imdecode(np.frombuffer(one.data, np.uint8), cv2.IMREAD_COLOR))
    assert shown.shape[0] == 240
    assert shown.shape[1] == round(240 * 110 / 330)
    assert shown[120, 40].mean() > 250
    assert abs(shown[120, 0].mean() - 90) < 10


def test_a_long_track_has_no_more_pictures_and_they_are_spread_over_all_of_it() -> None:
    frames = [each.frame for each in pictures(2000) if isinstance(each, PersonPicture)]
    assert MOST / 2 <= len(frames) <= MOST
    assert len({later - earlier for earlier, later in pairwise(frames)}) == 1
    assert frames[0] == 0
    assert frames[-1] > 1600


def test_pictures_come_when_the_track_has_ended_and_only_of_those_that_count() -> None:
    made = TrackPictures()
    made.look(frame(0), {1: BOX, 2: BOX, 3: BOX})
    ended = list(made.of_ended(frozenset({3}), lambda number: number != 2))
    assert [each.track_id for each in ended if isinstance(each, PersonPicture)] == [1]
    assert [each.track_id for each in made.of_ended(frozenset(), lambda _: True) if isinstance(each, PersonPicture)] == [3]


def test_a_box_beyond_the_edge_is_cut_to_the_picture() -> None:
    made = TrackPictures()
    made.look(frame(0), {1: np.array([-50, -80, 4, 1000], np.float32), 2: np.array([639.5, 399.5, 640, 400], np.float32)})
    sizes = [
        np.asarray(cv2.imdecode(np.frombuffer(each.data, np.uint8), cv2.IMREAD_COLOR)).shape[:2]
        for each in made.of_ended(frozenset(), lambda _: True)
        if isinstance(each, Attachment)
    ]
    assert sizes == [(240, 4), (1, 1)]
