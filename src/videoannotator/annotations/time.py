"""Exact points on a recording's time line."""

from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering
from numbers import Rational

from videoannotator.annotations.checks import require


@total_ordering
@dataclass(frozen=True, slots=True)
class MediaTime:
    """A point on the time line of a recording, in seconds, exact.

    Time 0 is what a browser's `currentTime` calls 0. The value is a fraction because presentation time stamps are: 1001/30000 has
    no finite decimal form.
    """

    exact: Fraction

    def __post_init__(self) -> None:
        require(isinstance(self.exact, Rational), f"a time is an exact fraction of seconds, not {self.exact!r}")

    @classmethod
    def from_pts(cls, pts: int, time_base: Fraction, origin: Fraction = Fraction(0)) -> "MediaTime":
        """The time of a presentation time stamp `pts`, counted in `time_base` seconds, where `origin` (seconds) is time 0."""
        return cls(pts * time_base - origin)

    @classmethod
    def from_seconds(cls, seconds: float) -> "MediaTime":
        """The time nearest to `seconds` on a grid of one microsecond."""
        return cls(Fraction(round(seconds * 1_000_000), 1_000_000))

    @property
    def seconds(self) -> float:
        """Seconds as a float, rounded to the nearest microsecond."""
        return round(float(self.exact), 6) + 0.0  # no minus before zero

    def shifted(self, seconds: float | Fraction) -> "MediaTime":
        """The time `seconds` later (earlier when negative); a float is taken to the microsecond."""
        if isinstance(seconds, float):
            return MediaTime(self.exact + MediaTime.from_seconds(seconds).exact)
        return MediaTime(self.exact + seconds)

    def since(self, earlier: "MediaTime") -> float:
        """Seconds from `earlier` to this time, as a float."""
        return float(self.exact - earlier.exact)

    def __lt__(self, other: "MediaTime") -> bool:
        return self.exact < other.exact

    def __str__(self) -> str:
        """`HH:MM:SS.mmm`, the form that WebVTT uses."""
        milliseconds = round(self.exact * 1000)
        sign, milliseconds = ("-" if milliseconds < 0 else ""), abs(milliseconds)
        minutes, milliseconds = divmod(milliseconds, 60_000)
        hours, minutes = divmod(minutes, 60)
        return f"{sign}{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
