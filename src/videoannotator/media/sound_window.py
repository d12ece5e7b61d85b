"""The newest part of a stream of sound, for those who look back a little."""

from collections import deque

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


class SoundWindow:
    """The newest part of a stream of samples, addressed by position in the stream."""

    def __init__(self) -> None:
        self._blocks: deque[Samples] = deque()
        self._first = 0
        self.end = 0

    def append(self, samples: Samples) -> None:
        """Add the next samples."""
        if len(samples):
            self._blocks.append(samples)
            self.end += len(samples)

    def forget_before(self, position: int) -> None:
        """Drop the blocks that lie wholly before `position`."""
        while self._blocks and self._first + len(self._blocks[0]) <= position:
            self._first += len(self._blocks.popleft())

    def cut_out(self, start: int, end: int) -> tuple[int, Samples]:
        """The samples from `start` to `end` as far as they are there, with the position of the first."""
        joined = np.concatenate([*self._blocks, np.zeros(0, np.float32)])
        start = max(start, self._first)
        return start, joined[start - self._first : max(0, end - self._first)]
