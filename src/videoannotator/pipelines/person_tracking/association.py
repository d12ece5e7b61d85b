"""Which detection belongs to which track: the assignment that agrees best in all."""

import numpy as np
import numpy.typing as npt

from videoannotator.inference.assignment import best_assignment

Floats = npt.NDArray[np.float32]

FORBIDDEN = -1e6


def assign(agreement: Floats, lowest: float) -> list[tuple[int, int]]:
    """Pairs (row, column) whose agreement adds up to the most; pairs below `lowest` are never made.

    Args:
        agreement: how well each row agrees with each column, shape (n, m).
        lowest: least agreement of a pair.
    """
    if agreement.size == 0:
        return []
    rows, columns = best_assignment(np.where(agreement >= lowest, agreement.astype(np.float64), FORBIDDEN))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if agreement[row, column] >= lowest]


def widened(boxes: Floats, share: float) -> Floats:
    """The boxes, larger by a share of their sides on each side: fast people then still touch their last place."""
    margin = (boxes[:, 2:] - boxes[:, :2]) * share
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], 1)
