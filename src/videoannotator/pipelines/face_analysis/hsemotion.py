"""Expressions with HSEmotion weights that the user added (Savchenko 2022, https://arxiv.org/abs/2203.13436)."""

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import CONTEMPT, EXPRESSIONS
from videoannotator.inference.exports import picture_size, refuse
from videoannotator.inference.sessions import Session
from videoannotator.pipelines.face_analysis.crops import Image

Floats = npt.NDArray[np.float32]

WHAT = "an HSEmotion network for expressions"
USUAL_SIZE = (224, 224)
SIZES = ((224, 224), (260, 260))
"""Those of the networks that were trained on pictures normalised as for ImageNet; others were not."""
_WITH_CONTEMPT = ("anger", CONTEMPT, "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
_CLASSES = {len(EXPRESSIONS): EXPRESSIONS, len(_WITH_CONTEMPT): _WITH_CONTEMPT, len(_WITH_CONTEMPT) + 2: _WITH_CONTEMPT}
"""By the length of the output; the longest has valence and arousal after the expressions, which are not read."""
_MEAN_RGB = np.array([0.485, 0.456, 0.406], np.float32)
_SCALE_RGB = 1 / np.array([0.229, 0.224, 0.225], np.float32)


class HSEmotionNetwork:
    """The probabilities of seven expressions, or of these and contempt, as `ExpressionNetworks` gives them.

    Args:
        session: of the added weights: one picture in, one row of 7, 8 or 10 values (before softmax) out.

    Raises:
        InvalidConfigException: these weights are something else.
    """

    def __init__(self, session: Session) -> None:
        self._height, self._width = picture_size(session, WHAT, USUAL_SIZE)
        if (self._height, self._width) not in SIZES:
            refuse(session, WHAT, f"they take pictures of {self._width} x {self._height} pixels, not of 224 or 260 square")
        if len(session.output_names) != 1:
            refuse(session, WHAT, f"they give {', '.join(session.output_names)} and not one output")
        (shape,) = session.output_shapes
        if shape and shape[-1] is not None and shape[-1] not in _CLASSES:
            refuse(session, WHAT, f"they give {shape[-1]} values and not {', '.join(map(str, _CLASSES))}")
        self._session = session

    def probabilities(self, cutting: Image) -> dict[str, float] | None:
        """The probability of each expression; None when the network gives no usable numbers.

        Args:
            cutting: of a face, upright, BGR, square.

        Raises:
            InferenceFailedException: the network could not be run.
            InvalidConfigException: it gives something else than 7, 8 or 10 values.
        """
        small = cv2.resize(cutting, (self._width, self._height), interpolation=cv2.INTER_AREA)
        prepared = (small[..., ::-1].astype(np.float32) / 255 - _MEAN_RGB) * _SCALE_RGB
        given = self._session.run({self._session.input_names[0]: np.ascontiguousarray(prepared.transpose(2, 0, 1)[None])})
        (values,) = given.values()
        names = _CLASSES.get(values.size)
        if names is None:
            refuse(self._session, WHAT, f"their output has the shape {values.shape}")
        shares = values.ravel()[: len(names)].astype(np.float64)
        shares = np.exp(shares - shares.max())
        total = float(shares.sum())
        if not np.isfinite(total) or total <= 0:
            return None
        found = {name: round(float(share), 4) for name, share in zip(names, shares / total, strict=True)}
        return dict(sorted(found.items()))
