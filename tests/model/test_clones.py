"""Clones of the tumour: what a mutation of the drug's target changes, and that nothing changes without it."""

import numpy as np
import pytest

from alarmin.engine import Doses, compile_model, read_sbml, simulate
from alarmin.model import assemble, parameters
from alarmin.therapy import substance

DAYS = np.linspace(0.0, 60.0, 13)
# Flows between clones apart, s and t are the same cells: every sum over both must be that of s alone.
# T_one, which slows a clone of few cells, is small for that reason, and killing slow, so that some are left.
ODDS = ("odds_dna", "odds_tubulin", "odds_topoisomerase")
ALONE = {
    "k_switch": 0.0,
    "k_adapt": 0.0,
    "k_adapt_kinase": 0.0,
    "k_antigen_loss": 0.0,
    **dict.fromkeys(ODDS, 0.01),
}
STATES = (
    "C_s_1",
    "C_t_1",
    "C_p_1",
    "Tol_dna_1",
    "live_1",
    "S_1",
    "A_1",
    "T8_1",
    "PDL1_1",
    "HMGB1_1",
    "T8_b",
    "hit_t_1",
)


@pytest.fixture(scope="module")
def tumour():
    """A mouse under gefitinib on day 20 and radiation on day 25."""
    system = read_sbml(assemble("mouse", (substance("gefitinib", "mouse"),)))
    own = ("k_kill", "odds_target", "cost_resistance", "resistance_t_gefitinib")
    names = ("driver", "f_escaped", "T_one", "n_seed", *own, *ALONE)
    dosed = ("A1_gefitinib", "Beam_1")
    model = compile_model(system, parameters=names, outputs=STATES, dosed=dosed)

    def run(*, dose=20.0, rtol=1e-9, **values):
        given = Doses(0, [20.0, 25.0], np.array(dosed), [dose, 8.0 if dose else 0.0])
        values = {
            "f_escaped": 1e-4,
            "resistance_t_gefitinib": 1.0,
            "T_one": 1e-9,
            "n_seed": 1e5,
            "k_kill": 5.0,
            "odds_target": 1e30,
            "cost_resistance": 0.1,
            **ALONE,
            **values,
        }
        batch = simulate(model, [[values[name] for name in names]], DAYS, doses=given, rtol=rtol, threads=1)
        assert not batch.failures()
        return dict(zip(STATES, batch.values[0].T, strict=True))

    return run


def test_without_a_driver_no_cell_has_a_changed_target(tumour):
    assert not tumour(driver=0.0, f_escaped=0.01, rtol=1e-5)["C_t_1"].any()


def test_a_changed_target_that_no_drug_minds_changes_nothing(tumour):
    without = tumour(driver=0.0)
    with_it = tumour(driver=1.0, f_escaped=0.3)
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
    shifted = tumour(driver=1.0, dose=20.0 * 50, f_escaped=0.1, resistance_t_gefitinib=50.0)
    plain = tumour(driver=1.0, dose=20.0, f_escaped=0.1)
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


IDLE = ("k_kill", "k_phagocytosis")


@pytest.fixture(scope="module")
def chemotherapy():
    """A mouse under docetaxel on day 5: living cells, and the share that tolerates it."""
    system = read_sbml(assemble("mouse", (substance("docetaxel", "mouse"),)))
    names = ("n_seed", "T_one", "resistance_docetaxel", "arrest_docetaxel", *ALONE, "cost_resistance", *IDLE)
    outputs = (
        *("C_s_1", "Tol_tubulin_1", "Tol_dna_1", "Tol_topoisomerase_1"),
        *("Dmg_docetaxel_1", "crowding_1"),
    )
    model = compile_model(system, parameters=names, outputs=outputs, dosed=("A1_docetaxel",))

    def run(**values):
        usual = {"n_seed": 1e5, "T_one": 1e-9, "resistance_docetaxel": 20.0, "arrest_docetaxel": 1.0}
        row = {
            **usual,
            **ALONE,
            **dict.fromkeys(ODDS, 0.25),
            "cost_resistance": 0.1,
            **dict.fromkeys(IDLE, 0.0),
            **values,
        }
        given = Doses(0, [5.0], "A1_docetaxel", [20.0])
        fine = np.linspace(0.0, 20.0, 2001)
        batch = simulate(model, [[row[n] for n in names]], fine, doses=given, rtol=1e-10, threads=1)
        assert not batch.failures()
        return fine, dict(zip(outputs, batch.values[0].T, strict=True))

    return run


