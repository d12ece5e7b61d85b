"""Counting what could not be read, and saying it in a sentence."""

from fractions import Fraction

from videoannotator.annotations.media_info import Damage
from videoannotator.annotations.time import MediaTime

TOLERANCE_S = Fraction(1, 2)
"""A stream that ends this much before its announced end is not called cut off."""


class DamageLog:
    """Collects what goes wrong while a recording is read."""

    def __init__(self) -> None:
        self.bad_packets = 0
        self.bad_frames = 0
        self._first_at: Fraction | None = None
        self._missing_end = Fraction(0)

    def packet(self, at: Fraction) -> None:
        """The decoder or demuxer refused a packet, or found it incomplete; `at` is how far the reading had come, in seconds."""
        self.bad_packets += 1
        self._note(at)

    def frame(self, at: Fraction, count: int = 1) -> None:
        """Frames were dropped, or are marked corrupt."""
        self.bad_frames += count
        self._note(at)

    def ended(self, found: Fraction, announced: Fraction | None) -> None:
        """A stream ended at `found` seconds, while the file announced another end."""
        if announced is not None and announced - found > TOLERANCE_S:
            self._missing_end = max(self._missing_end, announced - found)
            self._note(found)

    def _note(self, at: Fraction) -> None:
        self._first_at = at if self._first_at is None else min(at, self._first_at)

    def result(self) -> Damage | None:
        """The damage; None when nothing was amiss."""
        if self._first_at is None:
            return None
        first = max(Fraction(0), self._first_at)
        parts = []
        if self.bad_packets:
            parts.append(f"{self.bad_packets} data packet{'s are' if self.bad_packets != 1 else ' is'} damaged")
        if self.bad_frames:
            parts.append(f"{self.bad_frames} frame{'s were' if self.bad_frames != 1 else ' was'} dropped or may show errors")
        if self._missing_end:
            parts.append(f"the last {float(self._missing_end):.1f} s that the file announces are missing")
        return Damage(
            message=f"The recording is damaged from {MediaTime(first)} on: {', '.join(parts)}.",
            first_at_s=round(float(first), 3),
            bad_packets=self.bad_packets,
            bad_frames=self.bad_frames,
            missing_end_s=round(float(self._missing_end), 3),
        )
