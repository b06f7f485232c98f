"""A drug that kills lymphocytes takes the T cells of the mechanism with it."""

import numpy as np
import pytest

from alarmin.engine import Doses, simulate
from alarmin.population import compiled
from alarmin.therapy import drug, shipped_drugs, substance

DOSE_MG = 500.0
STILL = ("k_nT_death", "k_T_death", "k_prime_T8", "k_prime_T4", "k_prime_Treg", "q_T_in")


def remaining(kinds, lympho):
    """Share of cells that one dose leaves where nothing else is born, dies or enters a lesion."""
    pools = tuple(f"{kind}_{place}" for kind in kinds for place in "bpn")
    columns = ("lympho_carboplatin", "CL_carboplatin", *STILL, *pools)
    model = compiled(columns, pools, ("carboplatin",))
    values = [[lympho, 200.0, *(0.0 for _ in STILL), *(1e6 for _ in pools)]]
    given = Doses(0, 1.0, "A1_carboplatin", DOSE_MG, 1.0 / 24)
    batch = simulate(model, values, [0.0, 30.0], doses=given, rtol=1e-9, threads=1)
    assert not batch.failures()
    kept = batch.values[0].reshape(2, len(kinds), 3).sum(axis=2)
    return kept[1] / kept[0]


@pytest.mark.parametrize("kind", ["nT8", "nT4", "T8", "Th", "Treg"])
def test_what_survives_falls_exponentially_with_the_exposure(kind):
    lympho = 0.3
    expected = np.exp(-lympho * DOSE_MG / 200.0)
    np.testing.assert_allclose(remaining([kind], lympho), expected, rtol=1e-6)


def test_a_drug_that_spares_lymphocytes_leaves_all():
    np.testing.assert_allclose(remaining(["nT8", "T8", "Treg"], 0.0), 1.0, rtol=1e-7)


@pytest.mark.parametrize("setting", ["well", "mouse"])
@pytest.mark.parametrize("name", shipped_drugs())
def test_what_a_drug_costs_is_known_for_patients_only(name, setting):
    own = {p.id: p for p in substance(name, setting).parameters}
    if "cytotoxic" in drug(name).properties:
        assert own["lympho"].value == 0.0
