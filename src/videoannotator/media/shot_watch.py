"""Where the picture may have changed to another shot, judged by single frames some time apart; for those who follow somebody.

Where shots really begin, `scene_detection` says, which sees every frame and looks back.
"""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

SAMPLE = (32, 18)
DIFFERENCE = 14.0
"""Mean difference of small pictures, 0 to 255, from which another shot is assumed, if besides"""
LIKENESS = 0.6
"""their values correlate less than this. A picture that fades or is lit otherwise stays like itself; a camera that pans fast does
not, and the tracks then end too early, which joins nobody to somebody else."""


class ShotWatch:
    """Looks at one frame after the other."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.float32] | None = None

    def suspects(self, picture: Image) -> bool:
        """Whether another shot may have begun with this BGR picture."""
        small = cv2.resize(picture, SAMPLE, interpolation=cv2.INTER_AREA).astype(np.float32)
        last, self._last = self._last, small
        return last is not None and float(np.abs(small - last).mean()) >= DIFFERENCE and _likeness(small, last) < LIKENESS


def _likeness(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Correlation of all values of two small pictures; 0 when one of them is a single grey."""
    one, other = one - one.mean(), other - other.mean()
    power = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / power if power > 0 else 0.0
