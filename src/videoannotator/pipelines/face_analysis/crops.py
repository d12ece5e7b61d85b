"""Square cuttings of a face, turned upright."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Affine = npt.NDArray[np.float64]

ALIGNED_SIDE = 112
ALIGNED_POINTS = np.array([(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)])
"""Where the five points lie in an aligned face of 112 x 112 pixels (Deng et al. 2019, ArcFace)."""


class Region(NamedTuple):
    """A square in the picture: its middle, its side in pixels, and its turn clockwise in radians."""

    x: float
    y: float
    side: float
    turn: float

    def warp(self, side: int) -> Affine:
        """The map from a cutting of `side` pixels to the picture, shape (2, 3)."""
        scale = self.side / side
        across, down = scale * np.cos(self.turn), scale * np.sin(self.turn)
        turned = np.array([[across, -down], [down, across]])
        corner = np.array([self.x, self.y]) - turned @ np.array([side / 2, side / 2])
        return np.column_stack([turned, corner])


def upright_region(box: Floats, right_eye: Floats, left_eye: Floats, scale: float) -> Region:
    """The square around a box, `scale` times its longer side, turned so that the eyes lie level.

    Args:
        box: left, top, right, bottom.
        right_eye, left_eye: x and y of the person's eyes.
        scale: how much larger than the box.
    """
    along = left_eye - right_eye
    side = max(box[2] - box[0], box[3] - box[1]) * scale
    return Region(*(float(v) for v in ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, side, np.arctan2(along[1], along[0]))))


def cut(picture: Image, region: Region, side: int) -> Image:
    """The picture within the region, upright, `side` pixels square; the border of the picture goes on beyond it."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, region.warp(side), (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def cut_aligned(picture: Image, points: Floats) -> Image:
    """The face with its five points as near as possible to `ALIGNED_POINTS`, 112 x 112 pixels."""
    warp = similarity(points.astype(np.float64), ALIGNED_POINTS)
    size = (ALIGNED_SIDE, ALIGNED_SIDE)
    return np.asarray(cv2.warpAffine(picture, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def similarity(source: Affine, target: Affine) -> Affine:
    """The turn, scale and shift that brings points nearest to others, least squares (Umeyama 1991), shape (2, 3)."""
    source_middle, target_middle = source.mean(0), target.mean(0)
    centred, wanted = source - source_middle, target - target_middle
    # In the plane, turn and scale are one complex factor.
    ones, others = centred @ np.array([1, 1j]), wanted @ np.array([1, 1j])
    factor = (np.conj(ones) * others).sum() / (np.abs(ones) ** 2).sum()
    turned = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turned, target_middle - turned @ source_middle])
