"""Seven expressions: what two small networks make of a face, one of them with half the weight.

The weights were chosen on acted expressions: together the networks named 18 of 18 at their height, and took 96 % of neutral frames
for neutral. Fear, sadness and disgust are weak. An expression is not a feeling.
"""

from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import EXPRESSIONS
from videoannotator.inference.sessions import Session, SessionPool
from videoannotator.pipelines.face_analysis.crops import Image
from videoannotator.pipelines.face_analysis.hsemotion import HSEmotionNetwork

Floats = npt.NDArray[np.float32]

FER_WEIGHTS = "fer_minixception"
"""Arriaga et al. 2017, Real-time Convolutional Neural Networks for Emotion and Gender Classification."""
API_WEIGHTS = "faceapi_expression"
SCALE = 1.2
CUT_SIDE = 224
_FER_SIDE, _API_SIDE = 64, 112
_FER_ORDER = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_API_ORDER = ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise")
_API_SHARE = 1 / 3
_FROM_FER = [_FER_ORDER.index(name) for name in EXPRESSIONS]
_FROM_API = [_API_ORDER.index(name) for name in EXPRESSIONS]


class TellsExpressions(Protocol):
    """What tells expressions apart."""

    def probabilities(self, cutting: Image) -> dict[str, float] | None:
        """The probability of each expression in a cutting of a face, `SCALE` times its box, BGR, `CUT_SIDE` pixels square."""


def expression_networks(sessions: SessionPool, added: str | None) -> TellsExpressions:
    """The networks that come along, or the added one of this name."""
    if added is not None:
        return HSEmotionNetwork(sessions.added(added))
    return ExpressionNetworks(sessions.get(FER_WEIGHTS), sessions.get(API_WEIGHTS))


class ExpressionNetworks:
    """Both networks."""

    def __init__(self, fer: Session, api: Session) -> None:
        self._fer = fer
        self._api = api

    def probabilities(self, cutting: Image) -> dict[str, float] | None:
        """The probability of each of `EXPRESSIONS`; None when the networks give no usable numbers.

        Args:
            cutting: of a face, upright, `SCALE` times its box, BGR, `CUT_SIDE` pixels square.

        Raises:
            InferenceFailedException: a network could not be run.
        """
        grey = cv2.cvtColor(cv2.resize(cutting, (_FER_SIDE, _FER_SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        fer = self._fer.run({"input_1": (grey.astype(np.float32) / np.float32(127.5) - 1)[None, ..., None]})["predictions"][0]
        small = cv2.resize(cutting, (_API_SIDE, _API_SIDE), interpolation=cv2.INTER_AREA)
        api = self._api.run({"rgb255": np.ascontiguousarray(small[None, ..., ::-1], np.float32)})["Identity:0"][0]
        both = (1 - _API_SHARE) * fer[_FROM_FER].astype(np.float64) + _API_SHARE * api[_FROM_API].astype(np.float64)
        total = float(both.sum())
        if not np.isfinite(total) or total <= 0:
            return None
        return {name: round(float(value), 4) for name, value in zip(EXPRESSIONS, both / total, strict=True)}
