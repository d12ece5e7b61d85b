"""Times of samples."""

from fractions import Fraction

import numpy as np

from videoannotator.annotations.time import MediaTime
from videoannotator.media.stream_clock import StreamClock
from videoannotator.media.types import AudioBlock


def block(start: Fraction, first_sample: int) -> AudioBlock:
    return AudioBlock(MediaTime(start), first_sample, 16000, np.zeros(4, np.float32))


def test_the_first_block_says_when_the_stream_begins() -> None:
    clock = StreamClock()
    clock.see(block(Fraction(-1, 50), 0))
    clock.see(block(Fraction(3), 4))
    assert clock.origin == MediaTime(Fraction(-1, 50))
    assert clock.time(16000, 16000) == MediaTime(Fraction(49, 50))


def test_a_stream_without_a_block_begins_at_zero() -> None:
    assert StreamClock().time(8000, 16000) == MediaTime(Fraction(1, 2))