def test_a_tolerant_share_is_two_populations(chemotherapy):
    """Sensitive and tolerant cells followed apart, by hand, under the same damage and crowding.

    Cells of both that tolerate another kind grow more slowly as well.
    """
    from scipy.integrate import solve_ivp

    days, seen = chemotherapy()
    constant = {p.id: p.value for p in parameters("mouse")}
    drug = {p.id: p.value for p in substance("docetaxel", "mouse").parameters}

    def rates(t, cells):
        names = ("Dmg_docetaxel_1", "crowding_1", "Tol_dna_1", "Tol_topoisomerase_1")
        damage, crowding, *others = (np.interp(t, days, seen[name]) for name in names)
        growth = constant["k_growth"] * crowding
        slower = 0.1 * growth / (constant["k_wear"] + growth)
        largest = constant["k_hit"] * constant["sensitivity"] * drug["kill"] * damage / (1 + damage)
        net = []
        for fold, cost in ((1.0, 0.0), (20.0, 0.1)):
            birth = constant["k_wear"] + growth * (1 - cost)
            birth *= np.prod([1 - slower * share for share in others])
            net.append(birth / (1 + damage / fold) - constant["k_wear"] - largest / fold)
        return np.array(net) * cells

    start = seen["C_s_1"][0]
    apart = solve_ivp(
        rates, (0.0, 20.0), [0.8 * start, 0.2 * start], t_eval=days, rtol=1e-9, atol=1e-3, max_step=0.01
    ).y
    np.testing.assert_allclose(seen["Tol_tubulin_1"], apart[1] / apart.sum(axis=0), rtol=2e-4)
    np.testing.assert_allclose(seen["C_s_1"], apart.sum(axis=0), rtol=2e-3)
    assert seen["Tol_tubulin_1"][-1] > 1.2 * seen["Tol_tubulin_1"][0]


def test_cells_come_to_tolerate_drugs_of_one_kind_alone(chemotherapy):
    _, seen = chemotherapy(k_adapt=0.05, cost_resistance=0.0)
    np.testing.assert_allclose(seen["Tol_dna_1"], 0.2, rtol=1e-6)
    assert seen["Tol_tubulin_1"][-1] > 0.21


def test_damage_makes_cells_tolerant_and_no_damage_does_not(chemotherapy):
    days, seen = chemotherapy(**dict.fromkeys(ODDS, 0.0), k_adapt=0.05)
    before = days < 5.0
    assert not seen["Tol_tubulin_1"][before].any()
    assert seen["Tol_tubulin_1"][-1] > 0.01
    assert not chemotherapy(**dict.fromkeys(ODDS, 0.0))[1]["Tol_tubulin_1"].any()


def test_kinase_inhibitors_leave_the_tolerant_share_alone(tumour):
    own = {"driver": 1.0, "k_adapt": 0.05, "cost_resistance": 0.0}
    treated, plain = tumour(**own), tumour(**own, dose=0.0)
    assert (treated["C_s_1"][5:] < 0.9 * plain["C_s_1"][5:]).all()
    np.testing.assert_allclose(treated["Tol_dna_1"], 0.01 / 1.01, rtol=1e-6)


def test_escape_takes_both_ways_by_their_odds(tumour):
    ways = {"k_adapt_kinase": 0.001, "f_escaped": 0.0, "odds_target": 3.0, "resistance_t_gefitinib": 100.0}
    assert not tumour(driver=0.0, **ways)["C_p_1"].any()
    seen = tumour(driver=1.0, **ways)
    # Gefitinib spares both clones alike, so that they differ in origin alone.
    assert seen["C_t_1"][6] == pytest.approx(3.0 * seen["C_p_1"][6], rel=0.02)
    assert seen["C_p_1"][-1] > 0.0


def test_cells_that_were_there_before_took_both_ways_by_the_same_odds(tumour):
    seen = tumour(driver=1.0, f_escaped=0.04, odds_target=3.0, dose=0.0)
    assert seen["C_t_1"][0] == pytest.approx(0.03 * seen["live_1"][0])
    assert seen["C_p_1"][0] == pytest.approx(0.01 * seen["live_1"][0])


def test_osimertinib_kills_a_changed_target_and_selects_the_way_past_it():
    system = read_sbml(assemble("mouse", (substance("osimertinib", "mouse"),)))
    names = ("driver", "f_escaped", "odds_target", "n_seed", *ALONE)
    model = compile_model(system, parameters=names, outputs=STATES, dosed=("A1_osimertinib",))
    values = {"driver": 1.0, "f_escaped": 0.2, "odds_target": 1.0, "n_seed": 1e5, **ALONE}
    given = Doses(0, [10.0], "A1_osimertinib", [20.0])
    batch = simulate(model, [[values[n] for n in names]], [9.0, 14.0], doses=given, rtol=1e-8, threads=1)
    before, after = (dict(zip(STATES, row, strict=True)) for row in batch.values[0])
    assert after["C_t_1"] / after["C_s_1"] == pytest.approx(before["C_t_1"] / before["C_s_1"], rel=1e-3)
    assert after["C_p_1"] / after["C_s_1"] > 1.5 * before["C_p_1"] / before["C_s_1"]
