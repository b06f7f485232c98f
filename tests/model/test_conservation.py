"""What the mechanism must keep, whatever it is extended by: cells, drug, and no negative amounts."""

import numpy as np
import pandas as pd
import pytest

from alarmin.engine import simulate
from alarmin.population import compiled, draw_drugs, recruit
from alarmin.population.simulation import system
from alarmin.therapy import doses, load_regimen, shipped_regimens


def anyone(features):
    return features.assign(anyone=True)[["anyone"]]


@pytest.fixture(scope="module")
def cohort():
    return recruit(16, seed=3, eligible=anyone, threads=1)


def _covering():
    """Name regimens that hold every drug between them, the largest first, and one with radiotherapy."""
    leaves = [one for one in map(load_regimen, shipped_regimens()) if one.choice is None]
    chosen, seen = ["sbrt-50gy-pembrolizumab"], set()
    for one in sorted(leaves, key=lambda one: (-len(one.drugs), one.regimen)):
        if not set(one.drugs) <= seen:
            chosen.append(one.regimen)
            seen |= set(one.drugs)
    return chosen


@pytest.mark.parametrize("regimen", _covering())
def test_no_amount_becomes_negative_or_unknown(cohort, regimen):
    chosen = load_regimen(regimen)
    names = tuple(chosen.drugs)
    table = pd.concat(
        [cohort.parameters, draw_drugs(names, cohort.features, seed=3), cohort.baseline], axis=1
    )
    watched = system(names).states
    model = compiled(tuple(table.columns), watched, names)
    values = table[list(model.parameters)].to_numpy()
    times = np.unique(np.concatenate([np.arange(0.0, 200.0, 2.0), np.arange(0.0, 43.0, 0.1)]))
    given = doses(chosen, cohort.features)
    batch = simulate(model, values, times, doses=given, threads=1)
    assert not batch.failures()
    largest = batch.values.max(axis=(0, 1))
    assert (batch.values >= -1e-6 * np.maximum(largest, 1e-12)).all()


@pytest.mark.parametrize("kind", ["nT8", "nT4"])
def test_naive_cells_only_move_when_nothing_is_born_dies_or_is_primed(kind):
    still = ("k_nT_death", "k_prime_T8", "k_prime_T4")
    pools = tuple(f"{kind}_{place}" for place in "bpn")
    model = compiled((*still, *pools), pools)
    # All cells start in blood and must spread without loss.
    values = [[0.0, 0.0, 0.0, 1e6, 0.0, 0.0]]
    batch = simulate(model, values, np.linspace(0.0, 100.0, 21), rtol=1e-9, threads=1)
    total = batch.values[0].sum(axis=1)
    assert batch.values[0, -1, 1:].min() > 0.0
    np.testing.assert_allclose(total, 1e6, rtol=1e-7)
