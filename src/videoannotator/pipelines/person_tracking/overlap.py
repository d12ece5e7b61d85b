"""What the postures of two boxes that overlap say of each other.

The network sees a square with everything in it, and jumps to the neighbour when two people overlap. Such points keep their place
and lose their confidence. Where it jumps with all that it sees, both boxes may be around one body.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MARGIN = 0.1
"""How far outside its own box a point may lie, as a share of the box's longer side."""
NEAR = 0.04
"""Two people's points of one kind that lie closer than this share of the smaller box's longer side are taken for one point."""
DOUBT = 0.25
"""What is left of the score of a doubtful point."""
SAME_BODY = 0.7
"""Two postures that have this share of the points that are seen in both in common,"""
LEAST_IN_COMMON = 3
"""and so many of them, are of one body."""


def with_doubts(boxes: Floats, postures: Sequence[Floats]) -> list[Floats]:
    """The postures of all people in one frame with lower scores for doubtful points.

    Args:
        boxes: left, top, right, bottom in pixels, shape (n, 4).
        postures: of each, shape (17, 3): x, y, score.
    """
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(1)
    doubtful = [_outside(posture, box, size * MARGIN) for posture, box, size in zip(postures, boxes, sizes, strict=True)]
    for one in range(len(postures)):
        for other in range(one + 1, len(postures)):
            apart = np.hypot(*(postures[one][:, :2] - postures[other][:, :2]).T)
            same = apart < NEAR * min(sizes[one], sizes[other])
            # A point that two people claim belongs to the one in whose box it lies deeper.
            nearer = _depth(postures[one], boxes[one]) >= _depth(postures[other], boxes[other])
            doubtful[one] |= same & ~nearer
            doubtful[other] |= same & nearer
    return [_lowered(posture, doubts) for posture, doubts in zip(postures, doubtful, strict=True)]


def doubles(boxes: Floats, postures: Sequence[Floats], least_score: float) -> npt.NDArray[np.bool_]:
    """Which two of the boxes are around one body, shape (n, n); a box is no double of itself.

    Args:
        boxes, postures: as `with_doubts` takes them.
        least_score: of a point that counts as seen.
    """
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0.0)
    found = np.zeros((len(postures), len(postures)), np.bool_)
    for one in range(len(postures)):
        for other in range(one + 1, len(postures)):
            seen = (postures[one][:, 2] >= least_score) & (postures[other][:, 2] >= least_score)
            apart = np.hypot(*(postures[one][seen, :2] - postures[other][seen, :2]).T)
            same = int((apart < NEAR * min(sizes[one], sizes[other])).sum())
            found[one, other] = found[other, one] = same >= max(LEAST_IN_COMMON, SAME_BODY * int(seen.sum()))
    return found


def _outside(posture: Floats, box: Floats, margin: float) -> npt.NDArray[np.bool_]:
    beyond = (posture[:, :2] < box[:2] - margin) | (posture[:, :2] > box[2:] + margin)
    return np.asarray(beyond.any(axis=1), np.bool_)


def _depth(posture: Floats, box: Floats) -> Floats:
    """How far inside the box each point lies, as a share of the way to its middle; negative outside."""
    middle, reach = (box[:2] + box[2:]) / 2, np.maximum((box[2:] - box[:2]) / 2, 1e-6)
    return np.asarray(1 - (np.abs(posture[:, :2] - middle) / reach).max(1), np.float32)


def _lowered(posture: Floats, doubtful: npt.NDArray[np.bool_]) -> Floats:
    changed = posture.copy()
    changed[doubtful, 2] *= DOUBT
    return changed
