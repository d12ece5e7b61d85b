"""Tracks keep their numbers through crossings, gaps and cuts, and begin anew where nothing says that it is the same person."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.inference.person_detector import Detections, iou, without_doubles
from videoannotator.pipelines.person_tracking.association import assign
from videoannotator.pipelines.person_tracking.kalman import BoxFilter
from videoannotator.pipelines.person_tracking.tracker import Candidate, Tracker

Floats = npt.NDArray[np.float32]
STEP_S = 0.2


def box(x: float, y: float = 200.0, width: float = 80.0, height: float = 240.0) -> Floats:
    """Left, top, right, bottom around a middle."""
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2], np.float32)


def looks(*colours: int) -> Floats:
    """An appearance of a few colours."""
    counts = np.zeros(256, np.float32)
    counts[list(colours)] = 1
    return np.asarray(np.sqrt(counts / counts.sum()), np.float32)


RED, BLUE = looks(1, 2, 3), looks(9, 10, 11)


def numbers(tracker: Tracker, now_s: float, *people: tuple[Floats, float, Floats], cut: bool = False) -> list[int | None]:
    tracker.advance(now_s, cut=cut)
    given_tracks = tracker.update([Candidate(*one) for one in people])
    return [None if track is None else track.number for track in given_tracks]


def test_two_who_cross_keep_their_numbers() -> None:
    tracker = Tracker(0.4, 3.0)
    found = set()
    for step in range(21):
        left, right = (box(100 + 20 * step), 0.8, RED), (box(500 - 20 * step), 0.8, BLUE)
        seen = numbers(tracker, step * STEP_S, left, right) if step % 2 else numbers(tracker, step * STEP_S, right, left)[::-1]
        found.add(tuple(seen))
    assert found == {(2, 1)}


def test_two_who_look_alike_are_told_apart_by_the_way_they_move() -> None:
    tracker = Tracker(0.4, 3.0)
    first = numbers(tracker, 0.0, (box(100), 0.8, RED), (box(700), 0.8, RED))
    for step in range(1, 31):
        seen = numbers(tracker, step * STEP_S / 4, (box(100 + 20 * step), 0.8, RED), (box(700 - 20 * step), 0.8, RED))
    assert seen == first


def test_an_unsure_detection_goes_on_and_does_not_begin() -> None:
    tracker = Tracker(0.4, 3.0)
    assert numbers(tracker, 0.0, (box(100), 0.3, RED)) == [None]
    assert numbers(tracker, 0.2, (box(100), 0.8, RED)) == [1]
    assert numbers(tracker, 0.4, (box(104), 0.25, RED), (box(500), 0.3, BLUE)) == [1, None]


def test_a_double_goes_on_and_does_not_begin() -> None:
    tracker = Tracker(0.4, 3.0)
    one_body = ~np.eye(2, dtype=np.bool_)
    two = [Candidate(box(100), 0.8, RED), Candidate(box(110, height=160), 0.7, RED)]
    tracker.advance(0.0, cut=False)
    assert [track and track.number for track in tracker.update(two, one_body)] == [1, None]
    tracker.advance(0.2, cut=False)
    assert [track and track.number for track in tracker.update([Candidate(box(400), 0.8, BLUE), two[0]])] == [2, 1]
    tracker.advance(0.4, cut=False)
    in_front = [two[0], Candidate(box(395), 0.8, BLUE)]
    assert [track and track.number for track in tracker.update(in_front, one_body)] == [1, 2], "people who are hidden stay people"


def test_only_what_may_be_a_track_is_worth_a_closer_look() -> None:
    tracker = Tracker(0.4, 3.0)
    boxes, scores = np.stack([box(104), box(500), box(800)]), np.array([0.25, 0.3, 0.9], np.float32)
    tracker.advance(0.0, cut=False)
    assert tracker.may_take(boxes, scores).tolist() == [False, False, True]
    tracker.update([Candidate(box(100), 0.8, RED)])
    tracker.advance(0.2, cut=False)
    assert tracker.may_take(boxes, scores).tolist() == [True, False, True]
    assert tracker.may_take(boxes[:0], scores[:0]).shape == (0,)
    tracker.advance(0.4, cut=True)
    assert tracker.may_take(boxes, scores).tolist() == [False, False, True]


def test_somebody_out_of_sight_is_found_again_within_reach_and_looking_alike() -> None:
    tracker = Tracker(0.4, 3.0)
    assert numbers(tracker, 0.0, (box(100), 0.8, RED)) == [1]
    for step in range(1, 10):
        assert numbers(tracker, step * STEP_S) == []
    assert numbers(tracker, 2.0, (box(420), 0.8, BLUE), (box(380), 0.8, RED)) == [2, 1]


@pytest.mark.parametrize("person", [(box(1500), 0.8, RED), (box(380), 0.8, BLUE), (box(380, height=700.0), 0.8, RED)])
def test_somebody_too_far_off_or_of_other_looks_or_size_is_somebody_else(person: tuple[Floats, float, Floats]) -> None:
    tracker = Tracker(0.4, 3.0)
    numbers(tracker, 0.0, (box(100), 0.8, RED))
    assert numbers(tracker, 1.5, person) == [2]


def test_a_track_is_forgotten_after_its_time() -> None:
    tracker = Tracker(0.4, 1.0)
    numbers(tracker, 0.0, (box(100), 0.8, RED))
    for step in range(1, 6):
        numbers(tracker, step * STEP_S)
    assert numbers(tracker, 1.2, (box(100), 0.8, RED)) == [2]


def test_frames_farther_apart_than_that_time_still_belong_together() -> None:
    tracker = Tracker(0.4, 0.0)
    assert [numbers(tracker, float(second), (box(100), 0.8, RED)) for second in range(4)] == [[1]] * 4


def test_behind_a_cut_only_looks_keep_a_number() -> None:
    tracker = Tracker(0.4, 3.0)
    numbers(tracker, 0.0, (box(100), 0.8, RED), (box(400), 0.8, BLUE))
    assert numbers(tracker, 0.2, (box(100), 0.8, looks(50, 51)), (box(410), 0.8, BLUE), cut=True) == [3, 2]


def test_a_suspected_cut_that_is_none_changes_nothing() -> None:
    tracker = Tracker(0.4, 3.0)
    numbers(tracker, 0.0, (box(100), 0.8, RED), (box(400), 0.8, BLUE))
    assert numbers(tracker, 0.2, (box(105), 0.8, RED), (box(396), 0.8, BLUE), cut=True) == [1, 2]
    assert numbers(tracker, 0.4, (box(110), 0.8, RED), (box(392), 0.8, BLUE)) == [1, 2]


def test_numbers_do_not_depend_on_the_order_of_detections() -> None:
    forth, back = Tracker(0.4, 3.0), Tracker(0.4, 3.0)
    for step in range(8):
        people = [(box(100 + 30 * step), 0.9, RED), (box(400 - 10 * step), 0.7, BLUE), (box(700), 0.3, looks(77))]
        one = numbers(forth, step * STEP_S, *people)
        other = numbers(back, step * STEP_S, *people[::-1])[::-1]
        assert [number is None for number in one] == [number is None for number in other]


def test_a_filter_learns_how_somebody_moves() -> None:
    followed = BoxFilter(box(100))
    for step in range(1, 11):
        followed.predict(STEP_S)
        followed.correct(box(100 + 12 * step))
    followed.predict(STEP_S)
    assert followed.box == pytest.approx(box(232), abs=3)
    followed.halt()
    before = followed.box
    followed.predict(1.0)
    assert followed.box == pytest.approx(before, abs=1e-3)


@given(st.lists(st.tuples(st.floats(-500, 2000), st.floats(0.01, 900)), min_size=1, max_size=30))
def test_a_filter_never_gives_an_empty_or_endless_box(steps: list[tuple[float, float]]) -> None:
    followed = BoxFilter(box(100))
    for x, size in steps:
        followed.predict(0.2)
        followed.correct(box(x, width=size, height=size))
        left, top, right, bottom = followed.box
        assert np.isfinite(followed.box).all()
        assert right > left
        assert bottom > top


def test_the_best_assignment_of_all_wins_and_bad_pairs_are_never_made() -> None:
    agreement = np.array([[0.9, 0.8], [0.85, 0.1]], np.float32)
    assert assign(agreement, 0.2) == [(0, 1), (1, 0)]
    assert assign(np.array([[0.1, 0.15]], np.float32), 0.2) == []
    assert assign(np.empty((0, 3), np.float32), 0.2) == []


def test_boxes_of_one_person_become_one() -> None:
    boxes = np.stack([box(100), box(104), box(300), box(300, width=0.0)])
    kept = without_doubles(Detections(boxes, np.array([0.5, 0.9, 0.7, 0.8], np.float32)), 0.6)
    assert kept.boxes.tolist() == [box(104).tolist(), box(300).tolist()]
    assert kept.scores.tolist() == pytest.approx([0.9, 0.7])


def test_shares_of_boxes() -> None:
    assert iou(box(100)[None], np.stack([box(100), box(140), box(900)]))[0] == pytest.approx([1.0, 1 / 3, 0.0])
