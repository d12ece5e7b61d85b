"""The recent frames, in the small forms that the analysis looks at."""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.time import MediaTime
from videoannotator.media.types import Frame

SIGNATURE_SIZE = (16, 9)
SIGNATURE_VALUES = SIGNATURE_SIZE[0] * SIGNATURE_SIZE[1] * 3
"""A signature is the picture at 16x9: movement inside the picture hardly shows, a change of picture does."""
PICTURE_SIZE = (48, 27)
"""What TransNetV2 looks at, and what tells a mixture of pictures from movement."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A frame without its picture; `position` counts the frames that were seen here, from 0."""

    position: int
    index: int
    time: MediaTime


class History:
    """The frames from position `first` up to, not including, `end`. Never more than `capacity` at once.

    Args:
        capacity: frames to have room for, 4.3 kB each.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.first = 0
        self._marks: deque[Mark] = deque()
        self._signatures = np.empty((capacity, SIGNATURE_VALUES), np.uint8)
        self._pictures = np.empty((capacity, PICTURE_SIZE[1], PICTURE_SIZE[0], 3), np.uint8)

    @property
    def end(self) -> int:
        """The position that the next frame will have."""
        return self.first + len(self._marks)

    def append(self, frame: Frame) -> Mark:
        """Add a frame with a BGR picture; raises IndexError when there is no room: `forget` first."""
        row = len(self._marks)
        if row == self.capacity:
            raise IndexError(f"the history has room for {self.capacity} frames")
        mark = Mark(self.end, frame.index, frame.time)
        self._signatures[row] = cv2.resize(frame.image, SIGNATURE_SIZE, interpolation=cv2.INTER_AREA).reshape(-1)
        self._pictures[row] = cv2.resize(frame.image, PICTURE_SIZE, interpolation=cv2.INTER_AREA)[..., ::-1]
        self._marks.append(mark)
        return mark

    def forget(self, before: int) -> None:
        """Let go of the frames before position `before`."""
        drop = min(max(before - self.first, 0), len(self._marks))
        keep = len(self._marks) - drop
        self._signatures[:keep] = self._signatures[drop : drop + keep].copy()
        self._pictures[:keep] = self._pictures[drop : drop + keep].copy()
        for _ in range(drop):
            self._marks.popleft()
        self.first += drop

    def mark(self, position: int) -> Mark:
        """The frame at `position`, which must be in the history."""
        return self._marks[position - self.first]

    def signatures(self) -> npt.NDArray[np.float32]:
        """All signatures, shape (end - first, 432), blue, green and red from 0 to 255."""
        return self._signatures[: len(self._marks)].astype(np.float32)

    def window(self, start: int, length: int) -> npt.NDArray[np.uint8]:
        """The RGB pictures from position `start` on, shape (length, 27, 48, 3); beyond the ends the outermost picture stands."""
        rows = np.clip(np.arange(start, start + length) - self.first, 0, len(self._marks) - 1)
        return self._pictures[rows]
