"""Events by hazard: exact where the answer is known, and blind to the future."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from alarmin.trial.hazards import death_hazard, event_day, new_lesion_hazard, progressing
from alarmin.trial.observation_parameters import observation_parameters

PARAMETERS = observation_parameters()
GRID = np.arange(0.0, 701.0, 7.0)
OAK = Path(__file__).parents[3] / "shared" / "data" / "km" / "OAK_OS.csv"


PERSON = {
    "ecog": 0,
    "nlr": PARAMETERS.os_reference_nlr,
    "albumin_g_per_l": PARAMETERS.os_reference_albumin,
    "histology": "nonsquamous",
}


def hazard(
    sld_mm: np.ndarray, *, is_progressing: bool = False, is_again: bool = False, **changes: object
) -> np.ndarray:
    patients = pd.DataFrame([{**PERSON, **changes}] * len(sld_mm))
    states = (np.full(sld_mm.shape, state) for state in (is_progressing, is_again))
    return death_hazard(sld_mm, GRID[: sld_mm.shape[1]], *states, patients, PARAMETERS)


def test_states_of_the_tumour_multiply_the_hazard() -> None:
    steady = np.full((1, len(GRID)), PARAMETERS.os_reference_sld_mm)
    loose, again = (
        hazard(steady, **{state: True}) / hazard(steady) for state in ("is_progressing", "is_again")
    )
    np.testing.assert_allclose(loose, np.exp(PARAMETERS.os_log_hazard_progressing))
    np.testing.assert_allclose(again, np.exp(PARAMETERS.os_log_hazard_again))


def test_reference_patient_dies_at_the_rate_of_the_table() -> None:
    steady = np.full((1, len(GRID)), PARAMETERS.os_reference_sld_mm)
    np.testing.assert_allclose(hazard(steady), PARAMETERS.os_hazard_per_year / 365.25)


def test_constant_hazard_gives_exponential_times() -> None:
    n, rate = 20_000, 0.01
    threshold = np.random.default_rng(4).exponential(size=n)
    grid = np.arange(0.0, 3000.0, 7.0)
    days = event_day(np.full((n, len(grid)), rate), grid, threshold)
    assert kstest(days, "expon", args=(0, 1 / rate)).pvalue > 0.01


def test_rising_hazard_follows_its_integral() -> None:
    # h(t) = c t has the cumulative hazard c t^2 / 2; the trapezoid is exact for it at the grid points.
    grid = np.arange(0.0, 101.0, 1.0)
    days = event_day(np.tile(0.002 * grid, (3, 1)), grid, np.array([0.1, 1.6, 8.1]))
    np.testing.assert_allclose(days, [10.0, 40.0, 90.0], atol=1e-9)


def test_no_event_within_the_grid() -> None:
    assert event_day(np.full((1, 3), 0.1), np.array([0.0, 1.0, 2.0]), np.array([5.0])).tolist() == [np.inf]


def test_no_hazard_no_event() -> None:
    assert event_day(np.zeros((1, 3)), np.array([0.0, 1.0, 2.0]), np.array([1e-9])).tolist() == [np.inf]


def test_the_future_does_not_reach_back() -> None:
    """No immortal time: whatever the tumour does later, deaths before that are the same."""
    rng = np.random.default_rng(8)
    n, change = 500, 50
    sld = 80.0 * np.exp(np.cumsum(rng.normal(0, 0.05, (n, len(GRID))), axis=1))
    threshold = rng.exponential(size=n)
    first = event_day(hazard(sld), GRID, threshold)
    other = sld.copy()
    other[:, change:] = rng.uniform(5, 400, (n, len(GRID) - change))
    second = event_day(hazard(other), GRID, threshold)
    early = first <= GRID[change - 1]
    assert early.sum() > 50
    np.testing.assert_array_equal(first[early], second[early])
    np.testing.assert_array_equal(early, second <= GRID[change - 1])


@pytest.mark.parametrize(
    ("change", "sign"),
    [
        ({"ecog": 1}, 1),
        ({"nlr": 8.0}, 1),
        ({"albumin_g_per_l": 45.0}, -1),
        ({"histology": "squamous"}, 1),
        ({"driver_sought": True}, -1),
        ({"radiation_gy": 74.0}, 1),
        ({"radiation_gy": 50.0}, 0),
        ({"is_progressing": True}, 1),
    ],
)
def test_direction_of_risk(change: dict[str, object], sign: int) -> None:
    steady = np.full((1, len(GRID)), 80.0)
    assert (np.sign(np.log(hazard(steady, **change) / hazard(steady))) == sign).all()


def test_a_condition_found_at_the_start_passes_and_histology_does_not() -> None:
    steady = np.full((1, len(GRID)), 80.0)
    month = GRID * 12 / 365.25
    condition = np.log(hazard(steady, ecog=1) / hazard(steady))[0]
    expected = PARAMETERS.os_log_hazard_ecog1 * np.exp(-month / PARAMETERS.os_condition_month)
    np.testing.assert_allclose(condition, expected)
    lasting = np.log(hazard(steady, histology="squamous") / hazard(steady))[0]
    np.testing.assert_allclose(lasting, PARAMETERS.os_log_hazard_squamous)


@pytest.mark.skipif(not OAK.exists(), reason=f"no patient-level data at {OAK}")
def test_performance_status_tells_of_deaths_in_oak_as_long_as_the_table_says() -> None:
    """Hazard ratios of ECOG 1 in four spans of time, each within two standard errors."""
    data = pd.read_csv(OAK)
    for start, stop in ((0, 3), (3, 6), (6, 12), (12, 24)):
        spent = (data["time_months"] - start).clip(0, stop - start)
        died = (data["event"] == 1) & (data["time_months"] > start) & (data["time_months"] <= stop)
        counts = died.groupby(data["ecog"]).sum()
        rate = counts / spent.groupby(data["ecog"]).sum()
        error = np.sqrt((1 / counts).sum())
        middle = 0.5 * (start + stop)
        expected = PARAMETERS.os_log_hazard_ecog1 * np.exp(-middle / PARAMETERS.os_condition_month)
        assert abs(np.log(rate[1] / rate[0]) - expected) < 2 * error, (start, stop)


def test_progression_lasts_until_later_therapy_holds_the_tumour() -> None:
    """Shrinks from day 100 on, regrows by 20 % and 5 mm from its nadir by day 400."""
    sld = np.interp(GRID, [0, 100, 300, 600], [60, 90, 50, 80])[None, :]
    state = progressing(sld, GRID, np.array([70.0]), np.array([100.0]))[0]
    assert not state[GRID < 70].any()
    assert state[(GRID >= 70) & (GRID < 100)].all()
    assert not state[(GRID >= 100) & (GRID < 399)].any()
    assert state[GRID >= 401].all()


def test_progression_without_later_therapy_is_for_good() -> None:
    state = progressing(np.full((1, len(GRID)), 20.0), GRID, np.array([70.0]), np.array([np.inf]))[0]
    np.testing.assert_array_equal(state, GRID >= 70)


@given(st.floats(0, 450), st.floats(0, 450))
def test_larger_tumours_never_help(one: float, other: float) -> None:
    small, large = sorted((one, other))
    at = [hazard(np.full((1, 2), size))[0, 0] for size in (small, large)]
    assert at[0] <= at[1]
    assert 0 < at[0] < np.inf


def test_size_beyond_the_ceiling_stays_finite() -> None:
    assert np.isfinite(hazard(np.full((1, 2), 1e9))).all()


def test_new_lesions_only_by_size_when_the_tumour_shrinks() -> None:
    sld = 100.0 * np.exp(-0.01 * GRID)[None, :]
    expected = PARAMETERS.new_lesion_per_year / 365.25 * (sld / PARAMETERS.os_reference_sld_mm) ** 2
    np.testing.assert_allclose(new_lesion_hazard(sld, GRID, PARAMETERS), expected)


def test_new_lesions_by_growth_on_the_scale_of_the_start() -> None:
    """A tumour that shrinks to a tenth and doubles again has grown by a tenth of its size at the start."""
    sld = np.interp(GRID, [0, 301, 602], [50.0, 5.0, 10.0])[None, :]
    by_size = PARAMETERS.new_lesion_per_year / 365.25 * (sld / PARAMETERS.os_reference_sld_mm) ** 2
    by_growth = new_lesion_hazard(sld, GRID, PARAMETERS) - by_size
    grown = by_growth[0, 1:] @ np.diff(GRID)
    assert grown == pytest.approx(PARAMETERS.new_lesion_per_growth * 0.1, rel=1e-6)
    assert not by_growth[0, GRID <= 301].any()


def test_a_start_too_small_to_scale_by_counts_as_the_floor() -> None:
    sld = np.interp(GRID, [0, 700], [2.0, 12.0])[None, :]
    by_size = PARAMETERS.new_lesion_per_year / 365.25 * (sld / PARAMETERS.os_reference_sld_mm) ** 2
    by_growth = new_lesion_hazard(sld, GRID, PARAMETERS) - by_size
    lesions = PARAMETERS.new_lesion_per_growth * 10.0 / PARAMETERS.os_size_floor_mm
    assert by_growth[0, 1:] @ np.diff(GRID) == pytest.approx(lesions, rel=1e-6)


def test_a_tumour_that_is_gone_gives_no_new_lesions() -> None:
    np.testing.assert_array_equal(new_lesion_hazard(np.zeros((1, len(GRID))), GRID, PARAMETERS), 0.0)
