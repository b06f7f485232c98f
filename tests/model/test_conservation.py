"""What the mechanism must keep, whatever it is extended by: cells, drug, and no negative amounts."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm

from alarmin.engine import Doses, simulate
from alarmin.population import compiled, draw_drugs, recruit
from alarmin.population.sampling import draw
from alarmin.population.simulation import system
from alarmin.therapy import doses, drug, load_regimen, shipped_drugs, shipped_regimens, substance

TWO_COMPARTMENTS = [name for name in shipped_drugs() if drug(name).for_patients]


def anyone(features):
    return features.assign(anyone=True)[["anyone"]]


@pytest.fixture(scope="module")
def cohort():
    return recruit(16, seed=3, eligible=anyone, threads=1)


@pytest.mark.parametrize("regimen", shipped_regimens())
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


@pytest.mark.parametrize("name", TWO_COMPARTMENTS)
def test_without_elimination_no_drug_is_lost(name):
    pair = (f"A1_{name}", f"A2_{name}")
    model = compiled((f"CL_{name}",), pair, (name,))
    given = Doses(0, [0.0, 2.0], pair[0], [100.0, 50.0], [0.5, 0.0])
    batch = simulate(model, [[0.0]], [1.0, 3.0, 30.0], doses=given, rtol=1e-9, threads=1)
    np.testing.assert_allclose(batch.values[0].sum(axis=1), [100.0, 150.0, 150.0], rtol=1e-7)


@pytest.mark.parametrize("name", TWO_COMPARTMENTS)
def test_pharmacokinetics_of_a_patient_equal_the_matrix_exponential(name):
    """Two compartments are a linear system: x' = M x + input, solved exactly for one infusion."""
    own = draw_drugs((name,), draw(0, seed=9).features.iloc[[7]], seed=9)
    parts = [f"{part}_{name}" for part in ("CL", "Q", "V1", "V2")]
    value = {f"{p.id}_{name}": p.value for p in substance(name).parameters} | own.iloc[0].to_dict()
    clearance, exchange, central, outer = (value[part] for part in parts)
    rates = np.array(
        [
            [-(clearance + exchange) / central, exchange / outer],
            [exchange / central, -exchange / outer],
        ]
    )
    amount, duration = 120.0, 1.0 / 24
    times = np.array([0.25 / 24, duration, 3.0 / 24, 1.0, 10.0])
    source = np.array([amount / duration, 0.0])

    def exact(t):
        infused = min(t, duration)
        at_end = np.linalg.solve(rates, (expm(rates * infused) - np.eye(2)) @ source)
        return expm(rates * (t - infused)) @ at_end

    model = compiled(tuple(own.columns), (f"A1_{name}", f"A2_{name}"), (name,))
    given = Doses(0, 0.0, f"A1_{name}", amount, duration)
    batch = simulate(model, own[list(model.parameters)].to_numpy(), times, doses=given, rtol=1e-10, threads=1)
    expected = np.array([exact(t) for t in times])
    np.testing.assert_allclose(batch.values[0], expected, rtol=1e-6, atol=1e-9 * amount)
