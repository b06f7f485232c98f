"""Fits to a made-up trial whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from made_up import N, members, outlook, problem

from alarmin.calibration.fit import fit, settle
from alarmin.calibration.rounds import BEGIN
from alarmin.trial import MONTHS
from alarmin.trial.observation_parameters import observation_parameters

PARAMETERS = replace(observation_parameters(), **BEGIN)


@pytest.fixture(scope="module")
def arm():
    rng = np.random.default_rng(2)
    return outlook(rng.random(N) < 0.3, rng.exponential(8.0, N), np.exp(rng.normal(0.0, 0.3, N)))


def targets_of(arm, truth, endpoints):
    empty = problem(members(), arm, [{"endpoint": e, "at": at, "value": 0.0} for e, at in endpoints])
    fitted = empty.shares(truth).fitted(empty.prior)
    return [
        {"endpoint": e, "at": at, "value": float(v), "error": 0.02}
        for (e, at), v in zip(endpoints, fitted, strict=True)
    ]


CURVES = [(e, at) for e in ("pfs", "os") for at in (3.0, 6.0, 12.0, 18.0, 24.0)]


def test_least_squares_finds_the_hazard_behind_the_curves(arm) -> None:
    truth = replace(PARAMETERS, os_hazard_per_year=0.45, os_log_hazard_progressing=1.6)
    task = problem(members(), arm, targets_of(arm, truth, CURVES))
    found = settle(task, PARAMETERS)
    assert found.os_hazard_per_year == pytest.approx(0.45, rel=0.05)
    assert found.os_log_hazard_progressing == pytest.approx(1.6, abs=0.1)


def test_shares_agree_with_a_direct_count(arm) -> None:
    """Response of those alive at once is a plain share; depth counts those alive and free at three months."""
    rows = [
        {"endpoint": "orr", "value": 0.5, "error": 0.02},
        {"endpoint": "depth", "at": -30.0, "value": 0.5, "error": 0.02},
        {"endpoint": "later_than", "at": 2.0, "value": 0.5, "error": 0.02},
        {"endpoint": "grown_by", "at": 6.0, "value": 0.5, "error": 0.02},
    ]
    shares = problem(members(), arm, rows).shares(PARAMETERS)
    weight = np.full(N, 1 / N)
    orr, depth, later, grown = shares.fitted(weight)
    assert orr == pytest.approx(arm.responds.mean(), abs=1e-9)
    alive = arm.survival(np.zeros(N), PARAMETERS)[:, 0, 2]  # at 3 months
    thrice = alive * (arm.progression_month[:, 0] >= 3.0)
    assert depth == pytest.approx((thrice * arm.responds[:, 0]).sum() / thrice.sum(), abs=1e-6)
    assert later == pytest.approx(depth)
    # It is seen at 6 months that the lesion has grown.
    later_alive = arm.survival(np.zeros(N), PARAMETERS)[:, 0, 4]
    grows = thrice * np.minimum(1.0, later_alive / alive)
    assert grown == pytest.approx((grows * ~arm.responds[:, 0]).sum() / thrice.sum(), abs=1e-6)
    assert grown < 0.97 * (1 - depth)


def test_survival_after_progression_is_counted_from_the_scan_that_shows_it(arm) -> None:
    """Members of one hazard before and another after it: both follow from exponentials."""
    rows = [
        {"endpoint": "alive_after_progression", "at": at, "value": 0.5, "error": 0.02} for at in (3.0, 12.0)
    ]
    month, size = arm.progression_month[:, 0], arm.held[:, 0, -1] * 12 / arm.progression_month[:, 0]
    rate = PARAMETERS.os_hazard_per_year / 12 * size
    seen = np.where(month < MONTHS[-1] - 12, np.exp(-rate * month), 0.0)
    task = problem(members(), arm, rows)
    for fitted, row in zip(task.shares(PARAMETERS).fitted(task.prior), rows, strict=True):
        after = np.exp(-rate * np.exp(PARAMETERS.os_log_hazard_progressing) * row["at"])
        assert fitted == pytest.approx((seen * after).sum() / seen.sum(), abs=0.01)


def test_weights_meet_a_response_rate_and_leave_the_rest(arm) -> None:
    rows = [{"endpoint": "orr", "value": 0.45, "error": 0.005}]
    found = fit(problem(members(), arm, rows), PARAMETERS, concentration=1.0)
    assert found.table["fitted"].iloc[0] == pytest.approx(0.45, abs=0.01)
    one, other = found.weight[arm.responds[:, 0]], found.weight[~arm.responds[:, 0]]
    assert np.ptp(one) < 1e-9
    assert np.ptp(other) < 1e-9
    assert found.effective_share > 0.8


def test_a_high_concentration_keeps_the_population(arm) -> None:
    rows = [{"endpoint": "orr", "value": 0.45, "error": 0.02}]
    task = problem(members(), arm, rows)
    shares = [fit(task, PARAMETERS, concentration=c).effective_share for c in (1.0, 100.0, 10_000.0)]
    assert shares == sorted(shares)
    assert shares[-1] > 0.999
