"""Scans: schedule, interpolation, reading error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from alarmin.core import patient_generators
from alarmin.trial.imaging import (
    at_days,
    occult_lesion,
    read_lesions,
    scan_days,
    visible_metastasis,
    visit_days,
)
from alarmin.trial.observation_parameters import observation_parameters, observation_table
from alarmin.trial.parts import Imaging, Interval

NINE = Imaging(first_week=9.0, every_weeks=9.0)


def test_schedule_of_keynote_024() -> None:
    assert visit_days(NINE, 200.0).tolist() == [0.0, 63.0, 126.0, 189.0]


def test_scan_on_the_last_day_is_held() -> None:
    assert visit_days(NINE, 63.0).tolist() == [0.0, 63.0]
    assert visit_days(NINE, 62.9).tolist() == [0.0]


@given(st.floats(1, 20), st.floats(1, 20), st.floats(0, 2000))
def test_schedule_keeps_its_distances(first: float, step: float, last: float) -> None:
    day = visit_days(Imaging(first_week=first, every_weeks=step), last)
    assert day[0] == 0.0
    assert (day <= last + 1e-6).all()
    if len(day) > 1:
        assert day[1] == 7 * first
    np.testing.assert_allclose(np.diff(day[1:]), 7 * step)
    assert day[-1] + 7 * (step if len(day) > 1 else first) > last - 1e-6


def test_intervals_change_as_in_keynote_189() -> None:
    # weeks 6 and 12, then every 9 weeks to week 48, then every 12
    changes = [Interval(from_week=12.0, every_weeks=9.0), Interval(from_week=48.0, every_weeks=12.0)]
    imaging = Imaging(first_week=6.0, every_weeks=6.0, then=changes)
    weeks = visit_days(imaging, 7 * 75.0) / 7
    assert weeks.tolist() == [0, 6, 12, 21, 30, 39, 48, 60, 72]


def test_scans_come_in_order_around_the_plan() -> None:
    planned = visit_days(NINE, 400.0)
    parameters = observation_parameters()
    day = scan_days(planned, patient_generators(2, range(4000)), parameters, 380.0)
    assert (day[:, 0] == 0.0).all()
    assert (np.diff(day, axis=1) >= 0.0).all()
    assert day.max() <= 380.0
    off = day[:, 1:5] - planned[1:5]
    assert abs(off.mean()) < 0.5
    # Within a week: nearly all that keep the plan, and 14 of 63 days for the others.
    near = (1 - parameters.scan_off_plan) * 0.966 + parameters.scan_off_plan * 14 / 63
    assert (np.abs(off) <= 7.0).mean() == pytest.approx(near, abs=0.02)


def test_a_trial_of_one_scan_keeps_its_day() -> None:
    assert (
        scan_days(np.zeros(1), patient_generators(2, range(3)), observation_parameters(), 9.0).tolist()
        == [[0.0]] * 3
    )


def test_interpolation_on_days_of_ones_own() -> None:
    grid = np.array([0.0, 1.0, 4.0, 9.0])
    lesions = np.random.default_rng(3).uniform(0, 50, (2, 4, 2))
    day = np.array([[0.0, 0.5, 4.0], [2.0, 6.0, 9.0]])
    found = at_days(lesions, grid, day)
    for patient in range(2):
        assert found[patient, :, 1] == pytest.approx(np.interp(day[patient], grid, lesions[patient, :, 1]))


def test_interpolation_agrees_with_numpy() -> None:
    rng = np.random.default_rng(3)
    grid = np.array([0.0, 1.0, 4.0, 9.0, 16.0])
    lesions = rng.uniform(0, 50, (3, 5, 2))
    day = np.array([0.0, 0.5, 4.0, 10.0, 16.0])
    found = at_days(lesions, grid, day)
    for patient in range(3):
        for lesion in range(2):
            expected = np.interp(day, grid, lesions[patient, :, lesion])
            np.testing.assert_allclose(found[patient, :, lesion], expected, rtol=1e-14)


def test_reading_error_has_the_published_spread() -> None:
    # Oxnard 2011: of repeated readings of one lesion 84 % differ by at most 10 %, 3 % grow by 20 % or more.
    # The table rests on the first figure; log-normal readings have thinner tails than the second one.
    true = np.full((40_000, 2, 1), 60.0)
    read = read_lesions(true, patient_generators(1, range(40_000)), observation_parameters())
    ratio = np.log(read[:, 1, 0] / read[:, 0, 0])
    assert np.mean(np.abs(ratio) <= np.log(1.1)) == pytest.approx(0.84, abs=0.03)
    assert np.mean(ratio >= np.log(1.2)) < 0.03


def test_reading_is_unbiased_on_the_log_scale() -> None:
    true = np.full((20_000, 1, 1), 60.0)
    read = read_lesions(true, patient_generators(2, range(20_000)), observation_parameters())
    assert np.median(read) == pytest.approx(60.0, abs=0.2)


def test_small_lesions_by_the_rules() -> None:
    true = np.array([[[1.9, 2.0], [4.0, 0.0]]])
    read = read_lesions(true, patient_generators(1, [7]), observation_parameters())
    assert read[0].tolist() == [[0.0, 5.0], [5.0, 0.0]]


def test_a_patient_reads_the_same_in_any_company() -> None:
    true = np.random.default_rng(5).uniform(10, 90, (6, 4, 2))
    whole = read_lesions(true, patient_generators(9, range(6)), observation_parameters())
    turned = read_lesions(true[::-1], patient_generators(9, range(5, -1, -1)), observation_parameters())
    np.testing.assert_array_equal(whole, turned[::-1])


def test_every_parameter_says_where_it_comes_from() -> None:
    for row in observation_table():
        levels = {"measured_nsclc", "estimated_elsewhere", "estimated", "assumed", "definition"}
        assert row["level"] in levels, row["id"]
        assert row["source"] or row["level"] in {"assumed", "estimated"}, row["id"]
        assert row["unit"]
        assert row["meaning"]


@pytest.mark.parametrize("month", [4.0, 6.0, 8.0, 12.0])
def test_effects_of_laboratory_values_are_those_of_the_published_model(month: float) -> None:
    """The hazard of a log-normal model, half of the patients dead at 12 months, changes as effects fade."""
    from alarmin.evidence import parameter_evidence

    mine = observation_parameters()
    log_sd = np.exp(float(parameter_evidence("par:TGIOS.OS_log_sigma").value or ""))
    score = np.log(month / 12.0) / log_sd
    per_log_time = -(norm.pdf(score) / norm.sf(score) - score) / log_sd
    left = np.exp(-month / mine.os_condition_month)
    for name, value in (
        ("par:TGIOS.OS_slope_albumin", mine.os_log_hazard_per_albumin),
        ("par:TGIOS.OS_slope_NLR", mine.os_log_hazard_per_nlr),
    ):
        published = float(parameter_evidence(name).value or "") * per_log_time
        assert published == pytest.approx(value * left, rel=0.1)


def test_a_metastasis_is_new_only_if_the_first_scan_did_not_show_it() -> None:
    patients = pd.DataFrame({"stage": ["III", "III", "III", "IV"]})
    second = np.array([[9.9, 10.0, 12.0], [10.0, 12.0, 30.0], [1.0, 9.0, 9.9], [5.0, 12.0, 30.0]])
    lesions = np.stack([np.full_like(second, 40.0), second], axis=2)
    seen = visible_metastasis(lesions, patients, observation_parameters())
    new = occult_lesion(lesions, patients, observation_parameters())
    assert seen.tolist() == [[False, True, True], [True, True, True], [False] * 3, [False] * 3]
    assert new.tolist() == [[False, True, True], [False] * 3, [False] * 3, [False] * 3]
