"""What somebody looks like, as a histogram of colours: enough to tell neighbours apart for seconds, not to know people again."""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SAMPLE = (24, 48)
"""(width, height) in pixels to which the middle of a box is shrunk first."""
BINS = (8, 4, 4)
"""Of hue, saturation and brightness."""
BRIGHTNESS, MOST_GAIN = 90.0, 8.0
"""Mean brightness, 0 to 255, to which pictures are brought before colours are compared, and how far at most."""
MIDDLE = 0.2
"""Share of the box that is left out on the left and on the right: background."""


def gain_of(picture: Image) -> float:
    """By how much a BGR picture must be made brighter to be as bright as others: colours then survive fades and lamps."""
    small = cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA)
    return float(np.clip(BRIGHTNESS / max(float(small.mean()), 1.0), 0.5, MOST_GAIN))


def appearance_of(picture: Image, box: Floats, gain: float = 1.0) -> Floats:
    """Square roots of the shares of colours in the upper and the lower half of the box's middle, a vector of length 1.

    The product of two such vectors is their Bhattacharyya coefficient, 0 to 1. `gain` is that of the picture, see `gain_of`.
    """
    height, width = picture.shape[:2]
    cut = (box[2] - box[0]) * MIDDLE
    left, right = int(max(0, box[0] + cut)), int(np.ceil(min(width, box[2] - cut)))
    top, bottom = int(max(0, box[1])), int(np.ceil(min(height, box[3])))
    if right - left < 1 or bottom - top < 1:
        return np.zeros(2 * int(np.prod(BINS)), np.float32)
    small = cv2.resize(picture[top:bottom, left:right], SAMPLE, interpolation=cv2.INTER_AREA)
    colours = cv2.cvtColor(cv2.convertScaleAbs(small, alpha=gain), cv2.COLOR_BGR2HSV)
    halves = np.array_split(colours, 2)
    counts = [cv2.calcHist([half], [0, 1, 2], None, BINS, [0, 180, 0, 256, 0, 256]).ravel() for half in halves]
    together = np.concatenate(counts)
    return np.asarray(np.sqrt(together / together.sum()), np.float32)


def similarity(one: Floats, other: Floats) -> float:
    """How much two appearances agree, 0 to 1."""
    return float(one @ other)
