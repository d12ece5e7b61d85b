"""Where in the picture something is, and how that is known. Coordinates are pixels of the stored picture after rotation."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from videoannotator.annotations.checks import require


class Evidence(str, Enum):
    """How the place of something in one frame is known."""

    DETECTED = "detected"
    """A detector found it in this frame."""
    TRACKED = "tracked"
    """Measured in this frame, near where it was before; no detector was asked or found it."""
    INTERPOLATED = "interpolated"
    """Nothing was measured in this frame; it lies between the frames before and after in which it was."""


class Point(NamedTuple):
    """A point in the picture, pixels from the left and from the top; it may lie outside."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle, pixels; it may reach outside the picture."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        require(self.width > 0 and self.height > 0, f"a box has a size, not {self.width} x {self.height}")

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    @property
    def area(self) -> float:
        """In square pixels."""
        return self.width * self.height

    def towards(self, other: "Box", share: float) -> "Box":
        """The box on the straight way to another one, to a hundredth of a pixel.

        Args:
            other: where the way ends.
            share: of the way, from 0 to 1.
        """
        pairs = (self.left, other.left), (self.top, other.top), (self.width, other.width), (self.height, other.height)
        return Box(*(round(begin + share * (end - begin), 2) for begin, end in pairs))

    def overlap(self, other: "Box") -> float:
        """The area that both cover, in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        shared = self.overlap(other)
        return shared / (self.area + other.area - shared)
