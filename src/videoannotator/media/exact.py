"""Numbers of libav as exact fractions."""

from fractions import Fraction
from typing import Protocol


class Ratio(Protocol):
    """A fraction of any library; some have a denominator of 0 for `unknown`."""

    @property
    def numerator(self) -> int: ...
    @property
    def denominator(self) -> int: ...


def fraction(value: Ratio | None) -> Fraction | None:
    """The value as a fraction; None when it is unknown (None, 0, or with a denominator of 0)."""
    if value is None or value.numerator == 0 or value.denominator == 0:
        return None
    return Fraction(value.numerator, value.denominator)


def seconds(ticks: int | None, time_base: Fraction) -> Fraction | None:
    """A time stamp in seconds; None when there is none."""
    return None if ticks is None else ticks * time_base
