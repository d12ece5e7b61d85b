"""Which frame is shown when."""

import sys
from array import array
from bisect import bisect_right
from fractions import Fraction
from math import floor

from videoannotator.annotations.checks import require
from videoannotator.annotations.time import MediaTime


class FrameTimes:
    """The presentation times of a video's frames, by frame index: 8 bytes a frame.

    Args:
        time_base: seconds per tick.
        origin: seconds from the stream's own zero to time 0.
    """

    def __init__(self, time_base: Fraction, origin: Fraction = Fraction(0)) -> None:
        self.time_base = time_base
        self.origin = origin
        self._ticks = array("q")

    @classmethod
    def from_bytes(cls, ticks: bytes, time_base: Fraction, origin: Fraction) -> "FrameTimes":
        """What `to_bytes` gave, with the numbers that belong to it."""
        times = cls(time_base, origin)
        times._ticks.frombytes(ticks)
        if sys.byteorder == "big":
            times._ticks.byteswap()
        return times

    def to_bytes(self) -> bytes:
        """The time stamps in ticks, 8 bytes each, least significant first."""
        ticks = self._ticks[:]
        if sys.byteorder == "big":
            ticks.byteswap()
        return ticks.tobytes()

    def append(self, pts: int) -> None:
        """Add the next frame's presentation time stamp, in ticks; it must lie after the last."""
        require(not self._ticks or pts > self._ticks[-1], f"frame times must grow, and {pts} follows {self._ticks[-1:]}")
        self._ticks.append(pts)

    def __len__(self) -> int:
        return len(self._ticks)

    def __getitem__(self, index: int) -> MediaTime:
        return MediaTime.from_pts(self._ticks[index], self.time_base, self.origin)

    def index_at(self, time: MediaTime) -> int | None:
        """The index of the frame that is shown at `time`; None before the first."""
        ticks = floor((time.exact + self.origin) / self.time_base)  # ticks are whole, and whole numbers compare much faster
        index = bisect_right(self._ticks, ticks) - 1
        return index if index >= 0 else None
