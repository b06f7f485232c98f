"""Order of elimination and fill-in against dense elimination."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alarmin.engine.linalg import elimination_order, factor_pattern

patterns = st.integers(1, 9).flatmap(
    lambda n: st.tuples(st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
)


@given(patterns, st.randoms(use_true_random=False))
def test_every_entry_of_the_factors_is_foreseen(case, random):
    n, entries = case
    order = elimination_order(n, entries)
    assert sorted(order) == list(range(n))
    place = {k: i for i, k in enumerate(order)}
    matrix = np.eye(n) * 10.0
    for i, j in entries:
        matrix[place[i], place[j]] += random.uniform(0.5, 1.5)
    rows = factor_pattern(n, [(place[i], place[j]) for i, j in entries])
    for k in range(n):
        for i in range(k + 1, n):
            matrix[i, k] /= matrix[k, k]
            matrix[i, k + 1 :] -= matrix[i, k] * matrix[k, k + 1 :]
    for i, j in zip(*np.nonzero(matrix), strict=True):
        assert int(j) in rows[int(i)]


def test_an_arrow_fills_in_nothing():
    n = 12
    arrow = {(0, j) for j in range(n)} | {(i, 0) for i in range(n)}
    order = elimination_order(n, arrow)
    place = {k: i for i, k in enumerate(order)}
    rows = factor_pattern(n, [(place[i], place[j]) for i, j in arrow])
    assert sum(map(len, rows)) == 3 * n - 2
