"""What radiation and T cells leave on a scan, and that nothing else leaves it."""

import numpy as np
import pytest

from alarmin.engine import Doses, simulate
from alarmin.model import parameters
from alarmin.population import compiled

TABLE = {p.id: p.value for p in parameters()}
CELLS = 1e9
# Nothing is born or dies but by radiation.
STILL = ("k_growth", "k_wear", "k_switch", "k_adapt", "k_antigen_loss", "k_phagocytosis", "k_kill")
SEEN = ("D_1", "SLD", "SLD_tumour", "seen_1", "lesion_1", "C_s_1", "I_1", "Debris_1", "Scar_1")


def volume(cells):
    return cells * TABLE["vol_cell"] / TABLE["Ve"]


def after(gray, days, **own):
    """Follow 1e9 cells that receive one fraction at once."""
    start = {f"C_{clone}_{lesion}": 0.0 for clone in "stpe" for lesion in "12"} | {"C_s_1": CELLS}
    values = {name: 0.0 for name in STILL} | start | own
    model = compiled(tuple(values), SEEN)
    given = Doses(0, 0.0, "Beam_1", gray)
    place = [list(values).index(name) for name in model.parameters]
    row = np.array(list(values.values()))[place]
    batch = simulate(model, row[None, :], np.array(days), doses=given, rtol=1e-9, threads=1)
    assert not batch.failures()
    return {name: batch.output(name)[0] for name in SEEN}


def test_without_radiation_a_scan_shows_the_lesion_alone():
    seen = after(0.0, [0.0, 100.0, 400.0])
    assert not seen["Debris_1"].any()
    assert not seen["Scar_1"].any()
    np.testing.assert_array_equal(seen["seen_1"], seen["lesion_1"])


@pytest.mark.parametrize("gray", [2.0, 8.0])
def test_a_share_of_the_cells_killed_stays_as_scar(gray):
    seen = after(gray, [0.0, 3000.0], f_scar=0.4, k_resorption=0.02)
    killed = CELLS - seen["C_s_1"][-1]
    assert killed > 0.1 * CELLS
    np.testing.assert_allclose(seen["Scar_1"][-1], 0.4 * volume(killed), rtol=1e-5)
    np.testing.assert_allclose(seen["seen_1"][-1], seen["lesion_1"][-1] + seen["Scar_1"][-1], rtol=1e-5)


def test_a_share_of_the_tissue_that_goes_under_t_cells_stays_as_a_bed():
    seen = after(0.0, [0.0, 30.0, 60.0], T8_1=1e9, k_kill=0.5, f_bed=0.3)
    assert seen["lesion_1"][-1] < 0.98 * seen["lesion_1"][0]
    gone = seen["lesion_1"][0] - seen["lesion_1"]
    np.testing.assert_allclose(seen["Scar_1"], 0.3 * gone, rtol=1e-5)


def test_killing_that_growth_makes_up_for_leaves_no_bed():
    seen = after(0.0, [0.0, 30.0, 60.0], T8_1=1e9, k_kill=0.5, k_growth=0.05)
    assert seen["lesion_1"][-1] > 1.1 * seen["lesion_1"][0]
    assert not seen["Scar_1"].any()


def test_what_radiation_kills_leaves_no_bed_of_t_cells():
    """A few T cells go on killing what few cells are left, while all that was irradiated is cleared."""
    own = {"T8_1": 1e4, "k_kill": 0.5, "f_scar": 0.3}
    with_bed, without = (after(20.0, [0.0, 60.0], f_bed=share, **own) for share in (0.6, 0.0))
    assert with_bed["lesion_1"][-1] < 0.1 * with_bed["lesion_1"][0]
    bed = with_bed["Scar_1"][-1] - without["Scar_1"][-1]
    assert bed < 0.01 * 0.6 * volume(CELLS)


def test_debris_fades_with_its_half_life():
    half_life = 45.0
    seen = after(20.0, [60.0, 60.0 + half_life], k_resorption=np.log(2) / half_life)
    np.testing.assert_allclose(seen["Debris_1"][1] / seen["Debris_1"][0], 0.5, rtol=1e-5)


def test_a_scan_counts_no_cell_twice():
    seen = after(20.0, np.arange(0.0, 400.0, 2.0), f_scar=0.6)
    assert np.all(seen["seen_1"] <= volume(CELLS) * (1 + 1e-6) + TABLE["V_floor"])
    assert np.all(np.diff(seen["seen_1"]) <= 1e-9 * volume(CELLS))
    assert np.all(seen["seen_1"] >= seen["lesion_1"])


def test_the_tumour_alone_is_what_a_scan_shows_without_radiation():
    seen = after(0.0, [0.0, 50.0])
    np.testing.assert_array_equal(seen["SLD_tumour"], seen["SLD"])
    seen = after(8.0, [0.0, 200.0])
    assert seen["SLD_tumour"][1] < 0.5 * seen["SLD"][1]
