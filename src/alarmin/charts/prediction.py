"""Predicted survival of a trial over what was published of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import arm_scale, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["prediction_chart"]

_ENDPOINTS = {"pfs": "Progression-free survival", "os": "Overall survival"}
_WIDTH, _HEIGHT = 300, 210


def prediction_chart(
    curves: "pd.DataFrame", published: "pd.DataFrame", *, arms: Mapping[str, str], title: str
) -> Any:
    """Draw predicted survival curves, one panel per endpoint, arms by colour.

    Parameters
    ----------
    curves : DataFrame
        Predicted: arm, endpoint, month, survival, low, high; fractions.
    published : DataFrame
        arm, endpoint, month, survival, low, high (NaN where not known); may be empty.
    arms : mapping of arm id to label
    title : str

    Returns
    -------
    altair chart
        Line and band: prediction with its 90 % interval. Circles and bars: published with 95 % interval.
    """
    import altair as alt

    panels = [
        _panel(part, published[published["endpoint"] == endpoint], arms, _ENDPOINTS[str(endpoint)])
        for endpoint, part in curves.groupby("endpoint", sort=False)
    ]
    reading = "Line and band: predicted with 90 % interval."
    if len(published):
        reading += " Circles and bars: published, 95 % CI."
    return themed(
        alt.hconcat(*panels, spacing=40),
        title=title,
        subtitle=reading,
        description=f"Predicted survival curves, {title}, by arm: {', '.join(arms.values())}. {reading}",
    )


def _panel(curves: "pd.DataFrame", published: "pd.DataFrame", arms: Mapping[str, str], title: str) -> Any:
    import altair as alt

    data = curves.assign(label=curves["arm"].map(arms))[["label", "month", "survival", "low", "high"]]
    last = float(data["month"].max())
    given = published[(published["month"] > 0) & (published["month"] <= last)]
    given = given.assign(label=given["arm"].map(arms))[["label", "month", "survival", "low", "high"]]
    step = next((step for step in (1, 2, 3, 6, 12) if last / step <= 8), 24)
    x = alt.X(
        "month:Q",
        scale=alt.Scale(domain=[0.0, last], nice=False),
        axis=alt.Axis(title="Months", values=list(range(0, int(last) + 1, step)), grid=False),
    )
    y = alt.Y(
        "survival:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(title=None, format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    colour = alt.Color(
        "label:N",
        scale=arm_scale(list(arms.values())),
        legend=alt.Legend(
            title=None, orient="bottom", symbolType="stroke", symbolOpacity=1, labelLimit=420, offset=8
        ),
    )
    base = alt.Chart(data).encode(x=x, color=colour)
    layers = [
        base.mark_area(opacity=0.16).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(strokeWidth=2).encode(y=y),
    ]
    if len(given):
        bars = alt.Chart(given[given["low"].notna()]).encode(x=x, color=colour)
        dots = alt.Chart(given).encode(x=x, color=colour)
        layers.append(bars.mark_rule(strokeWidth=1, opacity=0.55).encode(y=alt.Y("low:Q"), y2="high:Q"))
        layers.append(
            dots.mark_point(filled=False, size=34, strokeWidth=1.6, fill="white", opacity=1).encode(y=y)
        )
    return alt.layer(*layers).properties(
        width=_WIDTH, height=_HEIGHT, title=alt.TitleParams(title, fontSize=12, offset=6, anchor="start")
    )
