"""The cascade from danger signals to T cells over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import arm_scale, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cascade_chart"]

_MAX_ROWS = 4500
_COLUMNS = 4
_SPREAD = 8.0
_SHORT = "abs(datum.value) >= 1e4 ? format(datum.value, '~s') : format(datum.value, '~g')"
# Small powers of ten would reach into the panel on the left.
_NUMBER = f"datum.value > 0 && datum.value < 1e-3 ? format(datum.value, '.0e') : {_SHORT}"


def cascade_chart(
    cascade: "pd.DataFrame",
    *,
    arms: Mapping[str, str],
    title: str = "From danger signals to T cells",
    who: str = "patients",
    clock: tuple[str, float] = ("Days", 1.0),
) -> Any:
    """Draw each variable of the cascade in a panel of its own, arms by colour.

    Parameters
    ----------
    cascade : DataFrame
        time_day, variable, label, unit, arm, q05, q25, q50, q75, q95. Panels come in the order of the rows.
    arms : mapping of arm id to label
    title : str
        What is shown.
    who : str, default "patients"
        Who or what was simulated, in the plural.
    clock : tuple of str and float
        Title of the time axis, and how many of its units are a day.

    Returns
    -------
    altair chart
        Median line, bands of 50 % and 90 % of the patients. Each panel has its own scale, logarithmic where
        the patients differ too much for a linear one. Long series are thinned to what the chart can carry.
    """
    import altair as alt

    unit, per_day = clock
    data = _thinned(cascade).assign(
        name=lambda table: table["arm"].map(arms), time=lambda table: table["time_day"] * per_day
    )
    panels = [_panel(series, arms, unit) for _, series in data.groupby("variable", sort=False)]
    names = list(dict.fromkeys(data["label"]))
    reading = f"Median of the simulated {who}, with the ranges that hold 50 % and 90 % of them."
    return themed(
        alt.concat(*panels, columns=_COLUMNS, bounds="flush", spacing={"row": 96, "column": 56}),
        title=title,
        subtitle=reading,
        description=f"Time courses in {len(names)} panels: {', '.join(names)}. {reading}",
    )


def _panel(series: "pd.DataFrame", arms: Mapping[str, str], clock: str) -> Any:
    import altair as alt

    logarithmic = _spans_decades(series)
    unit = str(series["unit"].iloc[0])
    colour = alt.Color(
        "name:N",
        scale=arm_scale(list(arms.values())),
        legend=alt.Legend(title=None, orient="bottom", symbolType="stroke", symbolOpacity=1, offset=10),
    )
    x = alt.X("time:Q", axis=alt.Axis(title=clock, grid=False, tickCount=5), scale=alt.Scale(nice=False))
    # A fixed width of the value axis keeps the panels of all rows in line.
    ticks = {"values": _powers_of_ten(series)} if logarithmic else {"tickCount": 4}
    value = alt.Axis(title=None, minExtent=36, maxExtent=36, labelExpr=_NUMBER, **ticks)
    scale = alt.Scale(type="log", nice=False) if logarithmic else alt.Scale(zero=True)
    base = alt.Chart(series).encode(x=x, color=colour)
    return alt.layer(
        base.mark_area(opacity=0.10).encode(y=alt.Y("q05:Q", axis=value, scale=scale), y2="q95:Q"),
        base.mark_area(opacity=0.26).encode(y="q25:Q", y2="q75:Q"),
        base.mark_line(strokeWidth=2).encode(y="q50:Q"),
    ).properties(
        width=206,
        height=130,
        title=alt.TitleParams(
            str(series["label"].iloc[0]),
            subtitle=f"{unit}, logarithmic" if logarithmic else unit,
            fontSize=12,
            subtitleFontSize=11,
            subtitlePadding=2,
            offset=6,
            frame="group",
        ),
    )


def _spans_decades(series: "pd.DataFrame") -> bool:
    """Say whether a linear scale that holds the upper patients would flatten the middle ones."""
    return bool(series["q05"].min() > 0 and series["q95"].max() > _SPREAD * series["q50"].max())


def _powers_of_ten(series: "pd.DataFrame") -> list[float]:
    """List at most five ticks of a logarithmic axis."""
    import math

    low, high = (math.log10(series[name].agg(how)) for name, how in (("q05", "min"), ("q95", "max")))
    exponents = range(math.ceil(low), math.floor(high) + 1)
    return [10.0**exponent for exponent in exponents[:: math.ceil(len(exponents) / 5) or 1]]


def _thinned(cascade: "pd.DataFrame") -> "pd.DataFrame":
    import numpy as np

    days = np.unique(cascade["time_day"].to_numpy(dtype=float))
    n_series = max(len(cascade[["variable", "arm"]].drop_duplicates()), 1)
    n_keep = max(_MAX_ROWS // n_series, 2)
    if len(days) <= n_keep:
        return cascade
    kept = days[np.linspace(0, len(days) - 1, n_keep).round().astype(int)]
    return cascade[cascade["time_day"].isin(kept)]
