"""Radiotherapy: exact calendars, and linear-quadratic killing against its closed form."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from alarmin.engine import Doses, simulate
from alarmin.evidence.rows_model import Toxicity
from alarmin.evidence.tables import load_table
from alarmin.model import parameters
from alarmin.population import compiled
from alarmin.therapy import BEAMS, doses, load_regimen
from alarmin.therapy.radiotherapy import Course

CONSTANT = {p.id: p.value for p in parameters()}
PATIENT = pd.DataFrame({"weight_kg": [70.0], "bsa_m2": [1.8], "crcl_ml_min": [80.0]})


def days(**course):
    return (Course(**course).calendar + 1).tolist()


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ({"dose": "24 Gy", "fractions": 3, "every": "2 day"}, [1, 3, 5]),
        ({"dose": "50 Gy", "fractions": 4}, [1, 2, 3, 4]),
        ({"dose": "60 Gy", "fractions": 8, "every": "2 day"}, [1, 3, 5, 8, 10, 12, 15, 17]),
        ({"dose": "4 Gy", "fractions": 4, "start": "Friday"}, [1, 4, 5, 6]),
        ({"dose": "4 Gy", "fractions": 4, "start": "Saturday"}, [3, 4, 5, 6]),
        ({"dose": "4 Gy", "fractions": 4, "start": "Friday", "days": "daily"}, [1, 2, 3, 4]),
        ({"dose": "4 Gy", "fractions": 2, "day": 6}, [8, 9]),
        ({"dose": "4.5 Gy", "fractions": 3, "times": "BID"}, [1, 1.25, 2]),
    ],
)
def test_fractions_fall_on_the_days_that_the_calendar_has(course, expected):
    assert days(**course) == expected


def test_conventional_courses_end_on_the_fridays_and_tuesdays_of_the_textbook():
    assert days(dose="60 Gy", fraction="2 Gy")[-1] == 40  # 30 fractions from a Monday: Friday of week 6
    assert days(dose="74 Gy", fraction="2 Gy")[-1] == 51  # 37 fractions: Tuesday of week 8
    assert days(dose="45 Gy", fractions=15)[-1] == 19  # Friday of week 3


@given(st.integers(1, 60), st.sampled_from(["Monday", "Wednesday", "Saturday"]), st.integers(1, 20))
def test_no_fraction_on_a_weekend_and_none_missing(n, start, day):
    course = Course(fraction="2 Gy", fractions=n, start=start, day=day)
    offset = {"Monday": 0, "Wednesday": 2, "Saturday": 5}[start]
    weekday = (course.calendar.astype(int) + offset) % 7
    assert len(course.calendar) == n
    assert (weekday < 5).all()
    between = np.arange(course.calendar[0], course.calendar[-1] + 1).astype(int)
    assert n == ((between + offset) % 7 < 5).sum()


@given(st.integers(1, 60), st.sampled_from([0.5, 1.0, 1.8, 2.0, 8.0]))
def test_two_of_dose_fraction_and_fractions_say_the_third(n, gy):
    total = gy * n
    courses = [
        Course(dose=f"{total!r} Gy", fractions=n),
        Course(fraction=f"{gy!r} Gy", fractions=n),
        Course(dose=f"{total!r} Gy", fraction=f"{gy!r} Gy"),
    ]
    assert {course.n_fractions for course in courses} == {n}
    assert [course.fraction_gy for course in courses] == pytest.approx([gy] * 3)


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        ({"dose": "60 Gy"}, "expected two of dose"),
        ({"dose": "61 Gy", "fraction": "2 Gy"}, "expected a whole number of fractions"),
        ({"dose": "60 Gy", "fraction": "2 Gy", "fractions": 20}, "expected a whole number of fractions: 20"),
        ({"dose": "60 mg", "fractions": 30}, "got '60 mg', expected a quantity in Gy"),
        ({"dose": "60 Gy", "fractions": 30, "every": "12 h"}, "'times: BID' is twice a day"),
        ({"dose": "60 Gy", "fractions": 30, "lesions": 3}, "lesions"),
    ],
)
def test_a_course_that_does_not_add_up_is_refused(course, expected):
    with pytest.raises(ValidationError) as caught:
        Course(**course)
    assert expected in str(caught.value)


def test_a_course_is_dosed_into_its_lesions_and_into_the_blood():
    got = doses(load_regimen("sbrt-24gy-pembrolizumab"), PATIENT)
    gray = {beam: got.amount[got.target == beam].tolist() for beam in BEAMS}
    assert gray == {"Beam_1": [8.0] * 3, "Beam_2": [], "Beam_b": pytest.approx([0.24] * 3)}


@pytest.mark.parametrize("gy", [60, 74])
def test_conventional_fields_give_the_blood_its_published_dose(gy):
    name = f"tox:radiation-lymphopenia-radiotherapy-effective-dose-to-immune-cells-at-{gy}-gy-jin"
    (blood_gy,) = (float(row.value) for row in load_table(Toxicity) if row.id == name)
    (course,) = load_regimen(f"chemoradiation-{gy}gy").phases[0].radiotherapy
    assert course.n_fractions * course.fraction_gy == gy
    assert gy * course.blood_share == pytest.approx(blood_gy, rel=0.01)
    assert course.targets == (1,)  # the second lesion of stage III is occult


def irradiated(rows, outputs, times, **constants):
    """Run one patient's model with fractions (day, beam, Gy)."""
    model = compiled(tuple(constants), outputs)
    given = Doses(np.zeros(len(rows), int), [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
    assert set(model.parameters) == set(constants)
    values = np.array([[constants[name] for name in model.parameters]])
    return simulate(model, values, np.array(times), doses=given, rtol=1e-10, threads=1).values[0]


# Nothing but the beam acts on the cells, and all of them are in reach of oxygen.
STILL = {
    **dict.fromkeys(
        (
            "k_growth",
            "k_wear",
            "k_switch",
            "k_adapt",
            "k_adapt_kinase",
            "k_antigen_loss",
            "k_kill",
            "k_phagocytosis",
        ),
        0.0,
    ),
    **dict.fromkeys(("k_nT_death", "q_nT_p_in", "q_nT_p_out", "q_nT8_n_in", "q_nT8_n_out"), 0.0),
    "oer_max": 1.0,
}
DONE = 0.2  # [day] by then a fraction is delivered to one part in 1e25
ALPHA, BETA = CONSTANT["alpha"], CONSTANT["beta"]
BEAM, REPAIR = CONSTANT["k_beam"], CONSTANT["k_repair_dsb"]


def log_killed(gy):
    """Closed form for one fraction: dose rate decays with k, damage is repaired with r, G = k/(k + r)."""
    return ALPHA * gy + BETA * gy**2 * BEAM / (BEAM + REPAIR)


@settings(max_examples=15)
@given(st.floats(0.5, 20.0), st.sampled_from([1, 2]))
def test_survival_after_one_fraction_is_linear_quadratic(gy, lesion):
    rows = [(1.0, f"Beam_{lesion}", gy)]
    before, after = irradiated(rows, ("C_s_1", "C_s_2"), [1.0, 1.0 + DONE], **STILL)
    expected = [0.0, 0.0]
    expected[lesion - 1] = log_killed(gy)
    np.testing.assert_allclose(np.log(before / after), expected, rtol=1e-6, atol=1e-9)


@settings(max_examples=15)
@given(st.floats(0.5, 8.0), st.floats(0.5, 8.0), st.floats(0.25, 3.0))
def test_fractions_act_on_one_another_only_through_unrepaired_damage(first, second, gap):
    rows = [(1.0, "Beam_1", first), (1.0 + gap, "Beam_1", second)]
    values = irradiated(rows, ("C_s_1",), [1.0, 1.0 + gap + DONE], **STILL)[:, 0]
    left = np.exp(-REPAIR * gap) * BEAM / (BEAM - REPAIR) * BEAM / (BEAM + REPAIR)
    expected = log_killed(first) + log_killed(second) + 2 * BETA * first * second * left
    assert np.log(values[0] / values[1]) == pytest.approx(expected, rel=1e-6)


@settings(max_examples=10)
@given(st.floats(0.01, 2.0))
def test_the_dose_to_the_blood_takes_its_t_cells(gy):
    values = irradiated([(1.0, "Beam_b", gy)], ("nT8_b", "nT8_p"), [1.0, 1.0 + DONE], **STILL)
    killed = [CONSTANT["alpha_lympho"] * gy, 0.0]
    np.testing.assert_allclose(np.log(values[0] / values[1]), killed, rtol=1e-6, atol=1e-9)
