"""The section on who benefits: tables of markers as text, and their charts."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.trial import TrialResult

__all__ = ["benefit_charts", "benefit_tables"]


def benefit_tables(result: "TrialResult") -> dict[str, Any]:
    """Write areas and explained shares, one row per marker, the arms side by side.

    Parameters
    ----------
    result : TrialResult

    Returns
    -------
    dict
        arms: labels with numbers of patients, members and responders. areas: (marker, one text per arm).
        explained: (marker, one triple of texts per arm).
    """
    arms, found = result.spec.arms, result.biomarkers
    counts = {str(row["arm"]): row for row in found.roc.to_dict("records")}
    areas = [
        (label, [_area(row) for row in rows.set_index("arm").loc[list(arms)].to_dict("records")])
        for label, rows in found.roc.groupby("label", sort=False)
    ]
    explained = [
        (
            label,
            [
                (_share(row["true_change"]), _share(row["read_change"]), _number(row["auc"]))
                for row in rows.set_index("arm").loc[list(arms)].to_dict("records")
            ],
        )
        for label, rows in found.explained.groupby("label", sort=False)
    ]
    return {
        "arms": [
            (arm.label, *(counts[name][key] for key in ("n", "members", "responders")))
            for name, arm in arms.items()
        ],
        "areas": areas,
        "explained": explained,
        "unknown": bool(found.explained["true_change"].isna().any()),
    }


def benefit_charts(result: "TrialResult") -> dict[str, Any]:
    """Draw the curves of all markers and the subgroups of each compared arm; leave out what has no figure."""
    from alarmin.charts import roc_chart, subgroup_chart

    arms, found = {name: arm.label for name, arm in result.spec.arms.items()}, result.biomarkers
    charts = {}
    if len(found.curves):
        charts["roc"] = roc_chart(found.curves, found.roc, arms=arms)
    for number, (name, rows) in enumerate(found.subgroups.groupby("arm", sort=False), start=1):
        if rows["value"].notna().any():
            control = arms[result.spec.control or ""]
            charts[f"subgroups-{number}"] = subgroup_chart(rows, arm=arms[str(name)], control=control)
    return charts


def _area(row: dict[Any, Any]) -> str:
    if math.isnan(row["low"]):
        return _number(row["auc"])
    return f"{row['auc']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _share(value: float) -> str:
    """Write a share of variance; what predicts no better than the mean explains nothing."""
    return "\u2013" if math.isnan(value) else f"{max(value, 0.0):.0%}".replace("%", " %")


def _number(value: float) -> str:
    return "\u2013" if math.isnan(value) else f"{value:.2f}"
