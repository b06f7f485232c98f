"""A step of the priors goes where a known rule of response says."""

import numpy as np
import pytest
from made_up import N, members, outlook, problem
from scipy.stats import norm

from alarmin.calibration import priors
from alarmin.calibration.priors import move
from alarmin.population import draw_scores
from alarmin.trial.observation_parameters import observation_parameters

NOISE = 0.5


def responders(threshold: float) -> np.ndarray:
    score = draw_scores(members().features.index, priors={})["k_kill"].to_numpy()
    return score + NOISE * np.random.default_rng(8).normal(size=N) > threshold


def step(value: float, error: float = 0.02) -> priors.Priors:
    arm = outlook(responders(1.0), np.full(N, 6.0), np.full(N, 1e-6))
    rows = [{"endpoint": "orr", "value": value, "error": error}]
    return move(problem(members(), arm, rows), members(), observation_parameters())


@pytest.mark.parametrize("value", [0.10, 0.35])
def test_a_step_brings_the_expected_response_nearer(value: float) -> None:
    """Under a prior of mean m and spread s the rate is Phi((m - 1) / sqrt(s^2 + noise^2))."""
    found = step(value)
    mean, sd = found["k_kill"]
    before, after = (norm.cdf((m - 1.0) / np.hypot(s, NOISE)) for m, s in ((0.0, 1.0), (mean, sd)))
    assert np.sign(mean) == np.sign(value - before)
    assert abs(after - value) < 0.4 * abs(before - value)


def test_what_does_not_matter_stays() -> None:
    found = step(0.35)
    others = [abs(mean) for name, (mean, _) in found.items() if name != "k_kill"]
    assert max(others) < 0.25 * found["k_kill"][0]


def test_what_patients_show_is_not_moved() -> None:
    scores = draw_scores(members().features.index, priors={})
    assert set(priors.KNOWN) <= set(scores.columns)
    assert not set(priors.KNOWN) & set(step(0.35))


def test_a_met_target_moves_nothing() -> None:
    found = step(float(responders(1.0).mean()))
    assert max(abs(mean) for mean, _ in found.values()) < 1e-6


def test_a_step_keeps_within_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priors, "TRUST", 0.01)
    found = step(0.9, error=0.001)
    mean, sd = np.array(list(found.values())).T
    entropy = 0.5 * (mean**2 + 2 * np.log(sd) ** 2).sum()
    assert entropy == pytest.approx(0.01, rel=1e-3)
