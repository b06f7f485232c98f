"""Criteria on features."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarmin.trial.selection import FEATURES, choose, eligible, parse_criterion

numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(numbers, min_size=1), numbers, st.sampled_from([">=", "<=", ">", "<"]))
def test_comparison_agrees_with_python(values: list[float], bound: float, sign: str) -> None:
    kept = parse_criterion("nlr", f"{sign} {bound!r}").holds(pd.Series(values))
    assert kept.tolist() == [eval(f"{value!r} {sign} {bound!r}") for value in values]


def test_unknown_value_never_qualifies() -> None:
    column = pd.Series([np.nan, 3.0])
    assert parse_criterion("nlr", "< 5").holds(column).tolist() == [False, True]
    assert parse_criterion("nlr", ">= 0").holds(column).tolist() == [False, True]


def test_every_criterion_has_its_column() -> None:
    patients = pd.DataFrame({"ecog": [0, 1, 1], "egfr_mutant": [False, True, False], "nlr": [2.0, 3.0, 9.0]})
    criteria = {
        "ecog": parse_criterion("ecog", [1]),
        "egfr_mutant": parse_criterion("egfr_mutant", False),
        "nlr": parse_criterion("nlr", "< 5"),
    }
    table = eligible(patients, criteria)
    assert list(table.columns) == ["ECOG 1", "EGFR mutation no", "neutrophil-to-lymphocyte ratio < 5"]
    assert table.to_numpy().tolist() == [[False, True, True], [True, False, True], [True, True, False]]


def test_regimens_are_chosen_in_their_fractions_among_those_who_fit() -> None:
    patients = pd.DataFrame({"histology": ["squamous"] * 1000 + ["nonsquamous"] * 1000})
    uniform = np.tile((np.arange(1000) + 0.5) / 1000, 2)
    squamous = {"histology": parse_criterion("histology", "squamous")}
    picked = choose("a", [("b", squamous, 0.3), ("c", {}, 0.2)], patients, uniform)
    counts = pd.Series(picked).groupby(patients["histology"]).value_counts().to_dict()
    assert counts == {
        ("nonsquamous", "a"): 800,
        ("nonsquamous", "c"): 200,
        ("squamous", "a"): 500,
        ("squamous", "b"): 300,
        ("squamous", "c"): 200,
    }


def test_no_criteria_take_everyone() -> None:
    assert eligible(pd.DataFrame({"ecog": [0, 1]}), {}).all(axis=1).tolist() == [True, True]


@pytest.mark.parametrize(
    ("feature", "wanted"),
    [
        ("egfr_mutant", 1),
        ("egfr_mutant", "no"),
        ("ecog", True),
        ("ecog", [0, 2]),
        ("nlr", True),
        ("nlr", "high"),
        ("nlr", []),
        ("nlr", ">="),
        ("nlr", ">= 1; import os"),
        ("histology", "> 3"),
        ("nlr", None),
        ("nlr", {"min": 3}),
    ],
)
def test_what_does_not_fit_is_refused(feature: str, wanted: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_criterion(feature, wanted)


def test_population_makes_every_feature_with_the_values_named_here() -> None:
    from alarmin.population.features import DRAWS, draw_features

    draws = np.random.default_rng(1).random((4000, len(DRAWS)))
    patients = draw_features(pd.DataFrame(draws, columns=list(DRAWS)))

    # The line of therapy comes with enrolment.
    assert set(FEATURES) - set(patients.columns) == {"line"}
    assert set(patients.columns) <= set(FEATURES)
    for feature, kind in FEATURES.items():
        if feature not in patients:
            continue
        if kind == "boolean":
            assert patients[feature].dtype == bool
        elif kind != "number":
            assert set(patients[feature]) <= set(kind)
