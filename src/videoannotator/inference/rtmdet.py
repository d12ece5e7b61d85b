"""Finds people in a picture with RTMDet weights that the user added (Lyu et al. 2022, https://arxiv.org/abs/2212.07784)."""

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.inference.exports import picture_size, refuse
from videoannotator.inference.person_detector import Detections, without_doubles
from videoannotator.inference.sessions import Session

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WHAT = "RTMDet as MMDeploy exports it"
USUAL_SIZE = (640, 640)
PERSON = 0
_PADDING = 114
_OUTPUTS = frozenset({"dets", "labels"})
_BOX_AND_SCORE = 5
_MEAN_BGR = np.array([103.53, 116.28, 123.675], np.float32)
_SCALE_BGR = 1 / np.array([57.375, 57.12, 58.395], np.float32)


class RTMDetector:
    """Boxes around people, as `PersonDetector` gives them.

    It takes end-to-end exports: one picture in; `dets`, shape (1, n, 5), and `labels`, shape (1, n), out, class 0 being people.

    Args:
        session: of the added weights.
        lowest_score: boxes with a lower score are left out, from 0 to 1.
        iou_threshold: of two boxes that share more of their union than this, the one with the lower score is left out, 0 to 1.

    Raises:
        InvalidConfigException: these weights are something else.
    """

    def __init__(self, session: Session, lowest_score: float, iou_threshold: float) -> None:
        self._height, self._width = picture_size(session, WHAT, USUAL_SIZE)
        if not set(session.output_names) >= _OUTPUTS:
            refuse(session, WHAT, f"they give {', '.join(session.output_names)} and not dets and labels")
        self._session = session
        self._lowest_score = lowest_score
        self._iou_threshold = iou_threshold

    def detect(self, picture: Image) -> Detections:
        """Find people in a BGR picture, shape (height, width, 3).

        Raises:
            InferenceFailedException: the network could not be run.
            InvalidConfigException: it gives something else than boxes with scores.
        """
        height, width = picture.shape[:2]
        scale = min(self._height / height, self._width / width)
        found = self._session.run({self._session.input_names[0]: self._prepared(picture, scale)}, ["dets", "labels"])
        boxes, labels = found["dets"][0], found["labels"][0]
        if boxes.ndim != 2 or boxes.shape[1] != _BOX_AND_SCORE:
            refuse(self._session, WHAT, f"dets has the shape {found['dets'].shape}")
        chosen = boxes[(labels == PERSON) & (boxes[:, 4] >= self._lowest_score)].astype(np.float32)
        places, scores = chosen[:, :4] / np.float32(scale), chosen[:, 4].clip(0, 1)
        places[:, 0::2] = places[:, 0::2].clip(0, width)
        places[:, 1::2] = places[:, 1::2].clip(0, height)
        return without_doubles(Detections(places, scores), self._iou_threshold)

    def _prepared(self, picture: Image, scale: float) -> Floats:
        """The picture in the upper left corner, what is left of the network's picture grey; normalised, shape (1, 3, h, w)."""
        size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
        padded = np.full((self._height, self._width, 3), _PADDING, np.uint8)
        padded[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        return np.ascontiguousarray(((padded - _MEAN_BGR) * _SCALE_BGR).transpose(2, 0, 1)[None])
