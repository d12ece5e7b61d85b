"""The posture of one person: 17 points by MoveNet (Google 2021, https://www.tensorflow.org/hub/tutorials/movenet)."""

import numpy as np
import numpy.typing as npt

from videoannotator.inference.sessions import Session
from videoannotator.pipelines.person_tracking.crops import cut

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

CROP = 1.25
"""Side of the square that the network sees, over the longer side of the box."""


class PoseNetwork:
    """Finds the points of the one person in a box.

    Args:
        session: of the weights `movenet_thunder` or `movenet_lightning`.
        side: of the network's picture, in pixels.
    """

    def __init__(self, session: Session, side: int) -> None:
        self._session = session
        self._side = side

    def points(self, picture: Image, box: Floats) -> Floats:
        """The points of COCO in its order, shape (17, 3): x, y in pixels of the picture, and a score from 0 to 1.

        Args:
            picture: BGR, shape (height, width, 3).
            box: left, top, right, bottom in pixels.

        Raises:
            InferenceFailedException: the network could not be run.
        """
        length = float(max(box[2] - box[0], box[3] - box[1])) * CROP
        left, top = (box[0] + box[2] - length) / 2, (box[1] + box[3] - length) / 2
        scale = self._side / length
        crop = cut(picture, left, top, scale, (self._side, self._side))
        given = self._session.run({self._session.input_names[0]: crop[None, ..., ::-1].astype(np.int32)})
        found = next(iter(given.values())).reshape(17, 3)
        return np.stack([found[:, 1] * length + left, found[:, 0] * length + top, found[:, 2].clip(0, 1)], 1).astype(np.float32)
