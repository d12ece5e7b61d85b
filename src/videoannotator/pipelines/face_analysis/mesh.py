"""The mesh of 478 points on a face (Grishchenko et al. 2020, Attention Mesh)."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import LANDMARK_COUNT
from videoannotator.inference.sessions import Session
from videoannotator.pipelines.face_analysis.crops import Image, Region, cut, upright_region

Floats = npt.NDArray[np.float32]

WEIGHTS = "face_landmarks"
SIDE = 256
SCALE = 1.5
"""A cutting is larger than the face by this factor, as the network was trained."""
RIGHT_EYE_CORNER, LEFT_EYE_CORNER = 33, 263
"""The outer corners, of the person's eyes."""


class Mesh(NamedTuple):
    """The points of a face.

    Attributes:
        points: x, y, z in pixels of the picture, z towards the camera negative, shape (478, 3).
        presence: how sure the network is that it looked at a face, 0 to 1.
    """

    points: Floats
    presence: float

    @property
    def usable(self) -> bool:
        """Whether all numbers are numbers."""
        return bool(np.isfinite(self.points).all() and np.isfinite(self.presence))

    def region(self) -> Region:
        """The square that the next look at this face should take."""
        plane = self.points[:, :2]
        box = np.concatenate([plane.min(0), plane.max(0)])
        return upright_region(box, plane[RIGHT_EYE_CORNER], plane[LEFT_EYE_CORNER], SCALE)


class MeshNetwork:
    """Lays the mesh on a face."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def fit(self, picture: Image, region: Region) -> Mesh:
        """Look once at a region of a BGR picture.

        Raises:
            InferenceFailedException: the network could not be run.
        """
        cutting = cut(picture, region, SIDE)
        outputs = self._session.run({"input_12": cutting[None, ..., ::-1].astype(np.float32) / np.float32(255)})
        points = outputs["Identity"].reshape(LANDMARK_COUNT, 3).astype(np.float64)
        warp = region.warp(SIDE)
        plane = points[:, :2] @ warp[:, :2].T + warp[:, 2]
        depth = points[:, 2:] * (region.side / SIDE)
        presence = 1 / (1 + np.exp(-float(outputs["Identity_1"].reshape(-1)[0])))
        return Mesh(np.concatenate([plane, depth], 1).astype(np.float32), float(presence))
