"""Times are exact, and every rounding of them is stated."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videoannotator.annotations.time import MediaTime

exact_seconds = st.fractions(min_value=-1000, max_value=400_000, max_denominator=90_000)


def test_time_stamps_become_exact_seconds_after_the_origin() -> None:
    assert MediaTime.from_pts(1001, Fraction(1, 30000), Fraction(1, 3)).exact == Fraction(1001, 30000) - Fraction(1, 3)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (Fraction(0), "00:00:00.000"),
        (Fraction(-1, 10_000), "00:00:00.000"),
        (Fraction(1, 3), "00:00:00.333"),
        (Fraction(59_999_6, 10_000), "00:01:00.000"),
        (Fraction(3599_9996, 10_000), "01:00:00.000"),
        (Fraction(360_000), "100:00:00.000"),
        (Fraction(-61_5, 10), "-00:01:01.500"),
    ],
)
def test_written_in_hours_minutes_and_milliseconds(seconds: Fraction, written: str) -> None:
    assert str(MediaTime(seconds)) == written


def test_seconds_are_rounded_to_the_microsecond_and_never_minus_zero() -> None:
    assert MediaTime(Fraction(1, 3)).seconds == 0.333333
    assert str(MediaTime(Fraction(-1, 10**9)).seconds) == "0.0"


@given(exact_seconds, exact_seconds)
def test_order_and_distance_are_those_of_the_exact_values(one: Fraction, other: Fraction) -> None:
    assert (MediaTime(one) < MediaTime(other)) == (one < other)
    assert (MediaTime(one) >= MediaTime(other)) == (one >= other)
    assert (MediaTime(one) == MediaTime(other)) == (one == other)
    assert MediaTime(one).since(MediaTime(other)) == float(one - other)


@given(exact_seconds, st.fractions(max_denominator=90_000, min_value=-10, max_value=10))
def test_shifting_by_a_fraction_is_exact(start: Fraction, by: Fraction) -> None:
    assert MediaTime(start).shifted(by).exact == start + by


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_seconds_are_taken_to_the_nearest_microsecond(seconds: float) -> None:
    time = MediaTime.from_seconds(seconds)
    assert abs(time.exact - Fraction(seconds)) <= Fraction(1, 2_000_000) + Fraction(1, 10**9)
    assert MediaTime.from_seconds(time.seconds) == time
    assert MediaTime(Fraction(0)).shifted(seconds) == time


def test_a_float_is_no_exact_time() -> None:
    with pytest.raises(ValueError, match="exact fraction"):
        MediaTime(0.5)  # type: ignore[arg-type]
