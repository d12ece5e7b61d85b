"""The part of a picture that a network for postures looks at."""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


def cut(picture: Image, left: float, top: float, scale: float, size: tuple[int, int]) -> Image:
    """A part of a picture, scaled; black beyond the picture's border.

    Args:
        picture: shape (height, width, 3).
        left, top: of the part, in pixels of the picture.
        scale: pixels of the result for one of the picture.
        size: width and height of the result.
    """
    # An area average where it shrinks, so that a large person does not flicker; warping alone would take single pixels.
    shrink = min(1.0, 2 * scale)
    source = picture if shrink == 1.0 else cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    inner = scale / shrink
    warp = np.array([[inner, 0, -left * scale], [0, inner, -top * scale]])
    return np.asarray(cv2.warpAffine(source, warp, size, flags=cv2.INTER_LINEAR), np.uint8)
