"""The times of frames: whether the rate is constant, and what to do about missing and broken time stamps."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush

import numpy as np

from videoannotator.annotations.media_info import FrameTiming

_MILLISECOND = Fraction(1, 1000)
RESET_S = 10
"""Time stamps that leap by more do not simply go on."""


class TimingFacts:
    """Counts the facts of a frame-time table; `add` takes growing time stamps in ticks of `time_base` seconds."""

    def __init__(self, time_base: Fraction, origin: Fraction) -> None:
        self._time_base = time_base
        self._origin = origin
        self._count = 0
        self._first = self._last = 0
        self._shortest = self._longest = 0

    def add(self, ticks: int) -> None:
        """Count the next frame."""
        if self._count == 0:
            self._first = ticks
        else:
            interval = ticks - self._last
            self._shortest = interval if self._count == 1 else min(interval, self._shortest)
            self._longest = max(interval, self._longest)
        self._last = ticks
        self._count += 1

    def result(self) -> FrameTiming | None:
        """The facts so far; None without any frame.

        The rate is called variable when intervals differ by more than rounding explains. Time stamps are rounded to ticks, and many
        were rounded to milliseconds earlier in their life, which survives in a finer time base.
        """
        if self._count == 0:
            return None
        rounding = max(self._time_base, _MILLISECOND + self._time_base) if self._time_base < _MILLISECOND else self._time_base
        several = self._count > 1
        return FrameTiming(
            frame_count=self._count,
            first_s=round(float(self._first * self._time_base - self._origin), 6),
            last_s=round(float(self._last * self._time_base - self._origin), 6),
            shortest_interval_s=round(float(self._shortest * self._time_base), 6) if several else None,
            longest_interval_s=round(float(self._longest * self._time_base), 6) if several else None,
            variable_rate=(self._longest - self._shortest) * self._time_base > rounding,
        )


def facts_of(ticks: Iterable[int], time_base: Fraction, origin: Fraction) -> FrameTiming | None:
    """The facts of time stamps in any order, repeated ones counted once."""
    facts = TimingFacts(time_base, origin)
    for value in np.unique(np.frombuffer(array("q", ticks), np.int64)).tolist():
        facts.add(value)
    return facts.result()


class FrameClock:
    """Gives every decoded frame a time stamp that grows.

    Frames without a time stamp, as MPEG program streams have them, are shown when the frame before them ends. AVI knows no
    presentation times, only a number for each packet: frames leave the decoder in presentation order, so the n-th frame has the
    n-th number.

    Args:
        usual_interval: ticks from frame to frame where the file does not say it.
        leap: ticks by which ordinary time stamps do not leap.
        last_allowed: a leap to a later time stamp than this, in ticks, cannot be right; None when nobody knows.
        by_packet_order: whether the file knows only packet numbers.

    Attributes:
        guessed: frames whose time came from their neighbours.
        dropped: frames left out because their time did not grow, or leapt to where nothing can be.
    """

    def __init__(self, usual_interval: int, leap: int, last_allowed: int | None, *, by_packet_order: bool = False) -> None:
        self.guessed = 0
        self.dropped = 0
        self._interval = max(1, usual_interval)
        self._leap = leap
        self._last_allowed = last_allowed
        self._by_packet_order = by_packet_order
        self._numbers: list[int] = []
        self._last: int | None = None
        self._next = 0

    def packet(self, dts: int | None) -> None:
        """Take note of a packet that the decoder accepted."""
        if self._by_packet_order and dts is not None:
            heappush(self._numbers, dts)

    def ticks(self, pts: int | None, dts: int | None, duration: int) -> int | None:
        """The time stamp of the next frame, given what the decoder says, all in ticks; None when the frame must be dropped."""
        ticks = heappop(self._numbers) if self._numbers else None if self._by_packet_order else pts
        if ticks is None:
            self.guessed += 1
            ticks = self._next if self._last is not None or dts is None else dts
        too_far = self._last_allowed is not None and ticks > self._last_allowed and ticks - self._next > self._leap
        if too_far or (self._last is not None and ticks <= self._last):
            self.dropped += 1
            return None
        self._last = ticks
        self._next = ticks + (duration if duration > 0 else self._interval)
        return ticks


@dataclass(slots=True)
class _StreamClock:
    """Where one stream has come, in its own ticks, and what is added to its time stamps."""

    time_base: Fraction
    shift: int
    last: int
    end: int


class Continuity:
    """Joins the pieces of a recording whose clock starts anew in the middle, as in transport streams that were put end to end.

    Only a leap back by more than ten seconds counts as a new start. The shift belongs to the whole recording; each stream changes
    to it when its own packets leap, so that pictures and sound stay together.
    """

    def __init__(self) -> None:
        self.resets = 0
        self._shifts = [Fraction(0)]
        self._clocks: dict[int, _StreamClock] = {}

    def shift(self, stream: int, ticks: int, duration: int, time_base: Fraction) -> int:
        """Ticks to add to the time stamps of a packet, given its decoding time, duration and time base."""
        clock = self._clocks.get(stream)
        if clock is None:
            shift = round(self._shifts[-1] / time_base)
            clock = self._clocks[stream] = _StreamClock(time_base, shift, ticks + shift, ticks + shift)
        if abs(ticks + clock.shift - clock.last) * time_base.numerator > RESET_S * time_base.denominator:
            clock.shift = self._other_shift(clock, ticks)
        clock.last = ticks + clock.shift
        clock.end = max(clock.end, clock.last + duration)
        return clock.shift

    def _other_shift(self, clock: _StreamClock, ticks: int) -> int:
        """The shift with which a leaping time stamp goes on from the last one: a known one, a new one, or after all the same."""
        known = [round(shift / clock.time_base) for shift in self._shifts]
        nearest = min(known, key=lambda shift: abs(ticks + shift - clock.last))
        if abs(ticks + nearest - clock.last) <= RESET_S / clock.time_base:
            return nearest
        if ticks + clock.shift > clock.last:
            return clock.shift
        end = max(other.end * other.time_base for other in self._clocks.values())
        self._shifts.append(end - ticks * clock.time_base)
        self.resets += 1
        return round(self._shifts[-1] / clock.time_base)
