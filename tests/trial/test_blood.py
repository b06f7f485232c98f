"""Blood counts against closed forms and published courses."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marrow_cases import own_of, patients, typical

from alarmin.engine import Doses, simulate
from alarmin.evidence.rows_model import Toxicity
from alarmin.evidence.tables import load_table
from alarmin.model import parameters
from alarmin.therapy import drug, substance
from alarmin.trial.blood import COUNTS, Blood, blood_table, marrow_model
from alarmin.trial.grades import grade

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

FIXED = {p.id: p.value for p in parameters("marrow")}
PUBLISHED = {row.id: row for row in load_table(Toxicity)}
NO_DOSES = Doses(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=np.str_), np.zeros(0))


def test_without_a_drug_nothing_moves():
    features = patients()
    blood = Blood(("docetaxel",), features, own_of(["docetaxel"], features), seed=1)
    before = blood.state.copy()
    course = blood.advance(np.arange(20), np.full(20, 84), NO_DOSES)
    np.testing.assert_allclose(blood.state, before, rtol=1e-6)
    np.testing.assert_allclose(course, np.repeat(course[:, :1], 85, axis=1), rtol=1e-6)


def test_the_chain_passes_a_step_on_as_a_gamma_distribution():
    """Four equal stages in a row: what comes out of a step is the Erlang distribution of order 4."""
    days = np.linspace(0.0, 14.0, 29)
    found = typical("docetaxel", 0.0, days, NeuP=2.0, gamma_neu=0.0).output("Neu")[0]
    x = 4.0 / FIXED["mtt_neu"] * days
    passed = 1.0 - np.exp(-x) * (1.0 + x + x**2 / 2 + x**3 / 6)
    expected = FIXED["Neu_0"] + (2.0 - FIXED["Neu_0"]) * passed
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(("state", "slope"), [("NeuP", "neutro"), ("PltP", "thrombo")])
def test_without_feedback_dividing_cells_fall_exponentially_with_the_exposure(state, slope):
    kind = state[:3].lower()
    values = {"CL_carboplatin": 200.0, f"{slope}_carboplatin": 0.25, f"gamma_{kind}": 0.0}
    found = typical("carboplatin", 600.0, [0.0, 20.0], **values).output(state)[0]
    expected = np.exp(-4.0 / FIXED[f"mtt_{kind}"] * 0.25 * 600.0 / 200.0)
    np.testing.assert_allclose(found[1] / found[0], expected, rtol=1e-6)


def test_lymphocytes_survive_radiation_as_the_dose_to_the_blood_says():
    """Without turnover a share exp(-alpha D) is left, as for the T cells of the mechanism."""
    alpha = FIXED["alpha_lympho"]
    fractions = Doses(0, np.arange(5.0), "Beam_b", 0.4)
    model = marrow_model((), ("k_lym",))
    values = [
        {"Hb": 130.0, "Ery": 1.0}.get(name, 0.0 if name in ("k_lym", "Beam_b") else 5.0)
        for name in model.parameters
    ]
    batch = simulate(model, [values], [0.0, 10.0], doses=fractions, rtol=1e-9, threads=1)
    lymphocytes = batch.output("Lym")[0]
    np.testing.assert_allclose(lymphocytes[1] / lymphocytes[0], np.exp(-alpha * 5 * 0.4), rtol=1e-6)


def published(name):
    return float(PUBLISHED[f"tox:{name}"].value)


def test_docetaxel_has_its_nadir_after_about_eight_days():
    """Published with these parameters: nadir at about day 8, grade 4 in the typical patient at 100 mg/m2."""
    days = np.arange(0.0, 21.5, 0.5)
    own = {
        "neutro_docetaxel": published("neutropenia-docetaxel-slope-per-mg-l-kloft"),
        "mtt_neu": published("neutropenia-docetaxel-mtt-kloft") / 24,
        "gamma_neu": published("neutropenia-docetaxel-gamma-kloft"),
    }
    count = typical("docetaxel", 180.0, days, **own).output("Neu")[0]
    assert 7.0 <= days[count.argmin()] <= 10.0
    assert count.min() < 0.5
    assert count[-1] > 0.8 * FIXED["Neu_0"]


def test_the_time_of_maturation_and_the_feedback_are_those_of_all_studies():
    from fit_marrow import SYSTEMS

    mtt, gamma = (
        np.exp(np.mean([np.log(published(f"neutropenia-{study.format(what)}")) for study in SYSTEMS]))
        for what in ("mtt", "gamma")
    )
    assert FIXED["mtt_neu"] == pytest.approx(mtt / 24, rel=0.005)
    assert FIXED["gamma_neu"] == pytest.approx(gamma, rel=0.005)


def test_paclitaxel_spares_platelets():
    """Without feedback dividing cells fall as exp(-k slope AUC); a partner lowers the slope by its factor."""
    features = patients(3)
    same = {"thrombo_carboplatin": 0.3, "CL_carboplatin": 200.0, "mtt_plt": 7.0, "gamma_plt": 0.0}
    given = Doses(np.arange(3), 0.0, "A1_carboplatin", 600.0, 1 / 24)
    left = {}
    for drugs in (("carboplatin",), ("carboplatin", "paclitaxel"), ("carboplatin", "pemetrexed")):
        blood = Blood(drugs, features, own_of(drugs, features, **same), seed=1)
        before = blood.state.copy()
        blood.advance(np.arange(3), np.full(3, 15), given)
        place = blood.model.outputs.index("PltP")
        left[drugs[-1]] = np.log(before[:, place] / blood.state[:, place]) / (4 / 7.0 * 0.3 * 600.0 / 200.0)
    np.testing.assert_allclose(left["carboplatin"], 1.0, rtol=1e-3)
    np.testing.assert_allclose(left["pemetrexed"], 1.0, rtol=1e-3)
    factor = published("thrombocytopenia-carboplatin-factor-of-paclitaxel-on-slope-schmitt")
    np.testing.assert_allclose(left["paclitaxel"], factor, rtol=1e-3)


def test_nab_paclitaxel_is_harder_on_the_neutrophils_of_old_patients():
    features = patients(6)
    young, old = (own_of(["nab_paclitaxel"], features.assign(age_year=age)) for age in (64.9, 65.0))
    ratio = old["neutro_nab_paclitaxel"] / young["neutro_nab_paclitaxel"]
    row = "neutropenia-nab-paclitaxel-factor-of-age-of-65-years-or-more-on-slope-chen"
    np.testing.assert_allclose(ratio, published(row), rtol=1e-9)
    assert (old["V1_nab_paclitaxel"] == young["V1_nab_paclitaxel"]).all()


@pytest.mark.parametrize(("grams", "within"), [(4, 0.2), (7, 1.0)])
def test_high_doses_of_cyclophosphamide_keep_neutrophils_low_as_long_as_published(grams, within):
    """The slope is found from the days after 4 g/m2; those after 7 g/m2 are a check."""
    days = np.arange(0.0, 28.0, 0.05)
    count = typical("cyclophosphamide", grams * 1800.0, days).output("Neu")[0]
    row = f"neutropenia-cyclophosphamide-days-below-0.5-after-{grams}-g-m2-factors"
    assert 0.05 * (count < 0.5).sum() == pytest.approx(published(row), abs=within)


def test_three_weeks_of_etoposide_by_mouth_leave_a_third_of_the_neutrophils():
    features = patients(60, seed=3)
    blood = Blood(("etoposide",), features, own_of(["etoposide"], features), seed=1)
    who, day = np.tile(np.arange(60), 21), np.repeat(np.arange(21.0), 60)
    absorbed = Doses(who, day, "A1_etoposide", 44.0, 1 / 24)
    course = blood.advance(np.arange(60), np.full(60, 22), absorbed)[:, :, COUNTS.index("Neu")]
    left = (1 - published("neutropenia-etoposide-fall-per-week-by-mouth-chronic") / 100) ** 3
    assert np.median(course[:, 21] / course[:, 0]) == pytest.approx(left, abs=0.08)


@pytest.mark.parametrize(
    ("name", "dose_mg", "falls", "stays"),
    [
        ("doxorubicin", 108.0, "Neu", "Plt"),
        ("mitoxantrone", 21.6, "Neu", "Plt"),
        ("oxaliplatin", 115.0, "Plt", "Neu"),
        ("trastuzumab_deruxtecan", 378.0, "Neu", ""),
    ],
)
def test_a_usual_dose_lowers_the_counts_that_it_is_known_to_lower(name, dose_mg, falls, stays):
    course = typical(name, dose_mg, np.arange(0.0, 21.5, 0.5))
    lowest = {count: course.output(count)[0].min() / FIXED[f"{count}_0"] for count in ("Neu", "Plt")}
    assert 0.1 < lowest[falls] < 0.9
    assert not stays or lowest[stays] == pytest.approx(1.0, abs=1e-3)


def test_a_patient_whose_blood_fails_is_named_and_stays_as_before():
    features = patients(5)
    own = own_of(["docetaxel"], features)
    own.loc[own.index[2], "neutro_docetaxel"] = 1e300
    blood = Blood(("docetaxel",), features, own, seed=1)
    before = blood.counts.copy()
    given = Doses(np.arange(5), 0.0, "A1_docetaxel", 135.0, 1 / 24)
    course = blood.advance(np.arange(5), np.full(5, 9), given)
    assert (blood.status != 0).tolist() == [False, False, True, False, False]
    np.testing.assert_array_equal(course[2], np.repeat(before[[2]], 10, axis=0))
    np.testing.assert_array_equal(blood.counts[2], before[2])
    others = [0, 1, 3, 4]
    assert (blood.counts[others, 0] < 0.8 * before[others, 0]).all()


@pytest.mark.parametrize(("per_m2", "tolerance"), [(500, 0.02), (1000, 0.15)])
def test_pemetrexed_has_the_published_nadirs(per_m2, tolerance):
    """The slope was found from the lower dose; the higher one checks it."""
    row = PUBLISHED[f"tox:neutropenia-pemetrexed-typical-nadir-at-{per_m2}-mg-m2-with-vitamins-latz"]
    count = typical("pemetrexed", 1.8 * per_m2, np.arange(0.0, 21.0, 0.5)).output("Neu")[0]
    assert count.min() == pytest.approx(float(row.value), rel=tolerance)


@settings(deadline=None, max_examples=15)
@given(st.floats(10.0, 400.0), st.floats(1.05, 2.0))
def test_more_drug_makes_a_deeper_nadir(dose_mg, factor):
    days = np.arange(0.0, 21.0, 0.25)
    for name, count in (("docetaxel", "Neu"), ("carboplatin", "Plt")):
        less, more = (typical(name, d, days).output(count)[0] for d in (dose_mg, factor * dose_mg))
        assert more.min() < less.min()


def test_patients_keep_their_own_blood_in_any_order():
    features = patients(30)
    own = own_of(["docetaxel"], features)
    one = Blood(("docetaxel",), features, own, seed=7)
    other = Blood(("docetaxel",), features.iloc[::-1], own.iloc[::-1], seed=7)
    np.testing.assert_array_equal(one.state, other.state[::-1])
    assert (one.state != Blood(("docetaxel",), features, own, seed=8).state).any()


def test_neutrophils_over_lymphocytes_is_the_patients_ratio():
    features = patients(200)
    blood = Blood(("docetaxel",), features, own_of(["docetaxel"], features), seed=7)
    counts = blood.counts
    ratio = counts[:, COUNTS.index("Neu")] / counts[:, COUNTS.index("Lym")]
    free = counts[:, COUNTS.index("Neu")] > 1.5  # the least with which a trial takes a patient
    np.testing.assert_allclose(ratio[free], features["nlr"].to_numpy()[free], rtol=1e-9)
    assert free.mean() > 0.9


@pytest.mark.parametrize(
    ("counts", "grades"),
    [
        ([5.0, 250.0, 140.0, 1.5], [0, 0, 0, 0]),
        ([1.9, 149.0, 119.0, 0.99], [1, 1, 1, 1]),
        ([1.49, 74.0, 99.0, 0.79], [2, 2, 2, 2]),
        ([1.0, 50.0, 80.0, 0.5], [2, 2, 2, 2]),
        ([0.99, 49.0, 79.0, 0.49], [3, 3, 3, 3]),
        ([0.49, 24.0, 60.0, 0.19], [4, 4, 3, 4]),
    ],
)
def test_grades_are_those_of_the_criteria(counts, grades):
    """CTCAE 5; anaemia of grade 4 is judged by the patient's state, not by haemoglobin."""
    assert grade(np.array(counts)).tolist() == grades


def test_every_figure_says_where_it_comes_from():
    for row in blood_table():
        assert row["unit"]
        assert row["meaning"]
        if row["source"]:
            assert set(row["source"].split(";")) <= set(PUBLISHED)
        else:
            assert row["level"] == "assumed"


def test_what_drugs_cost_rests_on_evidence():
    from alarmin.evidence import source
    from alarmin.therapy import shipped_drugs
    from alarmin.therapy.rules import EVENTS

    for name in shipped_drugs():
        own = drug(name).toxicity
        constants = [c for c in (own.neutro, own.thrombo, own.erythro, own.lympho) if c is not None]
        for one in (*constants, *own.events.values()):
            for cited in filter(None, one.source.split(";")):
                assert cited in PUBLISHED or source(cited)
            assert one.source or one.level == "assumed", name
        assert set(own.events) <= set(EVENTS)
        if own.known:
            assert substance(name, "marrow")
