"""The posture of one person with RTMPose weights that the user added (Jiang et al. 2023, https://arxiv.org/abs/2303.07399)."""

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.persons import KEYPOINTS
from videoannotator.inference.exports import picture_size, refuse
from videoannotator.inference.sessions import Session
from videoannotator.pipelines.person_tracking.crops import cut

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WHAT = "RTMPose for the 17 points of COCO, as MMDeploy exports it"
USUAL_SIZE = (256, 192)
CROP = 1.25
"""Sides of the part that the network sees, over those of the box."""
_OUTPUTS = ("simcc_x", "simcc_y")
_MEAN_RGB = np.array([123.675, 116.28, 103.53], np.float32)
_SCALE_RGB = 1 / np.array([58.395, 57.12, 57.375], np.float32)


class RTMPoseNetwork:
    """Finds the points of the one person in a box, as `PoseNetwork` does.

    It takes exports with one picture in and `simcc_x`, shape (1, 17, n), `simcc_y`, shape (1, 17, m), out: for each point a value
    for every place along the picture's width and height (SimCC, Li et al. 2022, https://arxiv.org/abs/2107.03332).

    Args:
        session: of the added weights.

    Raises:
        InvalidConfigException: these weights are something else.
    """

    def __init__(self, session: Session) -> None:
        self._height, self._width = picture_size(session, WHAT, USUAL_SIZE)
        if not set(_OUTPUTS) <= set(session.output_names):
            refuse(session, WHAT, f"they give {', '.join(session.output_names)} and not {' and '.join(_OUTPUTS)}")
        shape = session.output_shapes[session.output_names.index(_OUTPUTS[0])]
        if len(shape) > 1 and shape[1] not in (len(KEYPOINTS), None):
            refuse(session, WHAT, f"they give {shape[1]} points")
        self._session = session

    def points(self, picture: Image, box: Floats) -> Floats:
        """The points of COCO in its order, shape (17, 3): x, y in pixels of the picture, and a score from 0 to 1.

        Args:
            picture: BGR, shape (height, width, 3).
            box: left, top, right, bottom in pixels.

        Raises:
            InferenceFailedException: the network could not be run.
            InvalidConfigException: it gives something else than 17 points.
        """
        scale = min(self._width / float(box[2] - box[0]), self._height / float(box[3] - box[1])) / CROP
        left = float(box[0] + box[2]) / 2 - self._width / scale / 2
        top = float(box[1] + box[3]) / 2 - self._height / scale / 2
        crop = cut(picture, left, top, scale, (self._width, self._height))
        prepared = np.ascontiguousarray(((crop[..., ::-1] - _MEAN_RGB) * _SCALE_RGB).transpose(2, 0, 1)[None])
        given = self._session.run({self._session.input_names[0]: prepared}, _OUTPUTS)
        along, down = (given[name] for name in _OUTPUTS)
        if along.shape[:2] != (1, len(KEYPOINTS)) or down.shape[:2] != (1, len(KEYPOINTS)):
            refuse(self._session, WHAT, f"simcc_x has the shape {along.shape}")
        steps_x, steps_y = along.shape[2] / self._width, down.shape[2] / self._height
        score = np.minimum(along[0].max(1), down[0].max(1)).clip(0, 1)
        x, y = along[0].argmax(1) / steps_x / scale + left, down[0].argmax(1) / steps_y / scale + top
        return np.stack([x, y, score], 1).astype(np.float32)
