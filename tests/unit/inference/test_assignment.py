from itertools import permutations

import numpy as np
import pytest

from videoannotator.inference.assignment import best_assignment


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 3), (2, 4), (4, 2)])
def test_no_other_pairs_agree_better(rows: int, columns: int) -> None:
    for seed in range(20):
        agreement = np.random.default_rng(seed).normal(size=(rows, columns))
        long = agreement if rows <= columns else agreement.T
        best = max(
            sum(float(long[row, column]) for row, column in enumerate(order))
            for order in permutations(range(long.shape[1]), len(long))
        )
        chosen = best_assignment(agreement)
        assert float(agreement[chosen].sum()) == pytest.approx(best)
        assert len(set(chosen[0].tolist())) == len(set(chosen[1].tolist())) == min(rows, columns)


def test_nobody_to_assign_is_nobody_assigned() -> None:
    rows, columns = best_assignment(np.zeros((0, 3)))
    assert len(rows) == len(columns) == 0
