"""Choosing frames at a rate, the facts of frame times, and the clocks: their arithmetic."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videoannotator.media.sampling import Sampler
from videoannotator.media.timing import Continuity, FrameClock, facts_of

RATES = st.sampled_from([0.5, 1.0, 5.0, 12.5, 24.0, 25.0, 29.97, 30.0, 100.0])
TIMES = st.lists(st.integers(-500, 100_000), min_size=1, max_size=60, unique=True)


@given(rate=RATES, milliseconds=TIMES)
def test_the_first_frame_at_or_after_each_step_is_chosen(rate: float, milliseconds: list[int]) -> None:
    times = [Fraction(value, 1000) for value in sorted(milliseconds)]
    sampler = Sampler(rate)
    chosen = [time for time in times if sampler.wants(time)]
    exact = Fraction(rate).limit_denominator(1_000_000)
    steps = {int(time * exact) + shift for time in times for shift in (-2, -1, 0, 1, 2)}
    assert set(chosen) == {min(later) for step in steps if (later := [time for time in times if time >= step / exact])}


@settings(max_examples=10)
@given(rate=RATES, start=st.fractions(0, 100, max_denominator=90000))
def test_nothing_drifts_over_a_long_recording(rate: float, start: Fraction) -> None:
    sampler = Sampler(rate)
    every = Fraction(1001, 30000)
    count = sum(sampler.wants(start + index * every) for index in range(9000))
    seconds = 9000 * every
    assert abs(count - min(float(seconds) * rate, 9000.0)) <= 2


def test_without_a_rate_every_frame_is_chosen() -> None:
    assert all(map(Sampler(None).wants, [Fraction(0), Fraction(1, 7), Fraction(1, 6)]))


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=50, unique=True))
def test_facts_do_not_depend_on_order_or_repetition(ticks: list[int]) -> None:
    facts = facts_of([*ticks, *ticks[:3]], Fraction(1, 1000), Fraction(1, 2))
    assert facts is not None
    ordered = sorted(ticks)
    gaps = [b - a for a, b in pairwise(ordered)]
    assert facts.frame_count == len(ticks)
    assert facts.first_s == pytest.approx(ordered[0] / 1000 - 0.5)
    assert facts.last_s == pytest.approx(ordered[-1] / 1000 - 0.5)
    assert facts.longest_interval_s == (pytest.approx(max(gaps) / 1000) if gaps else None)
    assert facts.variable_rate is (bool(gaps) and max(gaps) - min(gaps) > 1)


def test_no_frames_have_no_facts() -> None:
    assert facts_of([], Fraction(1, 1000), Fraction(0)) is None


def test_frames_whose_time_does_not_grow_are_dropped() -> None:
    clock = FrameClock(10, 1000, None)
    assert [clock.ticks(pts, None, 10) for pts in (0, 10, 10, 5, 20)] == [0, 10, None, None, 20]
    assert clock.dropped == 2


def test_a_time_stamp_far_beyond_the_end_does_not_cost_the_rest() -> None:
    clock = FrameClock(10, 1000, 100)
    assert [clock.ticks(pts, None, 10) for pts in (0, 10, 99999, 30)] == [0, 10, None, 30]


def test_a_recording_may_be_longer_than_its_header_says() -> None:
    clock = FrameClock(10, 1000, 100)
    assert [clock.ticks(pts, None, 10) for pts in range(0, 3000, 10)] == list(range(0, 3000, 10))


def test_packet_order_decides_where_there_are_no_presentation_times() -> None:
    clock = FrameClock(1, 1000, None, by_packet_order=True)
    for dts in (0, 1, 2, 4):
        clock.packet(dts)
    assert [clock.ticks(7, None, 1) for _ in range(4)] == [0, 1, 2, 4]
    assert (clock.guessed, clock.ticks(None, None, 1)) == (0, 5)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=40))
def test_an_unbroken_clock_is_left_alone(steps: list[int]) -> None:
    continuity = Continuity()
    time = 0
    for step in steps:
        time += step
        assert continuity.shift(0, time, 1, Fraction(1)) == 0
    assert continuity.resets == 0


def test_streams_change_to_a_new_clock_together_even_when_they_leap_one_after_the_other() -> None:
    continuity = Continuity()
    packets = [(0, 100), (1, 100), (0, 101), (1, 101), (0, 0), (1, 102), (0, 1), (1, 0), (1, 1), (0, 2)]
    shifted = [(stream, time + continuity.shift(stream, time, 1, Fraction(1))) for stream, time in packets]
    assert shifted == [(0, 100), (1, 100), (0, 101), (1, 101), (0, 102), (1, 102), (0, 103), (1, 102), (1, 103), (0, 104)]
    assert continuity.resets == 1


def test_a_single_wrong_time_stamp_does_not_shift_what_follows() -> None:
    continuity = Continuity()
    times = [100, 101, 5, 103, 104]
    shifted = [time + continuity.shift(0, time, 1, Fraction(1)) for time in times]
    assert shifted[3:] == [103, 104]
