"""Published figures stand beside the simulated ones and cannot reach them."""

import numpy as np
import pandas as pd
import pytest

from alarmin.core import DataError, EvidenceError
from alarmin.evidence import km_curve, published
from alarmin.trial import (
    TrialResult,
    TrialSpec,
    compare,
    load_trial,
    published_curves,
    published_figures,
    shipped_trials,
    summarise,
)

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


def figures(name: str) -> pd.DataFrame:
    return published_figures(load_trial(name)).set_index(["arm", "subgroup", "endpoint"]).sort_index()


def test_figures_of_an_arm_and_of_its_subgroups() -> None:
    table = figures("OAK")
    whole, squamous = table.loc[("docetaxel", "")], table.loc[("docetaxel", "squamous")]
    assert (whole.loc["median_os", "value"], squamous.loc["median_os", "value"]) == (9.6, 7.7)
    assert table.loc[("atezolizumab", "squamous", "hr_os"), "value"] == 0.73
    assert set(table["role"]) == {"calibration"}
    assert not [endpoint for *_, endpoint in table.index if endpoint.startswith(("ae", "neutropenia", "n"))]


def test_figures_read_off_the_curve_are_the_points_of_the_curve() -> None:
    table = figures("OAK")
    curve = km_curve("OAK", "PFS", "docetaxel", subgroup="squamous")
    at = curve.month.index(6)
    row = table.loc[("docetaxel", "squamous", "curve_pfs_6mo")]
    expected = 100 * np.array([curve.survival[at], curve.low[at], curve.high[at]])
    assert row[["value", "low", "high"]].tolist() == pytest.approx(expected)
    assert row["n"] == curve.curve.n
    thin = figures("CheckMate-057").loc[("nivolumab", "")].index
    assert "curve_os_18mo" in thin
    assert "curve_os_24mo" not in thin  # fewer than ten patients were at risk


def test_only_endpoints_of_the_trial_are_listed() -> None:
    endpoints = figures("AURA-1L").index.get_level_values("endpoint")
    assert set(endpoints) == {"orr", "median_pfs", "pfs_12mo"}


def test_level_of_an_unusual_interval_is_named() -> None:
    assert figures("CheckMate-057").loc[("nivolumab", "", "hr_os"), "note"] == "96 % interval"


def test_a_trial_without_published_rows_has_no_figures() -> None:
    assert published_figures(changed(evidence=None)).empty


@pytest.mark.parametrize("name", sorted(shipped_trials()))
def test_every_published_arm_of_a_shipped_trial_resolves(name: str) -> None:
    table = published_figures(load_trial(name))
    assert set(table["arm"]) == set(load_trial(name).arms)
    assert table["value"].notna().all()
    assert not table.duplicated(["arm", "subgroup", "endpoint"]).any()


@pytest.mark.parametrize("name", sorted(shipped_trials()))
def test_published_ratios_compare_with_the_control_arm_of_the_file(name: str) -> None:
    spec = load_trial(name)
    groups = [{arm: part.published_arm or arm for arm, part in spec.arms.items()}]
    groups += [dict(part.published_arms) for part in spec.subgroups.values()]
    known = {row.arm.id: row.arm.control for row in published(spec.evidence or "")}
    for group in groups:
        control = f"{spec.evidence}/{group.get(spec.control or '', '')}"
        assert {known[f"{spec.evidence}/{arm}"] for arm in group.values()} <= {None, control}


def test_an_arm_without_a_curve_has_landmarks_and_median() -> None:
    spec = load_trial("ECOG-4599")
    points = published_curves(spec)
    table = published_figures(spec).query("subgroup == ''").set_index(["arm", "endpoint"])["value"]
    assert points["at_risk"].isna().all()
    for arm in spec.arms:
        mine = points.query("arm == @arm and endpoint == 'os'")
        assert mine["month"].is_monotonic_increasing
        assert table[arm, "median_os"] in mine.loc[mine["survival"] == 0.5, "month"].to_list()
        landmarks = mine.set_index("month")["survival"]
        assert landmarks[12.0] == pytest.approx(table[arm, "os_12mo"] / 100.0)
