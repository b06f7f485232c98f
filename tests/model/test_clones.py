"""Clones of the tumour: what a mutation of the drug's target changes, and that nothing changes without it."""

import numpy as np
import pytest

from alarmin.engine import Doses, compile_model, read_sbml, simulate
from alarmin.model import assemble, parameters
from alarmin.therapy import substance

DAYS = np.linspace(0.0, 60.0, 13)
# Flows between clones apart, s and t are the same cells: every sum over both must be that of s alone.
# T_one, which slows a clone of few cells, is made small for that reason too.
ALONE = {"k_switch": 0.0, "k_adapt": 0.0, "k_adapt_kinase": 0.0, "k_antigen_loss": 0.0, "f_resistant": 0.01}
STATES = ("C_s_1", "C_t_1", "live_1", "S_1", "A_1", "T8_1", "PDL1_1", "HMGB1_1", "T8_b", "hit_t_1")


@pytest.fixture(scope="module")
def tumour():
    """A mouse under gefitinib on day 20 and radiation on day 25."""
    system = read_sbml(assemble("mouse", (substance("gefitinib", "mouse"),)))
    names = ("driver", "f_target", "resistance_t_gefitinib", "T_one", "n_seed", *ALONE)
    dosed = ("A1_gefitinib", "Beam_1")
    model = compile_model(system, parameters=names, outputs=STATES, dosed=dosed)

    def run(*, dose=20.0, rtol=1e-9, **values):
        given = Doses(0, [20.0, 25.0], np.array(dosed), [dose, 8.0 if dose else 0.0])
        values = {
            "f_target": 1e-4,
            "resistance_t_gefitinib": 1.0,
            "T_one": 1e-9,
            "n_seed": 1e5,
            **ALONE,
            **values,
        }
        batch = simulate(model, [[values[name] for name in names]], DAYS, doses=given, rtol=rtol, threads=1)
        assert not batch.failures()
        return dict(zip(STATES, batch.values[0].T, strict=True))

    return run


def test_without_a_driver_no_cell_has_a_changed_target(tumour):
    assert not tumour(driver=0.0, f_target=0.01, rtol=1e-5)["C_t_1"].any()


def test_a_changed_target_that_no_drug_minds_changes_nothing(tumour):
    without = tumour(driver=0.0)
    with_it = tumour(driver=1.0, f_target=0.3)
    assert (with_it["C_t_1"] > 0.2 * with_it["C_s_1"]).all()
    with_it["C_s_1"] = with_it["C_s_1"] + with_it.pop("C_t_1")
    with_it.pop("hit_t_1")
    for name, values in with_it.items():
        np.testing.assert_allclose(values, without[name], rtol=1e-5, atol=1e-12, err_msg=name)


def test_the_drug_selects_the_changed_target(tumour):
    shares = {
        (dose, fold): (read := tumour(driver=1.0, dose=dose, resistance_t_gefitinib=fold))["C_t_1"][-1]
        / read["C_s_1"][-1]
        for dose, fold in ((0.0, 93.0), (20.0, 1.0), (20.0, 93.0))
    }
    start = 1e-4 / (1.0 - 1e-4)
    assert shares[0.0, 93.0] == pytest.approx(start, rel=1e-3)
    assert shares[20.0, 1.0] == pytest.approx(start, rel=1e-3)
    assert shares[20.0, 93.0] > 1.5 * start


def test_the_fold_shifts_the_exposure_and_not_the_largest_effect(tumour):
    shifted = tumour(driver=1.0, dose=20.0 * 50, f_target=0.1, resistance_t_gefitinib=50.0)
    plain = tumour(driver=1.0, dose=20.0, f_target=0.1)
    hit = [read["hit_t_1"][5:] / read["C_t_1"][5:] for read in (shifted, plain)]
    largest = next(p.value for p in parameters("mouse") if p.id == "k_hit")
    assert hit[1][0] > largest / 6
    np.testing.assert_allclose(*hit, rtol=1e-5)


def test_blocked_vessels_slow_growth_only_where_there_are_vessels():
    for setting, slowed in (("mouse", True), ("well", False)):
        system = read_sbml(assemble(setting, (substance("anlotinib", setting),)))
        names = ("n_seed", "angio_anlotinib", "kill_anlotinib", "CL_anlotinib", "k_repair_anlotinib")
        model = compile_model(system, parameters=names, outputs=["live_1"], dosed=["A1_anlotinib"])
        # An exposure that does not end, and that kills nothing.
        rows = [[1e5, angio, 0.0, 0.0, 0.5] for angio in (0.0, 1.0)]
        given = Doses([0, 1], [0.0, 0.0], "A1_anlotinib", [50.0, 50.0])
        batch = simulate(model, rows, [0.0, 8.0], doses=given, rtol=1e-8, threads=1)
        free, blocked = np.log(batch.values[:, 1, 0] / batch.values[:, 0, 0])
        assert (blocked < 0.8 * free) if slowed else blocked == pytest.approx(free, rel=1e-6)
