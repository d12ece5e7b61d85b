"""Apparent age, and how a face is read as female or male: the votes of two small networks.

The first squeezes ages towards 25 to 40; the second is better below 20 and above 45, and counts for more there. Of gender, the
first was right on 63 of 63 pictures and has two thirds of the word. Both read a picture, nothing else: an old woman in a uniform
cap was read as a man.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import Estimate
from videoannotator.inference.sessions import Session
from videoannotator.pipelines.face_analysis.crops import Image

Floats = npt.NDArray[np.float32]

RES_WEIGHTS = "faceres"
API_WEIGHTS = "faceapi_agegender"
SCALE = 1.3
CUT_SIDE = 224
_API_SIDE = 112
_AGES = (15.0, 20.0, 45.0, 55.0)
_API_SHARES = (1.0, 0.5, 0.5, 1.0)
"""What part the second network has in the age, by its own word for it; evenly in between."""
API_GENDER_SHARE = 1 / 3


class Votes(NamedTuple):
    """What both networks say: ages in years, probabilities of female; the first network first."""

    ages: tuple[float, float]
    female: tuple[float, float]

    def age(self) -> Estimate:
        """The age that they stand for together."""
        share = float(np.interp(self.ages[1], _AGES, _API_SHARES))
        value = (1 - share) * self.ages[0] + share * self.ages[1]
        return Estimate(round(value, 1), round(abs(self.ages[0] - self.ages[1]) / 2, 1))

    def female_probability(self) -> Estimate:
        """What they say together."""
        value = (1 - API_GENDER_SHARE) * self.female[0] + API_GENDER_SHARE * self.female[1]
        return Estimate(round(value, 4), round(abs(self.female[0] - self.female[1]) / 2, 4))


class AgeGenderNetworks:
    """Both networks."""

    def __init__(self, res: Session, api: Session) -> None:
        self._res = res
        self._api = api

    def votes(self, cutting: Image) -> Votes | None:
        """What they say about a face; None when they give no usable numbers.

        Args:
            cutting: of a face, upright, `SCALE` times its box, BGR, `CUT_SIDE` pixels square.

        Raises:
            InferenceFailedException: a network could not be run.
        """
        res = self._res.run({"input_1:0": np.ascontiguousarray(cutting[None, ..., ::-1], np.float32)})
        small = cv2.resize(cutting, (_API_SIDE, _API_SIDE), interpolation=cv2.INTER_AREA)
        api = self._api.run({"rgb255": np.ascontiguousarray(small[None, ..., ::-1], np.float32)})
        shares = res["age_pred/Softmax:0"][0].astype(np.float64)
        first = float(shares @ np.arange(1, len(shares) + 1))
        second = float(api["Identity:0"].reshape(-1)[0])
        female = 1 - float(res["gender_pred/Sigmoid:0"].reshape(-1)[0]), 1 - float(api["Identity_1:0"].reshape(-1)[0])
        if not np.isfinite([first, second, *female]).all():
            return None
        return Votes((first, min(max(second, 0.0), 120.0)), (min(max(female[0], 0.0), 1.0), min(max(female[1], 0.0), 1.0)))
