"""Which frame is shown when, against a search that cannot be wrong."""

from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.time import MediaTime

TIME_BASES = (Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 1000))


def table(ticks: list[int], time_base: Fraction, origin: Fraction) -> FrameTimes:
    times = FrameTimes(time_base, origin)
    for tick in ticks:
        times.append(tick)
    return times


@given(
    first=st.integers(-1000, 1000),
    steps=st.lists(st.integers(1, 5000), max_size=40),
    time_base=st.sampled_from(TIME_BASES),
    origin=st.fractions(min_value=-2, max_value=2, max_denominator=48_000),
    asked=st.fractions(min_value=-5, max_value=200, max_denominator=48_000),
)
def test_the_frame_shown_is_the_last_one_that_has_begun(
    first: int, steps: list[int], time_base: Fraction, origin: Fraction, asked: Fraction
) -> None:
    ticks = list(accumulate(steps, initial=first))
    times = table(ticks, time_base, origin)
    begun = [index for index, tick in enumerate(ticks) if tick * time_base - origin <= asked]
    assert times.index_at(MediaTime(asked)) == (begun[-1] if begun else None)
    assert [times.index_at(times[index]) for index in range(len(times))] == list(range(len(ticks)))


def test_a_frame_is_shown_from_its_time_on_and_not_earlier() -> None:
    times = table([0, 1001, 2002], Fraction(1, 30_000), Fraction(0))
    begins = times[1]
    assert times.index_at(begins) == 1
    assert times.index_at(begins.shifted(Fraction(-1, 10**12))) == 0


def test_time_stamps_beyond_the_precision_of_a_float() -> None:
    times = table([2**60, 2**60 + 1], Fraction(1, 90_000), Fraction(0))
    assert times.index_at(times[1]) == 1


def test_without_frames_nothing_is_shown() -> None:
    assert FrameTimes(Fraction(1, 25)).index_at(MediaTime(Fraction(0))) is None


@pytest.mark.parametrize("next_tick", [10, 9])
def test_times_must_grow(next_tick: int) -> None:
    times = table([10], Fraction(1, 25), Fraction(0))
    with pytest.raises(ValueError, match="must grow"):
        times.append(next_tick)
