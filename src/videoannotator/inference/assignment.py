"""The assignment of rows to columns that is best in all (Crouse 2016, doi 10.1109/TAES.2016.140952, after Kuhn 1955)."""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]


def best_assignment(agreement: npt.NDArray[np.floating]) -> tuple[Places, Places]:
    """The rows and their columns whose agreement adds up to the most: as many pairs as the shorter side has, rows in order.

    Args:
        agreement: finite numbers, shape (n, m).
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  takes half a second to load, which only some runs need

    rows, columns = linear_sum_assignment(agreement, maximize=True)
    return rows, columns
