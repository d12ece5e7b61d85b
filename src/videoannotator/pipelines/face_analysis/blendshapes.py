"""The 52 blendshapes of a face, and the action units of FACS for which they are a proxy."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import BLENDSHAPES, Blink
from videoannotator.inference.sessions import Session

Floats = npt.NDArray[np.float32]

WEIGHTS = "face_blendshapes"
_INPUT, _OUTPUT = "serving_default_input_points:0", "StatefulPartitionedCall:0"
_USED_POINTS = np.array(
    [
        *(0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80, 81, 82),
        *(84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157),
        *(158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270),
        *(276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334),
        *(336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398),
        *(400, 402, 405, 409, 415, 454, 466, *range(468, 478)),
    ]
)
"""Which points of the mesh the network was made for, in its order."""

_SOURCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AU01": ("browInnerUp",),
        "AU02": ("browOuterUpLeft", "browOuterUpRight"),
        "AU04": ("browDownLeft", "browDownRight"),
        "AU05": ("eyeWideLeft", "eyeWideRight"),
        "AU07": ("eyeSquintLeft", "eyeSquintRight"),
        "AU10": ("mouthUpperUpLeft", "mouthUpperUpRight"),
        "AU12": ("mouthSmileLeft", "mouthSmileRight"),
        "AU14": ("mouthDimpleLeft", "mouthDimpleRight"),
        "AU15": ("mouthFrownLeft", "mouthFrownRight"),
        "AU16": ("mouthLowerDownLeft", "mouthLowerDownRight"),
        "AU17": ("mouthShrugLower",),
        "AU18": ("mouthPucker",),
        "AU20": ("mouthStretchLeft", "mouthStretchRight"),
        "AU22": ("mouthFunnel",),
        "AU24": ("mouthPressLeft", "mouthPressRight"),
        "AU26": ("jawOpen",),
        "AU28": ("mouthRollLower", "mouthRollUpper"),
        "AU43": ("eyeBlinkLeft", "eyeBlinkRight"),
        "AU45": ("eyeBlinkLeft", "eyeBlinkRight"),
    }
)
"""The blendshapes whose mean stands for an action unit. AU43 and AU45 differ in how long the eyes stay closed, which one frame does
not tell; AU25 is computed from several."""
_DIGITS = 4


class BlendshapeNetwork:
    """Reads blendshapes off a mesh."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def values(self, mesh: Floats) -> tuple[float, ...] | None:
        """One value from 0 to 1 per entry of `BLENDSHAPES`; None when the network gives no usable numbers.

        Args:
            mesh: points, shape (478, 3); the network puts them into a scale of its own.

        Raises:
            InferenceFailedException: the network could not be run.
        """
        found = self._session.run({_INPUT: np.ascontiguousarray(mesh[None, _USED_POINTS, :2], np.float32)})[_OUTPUT]
        if found.shape != (len(BLENDSHAPES),) or not np.isfinite(found).all():
            return None
        return tuple(round(float(value), _DIGITS) for value in found.clip(0, 1))


def blink_of(values: Sequence[float]) -> Blink:
    """How far the eyes are closed."""
    named = dict(zip(BLENDSHAPES, values, strict=True))
    return Blink(named["eyeBlinkLeft"], named["eyeBlinkRight"])


def action_units_of(values: Sequence[float]) -> dict[str, float]:
    """The proxies, by name."""
    named = dict(zip(BLENDSHAPES, values, strict=True))
    units = {unit: sum(named[name] for name in names) / len(names) for unit, names in _SOURCES.items()}
    units["AU25"] = max(units["AU10"], units["AU16"], named["jawOpen"] - named["mouthClose"])
    return {unit: round(units[unit], _DIGITS) for unit in sorted(units)}
