"""How agreement is judged, on numbers made by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from alarmin.experiment import load_experiments
from alarmin.experiment.run import judge

ROW = next(e for e in load_experiments() if e.endpoint == "CALR" and e.expect == "increases")
ONE = np.ones(5)


@pytest.mark.parametrize(
    ("expect", "ratio", "agrees"),
    [
        ("increases", 1.11, True),
        ("increases", 1.05, False),
        ("increases", 0.5, False),
        ("reduces", 0.89, True),
        ("reduces", 0.95, False),
        ("reduces", 2.0, False),
        ("no_effect", 1.0, True),
        ("no_effect", 1.2, True),
        ("no_effect", 0.85, True),
        ("no_effect", 1.3, False),
        ("no_effect", 0.75, False),
    ],
)
def test_a_direction_is_that_of_the_median_ratio(expect, ratio, agrees):
    verdict = judge(replace(ROW, expect=expect), ONE * ratio, ONE)
    assert verdict.agrees is agrees
    assert verdict.predicted == pytest.approx(ratio)
    assert verdict.published == expect


def test_the_ratio_is_of_pairs_and_the_interval_holds_90_percent():
    base = np.geomspace(1.0, 10.0, 101)
    ratio = np.linspace(1.0, 3.0, 101)
    verdict = judge(replace(ROW, expect="increases"), base * ratio, base)
    assert (verdict.low, verdict.predicted, verdict.high) == pytest.approx((1.1, 2.0, 2.9))
    assert verdict.intervention == pytest.approx(np.median(base * ratio))


def test_nothing_against_nothing_is_no_effect_and_something_against_nothing_is_a_rise():
    assert judge(replace(ROW, expect="no_effect"), ONE * 0, ONE * 0).agrees
    assert judge(replace(ROW, expect="increases"), ONE, ONE * 0).agrees
    assert judge(replace(ROW, expect="reduces"), ONE * 0, ONE).agrees


@pytest.mark.parametrize(
    ("expect", "free", "agrees"),
    [("increases", 0.8, True), ("increases", 0.6, False), ("reduces", 0.2, True), ("no_effect", 0.6, True)],
)
def test_shares_of_animals_are_compared_by_their_difference(expect, free, agrees):
    def animals(share):
        return (np.arange(10) < round(share * 10)).astype(float)

    verdict = judge(replace(ROW, endpoint="protection", expect=expect), animals(free), animals(0.5))
    assert verdict.agrees is agrees
    assert verdict.predicted == pytest.approx(free - 0.5)


@pytest.mark.parametrize(
    ("predicted", "low", "high", "agrees"),
    [
        (10.0, math.nan, math.nan, True),
        (14.9, math.nan, math.nan, True),
        (15.1, math.nan, math.nan, False),
        (6.7, math.nan, math.nan, True),
        (6.6, math.nan, math.nan, False),
        (30.0, 1.0, 31.0, True),
        (32.0, 1.0, 31.0, False),
    ],
)
def test_a_value_agrees_within_its_range_or_a_factor(predicted, low, high, agrees):
    row = replace(ROW, expect="value", published=10.0, published_low=low, published_high=high, unit="mm3")
    verdict = judge(row, ONE * predicted, None)
    assert verdict.agrees is agrees
    assert verdict.published.startswith("10 ")
    assert verdict.published.endswith("mm3")
    assert math.isnan(verdict.comparator)
