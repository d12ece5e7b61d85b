"""Where the picture may have changed to another shot, judged by the frames that person tracking sees.

A suspicion costs nothing when it is wrong: tracks then go on where place and appearance agree.
"""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

SAMPLE = (32, 18)
DIFFERENCE = 28.0
"""Mean difference of small pictures, 0 to 255, from which a cut is suspected; a camera that pans fast reaches it too."""


class CutWatch:
    """Looks at one frame after the other."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.int16] | None = None

    def suspects(self, picture: Image) -> bool:
        """Whether another shot may have begun with this BGR picture."""
        small = cv2.resize(picture, SAMPLE, interpolation=cv2.INTER_AREA).astype(np.int16)
        last, self._last = self._last, small
        return last is not None and float(np.abs(small - last).mean()) >= DIFFERENCE
