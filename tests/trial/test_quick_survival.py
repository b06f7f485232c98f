"""The quick estimators agree with lifelines, ties and censoring included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarmin.trial import endpoints
from alarmin.trial.quick_survival import hazard_ratio, kaplan_meier_at, log_hazard_ratio, median_time


def trial(seed: int, n: int, ties: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    treated = rng.random(n) < 0.5
    treated[:2] = [True, False]
    month = rng.exponential(np.where(treated, 14.0, 9.0))
    censored = rng.uniform(3, 30, n)
    event = month <= censored
    month = np.minimum(month, censored)
    return (np.ceil(month / 1.5) * 1.5 if ties else month), event, treated


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_hazard_ratio_is_that_of_cox_regression(seed: int, ties: bool) -> None:
    month, event, treated = trial(seed, 300, ties)
    expected = endpoints.hazard_ratio(month, event, treated)
    assert hazard_ratio(month, event, treated) == pytest.approx(expected.value, rel=1e-4)
    log_ratio, error = log_hazard_ratio(month, event, treated)
    assert np.exp(log_ratio - 1.959964 * error) == pytest.approx(expected.low, rel=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 200), st.booleans(), st.floats(0.5, 20))
def test_survival_and_median_are_those_of_kaplan_and_meier(seed: int, n: int, ties: bool, at: float) -> None:
    month, event, _ = trial(seed, n, ties)
    expected = endpoints.landmark(month, event, at).value / 100
    found = kaplan_meier_at(month, event, at)
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)
    curve = endpoints.kaplan_meier(month, event)["survival"]
    if not np.isclose(curve, 0.5, atol=1e-9).any():  # one half is reached or missed by rounding
        assert median_time(month, event) == pytest.approx(endpoints.median_time(month, event).value)
