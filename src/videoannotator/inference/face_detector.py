"""Finds faces in a picture with YuNet (Wu et al. 2023, YuNet: A Tiny Millisecond-level Face Detector)."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import FACE_POINTS
from videoannotator.inference.sessions import Session

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WEIGHTS = "yunet"
SIDE = 640
STRIDES = (8, 16, 32)


class FaceDetections(NamedTuple):
    """What was found in one picture, the surest first.

    Attributes:
        boxes: left, top, right, bottom in pixels of the picture, shape (n, 4); they may reach outside it.
        scores: 0 to 1, shape (n,).
        points: x and y of each of `FACE_POINTS`, shape (n, 5, 2).
    """

    boxes: Floats
    scores: Floats
    points: Floats


class FaceDetector:
    """Boxes around faces, with five points each.

    Args:
        session: of the weights `yunet`.
        lowest_score: faces with a lower score are left out, from 0 to 1.
        iou_threshold: of two boxes that share more of their union than this, the one with the lower score is left out, 0 to 1.
    """

    def __init__(self, session: Session, lowest_score: float, iou_threshold: float) -> None:
        self._session = session
        self._lowest_score = lowest_score
        self._iou_threshold = iou_threshold

    def detect(self, picture: Image) -> FaceDetections:
        """Find faces in a BGR picture, shape (height, width, 3).

        Raises:
            InferenceFailedException: the network could not be run.
        """
        scale = SIDE / max(picture.shape[:2])
        outputs = self._session.run({"input": _prepared(picture, scale)})
        parts = [self._read(outputs, stride) for stride in STRIDES]
        boxes, scores, points = (np.concatenate(column) for column in zip(*parts, strict=True))
        kept = surest_of_overlapping(boxes, scores, self._iou_threshold)
        boxes, points = (np.asarray(places[kept] / scale, np.float32) for places in (boxes, points))
        return FaceDetections(boxes, scores[kept], points)

    def _read(self, outputs: dict[str, Floats], stride: int) -> FaceDetections:
        """The faces that the cells of one stride tell of: offsets in strides from a cell's corner, sizes as logarithms."""
        scores = np.sqrt(outputs[f"cls_{stride}"][0, :, 0].clip(0, 1) * outputs[f"obj_{stride}"][0, :, 0].clip(0, 1))
        places = np.flatnonzero(scores >= self._lowest_score)
        across = SIDE // stride
        corners = np.stack([places % across, places // across], 1).astype(np.float32)
        reach = outputs[f"bbox_{stride}"][0, places]
        centres = (corners + reach[:, :2]) * stride
        halves = np.exp(reach[:, 2:]) * stride / 2
        points = outputs[f"kps_{stride}"][0, places].reshape(-1, len(FACE_POINTS), 2)
        return FaceDetections(
            np.concatenate([centres - halves, centres + halves], 1), scores[places], (points + corners[:, None]) * stride
        )


def _prepared(picture: Image, scale: float) -> Floats:
    """The picture in the upper left corner of the network's square, BGR from 0 to 255, shape (1, 3, 640, 640)."""
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    square[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None], np.float32)


def surest_of_overlapping(boxes: Floats, scores: Floats, iou_threshold: float) -> list[int]:
    """Which boxes are not covered by a surer one, the surest first; equal scores keep their order."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        kept.append(int(best))
        corner = np.maximum(boxes[best, :2], boxes[order, :2])
        shared = (np.minimum(boxes[best, 2:], boxes[order, 2:]) - corner).clip(0).prod(-1)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
        union = np.maximum(areas[best] + areas[order] - shared, np.finfo(np.float32).tiny)
        order = order[shared / union <= iou_threshold]
    return kept
