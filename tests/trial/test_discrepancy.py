"""Shifts of an arm: what they promise, and nothing where there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarmin.trial.discrepancy import EXACT, Discrepancy, discrepancy_sd, draw_discrepancy

RESPONDED = np.arange(40_000) % 10 < 3


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


@pytest.mark.parametrize("shift", [-0.8, -0.2, 0.5])
def test_response_moves_by_the_shift_of_its_logit(shift: float) -> None:
    moved = Discrepancy(shift, 0.0, 0.0).response(RESPONDED, np.random.default_rng(1))
    assert logit(moved.mean()) - logit(RESPONDED.mean()) == pytest.approx(shift, abs=0.05)
    kept = moved & RESPONDED
    assert (kept == (RESPONDED if shift > 0 else moved)).all()


@given(st.floats(-1, 1), st.floats(0.01, 0.99), st.floats(0.1, 60))
def test_hazards_are_multiplied(shift: float, alive: float, month: float) -> None:
    moved = Discrepancy(0.0, shift, shift)
    assert np.log(-np.log(moved.survival(np.array(alive)))) == pytest.approx(np.log(-np.log(alive)) + shift)
    assert moved.progression(np.array(month)) == pytest.approx(month / np.exp(shift))


def test_no_shift_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    curve = np.linspace(1, 0, 11)
    np.testing.assert_array_equal(EXACT.survival(curve), curve)
    np.testing.assert_array_equal(EXACT.response(RESPONDED, rng), RESPONDED)
    assert EXACT.progression(np.array([np.inf]))[0] == np.inf


def test_draws_have_the_estimated_spread_and_arms_share_their_trial() -> None:
    rng = np.random.default_rng(3)
    draws = np.array([[*draw_discrepancy("ab", rng).values()] for _ in range(6000)])
    sd = discrepancy_sd()
    trial, arm = np.array(sd.trial), np.array(sd.arm)
    np.testing.assert_allclose(draws[:, 0].std(axis=0), np.hypot(trial, arm), rtol=0.05)
    np.testing.assert_allclose((draws[:, 0] - draws[:, 1]).std(axis=0), np.sqrt(2) * arm, rtol=0.05)
