"""Where the content changes at once: PySceneDetect, told frame numbers."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scenedetect import AdaptiveDetector, FrameTimecode

NEIGHBOURS = 2
"""Frames on either side that a change is compared with."""
ONE_PER_SECOND = Fraction(1)


class CutProposer:
    """Proposes positions at which a hard cut may lie.

    PySceneDetect's AdaptiveDetector finds changes that stand out from the changes around them. It compares neighbours and needs no
    clock, so it is told frame positions and not times: a variable frame rate cannot disturb it.

    Args:
        ratio: how many times larger than the changes around it a change must be.
        threshold: how large it must be at least, mean difference of hue, saturation and brightness, 0 to 255.
    """

    def __init__(self, ratio: float, threshold: float) -> None:
        self._detector = AdaptiveDetector(
            adaptive_threshold=ratio, min_scene_len=0, window_width=NEIGHBOURS, min_content_val=threshold
        )

    def add(self, position: int, image: npt.NDArray[np.uint8]) -> list[int]:
        """Take the next BGR picture; give the positions that turn out to begin something new (at most `NEIGHBOURS` back)."""
        found = self._detector.process_frame(FrameTimecode(position, ONE_PER_SECOND), image)
        return [timecode.frame_num for timecode in found]
