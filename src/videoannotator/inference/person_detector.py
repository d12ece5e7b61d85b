"""Finds people in a picture with NanoDet (RangiLyu 2021, https://github.com/RangiLyu/nanodet)."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.inference.sessions import Session

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

WEIGHTS = "nanodet"
SIDE = 416
BINS = 11
"""A distance from a cell's centre to an edge is the mean of a distribution over this many whole steps (Li et al. 2020,
Generalized Focal Loss)."""
PERSON = 0
_STRIDE_BY_CELLS = {(SIDE // stride) ** 2: stride for stride in (8, 16, 32)}
_MEAN_BGR = np.array([103.53, 116.28, 123.675], np.float32)
_SCALE_BGR = 1 / np.array([57.375, 57.12, 58.395], np.float32)


class Detections(NamedTuple):
    """What was found in one picture, the surest first.

    Attributes:
        boxes: left, top, right, bottom in pixels of the picture, shape (n, 4).
        scores: 0 to 1, shape (n,).
    """

    boxes: Floats
    scores: Floats


class PersonDetector:
    """Boxes around people.

    Args:
        session: of the weights `nanodet`.
        lowest_score: boxes with a lower score are left out, from 0 to 1.
        iou_threshold: of two boxes that share more of their union than this, the one with the lower score is left out, 0 to 1.
    """

    def __init__(self, session: Session, lowest_score: float, iou_threshold: float) -> None:
        self._session = session
        self._lowest_score = lowest_score
        self._iou_threshold = iou_threshold

    def detect(self, picture: Image) -> Detections:
        """Find people in a BGR picture, shape (height, width, 3).

        Raises:
            InferenceFailedException: the network could not be run.
        """
        height, width = picture.shape[:2]
        scale = SIDE / max(height, width)
        outputs = self._session.run({self._session.input_names[0]: _prepared(picture, scale)})
        by_shape = {output.shape[1:]: output[0] for output in outputs.values()}
        boxes, scores = [], []
        for cells, stride in _STRIDE_BY_CELLS.items():
            found = by_shape[cells, 80][:, PERSON]
            places = np.flatnonzero(found >= self._lowest_score)
            boxes.append(_boxes(by_shape[cells, 4 * BINS][places], places, stride))
            scores.append(found[places])
        everywhere = Detections(np.concatenate(boxes) / np.float32(scale), np.concatenate(scores))
        everywhere.boxes[:, 0::2] = everywhere.boxes[:, 0::2].clip(0, width)
        everywhere.boxes[:, 1::2] = everywhere.boxes[:, 1::2].clip(0, height)
        return without_doubles(everywhere, self._iou_threshold)


def _prepared(picture: Image, scale: float) -> Floats:
    """The picture in the upper left corner of the network's square, normalised, shape (1, 3, 416, 416)."""
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    square[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.ascontiguousarray(((square - _MEAN_BGR) * _SCALE_BGR).transpose(2, 0, 1)[None])


def _boxes(distances: Floats, places: npt.NDArray[np.intp], stride: int) -> Floats:
    """Left, top, right, bottom from the distributions of distances at these cells."""
    steps = distances.reshape(-1, 4, BINS)
    likely = np.exp(steps - steps.max(-1, keepdims=True))
    reach = (likely @ np.arange(BINS, dtype=np.float32)) / likely.sum(-1) * stride
    cells = SIDE // stride
    centres = np.stack([places % cells, places // cells], 1).astype(np.float32) * stride + stride / 2
    return np.concatenate([centres - reach[:, :2], centres + reach[:, 2:]], 1)


def without_doubles(found: Detections, iou_threshold: float) -> Detections:
    """Only the surest of boxes that cover the same place, in order of their scores; empty boxes are left out."""
    order = np.argsort(-found.scores, kind="stable")
    sides = found.boxes[order, 2:] - found.boxes[order, :2]
    order = order[(sides > 0).all(1)]
    kept: list[int] = []
    while order.size:
        kept.append(int(order[0]))
        order = order[1:][iou(found.boxes[order[:1]], found.boxes[order[1:]])[0] <= iou_threshold]
    return Detections(found.boxes[kept], found.scores[kept])


def iou(ones: Floats, others: Floats) -> Floats:
    """Intersection over union of each box with each other one, shape (n, m); a box is left, top, right, bottom."""
    corner = np.maximum(ones[:, None, :2], others[None, :, :2])
    shared = (np.minimum(ones[:, None, 2:], others[None, :, 2:]) - corner).clip(0).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (ones, others)]
    union = areas[0][:, None] + areas[1][None] - shared
    return np.asarray(shared / np.maximum(union, 1e-9), np.float32)
