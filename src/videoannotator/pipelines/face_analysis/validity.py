"""What makes a face hard to measure, and which measures that rules out.

The limits were measured on the sample portraits and on a filmed face, shrunk, blurred and covered, against the same face untouched.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import FaceFlag, Measure
from videoannotator.pipelines.face_analysis.crops import ALIGNED_POINTS, ALIGNED_SIDE, Image, cut, similarity, upright_region

Floats = npt.NDArray[np.float32]

LEAST_SIZE_PX: Mapping[Measure, float] = MappingProxyType(
    {
        Measure.LANDMARKS: 30.0,
        Measure.HEAD_POSE: 30.0,
        Measure.EXPRESSION: 40.0,
        **dict.fromkeys((Measure.GAZE, Measure.BLINK, Measure.BLENDSHAPES, Measure.ACTION_UNITS), 50.0),
        **dict.fromkeys((Measure.AGE, Measure.GENDER, Measure.IDENTITY), 50.0),
    }
)
"""Least longer side of a face's box, in pixels of the picture that is looked at. At these sizes, on average and against the same
face at 110 to 330 pixels, landmarks differ by 2.5 % of the face, head pose by 1.4°, gaze by 3.3°, blendshapes by 0.04, expression
by 0.07 of its probability, age by 3 years, gender by 0.11; the identity of one person agrees by 0.43, that of two by 0.19 at
most."""
PROFILE_TURN = 0.6
"""How far the nose lies beside the middle of the eyes, in distances of the eyes: on the canonical face, a yaw of 43° seen level."""
CUT_OFF_SHARE = 0.1
"""Share of a face, from the forehead to the chin, that may lie outside the picture."""
LEAST_SHARPNESS = 0.05
"""Of a face, see `sharpness_of`. Sharp ones of 50 pixels and more have 0.077 at least. Blurred by 1 % of their height they have
0.065 to 0.26, and little changes; by 2 %, 0.019 to 0.06, and gaze differs by 6°, blendshapes by 0.08, expression by 0.22, age by 6
years."""
LEAST_PRESENCE = 0.5
"""Of the network that lays the mesh, as MediaPipe has it. It falls where half of a face is covered; a hand before the mouth goes
unnoticed."""
CLOSED_BLINK = 0.4
"""From how far on an eye counts as closed for its gaze: the iris is hidden then."""
GAZE_YAW_DEG = 40.0
"""Largest turn of the head with which gaze is measured."""
_SHARPNESS_SIDE = 64
_ALIGNED_GRID = np.stack(np.meshgrid(*[np.arange(3.5, ALIGNED_SIDE, 7)] * 2), -1).reshape(-1, 2)

_SEEN_AT_ALL = frozenset({FaceFlag.OCCLUDED})
_SEEN_WELL = frozenset({FaceFlag.PROFILE, FaceFlag.OCCLUDED, FaceFlag.BLURRED, FaceFlag.CUT_OFF})
RULES: Mapping[Measure, frozenset[FaceFlag]] = MappingProxyType(
    {
        **dict.fromkeys(Measure, _SEEN_WELL),
        **dict.fromkeys((Measure.LANDMARKS, Measure.HEAD_POSE), _SEEN_AT_ALL),
        Measure.GAZE: _SEEN_WELL | {FaceFlag.EYES_CLOSED},
    }
)
"""Which flags rule out a measure, besides `TOO_SMALL`."""


class Sight(NamedTuple):
    """A face as the detector found it, in pixels of the picture that is looked at.

    Attributes:
        picture: BGR.
        box: left, top, right, bottom.
        points: x and y of each of `FACE_POINTS`, shape (5, 2).
    """

    picture: Image
    box: Floats
    points: Floats

    @property
    def size(self) -> float:
        """The longer side of the box."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))

    def cutting(self, scale: float, side: int) -> Image:
        """The face, upright, `scale` times its box, `side` pixels square."""
        return cut(self.picture, upright_region(self.box, self.points[0], self.points[1], scale), side)


def flags_of(sight: Sight) -> list[FaceFlag]:
    """What can be said before anything is measured."""
    found = {
        FaceFlag.TOO_SMALL: sight.size < max(LEAST_SIZE_PX.values()),
        FaceFlag.PROFILE: turn_of(sight.points) > PROFILE_TURN,
        FaceFlag.BLURRED: sharpness_of(sight) < LEAST_SHARPNESS,
        FaceFlag.CUT_OFF: share_outside(sight.points, sight.picture.shape[1], sight.picture.shape[0]) > CUT_OFF_SHARE,
    }
    return [flag for flag, holds in found.items() if holds]


def reasons_against(measure: Measure, flags: Iterable[FaceFlag], size: float) -> tuple[FaceFlag, ...]:
    """Why a measure cannot be taken on a face of this size with these flags; nothing when it can."""
    ruled_out = [flag for flag in flags if flag in RULES[measure]]
    return (FaceFlag.TOO_SMALL, *ruled_out) if size < LEAST_SIZE_PX[measure] else tuple(ruled_out)


def turn_of(points: Floats) -> float:
    """How far the nose lies beside the middle of the eyes, along their line, in distances of the eyes; infinite without one."""
    along = points[1] - points[0]
    length = float(along @ along)
    if length <= 0:
        return float("inf")
    return abs(float((points[2] - (points[0] + points[1]) / 2) @ along)) / length


def share_outside(points: Floats, width: int, height: int) -> float:
    """How much of a face lies outside the picture, 0 to 1, judged by its five points: the detector's boxes end at the border."""
    warp = similarity(ALIGNED_POINTS, points.astype(np.float64))
    x, y = warp[:, :2] @ _ALIGNED_GRID.T + warp[:, 2:]
    return float(((x < 0) | (y < 0) | (x >= width) | (y >= height)).mean())


def sharpness_of(sight: Sight) -> float:
    """How much of a face's contrast lies in its finest detail at 64 pixels: the variance of its Laplacian over its own."""
    grey = cv2.cvtColor(sight.cutting(1.0, _SHARPNESS_SIDE), cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(1.0, float(grey.var())))
