"""What one can ask of a recording, and what comes back."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.checks import require
from videoannotator.annotations.time import MediaTime


class Colour(str, Enum):
    """Order of the colour channels."""

    RGB = "rgb"
    BGR = "bgr"
    GRAY = "gray"


class Scaling(str, Enum):
    """How a picture is made smaller."""

    AREA = "area"
    """Every stored pixel counts: for pictures that people or networks look at."""
    FAST = "fast"
    """Cheapest: for measures of change that do not mind aliasing."""


@dataclass(frozen=True, slots=True)
class FrameNeed:
    """Which frames somebody needs, and in which form.

    Attributes:
        rate_hz: at most so many frames per second, evenly spread on the time line: the first frame at or after each k / rate;
            None for every frame. Frames are never repeated to reach a rate.
        exact_size: (width, height) in pixels, aspect ratio ignored.
        max_size: (width, height) that the picture must fit in, aspect ratio kept, never enlarged. Without both, the stored size.
        colour: channels of the picture.
        scaling: quality of the reduction.
    """

    rate_hz: float | None = None
    exact_size: tuple[int, int] | None = None
    max_size: tuple[int, int] | None = None
    colour: Colour = Colour.RGB
    scaling: Scaling = Scaling.AREA

    def __post_init__(self) -> None:
        require(self.rate_hz is None or self.rate_hz > 0, "rate_hz is positive, or None for every frame")
        require(self.exact_size is None or self.max_size is None, "ask for an exact size or for a largest one, not both")


@dataclass(frozen=True, slots=True)
class AudioNeed:
    """Mono audio at this sampling rate, in Hz."""

    rate_hz: int = 16000

    def __post_init__(self) -> None:
        require(self.rate_hz > 0, "rate_hz is positive")


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame.

    Attributes:
        time: its presentation time.
        index: its number in presentation order, from 0, counted over every decoded frame whether or not somebody needed it.
        duration_s: how long it is shown, as the file states it; 0 when it does not.
        image: upright picture, uint8, shape (height, width, 3) or (height, width) for grey; read-only.
    """

    time: MediaTime
    index: int
    duration_s: float
    image: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """A piece of the sound track; each block begins where the one before it ended.

    Attributes:
        time: of its first sample.
        first_sample: number of its first sample since the start of the track.
        rate_hz: samples per second.
        samples: float32 from -1 to 1, shape (n,); read-only.
    """

    time: MediaTime
    first_sample: int
    rate_hz: int
    samples: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Neighbouring frames for one need; `need` is the name that the asker gave it."""

    need: str
    frames: tuple[Frame, ...]
