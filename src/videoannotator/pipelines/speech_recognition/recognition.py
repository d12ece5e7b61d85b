"""What a recogniser gives for one stretch of sound, whichever network stands behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

CheckStop = Callable[[], None]
"""Raises RunStopped when somebody asked the run to stop; cheap enough to be called for every token."""


@dataclass(frozen=True, slots=True)
class RecognisedWord:
    """One word as recognised.

    Attributes:
        text: with its punctuation, without spaces.
        confidence: mean probability of its tokens, 0 to 1.
        span_s: (start, end) in seconds from the first sample; None when the recogniser does not know.
    """

    text: str
    confidence: float
    span_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was recognised in one stretch of sound.

    Attributes:
        words: in order; empty when nothing was recognised.
        confidence: mean probability of all tokens, 0 to 1; 0 when there are none.
        language: ISO 639-1 code.
        looped: whether the network began to repeat itself without end; the repetition is cut away.
    """

    words: tuple[RecognisedWord, ...]
    confidence: float
    language: str
    looped: bool = False


class Recogniser(Protocol):
    """Turns sound into words."""

    def recognise(self, samples: npt.NDArray[np.float32], check_stop: CheckStop) -> Recognition:
        """Recognise mono speech, float32 from -1 to 1 at 16 kHz, shape (n,)."""
