"""How strongly a stretch of frames speaks for a boundary. Pure functions of signatures, shape (frames, 432), 0 to 255."""

import numpy as np
import numpy.typing as npt

AROUND = 16
"""Frames before and after a step within which it must stand out."""
RIVALS = 3

Signatures = npt.NDArray[np.float32]

FLAT_DEVIATION = 4.0
"""A picture whose colour varies less than this over its area (standard deviation, 0 to 255) is nearly single-coloured."""
SAME_PICTURE = 0.8
"""Pictures that resemble each other more than this show the same, perhaps in another light."""


def deviation(signatures: Signatures) -> npt.NDArray[np.float32]:
    """How much the colour varies over each picture's area: the largest of the three channels' standard deviations."""
    channels = signatures.reshape(len(signatures), signatures.shape[1] // 3, 3)
    return channels.std(axis=1).max(axis=1)  # type: ignore[no-any-return]


def distance(left: Signatures, right: Signatures) -> npt.NDArray[np.float32]:
    """Root mean square difference of pictures, along the last axis."""
    return np.sqrt(np.square(left - right).mean(axis=-1))  # type: ignore[no-any-return]


def resemblance(left: Signatures, right: Signatures) -> npt.NDArray[np.float32]:
    """Correlation of pictures, -1 to 1, each channel taken from its own mean: brightness, contrast and tint do not matter.

    A nearly single-coloured picture has nothing to be compared by and resembles none: what is left of a picture that has faded away
    must not count as that picture.
    """
    left, right = _centred(left), _centred(right)
    floor = 1.5 * FLAT_DEVIATION * np.sqrt(left.shape[-1])
    norms = np.maximum(np.linalg.norm(left, axis=-1), floor) * np.maximum(np.linalg.norm(right, axis=-1), floor)
    products: npt.NDArray[np.float32] = (left * right).sum(axis=-1) / norms
    return products


def _centred(pictures: Signatures) -> Signatures:
    channels = pictures.reshape(*pictures.shape[:-1], pictures.shape[-1] // 3, 3)
    return (channels - channels.mean(axis=-2, keepdims=True)).reshape(pictures.shape)  # type: ignore[no-any-return]


def step_confidence(signatures: Signatures, first: int, last: int, span: int) -> float:
    """How sure it is that the picture before row `first` and the one from row `last` on are different shots, 0 to 1.

    A flash or a lamp leaves the same picture behind: 0. Otherwise as steadiness has it.
    """
    before, after = _sides(signatures, first, last, span)
    if resemblance(before.mean(axis=0), after.mean(axis=0)) > SAME_PICTURE:
        return 0.0
    return steadiness(signatures, first, last, span)


def steadiness(signatures: Signatures, first: int, last: int, span: int) -> float:
    """How far the change from before row `first` to row `last` stands out from the movement around it, 0 to 1; 0.5 for as large.

    The step is compared with the movement inside the `span` rows before and after: in a pan both are alike, at a cut the step is
    many times larger. Where frames repeat, as in a recording of a screen, movement consists of steps too: the step must stand out
    from the others around it.
    """
    before, after = _sides(signatures, first, last, span)
    step = float(distance(before.mean(axis=0), after.mean(axis=0)))
    movement = max(
        float(distance(before[0], before[-1])), float(distance(after[0], after[-1])), 2 * _usual_step(signatures, first, last)
    )
    return step / (step + movement) if step > 0 else 0.0


def _sides(signatures: Signatures, first: int, last: int, span: int) -> tuple[Signatures, Signatures]:
    return signatures[max(first - span, 0) : first], signatures[last : last + span]


def _usual_step(signatures: Signatures, first: int, last: int) -> float:
    """The third largest step from row to row within `AROUND` rows, those from `first` to `last` left out: two may be cuts."""
    start, stop = max(first - AROUND, 1), min(last + AROUND, len(signatures) - 1)
    rows = np.array([row for row in range(start, stop + 1) if not first <= row <= last], dtype=np.int64)
    if len(rows) < RIVALS:
        return 0.0
    return float(np.sort(distance(signatures[rows], signatures[rows - 1]))[-RIVALS])
