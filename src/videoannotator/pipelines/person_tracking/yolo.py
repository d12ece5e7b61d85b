"""People and postures at once with Ultralytics YOLO pose weights that the user added (https://docs.ultralytics.com/tasks/pose/).

Ultralytics is an optional dependency under the AGPL, and so are the weights that it publishes: whoever installs the extra chooses
that licence.
"""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.persons import KEYPOINTS
from videoannotator.errors import ExtraMissingException, InferenceFailedException, InvalidConfigException
from videoannotator.inference.person_detector import Detections, without_doubles
from videoannotator.inference.sessions import SessionPool

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

PERSON = 0
_SUFFIX = ".pt"
_MOST_BOXES = 300
_WITH_SCORES = 3
UNREADABLE = (*(RuntimeError, ValueError, TypeError, KeyError, AttributeError, ImportError, EOFError, OSError), UnpicklingError)
"""What loading a file raises that is none of Ultralytics' or of another release of it."""


def _ultralytics() -> Any:
    """The optional dependency, told to send nothing to its makers and to install nothing.

    Raises:
        ExtraMissingException: it is not installed.
    """
    try:
        import ultralytics  # noqa: PLC0415  an optional extra that takes seconds to load
        from ultralytics.utils import checks, events  # noqa: PLC0415  the same
    except ImportError as error:
        raise ExtraMissingException(
            "The Ultralytics back-end is not installed.",
            hint="Install it: pip install 'videoannotator[ultralytics]' (AGPL), or leave out the option yolo_weights.",
        ) from error
    events.events.enabled = False
    checks.AUTOINSTALL = False
    return ultralytics


class YoloPose:
    """Gives boxes as `PersonDetector` does, and for each box of the last picture its posture as `PoseNetwork` does.

    Args:
        name: of the added weights: one `.pt` file.
        sessions: knows the added weights, the device and the number of threads.
        lowest_score: boxes with a lower score are left out, from 0 to 1.
        iou_threshold: of two boxes that share more of their union than this, the one with the lower score is left out, 0 to 1.

    Raises:
        ExtraMissingException: Ultralytics is not installed.
        WeightsMissingException, WeightsDamagedException: the weights are not there, or not whole.
        InvalidConfigException: they are something else.
        InferenceFailedException: they cannot be loaded.
    """

    def __init__(self, name: str, sessions: SessionPool, lowest_score: float, iou_threshold: float) -> None:
        module = _ultralytics()
        path = sessions.require_added_path(name)
        if path.suffix != _SUFFIX:
            raise InvalidConfigException(
                f"The weights {name!r} are not one {_SUFFIX} file of Ultralytics.",
                hint="Add the file of a pose network, such as yolo11n-pose.pt, with `videoannotator models pull`.",
            )
        self._model = _loaded(module, path, name)
        self._name = name
        self._device = "cuda:0" if sessions.device_used == "cuda" else "cpu"
        self._lowest_score = lowest_score
        self._iou_threshold = iou_threshold
        self._postures: dict[bytes, Floats] = {}

    def detect(self, picture: Image) -> Detections:
        """Find people in a BGR picture, shape (height, width, 3).

        Raises:
            InferenceFailedException: the network could not be run.
            InvalidConfigException: it gives other points than the 17 of COCO.
        """
        try:
            (found,) = self._model.predict(
                picture,
                conf=self._lowest_score,
                iou=self._iou_threshold,
                classes=[PERSON],
                max_det=_MOST_BOXES,
                device=self._device,
                verbose=False,
                save=False,
            )
        except (RuntimeError, ValueError, TypeError) as error:
            message = f"The weights {self._name!r} could not be run: {error}"
            raise InferenceFailedException(message, hint="Choose others.") from error
        boxes = found.boxes.xyxy.cpu().numpy().astype(np.float32)
        scores = found.boxes.conf.cpu().numpy().astype(np.float32)
        points = found.keypoints.data.cpu().numpy().astype(np.float32)
        if points.shape[1:] != (len(KEYPOINTS), _WITH_SCORES) and len(boxes):
            raise InvalidConfigException(
                f"The weights {self._name!r} give points of the shape {points.shape[1:]}, not the 17 of COCO with their scores.",
                hint="Use weights for human pose.",
            )
        self._postures = {box.tobytes(): posture for box, posture in zip(boxes, points, strict=True)}
        return without_doubles(Detections(boxes, scores), self._iou_threshold)

    def points(self, picture: Image, box: Floats) -> Floats:  # noqa: ARG002  other networks look at the picture
        """The points of COCO in its order, shape (17, 3): x, y in pixels, and a score from 0 to 1.

        Args:
            picture: the one that `detect` was given last.
            box: one that it gave.
        """
        return self._postures[box.tobytes()]


def _loaded(module: Any, path: Path, name: str) -> Any:
    try:
        model = module.YOLO(str(path))
    except UNREADABLE as error:
        raise InferenceFailedException(
            f"The weights {name!r} cannot be loaded: {error}", hint="Add a .pt file of Ultralytics."
        ) from error
    if model.task != "pose":
        raise InvalidConfigException(
            f"The weights {name!r} are for the task {model.task!r}, not for poses.", hint="Use weights such as yolo11n-pose.pt."
        )
    return model
