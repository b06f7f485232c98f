"""The cascade from danger signals to T cells over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import arm_scale, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cascade_chart"]

_MAX_ROWS = 4500
_COLUMNS = 4
_NUMBER = "abs(datum.value) >= 1e5 ? format(datum.value, '~s') : format(datum.value, '~g')"


def cascade_chart(cascade: "pd.DataFrame", *, arms: Mapping[str, str]) -> Any:
    """Draw each variable of the cascade in a panel of its own, arms by colour.

    Parameters
    ----------
    cascade : DataFrame
        time_day, variable, label, unit, arm, q05, q25, q50, q75, q95. Panels come in the order of the rows.
    arms : mapping of arm id to label

    Returns
    -------
    altair chart
        Median line, bands of 50 % and 90 % of the patients; each panel has its own scale. Long series are
        thinned to what the chart can carry.
    """
    import altair as alt

    data = _thinned(cascade).assign(
        panel=lambda table: table["label"] + " (" + table["unit"] + ")",
        name=lambda table: table["arm"].map(arms),
    )
    order = list(dict.fromkeys(data["panel"]))
    colour = alt.Color(
        "name:N",
        scale=arm_scale(list(arms.values())),
        legend=alt.Legend(title=None, orient="top", symbolType="stroke", symbolOpacity=1, offset=4),
    )
    x = alt.X("time_day:Q", axis=alt.Axis(title="Days", grid=False, tickCount=5), scale=alt.Scale(nice=False))
    # A fixed width of the value axis keeps the panels of all rows in line.
    value = alt.Axis(title=None, tickCount=4, minExtent=38, maxExtent=38, labelExpr=_NUMBER)
    base = alt.Chart(data).encode(x=x, color=colour)
    panel = alt.layer(
        base.mark_area(opacity=0.10).encode(y=alt.Y("q05:Q", axis=value), y2="q95:Q"),
        base.mark_area(opacity=0.26).encode(y="q25:Q", y2="q75:Q"),
        base.mark_line(strokeWidth=2).encode(y="q50:Q"),
    ).properties(width=205, height=130)
    chart = panel.facet(
        facet=alt.Facet("panel:N", sort=order, title=None), columns=_COLUMNS, spacing=22
    ).resolve_scale(y="independent")
    reading = "Median of the simulated patients, with the ranges that hold 50 % and 90 % of them."
    return themed(
        chart,
        title="From danger signals to T cells",
        subtitle=reading,
        description=f"Time courses in {len(order)} panels: {', '.join(order)}. {reading}",
    )


def _thinned(cascade: "pd.DataFrame") -> "pd.DataFrame":
    import numpy as np

    days = np.unique(cascade["time_day"].to_numpy(dtype=float))
    n_series = max(len(cascade[["variable", "arm"]].drop_duplicates()), 1)
    n_keep = max(_MAX_ROWS // n_series, 2)
    if len(days) <= n_keep:
        return cascade
    kept = days[np.linspace(0, len(days) - 1, n_keep).round().astype(int)]
    return cascade[cascade["time_day"].isin(kept)]
