"""Charts: they compile, show what they are given, and stay within what a browser can carry."""

import json
from typing import Any

import pandas as pd
import pytest
import vl_convert

from alarmin.charts import (
    cascade_chart,
    forest_chart,
    kaplan_meier_chart,
    prediction_chart,
    roc_chart,
    spider_chart,
    subgroup_chart,
    waterfall_chart,
)
from alarmin.charts.theme import ARM_COLOURS, GREY, INK, RESPONSE_COLOURS
from alarmin.trial import TrialResult
from alarmin.trial.endpoints import survival_curves


def labels(result: TrialResult) -> dict[str, str]:
    return {name: arm.label for name, arm in result.spec.arms.items()}


def survival(result: TrialResult, endpoint: str = "pfs", *, published: bool = True) -> Any:
    curves, given = survival_curves(result.spec, result.patients), result.published_curves
    return kaplan_meier_chart(
        curves[curves["endpoint"] == endpoint],
        given[given["endpoint"] == (endpoint if published else "none")],
        arms=labels(result),
        title="Progression-free survival",
    )


CHARTS = {
    "survival": survival,
    "waterfall": lambda result: waterfall_chart(result.patients, arms=labels(result)),
    "spider": lambda result: spider_chart(result.tumour, result.patients, arms=labels(result)),
    "cascade": lambda result: cascade_chart(result.cascade, arms=labels(result)),
    "forest": lambda result: forest_chart(result.comparison, arms=labels(result), control="Platinum doublet"),
    "roc": lambda result: roc_chart(result.biomarkers.curves, result.biomarkers.roc, arms=labels(result)),
    "subgroups": lambda result: subgroup_chart(
        result.biomarkers.subgroups, arm="Pembrolizumab", control="Platinum doublet"
    ),
}


def rows(chart: Any) -> list[pd.DataFrame]:
    return [pd.DataFrame(table) for table in chart.to_dict()["datasets"].values()]


