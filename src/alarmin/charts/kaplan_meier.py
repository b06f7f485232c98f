"""Survival curves: simulated against published, with the numbers at risk below."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import INK, arm_scale, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["kaplan_meier_chart"]

_WIDTH, _HEIGHT = 345, 250
_LABEL_GAP = 0.06
_MAX_STEPS = 600
_LONGEST_NAME = 26
"""Longer names of arms beside the ends of the curves would shrink the plot; they go above it."""


def kaplan_meier_chart(
    curves: "pd.DataFrame",
    published: "pd.DataFrame",
    *,
    arms: Mapping[str, str],
    title: str,
    axis: str = "Survival",
) -> Any:
    """Draw the survival curves of one endpoint.

    Parameters
    ----------
    curves : DataFrame
        Simulated: arm, month, survival, low, high, at_risk; fractions.
    published : DataFrame
        arm, month, survival, low, high (NaN where not known); may be empty.
    arms : mapping of arm id to label
        In the order of the colours.
    title, axis : str

    Returns
    -------
    altair chart
        Line and band: simulation with its 95 % interval. Dots and bars: published figures with theirs.
    """
    import altair as alt

    simulated = curves.assign(label=curves["arm"].map(arms))
    given = published.assign(label=published["arm"].map(arms))
    last_month = float(max(curves["month"].max(), given["month"].max() if len(given) else 0.0))
    ticks = _ticks(last_month)
    x_scale = alt.Scale(domain=[0.0, last_month], nice=False)
    x = alt.X("month:Q", scale=x_scale, axis=alt.Axis(title="Months", values=ticks, grid=False))
    y = alt.Y(
        "survival:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(title=axis, format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    beside = max(map(len, arms.values())) <= _LONGEST_NAME
    looks = {"symbolType": "stroke", "symbolOpacity": 1, "labelLimit": 420}
    above = alt.Legend(title=None, orient="top", direction="vertical", **looks)
    scale = arm_scale(list(arms.values()))
    colour = alt.Color("label:N", scale=scale, legend=None if beside else above)

    base = alt.Chart(_thinned(simulated)).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.16, interpolate="step-after").encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(interpolate="step-after", strokeWidth=2).encode(y=y)
    names = (
        alt.Chart(_label_places(simulated, last_month))
        .mark_text(align="left", dx=6, fontSize=12, fontWeight=600)
        .encode(x=x, y=y, text="label:N", color=colour)
    )
    layers = [band, line]
    if len(given):
        dots = alt.Chart(given[given["month"] > 0]).encode(x=x, color=colour)
        tips = [
            alt.Tooltip("label:N", title="Arm"),
            alt.Tooltip("month:Q", title="Month"),
            alt.Tooltip("survival:Q", title="Published", format=".1%"),
            alt.Tooltip("low:Q", title="95 % CI from", format=".1%"),
            alt.Tooltip("high:Q", title="to", format=".1%"),
        ]
        bars = alt.Chart(given[(given["month"] > 0) & given["low"].notna()]).encode(x=x, color=colour)
        layers.append(bars.mark_rule(strokeWidth=1, opacity=0.55).encode(y=alt.Y("low:Q"), y2="high:Q"))
        layers.append(
            dots.mark_point(filled=False, size=34, strokeWidth=1.6, fill="white", opacity=1).encode(
                y=y, tooltip=tips
            )
        )
    plot = alt.layer(*layers, *([names] if beside else [])).properties(width=_WIDTH, height=_HEIGHT)
    table = _risk_table(simulated, ticks, arms, x_scale, colour)
    reading = "Line and band: simulated with 95 % CI."
    if len(given):
        reading += " Circles and bars: published, 95 % CI."
    return themed(
        alt.vconcat(plot, table, spacing=6),
        title=title,
        subtitle=reading,
        description=f"{title}. Kaplan-Meier curves by arm: {', '.join(arms.values())}. {reading}",
    )


def _thinned(simulated: "pd.DataFrame") -> "pd.DataFrame":
    """Keep of each curve the steps that can be told apart at this width."""
    import numpy as np
    import pandas as pd

    parts = []
    for _, curve in simulated.groupby("label", sort=False):
        month = curve["month"].to_numpy(dtype=float)
        even = np.linspace(0.0, month[-1], _MAX_STEPS)
        kept = np.unique(np.searchsorted(month, even, side="right") - 1)
        parts.append(curve.iloc[kept] if len(month) > _MAX_STEPS else curve)
    return pd.concat(parts)[["label", "month", "survival", "low", "high"]]


def _ticks(last_month: float) -> list[int]:
    step = next((step for step in (1, 2, 3, 6, 12) if last_month / step <= 7), 24)
    return list(range(0, int(last_month) + 1, step))


def _label_places(simulated: "pd.DataFrame", last_month: float) -> "pd.DataFrame":
    """Put the name of each arm right of the end of its curve, far enough from the others to be read."""
    ends = simulated.groupby("label", sort=False)["survival"].last().sort_values(kind="stable")
    places, floor = [], 0.0
    for height in ends:
        places.append(max(float(height), floor))
        floor = places[-1] + _LABEL_GAP
    return ends.to_frame().assign(survival=places, month=last_month).reset_index()


def _risk_table(
    simulated: "pd.DataFrame", ticks: list[int], arms: Mapping[str, str], x_scale: Any, colour: Any
) -> Any:
    import altair as alt
    import pandas as pd

    rows = [
        {"label": label, "month": tick, "at_risk": _at_risk(group, tick)}
        for label, group in simulated.groupby("label", sort=False)
        for tick in ticks
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_text(fontSize=11)
        .encode(
            x=alt.X("month:Q", scale=x_scale, axis=None),
            y=alt.Y(
                "label:N",
                sort=list(arms.values()),
                axis=alt.Axis(
                    title=None, domain=False, ticks=False, labelLimit=130, labelPadding=22, labelFontSize=11
                ),
            ),
            text="at_risk:Q",
            color=colour,
        )
        .properties(
            width=_WIDTH,
            height=18 * len(arms),
            title=alt.TitleParams(
                "Simulated patients at risk", fontSize=11, fontWeight=500, color=INK, anchor="start", offset=2
            ),
        )
    )


def _at_risk(curve: "pd.DataFrame", month: float) -> int:
    later = curve.loc[curve["month"] >= month, "at_risk"]
    return int(later.iloc[0]) if len(later) else 0
