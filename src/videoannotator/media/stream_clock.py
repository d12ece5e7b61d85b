"""When the samples of a stream are heard."""

from fractions import Fraction

from videoannotator.annotations.time import MediaTime
from videoannotator.media.types import AudioBlock


class StreamClock:
    """Tells the time of any sample of a stream, once its first block has come.

    A sound track may begin before or after time 0, so positions in the stream are no times.
    """

    def __init__(self) -> None:
        self._origin: MediaTime | None = None

    def see(self, block: AudioBlock) -> None:
        """Take a block of the stream; the first one says when it begins."""
        if self._origin is None:
            self._origin = block.time

    @property
    def origin(self) -> MediaTime:
        """The time of the first sample; 0 for a stream that has none."""
        return self._origin or MediaTime(Fraction(0))

    def time(self, sample: int, rate_hz: int) -> MediaTime:
        """The time of a sample, counted from the start of the stream, `rate_hz` a second."""
        return self.origin.shifted(Fraction(sample, rate_hz))
