"""Frames go in order; gaps are filled and marked; doubtful beginnings are dropped."""

from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.persons import PersonObservation
from videoannotator.pipelines.person_tracking.release import Release
from videoannotator.testing.examples import at

STEP_S = 0.2


def seen(step: int, number: int, x: float = 100.0) -> PersonObservation:
    return PersonObservation(at(step * STEP_S), 5 * step, number, Box(x, 50.0, 40.0, 90.0), Evidence.DETECTED, 0.5)


def released(
    steps: dict[int, list[PersonObservation]], *, longest_gap_s: float = 1.0, sure: tuple[int, ...] = ()
) -> list[PersonObservation]:
    release = Release(longest_gap_s)
    out = [one for step, people in steps.items() for one in release.add(at(step * STEP_S), 5 * step, people, frozenset(sure))]
    return out + release.finish()


def test_a_short_gap_is_filled_on_the_straight_way_and_marked() -> None:
    out = released({0: [seen(0, 1, 100.0)], 1: [], 2: [], 3: [seen(3, 1, 130.0)]})
    assert [(one.frame, one.evidence, one.box.left, one.score) for one in out] == [
        (0, Evidence.DETECTED, 100.0, 0.5),
        (5, Evidence.INTERPOLATED, 110.0, None),
        (10, Evidence.INTERPOLATED, 120.0, None),
        (15, Evidence.DETECTED, 130.0, 0.5),
    ]


def test_a_long_gap_stays_one() -> None:
    steps: dict[int, list[PersonObservation]] = {step: [] for step in range(12)}
    steps[0], steps[1], steps[8] = [seen(0, 1)], [seen(1, 1)], [seen(8, 1)]
    assert [one.frame for one in released(steps)] == [0, 5, 40]


def test_a_single_unsure_sighting_is_dropped_and_a_sure_one_kept() -> None:
    steps = {step: [seen(step, 1)] for step in range(10)}
    steps[4] = [seen(4, 1), seen(4, 2)]
    assert {one.track_id for one in released(steps)} == {1}
    steps[4] = [seen(4, 1), seen(4, 2)]
    assert {one.track_id for one in released(steps, sure=(2,))} == {1, 2}


def test_people_come_in_the_order_of_frames_and_tracks_whatever_the_gaps() -> None:
    steps = {step: [seen(step, number) for number in (3, 1, 2) if (step + number) % 3] for step in range(30)}
    out = released(steps)
    assert [(one.frame, one.track_id) for one in out] == sorted((one.frame, one.track_id) for one in out)
    assert len({(one.frame, one.track_id) for one in out}) == len(out)


def test_nothing_waits_longer_than_the_longest_gap() -> None:
    release = Release(1.0)
    waiting = 0
    for step in range(200):
        waiting += 1 - len(release.add(at(step * STEP_S), 5 * step, [seen(step, 1)], frozenset()))
        assert waiting <= 7
    assert len(release.finish()) == waiting
