"""PD-1 with its two ligands, beside the exact equilibrium."""

import numpy as np
import pytest
from scipy.optimize import brentq

from alarmin.engine import simulate
from alarmin.model import parameters
from alarmin.population import compiled

TABLE = {p.id: p.value for p in parameters()}
AFFINITY = 16.7  # of both antibodies [L/mg]
PD1, PDL1 = "Ct_pembrolizumab_1", "Ct_atezolizumab_1"


def simulated(tps, ratio, mg_per_l, **own):
    """PD-1 that is bound at the start, with so much of an antibody in the lesion."""
    values = {"tps_1": tps, "r_PDL2": ratio, PD1: 0.0, PDL1: 0.0} | mg_per_l | own
    model = compiled(tuple(values), ("PD1_bound_1",), ("pembrolizumab", "atezolizumab"))
    row = np.array([values[name] for name in model.parameters])
    return simulate(model, row[None, :], np.zeros(1), threads=1).output("PD1_bound_1")[0, 0]


def exact(tps, ratio, mg_per_l):
    """The same from the balance of PD-1 over both ligands, that compete for it."""
    total = TABLE["PD1_total"] / (1 + AFFINITY * mg_per_l.get(PD1, 0.0))
    stained = TABLE["PDL1_stained"]
    ligands = (
        (
            (TABLE["PDL1_floor"] + tps * stained) / (1 + AFFINITY * mg_per_l.get(PDL1, 0.0)),
            TABLE["Kd_PD1_PDL1"],
        ),
        (ratio * stained, TABLE["Kd_PD1_PDL2"]),
    )

    def missing(free):
        return free + sum(amount * free / (kd + free) for amount, kd in ligands) - total

    return total - brentq(missing, 0.0, total)


@pytest.mark.parametrize("tps", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("ratio", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("mg_per_l", [{}, {PD1: 10.0}, {PDL1: 10.0}], ids=["none", "PD-1", "PD-L1"])
def test_two_ligands_bind_as_the_exact_balance_says(tps, ratio, mg_per_l):
    assert simulated(tps, ratio, mg_per_l) == pytest.approx(exact(tps, ratio, mg_per_l), rel=0.1)


def test_an_antibody_on_pd_l1_leaves_what_pd_l2_holds():
    """Of 25 molecules of PD-L2 nearly all hold a PD-1; one on PD-1 leaves little of both."""
    left = {place: simulated(0.5, 0.1, {place: 1e4}) for place in (PD1, PDL1)}
    assert left[PDL1] == pytest.approx(0.1 * TABLE["PDL1_stained"], rel=0.05)
    assert left[PD1] < 0.01 * left[PDL1]


def test_without_the_gene_of_pd_l1_its_antibody_changes_nothing_and_pd_l2_is_there():
    alone = simulated(0.5, 0.1, {}, g_CD274=0.0)
    assert alone == pytest.approx(simulated(0.5, 0.1, {PDL1: 1e6}), rel=1e-3)
    assert simulated(0.5, 0.1, {PDL1: 10.0}, g_CD274=0.0) == alone


def test_what_raises_pd_l1_raises_pd_l2():
    low, high = (simulated(0.0, 0.1, {PDL1: 1e6}, PDL_fold_1=fold) for fold in (1.0, 3.0))
    assert high == pytest.approx(3 * low, rel=0.05)
