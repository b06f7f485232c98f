"""Endpoints against closed forms, SciPy, slow twins written here, and published figures."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, norm

from alarmin.core import DataError
from alarmin.trial import TrialResult
from alarmin.trial.endpoints import (
    hazard_ratio,
    kaplan_meier,
    landmark,
    median_time,
    response_rate,
    survival_curves,
)

KM_FOLDER = Path(__file__).parents[3] / "shared" / "data" / "km"

survival = st.lists(st.tuples(st.integers(1, 30).map(float), st.booleans()), min_size=2, max_size=40).map(
    lambda rows: (np.array([r[0] for r in rows]), np.array([int(r[1]) for r in rows]))
)


def product_limit(month: np.ndarray, event: np.ndarray, at: float) -> float:
    """The slow twin: multiply over the event times up to `at`."""
    value = 1.0
    for time in sorted(set(month[event == 1])):
        if time <= at:
            at_risk = int((month >= time).sum())
            value *= 1 - int(((month == time) & (event == 1)).sum()) / at_risk
    return value


@given(survival)
def test_curve_is_the_product_limit(data: tuple[np.ndarray, np.ndarray]) -> None:
    month, event = data
    curve = kaplan_meier(month, event)
    for row in curve.itertuples():
        assert row.survival == pytest.approx(product_limit(month, event, row.month), abs=1e-9)
        assert row.at_risk == (month >= row.month).sum()
        assert row.low - 1e-9 <= row.survival <= row.high + 1e-9


def test_interval_by_hand() -> None:
    # Events at 1, 2 and 4, censored at 3 and 5. At month 2: S = 4/5 * 3/4 = 0.6, Greenwood's sum
    # 1/(5*4) + 1/(4*3) = 2/15; log-log limits S ** exp(-+ z sqrt(2/15) / ln S).
    curve = kaplan_meier([1, 2, 3, 4, 5], [1, 1, 0, 1, 0]).set_index("month")
    spread = norm.ppf(0.975) * math.sqrt(2 / 15) / math.log(0.6)
    assert curve.loc[2, "survival"] == pytest.approx(0.6)
    assert curve.loc[2, "low"] == pytest.approx(0.6 ** math.exp(-spread))
    assert curve.loc[2, "high"] == pytest.approx(0.6 ** math.exp(spread))
    assert curve.loc[4, "survival"] == pytest.approx(0.3)


def test_event_means_event() -> None:
    """With the codes of ADaM (0 = event) the median would come out wrong; here 1 is an event."""
    month, event = [2, 4, 6, 8], [1, 1, 1, 0]
    assert median_time(month, event).value == 4
    assert median_time(month, [1 - e for e in event]).value == 8


def test_freireich_remission_times() -> None:
    # The 6-MP data (Freireich 1963), the textbook example: medians 23 and 8 weeks; Cox hazard ratio of
    # placebo against 6-MP with Efron's ties 4.82 (coefficient 1.572, standard error 0.412).
    drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    seen = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert median_time(drug, seen).value == 23
    assert median_time(placebo, [1] * 21).value == 8
    ratio = hazard_ratio(drug + placebo, seen + [1] * 21, [False] * 21 + [True] * 21)
    assert ratio.value == pytest.approx(math.exp(1.572), rel=2e-3)
    assert ratio.low == pytest.approx(math.exp(1.572 - 1.96 * 0.412), rel=5e-3)
    assert ratio.high == pytest.approx(math.exp(1.572 + 1.96 * 0.412), rel=5e-3)


@given(survival, st.integers(0, 2**32 - 1))
def test_cox_maximises_the_partial_likelihood(data: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    month, event = data
    # Without ties all ways of handling them agree.
    month = month + np.linspace(0.0, 0.5, len(month))
    treated = np.random.default_rng(seed).random(len(month)) < 0.5
    overlap = [month[(treated == group)] for group in (True, False)]
    if any(len(group) == 0 for group in overlap) or min(event[treated].sum(), event[~treated].sum()) < 1:
        assert math.isnan(hazard_ratio(month, event, treated).value)
        return

    def minus_log_likelihood(beta: float) -> float:
        return -sum(
            beta * treated[i] - math.log(np.exp(beta * treated[month >= month[i]]).sum())
            for i in np.flatnonzero(event)
        )

    best = minimize_scalar(minus_log_likelihood, bounds=(-6, 6), method="bounded", options={"xatol": 1e-9}).x
    if abs(best) < 4:  # beyond, the groups are all but separated and the maximum lies at infinity
        assert hazard_ratio(month, event, treated).value == pytest.approx(math.exp(best), rel=1e-3)


def test_separated_groups_warn_nobody() -> None:
    ratio = hazard_ratio([1, 2, 3, 11, 12, 13], [1] * 6, [True] * 3 + [False] * 3)
    assert math.isnan(ratio.value) or ratio.value > 1e3


@given(st.integers(1, 300), st.data())
def test_response_rate_interval_is_scipys(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    mine = response_rate(["PR"] * k + ["SD"] * (n - k))
    theirs = binomtest(k, n).proportion_ci(method="exact")
    assert (mine.low, mine.high) == pytest.approx((100 * theirs.low, 100 * theirs.high), abs=1e-9)


def test_only_complete_and_partial_responses_count() -> None:
    assert response_rate(["CR", "PR", "SD", "PD", "NE"]).value == 40.0


def test_landmark_beyond_follow_up_is_unknown() -> None:
    assert math.isnan(landmark([1, 2, 3], [1, 0, 0], 12).value)
    assert landmark([1, 2, 30], [1, 0, 0], 12).value == pytest.approx(100 * 2 / 3)


def test_exponential_times_give_their_ratio_and_median() -> None:
    rng = np.random.default_rng(12)
    n = 5_000
    month = np.concatenate([rng.exponential(10, n), rng.exponential(20, n)])
    event, treated = (month < 24).astype(int), np.repeat([False, True], n)
    ratio = hazard_ratio(np.minimum(month, 24), event, treated)
    assert ratio.value == pytest.approx(0.5, abs=0.03)
    assert ratio.low < 0.5 < ratio.high
    assert median_time(np.minimum(month, 24)[~treated], event[~treated]).value == pytest.approx(
        10 * math.log(2), abs=0.4
    )


def test_interval_of_the_median_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    truth, hits = 10 * math.log(2), 0
    for _ in range(200):
        died, left = rng.exponential(10, 80), rng.uniform(5, 40, 80)
        estimate = median_time(np.minimum(died, left), (died <= left).astype(int))
        hits += estimate.low <= truth <= estimate.high
    # Of 200 trials at 95 % between 91 and 98.5 % cover, in all but about 1 of 100 repetitions.
    assert 0.91 <= hits / 200 <= 0.985


def test_no_patients_is_an_error() -> None:
    with pytest.raises(DataError):
        response_rate([])
    with pytest.raises(DataError):
        kaplan_meier([], [])


@pytest.mark.skipif(not KM_FOLDER.is_dir(), reason="needs ../shared/data/km (digitised survival times)")
def test_published_medians_and_ratio_of_keynote_024() -> None:
    times = pd.read_csv(KM_FOLDER / "KEYNOTE024_PFS.csv")
    arms = {arm: table for arm, table in times.groupby("arm")}
    drug = arms["pembrolizumab"]
    control = next(table for arm, table in arms.items() if arm != "pembrolizumab")
    # Published: 10.3 months (6.7 to not reached), 6.0 (4.2 to 6.2), hazard ratio 0.50 (0.37 to 0.68); the
    # digitised times miss them by a tenth of a month and 0.015.
    found = median_time(drug["time_months"], drug["event"])
    assert (found.value, found.low) == (pytest.approx(10.3, abs=0.15), pytest.approx(6.7, abs=0.15))
    assert math.isinf(found.high)
    found = median_time(control["time_months"], control["event"])
    assert (found.value, found.low, found.high) == pytest.approx((6.0, 4.2, 6.2), abs=0.06)
    ratio = hazard_ratio(times["time_months"], times["event"], times["arm"] == "pembrolizumab")
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((0.50, 0.37, 0.68), abs=0.03)


def test_summary_has_every_endpoint_of_every_arm(made_up_result: TrialResult) -> None:
    table = made_up_result.endpoints
    each = {"orr", "median_pfs", "median_os", "pfs_6mo", "pfs_12mo", "os_12mo", "os_24mo"}
    found = {arm: set(rows["endpoint"]) for arm, rows in table.groupby("arm")}
    assert found == {"pembrolizumab": each | {"hr_pfs", "hr_os"}, "chemotherapy": each}
    known = table[np.isfinite(table["low"]) & np.isfinite(table["high"])]
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()


def test_curves_start_with_everyone(made_up_result: TrialResult) -> None:
    curves = survival_curves(made_up_result.spec, made_up_result.patients)
    first = curves.groupby(["endpoint", "arm"]).first()
    assert (first["month"] == 0).all()
    assert (first["at_risk"] == 60).all()
