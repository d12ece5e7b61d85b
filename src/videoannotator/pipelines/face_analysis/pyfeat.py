"""Action units with weights of Py-Feat that the user added (Cheong et al. 2023, https://doi.org/10.1007/s42761-023-00191-4).

Py-Feat is an optional dependency. Of it only the network is used that takes a picture of a face: the face is the one that was found
here, so boxes and tracks stay the same whichever network measures it.
"""

from typing import Any

import numpy as np

from videoannotator.errors import ExtraMissingException, InferenceFailedException, InvalidConfigException
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.face_analysis.crops import Image, Region, cut
from videoannotator.pipelines.face_analysis.validity import Sight

SUFFIX = ".safetensors"
SCALE, SIDE = 1.2, 256
"""What the network was trained on: the box's longer side times 1.2, not turned, 256 pixels square."""
UNREADABLE = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, OSError)
_DIGITS = 4


class PyFeatActionUnits:
    """The probability of each action unit that Py-Feat's multitask network knows.

    Args:
        name: of the added weights: one `.safetensors` file of `py-feat/face_multitask_v2`.
        sessions: knows the added weights and the device.

    Raises:
        ExtraMissingException: Py-Feat is not installed.
        WeightsMissingException, WeightsDamagedException: the weights are not there, or not whole.
        InvalidConfigException: they are something else.
        InferenceFailedException: they cannot be loaded.
    """

    def __init__(self, name: str, sessions: SessionPool) -> None:
        inference, self._torch, unreadable = _modules()
        path = sessions.require_added_path(name)
        if path.suffix != SUFFIX:
            raise InvalidConfigException(
                f"The weights {name!r} are not one {SUFFIX} file.",
                hint="Add the file of py-feat/face_multitask_v2 with `videoannotator models pull`.",
            )
        device = "cuda" if sessions.device_used == "cuda" else "cpu"
        try:
            self._model = inference.MultitaskModel(device=device, weights_path=str(path))
        except (*UNREADABLE, unreadable) as error:
            raise InferenceFailedException(
                f"The weights {name!r} cannot be loaded by Py-Feat: {error}", hint="Add the weights that this release of it reads."
            ) from error
        self._name = name

    def units(self, sight: Sight) -> dict[str, float] | None:
        """The probabilities by name (`AU01`), 0 to 1; None when the network gives no usable numbers.

        Raises:
            InferenceFailedException: the network could not be run.
        """
        chip = np.ascontiguousarray(_square(sight)[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255
        try:
            found = self._model(self._torch.from_numpy(chip))
        except RuntimeError as error:
            raise InferenceFailedException(
                f"The weights {self._name!r} could not be run: {error}", hint="Choose others."
            ) from error
        values = found.au[0]
        if not np.isfinite(values).all():
            return None
        return {unit: round(float(value), _DIGITS) for unit, value in sorted(zip(found.au_names, values, strict=True))}


def _square(sight: Sight) -> Image:
    left, top, right, bottom = (float(side) for side in sight.box)
    return cut(sight.picture, Region((left + right) / 2, (top + bottom) / 2, SCALE * sight.size, 0.0), SIDE)


def _modules() -> tuple[Any, Any, type[Exception]]:
    """Py-Feat's network, torch, and the error of a file that is not whole.

    Raises:
        ExtraMissingException: they are not installed.
    """
    try:
        import safetensors  # noqa: PLC0415  an optional extra that takes seconds to load
        import torch  # noqa: PLC0415  the same
        from feat.multitask import inference  # noqa: PLC0415  the same
    except ImportError as error:
        raise ExtraMissingException(
            "The Py-Feat back-end is not installed.",
            hint="Install it, on Python 3.11 or newer: pip install 'videoannotator[pyfeat]', or leave out action_unit_weights.",
        ) from error
    return inference, torch, safetensors.SafetensorError
