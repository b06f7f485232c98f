"""Immune cells leave with the tissue that holds them."""

import numpy as np
import pytest

from alarmin.engine import Doses, simulate
from alarmin.model import parameters
from alarmin.population import compiled, draw_drugs, grow, numbered

CLEAR = next(p.value for p in parameters() if p.id == "k_clear")
CELLS = 1e9
# Nothing is born, dies, enters, or changes its kind; what is dead is cleared.
STILL = (
    *("k_growth", "k_wear", "k_kill", "k_phagocytosis", "k_efferocytosis", "k_T_death", "k_Tex_death"),
    *("k_Treg", "k_exhaust", "k_revive", "k_Th_Treg", "q_T_in", "k_TAM_in", "k_TAM_death", "k_M1", "k_M2"),
    *("k_MDSC_in", "k_MDSC_death", "k_MDSC_T", "k_DC_death", "k_DC_mature", "k_mDC_death", "k_DC_migrate"),
    "k_Mx_death",
)
IMMUNE = ("T8_1", "Tex_1", "Th_1", "Treg_1", "M1_1", "M2_1", "MDSC_1", "DC_1", "mDC_1", "Mx_1")


def follow(dead, days, **own):
    """Follow a lesion with dead and living tumour cells, and with 1e6 immune cells of each kind."""
    values = {name: 0.0 for name in STILL} | {f"C_{c}_{k}": 0.0 for c in "stpe" for k in "12"}
    values |= {"N_1": dead, "C_s_1": CELLS - dead} | {name: 1e6 for name in (*IMMUNE, "MDSC_2", "M2_2")} | own
    outputs = (*IMMUNE, "lesion_1", "N_1")
    model = compiled(tuple(values), outputs)
    row = np.array(list(values.values()))[[list(values).index(name) for name in model.parameters]]
    batch = simulate(model, row[None, :], np.array(days), rtol=1e-9, threads=1)
    assert not batch.failures()
    return {name: batch.output(name)[0] for name in outputs}


@pytest.mark.parametrize("dead", [0.5e9, 0.99e9])
def test_their_density_stays_as_the_lesion_shrinks(dead):
    seen = follow(dead, [0.0, 5.0, 20.0, 60.0])
    np.testing.assert_allclose(
        seen["N_1"], dead * np.exp(-CLEAR * np.array([0.0, 5.0, 20.0, 60.0])), rtol=1e-4
    )
    assert seen["lesion_1"][-1] < 0.6 * seen["lesion_1"][0]
    for name in IMMUNE:
        density = seen[name] / seen["lesion_1"]
        np.testing.assert_allclose(density, density[0], rtol=1e-5, err_msg=name)


def test_none_leaves_or_comes_where_a_lesion_grows():
    seen = follow(0.0, [0.0, 60.0], k_growth=0.03)
    assert seen["lesion_1"][1] > 1.5 * seen["lesion_1"][0]
    for name in IMMUNE:
        assert seen[name][1] == pytest.approx(1e6, rel=1e-6), name


@pytest.mark.parametrize("day", [0.5, 6.0, 30.0])
def test_what_a_lesion_gains_and_loses_is_the_change_of_its_cells(day):
    """With all at work: growth, T cells, macrophages, a drug, radiation."""
    cohort = grow(numbered(np.arange(4)), threads=1)
    outputs = tuple(f"{name}_{lesion}" for name in ("cells", "net_cells") for lesion in (1, 2))
    own = draw_drugs(("docetaxel",), cohort.features)
    tables = (cohort.parameters, own, cohort.baseline)
    columns = tuple(name for table in tables for name in table.columns)
    model = compiled(columns, outputs, ("docetaxel",))
    values = np.hstack([table.to_numpy(float) for table in tables])
    rows = values[:, [columns.index(name) for name in model.parameters]]
    given = Doses(-1, [0.0, 5.0], np.array(["A1_docetaxel", "Beam_1"]), [135.0, 8.0], [1.0 / 24, 0.0])
    step = 0.01
    batch = simulate(model, rows, [day - step, day, day + step], doses=given, rtol=1e-10, threads=1)
    assert not batch.failures()
    before, at, after = batch.values.transpose(1, 0, 2)
    np.testing.assert_allclose((after - before)[:, :2] / (2 * step), at[:, 2:], rtol=1e-3)
