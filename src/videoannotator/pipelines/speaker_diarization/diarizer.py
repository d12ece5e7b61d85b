"""What a method of diarization gives, whichever networks stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """A turn of a speaker.

    Attributes:
        start, end: samples from the start of the stream, at 16 kHz.
        speaker: any number, the same for all turns of one speaker.
        confidence: 0 to 1; None when the method gives none.
    """

    start: int
    end: int
    speaker: int
    confidence: float | None


class Diarizer(Protocol):
    """Hears a stream and tells at its end who spoke when."""

    def feed(self, samples: npt.NDArray[np.float32]) -> None:
        """Take the next samples: mono, 16 kHz, float32 from -1 to 1, shape (n,)."""

    def finish(self) -> Sequence[SpokenTurn]:
        """All turns, in any order; none when nobody spoke."""
