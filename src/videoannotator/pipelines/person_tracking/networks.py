"""Which networks find people and their postures: those that come along, or those that the options name."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from videoannotator.errors import InvalidConfigException
from videoannotator.inference.person_detector import WEIGHTS as DETECTOR
from videoannotator.inference.person_detector import Detections, PersonDetector
from videoannotator.inference.rtmdet import RTMDetector
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.person_tracking.options import PersonTrackingOptions
from videoannotator.pipelines.person_tracking.pose import PoseNetwork
from videoannotator.pipelines.person_tracking.rtmpose import RTMPoseNetwork
from videoannotator.pipelines.person_tracking.yolo import YoloPose

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

POSE_WEIGHTS = {"thunder": ("movenet_thunder", 256), "lightning": ("movenet_lightning", 192)}
WEIGHTS = (DETECTOR, *(name for name, _ in POSE_WEIGHTS.values()))
"""Those that come along."""


class FindsPeople(Protocol):
    """What finds the people in a picture."""

    def detect(self, picture: Image) -> Detections:
        """Find people in a BGR picture, shape (height, width, 3)."""


class FindsPostures(Protocol):
    """What finds the posture of one person."""

    def points(self, picture: Image, box: Floats) -> Floats:
        """The 17 points of COCO, shape (17, 3): x, y, score, of the person in a box (left, top, right, bottom) of a BGR picture."""


def networks(options: PersonTrackingOptions, sessions: SessionPool) -> tuple[FindsPeople, FindsPostures | None]:
    """Load what the options ask for, and nothing else; without postures the second is None.

    Raises:
        WeightsMissingException, WeightsDamagedException: added weights are not there, or not whole.
        InvalidConfigException: they are something else than the option says, or options exclude each other.
        ExtraMissingException: what they need is not installed.
        VideoAnnotatorException: as `SessionPool.get` does.
    """
    lowest = min(options.low_confidence_threshold, options.confidence_threshold)
    if options.yolo_weights is not None:
        if options.detector_weights is not None or options.pose_weights is not None:
            raise InvalidConfigException(
                "yolo_weights find people and postures at once: detector_weights and pose_weights would have no effect.",
                hint="Leave out one or the other.",
                field="person_tracking.yolo_weights",
            )
        yolo = YoloPose(options.yolo_weights, sessions, lowest, options.iou_threshold)
        return yolo, None if options.pose == "off" else yolo
    return _detector(options, sessions, lowest), _pose(options, sessions)


def _detector(options: PersonTrackingOptions, sessions: SessionPool, lowest: float) -> FindsPeople:
    if options.detector_weights is not None:
        return RTMDetector(sessions.added(options.detector_weights), lowest, options.iou_threshold)
    return PersonDetector(sessions.get(DETECTOR), lowest, options.iou_threshold)


def _pose(options: PersonTrackingOptions, sessions: SessionPool) -> FindsPostures | None:
    if options.pose == "off":
        return None
    if options.pose_weights is not None:
        return RTMPoseNetwork(sessions.added(options.pose_weights))
    weights, side = POSE_WEIGHTS[options.pose]
    return PoseNetwork(sessions.get(weights), side)
