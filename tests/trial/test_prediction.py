"""Curves of a prediction: read off the large trial, limits off those of the published size."""

import numpy as np

from alarmin.trial import MONTHS, load_trial
from alarmin.trial.prediction import _curves
from alarmin.trial.virtual_arm import VirtualArm

SPEC = load_trial("KEYNOTE-024")


def virtual(n, mean_month, end_month, rng):
    """One trial whose survival is exponential, followed to one and the same month."""
    month = rng.exponential(mean_month, n)
    times = (np.minimum(month, end_month), month <= end_month)
    return {arm: VirtualArm(np.arange(n), np.zeros(n, bool), times, times) for arm in SPEC.arms}


def test_curves_are_those_of_the_large_trial_with_the_spread_of_small_ones():
    rng = np.random.default_rng(1)
    found = _curves(
        SPEC, virtual(20_000, 12.0, 30.0, rng), [virtual(100, 12.0, 30.0, rng) for _ in range(200)]
    )
    assert set(zip(found["arm"], found["endpoint"], strict=True)) == {
        (arm, kind) for arm in SPEC.arms for kind in ("pfs", "os")
    }
    truth = np.exp(-found["month"] / 12.0)
    np.testing.assert_allclose(found["survival"], truth, atol=0.015)
    assert found["month"].max() <= 30.0
    middle = found[found["month"] == 12.0]
    half = 1.645 * np.sqrt(np.exp(-1) * (1 - np.exp(-1)) / 100)
    np.testing.assert_allclose(middle["high"] - middle["low"], 2 * half, rtol=0.2)


def test_beyond_the_end_of_follow_up_there_is_no_curve():
    rng = np.random.default_rng(2)
    large, small = virtual(500, 50.0, 20.0, rng), [virtual(50, 50.0, 10.0, rng) for _ in range(5)]
    found = _curves(SPEC, large, small)
    assert found["month"].max() == max(month for month in MONTHS if month <= 10.0)
