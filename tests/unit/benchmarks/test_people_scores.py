"""The scores of people, postures and faces, on cases that can be counted by hand."""

from collections.abc import Callable

import pytest
from benchmarks.people_runs import in_shots, looked_at, true_faces, true_persons, true_postures
from benchmarks.people_scores import FoundBox, TruthBox, face_scores, keypoint_scores, track_scores

from videoannotator.annotations.boxes import Box, Point
from videoannotator.annotations.persons import KEYPOINTS
from videoannotator.media.portraits import PlacedPerson
from videoannotator.media.synthetic import regular_times
from videoannotator.testing.people_clips import PeopleTruth

LEFT, RIGHT = Box(0, 0, 40, 80), Box(200, 0, 40, 80)
FRAMES = list(range(10))
TWO = [TruthBox(frame, who, box) for frame in FRAMES for who, box in ((1, LEFT), (2, RIGHT))]


def found(
    box_of: Callable[[int, int | str], Box], who_of: Callable[[int, int | str], int] = lambda _, who: int(who)
) -> list[FoundBox]:
    return [FoundBox(each.frame, who_of(each.frame, each.who), box_of(each.frame, each.who)) for each in TWO]


def where(_: int, who: int | str) -> Box:
    return LEFT if who == 1 else RIGHT


def test_everybody_found_under_one_id() -> None:
    scores = track_scores([(FRAMES, TWO, found(where))])[0]
    assert (scores.mota, scores.idf1, scores.switches, scores.missed, scores.false, scores.boxes) == (1, 1, 0, 0, 0, 20)


def test_ids_that_change_places_cost_two_switches_and_half_of_the_identity() -> None:
    crossed = found(where, lambda frame, who: int(who) if frame < 5 else 3 - int(who))
    scores = track_scores([(FRAMES, TWO, crossed)])[0]
    assert scores.switches == 2
    assert scores.idf1 == 0.5
    assert scores.mota == pytest.approx(1 - 2 / 20)


def test_boxes_elsewhere_are_misses_and_false() -> None:
    scores = track_scores([(FRAMES, TWO, found(lambda _frame, _who: Box(100, 0, 40, 80)))])[0]
    assert (scores.missed, scores.false, scores.idf1) == (20, 20, 0)


def test_who_need_not_be_found_may_be() -> None:
    truth = [TruthBox(each.frame, each.who, each.box, counted=each.who == 1) for each in TWO]
    for given in (found(where), [each for each in found(where) if each.who == 1]):
        scores = track_scores([(FRAMES, truth, given)])[0]
        assert (scores.mota, scores.boxes, scores.false) == (1, 10, 0)


def test_all_sequences_together_come_last() -> None:
    first, second, together = track_scores([(FRAMES, TWO, found(where)), (FRAMES, TWO, [])])
    assert (first.missed, second.missed, together.missed, together.boxes) == (0, 20, 20, 40)


def test_faces() -> None:
    truth = [TruthBox(0, 1, LEFT), TruthBox(0, 2, RIGHT), TruthBox(1, 1, LEFT, counted=False)]
    given = [FoundBox(0, 1, LEFT), FoundBox(0, 2, Box(100, 100, 40, 40)), FoundBox(1, 1, LEFT)]
    scores = face_scores([([0, 1], truth, given)])
    assert (scores.found, scores.faces, scores.false, scores.boxes) == (1, 2, 1, 3)
    assert scores.recall == 0.5


def placed(frame: int, visibility: float = 1.0) -> PlacedPerson:
    points = {name: Point(100 + 10 * number, 50 + 5 * number) for number, name in enumerate(KEYPOINTS[:7])}
    return PlacedPerson(frame, 1, Box(80, 40, 100, 200), visibility, Box(90, 45, 50, 50), visibility, (), points)


def test_postures_in_their_places_are_perfect_and_others_are_not() -> None:
    truth = true_postures([placed(0), placed(3)], [0])
    assert [image["id"] for image in truth["images"]] == [0]
    exact = [{"image_id": 0, "category_id": 1, "keypoints": truth["annotations"][0]["keypoints"], "score": 0.9}]
    assert keypoint_scores(truth, exact).precision == pytest.approx(1)
    shifted = [value + 40 if place % 3 == 0 else value for place, value in enumerate(exact[0]["keypoints"])]
    assert keypoint_scores(truth, [{**exact[0], "keypoints": shifted}]).precision == 0
    assert keypoint_scores(truth, []).recall == 0


def test_who_is_hardly_to_be_seen_is_not_counted() -> None:
    people = [placed(0), placed(1, visibility=0.3)]
    assert [each.counted for each in true_persons(people)] == [True, False]
    assert [each.counted for each in true_faces(people)] == [True, False]
    assert true_postures(people, [0, 1])["annotations"][1]["num_keypoints"] == 0


def test_frames_and_shots() -> None:
    times = regular_times(10)
    assert looked_at(times, 5.0) == [0, 5]
    assert looked_at(times, None) == list(range(10))
    truth = PeopleTruth((640, 360), times, (), cuts=(4,))
    assert [box.who for box in in_shots([FoundBox(3, 1, LEFT), FoundBox(4, 1, LEFT)], truth)] == ["1 in 0", "1 in 1"]
