"""Who benefits: areas, intervals and subgroups against closed forms and lifelines."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from alarmin.trial import TrialResult
from alarmin.trial.biomarkers import TRUE_CHANGE, analyse, markers
from alarmin.trial.explained import explained_area, explained_share
from alarmin.trial.quick_survival import log_hazard_ratio, robust_error
from alarmin.trial.roc import area, roc_curve


def two_normals(n: int, apart: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = np.arange(2 * n) < n
    return rng.normal(size=2 * n) + apart * positive, positive


@pytest.mark.parametrize("apart", [0.0, 0.5, 1.5])
def test_area_of_two_normals_is_known(apart: float) -> None:
    """Two normals of one spread: the area is the normal integral of their distance over root two."""
    score, positive = two_normals(20_000, apart, seed=3)
    # A standard error of such an area is below 0.003.
    assert area(score, positive, np.arange(40_000)).value == pytest.approx(
        norm.cdf(apart / np.sqrt(2)), abs=0.009
    )


def test_intervals_hold_the_area_as_often_as_they_say() -> None:
    truth = norm.cdf(1.0 / np.sqrt(2))
    held = 0
    for seed in range(400):
        score, positive = two_normals(40, 1.0, seed)
        found = area(score, positive, np.arange(80))
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.98  # 95 %, three standard errors of such a count below and above


def test_copies_of_a_member_make_no_area_surer() -> None:
    score, positive = two_normals(30, 0.8, seed=5)
    once = area(score, positive, np.arange(60))
    thrice = area(np.repeat(score, 3), np.repeat(positive, 3), np.repeat(np.arange(60), 3))
    assert (thrice.value, thrice.low, thrice.high) == pytest.approx((once.value, once.low, once.high))
    taken_as_independent = area(np.repeat(score, 3), np.repeat(positive, 3), np.arange(180))
    assert taken_as_independent.high - taken_as_independent.low < 0.7 * (once.high - once.low)


def test_area_is_that_under_the_curve_ties_included() -> None:
    rng = np.random.default_rng(2)
    score, positive = rng.integers(0, 6, 200).astype(float), rng.random(200) < 0.4
    false, true = roc_curve(score, positive)
    assert area(score, positive, np.arange(200)).value == pytest.approx(np.trapezoid(true, false))


def test_without_responders_there_is_no_area() -> None:
    assert np.isnan(area(np.arange(5.0), np.zeros(5, dtype=bool), np.arange(5)).value)
    perfect = area(np.arange(6.0), np.arange(6) > 2, np.arange(6))
    assert perfect.value == 1.0
    assert np.isnan(perfect.low)


def test_explained_share_is_that_of_the_noise() -> None:
    rng = np.random.default_rng(4)
    x = rng.random((3000, 1))
    outcome = 2.0 * x[:, 0] + rng.normal(0.0, 2.0 / np.sqrt(12.0), 3000)  # half signal, half noise
    members = np.arange(3000)
    assert explained_share(x, outcome, members) == pytest.approx(0.5, abs=0.04)
    assert explained_share(rng.random((3000, 1)), outcome, members) == pytest.approx(0.0, abs=0.01)
    assert explained_area(x, x[:, 0] > 0.7, members) == 1.0


def test_copies_do_not_leak_into_what_is_held_back() -> None:
    """Noise of a member that copies share must not be learned from its copies."""
    rng = np.random.default_rng(6)
    members = np.repeat(np.arange(80), 10)
    noise = rng.random((80, 8))[members]
    assert explained_share(noise, rng.normal(size=80)[members], members) < 0.05
    assert np.isnan(explained_share(noise, rng.normal(size=800), np.repeat(np.arange(40), 20)))


def test_robust_error_is_that_of_lifelines() -> None:
    from lifelines import CoxPHFitter

    rng = np.random.default_rng(8)
    members = rng.integers(0, 40, 300)
    treated = rng.random(300) < 0.5
    month = rng.exponential(10.0 * np.exp(rng.normal(0, 0.8, 40))[members] * (1 + treated))
    event = month < 25.0
    month = np.minimum(month, 25.0)
    table = pd.DataFrame({"month": month, "event": event, "treated": treated.astype(float), "id": members})
    fit = CoxPHFitter().fit(table, "month", "event", cluster_col="id", robust=True)
    ratio, error = log_hazard_ratio(month, event, treated)
    robust = robust_error(month, event, treated, members, log_ratio=ratio, error=error)
    assert ratio == pytest.approx(fit.params_["treated"], rel=1e-4)
    assert robust == pytest.approx(fit.standard_errors_["treated"], rel=1e-4)
    assert robust > error


def test_a_marker_that_decides_who_benefits_is_found(made_up_result: TrialResult) -> None:
    spec, rng = made_up_result.spec, np.random.default_rng(9)
    patients = pd.concat([made_up_result.patients] * 10, ignore_index=True)
    patients["candidate"] = range(len(patients))
    patients["cd8_per_ml"] = rng.random(len(patients))
    benefits = (patients["cd8_per_ml"] > 0.5) & (patients["arm"] == "pembrolizumab")
    patients["os_month"] = rng.exponential(np.where(benefits, 30.0, 10.0))
    patients["os_event"] = 1
    found = analyse(spec, patients).subgroups.query("endpoint == 'os'")
    high, low = (found.query(f"marker == 'cd8_per_ml' and group == '{g}'").iloc[0] for g in ("high", "low"))
    assert high["low"] < 1 / 3 < high["high"]
    assert low["low"] < 1.0 < low["high"]
    assert high["p_interaction"] < 1e-6
    others = found[found["marker"] != "cd8_per_ml"]
    assert (others["p_interaction"] > 0.001).all()


def test_every_marker_is_asked_in_every_arm(made_up_result: TrialResult) -> None:
    found, arms = made_up_result.biomarkers, len(made_up_result.spec.arms)
    assert len(found.roc) == arms * len(markers())
    assert len(found.subgroups) == 2 * 2 * (arms - 1) * len(markers())
    assert len(found.explained) == arms * (len(markers()) + 2)
    whole = found.explained.query("marker == 'mechanism'")
    assert (whole["true_change"] == 1.0).all()
    assert whole["auc"].between(0.5, 1.0).all()
    assert TRUE_CHANGE in made_up_result.patients


def test_a_trial_of_one_arm_has_no_subgroups(made_up_result: TrialResult) -> None:
    content = made_up_result.spec.model_dump()
    content["arms"] = {"pembrolizumab": content["arms"]["pembrolizumab"]}
    spec = type(made_up_result.spec).model_validate(content)
    found = analyse(spec, made_up_result.patients.query("arm == 'pembrolizumab'"))
    assert found.subgroups.empty
    assert set(found.roc["arm"]) == {"pembrolizumab"}
