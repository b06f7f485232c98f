"""Published figures stand beside the simulated ones and cannot reach them."""

import numpy as np
import pytest

from alarmin.core import DataError, EvidenceError
from alarmin.trial import TrialResult, TrialSpec, compare, load_trial, published_curves, summarise

SPEC = load_trial("KEYNOTE-024")


def changed(**changes: object) -> TrialSpec:
    return TrialSpec.model_validate({**SPEC.model_dump(), **changes})


def test_published_figures_of_keynote_024(made_up_result: TrialResult) -> None:
    table = made_up_result.comparison.set_index(["arm", "endpoint"])
    assert table.loc[("pembrolizumab", "orr"), "published"] == 44.8
    row = table.loc[("pembrolizumab", "hr_pfs")]
    assert (row["published"], row["published_low"], row["published_high"]) == (0.5, 0.37, 0.68)
    assert table.loc[("chemotherapy", "median_os"), "published"] == 13.4
    assert np.isinf(table.loc[("pembrolizumab", "median_pfs"), "published_high"])
    assert "27718847" in table.loc[("chemotherapy", "orr"), "source"]


def test_computed_interval_of_a_published_rate_is_marked(made_up_result: TrialResult) -> None:
    # 69 of 154 patients: the exact interval published for KEYNOTE-024 is 36.8 to 53.0.
    row = made_up_result.comparison.set_index(["arm", "endpoint"]).loc[("pembrolizumab", "orr")]
    assert (row["published_low"], row["published_high"]) == pytest.approx((36.8, 53.0), abs=0.05)
    assert "computed" in row["note"]


def test_simulation_does_not_depend_on_what_was_published(made_up_result: TrialResult) -> None:
    bare = changed(evidence=None)
    endpoints = summarise(bare, made_up_result.patients)
    assert endpoints.equals(made_up_result.endpoints)
    table = compare(bare, endpoints)
    assert table["published"].isna().all()
    assert (table["source"] == "").all()
    assert published_curves(bare).empty


def test_published_curves_are_survival_curves() -> None:
    curves = published_curves(SPEC)
    assert {(e, a) for e, a in zip(curves["endpoint"], curves["arm"], strict=True)} == {
        (e, a) for e in ("pfs", "os") for a in SPEC.arms
    }
    for _, curve in curves.groupby(["endpoint", "arm"]):
        assert curve["month"].iloc[0] == 0
        assert curve["survival"].iloc[0] == 1
        assert curve["survival"].is_monotonic_decreasing
        assert (curve["low"] <= curve["survival"]).all()
        assert (curve["survival"] <= curve["high"]).all()


def test_unknown_published_arm_names_the_nearest() -> None:
    arms = SPEC.model_dump()["arms"]
    arms["chemotherapy"]["published_arm"] = "platinum"
    with pytest.raises(DataError, match="did you mean 'platinum-chemotherapy'"):
        published_curves(changed(arms=arms))


def test_unknown_published_trial_names_the_nearest() -> None:
    with pytest.raises(EvidenceError, match="KEYNOTE-024"):
        published_curves(changed(evidence="trial:KEYNOTE-0024"))
