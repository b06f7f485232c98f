"""Weights of largest entropy: closed forms, and the conditions that every optimum meets."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alarmin.calibration.entropy import maximum_entropy


def test_a_share_that_is_known_exactly() -> None:
    """With one class to bring to a share, members of a class share its mass in proportion to their prior."""
    prior = np.array([1.0, 3.0, 2.0, 2.0])
    inside = np.array([True, True, False, False])
    found = maximum_entropy(prior, (inside - 0.8)[:, None], np.array([1e-7]))
    np.testing.assert_allclose(found.weight, [0.2, 0.6, 0.1, 0.1], rtol=1e-6)


def test_a_target_without_certainty_moves_nothing() -> None:
    prior = np.array([0.1, 0.4, 0.5])
    found = maximum_entropy(prior, np.array([[1.0], [2.0], [3.0]]), np.array([1e6]))
    np.testing.assert_allclose(found.weight, prior, rtol=1e-6)
    assert found.cost < 1e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_every_optimum_balances_pull_and_surprise(seed: int, k: int) -> None:
    """At the optimum each multiplier times its variance is the mean gap, and the weights have their form."""
    rng = np.random.default_rng(seed)
    prior, gap = rng.uniform(0.5, 2.0, 60), rng.normal(0.3, 1.0, (60, k))
    error = rng.uniform(0.05, 0.5, k)
    found = maximum_entropy(prior, gap, error)
    np.testing.assert_allclose(found.weight @ gap, error**2 * found.multiplier, atol=1e-5)
    form = prior * np.exp(-gap @ found.multiplier)
    np.testing.assert_allclose(found.weight, form / form.sum(), rtol=1e-8)
    kl = (found.weight * np.log(found.weight / (prior / prior.sum()))).sum()
    misses = 0.5 * (((found.weight @ gap) / error) ** 2).sum()
    assert abs(found.cost - (kl + misses)) < 1e-6
