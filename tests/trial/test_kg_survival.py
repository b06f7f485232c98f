import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import lognorm

from alarmin.trial.kg_survival import TumourRates, fit_tumours, log_median_day, survival_at

WEEK = np.arange(0.0, 60.0, 6.0)
# As published (Struemper 2025, PMID 39985158): typical values of five treatments, spreads, error of reading.
CENTRE = np.log(
    [
        86.07,
        np.prod([0.00651, 0.01822, 0.008105, 0.008845, 0.01153]) ** 0.2,
        np.prod([0.01700, 0.03566, 0.01615, 0.03504, 0.03499]) ** 0.2,
    ]
)
VARIANCE = np.array([0.2645, 0.8715, 0.9174])


def sizes(logs):
    base, kg, ks = np.exp(logs)
    return base * (np.exp(kg * WEEK) + np.exp(-ks * WEEK) - 1.0)


def penalty(logs, read, counted):
    spread = np.hypot(2.515, 0.113 * read)
    misses = (((sizes(logs) - read) / spread)[counted] ** 2).sum()
    return misses + ((logs - CENTRE) ** 2 / VARIANCE).sum()


def test_estimates_are_those_of_a_general_optimiser():
    rng = np.random.default_rng(1)
    truth = CENTRE + rng.normal(size=(12, 3)) * np.sqrt(VARIANCE)
    read = np.array([sizes(one) for one in truth])
    read = np.maximum(read + rng.normal(size=read.shape) * np.hypot(2.515, 0.113 * read), 0.0)
    counted = np.arange(10)[None, :] < rng.integers(1, 11, 12)[:, None]
    found = fit_tumours(WEEK, read, counted)
    mine = np.log(np.stack([found.base_mm, found.kg_per_week, found.ks_per_week], axis=1))
    options = {"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000}
    for one, read_mm, seen in zip(mine, read, counted, strict=True):
        best = min(
            minimize(penalty, CENTRE + start, args=(read_mm, seen), method="Nelder-Mead", options=options).fun
            for start in ([0, 0, 0], [0, 1, 0], [0, -1, 1], [0, 0, -1.5])
        )
        assert penalty(one, read_mm, seen) <= best + 1e-4


def test_a_patient_without_later_readings_gets_the_typical_rates():
    counted = np.arange(10)[None, :] < 1
    found = fit_tumours(WEEK, np.full((1, 10), 86.07), counted)
    assert np.log(found.kg_per_week[0]) == pytest.approx(CENTRE[1], abs=1e-6)
    assert np.log(found.ks_per_week[0]) == pytest.approx(CENTRE[2], abs=1e-6)


def test_median_survival_of_a_worked_patient():
    """By hand from the published coefficients: kg 0.013 and ks 0.026 per week, 74 mm, albumin 36, ratio 5."""
    rates = TumourRates(*(np.array([value]) for value in (74.0, 0.013, 0.026)))
    patients = pd.DataFrame({"albumin_g_per_l": [36.0], "nlr": [5.0]})
    assert rates.growth_week[0] == pytest.approx(17.773, abs=1e-3)
    expected = 6.94 - 6.91 * 0.013 / 0.122 + 0.00366 * 26 + 0.0124 * (17.773 - 39.9)
    expected += 0.0452 * (36.0 - 39.4) - 0.0141 * 0.9
    assert log_median_day(rates, patients)[0] == pytest.approx(expected, abs=1e-4)


def test_times_are_log_normal():
    month = np.array([3.0, 12.0, 36.0])
    ours = survival_at(np.array([np.log(400.0)]), month)[0]
    theirs = lognorm(s=np.exp(-0.331), scale=400.0).sf(month * 365.25 / 12)
    assert ours == pytest.approx(theirs, abs=1e-12)