def table_with(chart: Any, *columns: str) -> pd.DataFrame:
    found = [table for table in rows(chart) if set(columns) <= set(table.columns)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", CHARTS)
def test_chart_is_drawn_with_its_words(made_up_result: TrialResult, name: str) -> None:
    chart = CHARTS[name](made_up_result)
    svg = vl_convert.vegalite_to_svg(chart.to_json())
    document = chart.to_dict()
    assert document["title"]["text"] in svg
    assert len(document["description"]) > 40
    if name != "forest":
        assert "Pembrolizumab" in svg
    assert "Platinum doublet" in svg
    assert "NaN" not in svg
    assert "undefined" not in svg


@pytest.mark.parametrize("name", CHARTS)
def test_same_result_same_chart(made_up_result: TrialResult, name: str) -> None:
    assert CHARTS[name](made_up_result).to_json() == CHARTS[name](made_up_result).to_json()


def test_survival_draws_every_published_month(made_up_result: TrialResult) -> None:
    dots = table_with(survival(made_up_result), "month", "source")
    given = made_up_result.published_curves
    assert len(dots) == ((given["endpoint"] == "pfs") & (given["month"] > 0)).sum()


def test_survival_without_published_curve(made_up_result: TrialResult) -> None:
    chart = survival(made_up_result, published=False)
    assert "published" not in chart.to_dict()["title"]["subtitle"]
    assert "<svg" in vl_convert.vegalite_to_svg(chart.to_json())


def test_numbers_at_risk_are_counted(made_up_result: TrialResult) -> None:
    chart = survival(made_up_result)
    risk = next(table for table in rows(chart) if set(table.columns) == {"label", "month", "at_risk"})
    for row in risk.itertuples():
        arm = next(name for name, label in labels(made_up_result).items() if label == row.label)
        mine = made_up_result.patients.loc[made_up_result.patients["arm"] == arm, "pfs_month"]
        assert row.at_risk == (mine >= row.month).sum()


def test_names_of_arms_never_overlap(made_up_result: TrialResult) -> None:
    # Two arms with one and the same curve: their names still stand apart.
    same = survival_curves(made_up_result.spec, made_up_result.patients.assign(os_month=20.0, os_event=0))
    chart = kaplan_meier_chart(
        same[same["endpoint"] == "os"],
        made_up_result.published_curves[:0],
        arms=labels(made_up_result),
        title="OS",
    )
    places = next(t for t in rows(chart) if set(t.columns) == {"label", "survival", "month"})
    assert abs(places["survival"].diff().iloc[1]) >= 0.05
    assert places["survival"].between(0, 1.1).all()


def test_long_names_of_arms_stand_above_the_curves(made_up_result: TrialResult) -> None:
    curves = survival_curves(made_up_result.spec, made_up_result.patients).query("endpoint == 'os'")
    names = {"pembrolizumab": "Atezolizumab, bevacizumab and a doublet", "chemotherapy": "Platinum doublet"}
    for arms, beside in ((labels(made_up_result), True), (names, False)):
        plot = kaplan_meier_chart(
            curves, made_up_result.published_curves[:0], arms=arms, title="OS"
        ).to_dict()
        layers = plot["vconcat"][0]["layer"]
        assert (layers[0]["encoding"]["color"]["legend"] is None) == beside
        assert any(layer["mark"]["type"] == "text" for layer in layers) == beside


def test_a_point_without_an_interval_has_no_bar(made_up_result: TrialResult) -> None:
    given = made_up_result.published_curves.query("endpoint == 'os' and month in (6, 12)").copy()
    given.loc[given["month"] == 12, ["low", "high"]] = float("nan")
    curves = survival_curves(made_up_result.spec, made_up_result.patients)
    predicted = curves[curves["endpoint"] == "os"]
    for chart in (
        kaplan_meier_chart(predicted, given, arms=labels(made_up_result), title="OS"),
        prediction_chart(predicted, given, arms=labels(made_up_result), title="OS"),
    ):
        sizes = [len(table) for table in rows(chart) if set(table.columns) >= {"label", "month", "low"}]
        assert {2, 4} <= set(sizes)
        assert "NaN" not in vl_convert.vegalite_to_svg(chart.to_json())


def test_waterfall_draws_each_patient_once_and_counts_the_rest(made_up_result: TrialResult) -> None:
    bars = table_with(waterfall_chart(made_up_result.patients, arms=labels(made_up_result)), "from", "to")
    seen = made_up_result.patients["best_change_pct"].notna()
    assert len(bars) == seen.sum()
    for _, arm in bars.groupby("label"):
        assert arm["best_change_pct"].is_monotonic_decreasing
    text = " ".join(
        waterfall_chart(made_up_result.patients, arms=labels(made_up_result)).to_dict()["title"]["subtitle"]
    )
    assert f"{(~seen).sum()} of {len(seen)} patients" in text


def test_large_trials_stay_drawable(made_up_result: TrialResult) -> None:
    many = pd.concat([made_up_result.patients] * 40, ignore_index=True)
    many["patient_id"] = range(len(many))
    chart = waterfall_chart(many, arms=labels(made_up_result))
    assert max(len(table) for table in rows(chart)) <= 600
    many["pfs_month"] += many["patient_id"] / 1e4
    curves = survival_curves(made_up_result.spec, many).query("endpoint == 'pfs'")
    assert len(curves) > 4000
    drawn = kaplan_meier_chart(
        curves, made_up_result.published_curves[:0], arms=labels(made_up_result), title="PFS"
    )
    steps = next(t for t in rows(drawn) if "low" in t)
    assert len(steps) <= 1200
    # Whatever month is read off, the thinned curve is at most one six-hundredth of the axis away.
    axis = curves["month"].max() / 599
    for arm, label in labels(made_up_result).items():
        whole, thin = curves[curves["arm"] == arm], steps[steps["label"] == label]
        for month in (3.0, 4.2, 7.7, 12.1):
            early, late = (
                whole.loc[whole["month"] <= at, "survival"].iloc[-1] for at in (month - axis, month)
            )
            assert late <= thin.loc[thin["month"] <= month, "survival"].iloc[-1] <= early
    days = pd.concat(
        [
            made_up_result.cascade.assign(time_day=made_up_result.cascade["time_day"] + shift)
            for shift in range(0, 850, 85)
        ]
    )
    thinned = rows(cascade_chart(days, arms=labels(made_up_result)))
    assert sum(len(table) for table in thinned) <= 4500
    assert {table["time_day"].max() for table in thinned} == {days["time_day"].max()}


def test_spider_draws_whole_patients(made_up_result: TrialResult) -> None:
    chart = spider_chart(made_up_result.tumour, made_up_result.patients, arms=labels(made_up_result))
    lines = table_with(chart, "patient_id", "drawn_pct")
    assert lines["patient_id"].nunique() == 120
    assert len(lines) == len(made_up_result.tumour)
    assert lines["drawn_pct"].max() <= 100


def test_cascade_keeps_the_order_of_the_mechanism(made_up_result: TrialResult) -> None:
    panels = cascade_chart(made_up_result.cascade, arms=labels(made_up_result)).to_dict()["concat"]
    assert len(panels) == 8
    assert panels[0]["title"]["text"] == "Dying tumour cells"
    assert panels[-1]["title"]["text"] == "CD8 T cells in the lesion"


def test_cascade_shows_spread_over_decades_on_a_logarithmic_scale(made_up_result: TrialResult) -> None:
    spread = made_up_result.cascade.query("variable == 'cd8' and time_day > 0")
    spread = spread.assign(q95=spread["q50"] * 100)
    for data, scale in ((spread, "log"), (spread.assign(q05=0.0), None)):
        panel = cascade_chart(data, arms=labels(made_up_result)).to_dict()["concat"][0]
        assert panel["layer"][0]["encoding"]["y"]["scale"].get("type") == scale
        assert ("logarithmic" in panel["title"]["subtitle"]) == (scale == "log")


def test_forest_leaves_out_what_has_no_figure(made_up_result: TrialResult) -> None:
    table = made_up_result.comparison.copy()
    table.loc[table["endpoint"] == "hr_os", ["published", "published_low", "published_high"]] = float("nan")
    chart = forest_chart(table, arms=labels(made_up_result), control="Platinum doublet")
    assert list(table_with(chart, "row", "text")["row"]) == [
        "Progression-free survival, simulated",
        "Progression-free survival, published",
        "Overall survival, simulated",
    ]


def test_subgroups_stay_on_their_rows(made_up_result: TrialResult) -> None:
    """A group without a figure keeps its row, so that both panels and all names stay in line."""
    table = made_up_result.biomarkers.subgroups.copy()
    gone = (table["marker"] == "nlr") & (table["group"] == "low") & (table["endpoint"] == "os")
    table.loc[gone, ["value", "low", "high"]] = float("nan")
    far = (table["marker"] == "sld_mm") & (table["group"] == "high") & (table["endpoint"] == "pfs")
    table.loc[far, ["value", "low", "high"]] = (4.0, 0.9, 55.0)
    panels = subgroup_chart(table, arm="Pembrolizumab", control="Platinum doublet").to_dict()
    first, second = panels["hconcat"]
    orders = [panel["layer"][1]["encoding"]["y"]["sort"] for panel in (first, second)]
    assert orders[0] == orders[1]
    assert len(orders[0]) == 14
    drawn = pd.concat([pd.DataFrame(t) for t in panels["datasets"].values()])
    assert drawn["high"].max() == 10.0
    assert "4.00 (0.90 to 55.00)" in drawn["text"].to_list()
    assert drawn["row"].notna().sum() == 27


def test_nothing_in_a_chart_points_outside(made_up_result: TrialResult) -> None:
    for make in CHARTS.values():
        text = json.dumps({**make(made_up_result).to_dict(), "$schema": ""})
        assert "http" not in text


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [INK, GREY, *ARM_COLOURS[:5]])
def test_text_colours_can_be_read_on_white(colour: str) -> None:
    # WCAG 2: 4.5 for text; the names of arms are large and bold, for which 3 is enough.
    ratio = 1.05 / (luminance(colour) + 0.05)
    assert ratio >= (4.5 if colour in (INK, GREY) else 3.0)


def test_every_response_has_a_colour_of_its_own() -> None:
    assert set(RESPONSE_COLOURS) == {"CR", "PR", "SD", "PD", "NE"}
    assert len(set(RESPONSE_COLOURS.values())) == 5


def test_hostile_label_stays_text(made_up_result: TrialResult) -> None:
    arms = {name: f"<script>{label}</script>" for name, label in labels(made_up_result).items()}
    svg = vl_convert.vegalite_to_svg(waterfall_chart(made_up_result.patients, arms=arms).to_json())
    assert "<script>" not in svg
