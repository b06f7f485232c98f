"""The calendar of a regimen: every day of the first months, and the whole course below it."""

import math
import textwrap
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import ARM_COLOURS, GREY, INK, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["calendar_chart"]

_MOST_WEEKS, _FEWEST_WEEKS = 26, 6
_NARROWEST = 420
_CELL = 30
_LANE = 30
_SHADES = ("#f3f4f6", "#e3e7ec")  # cycles by turns
_TITLE_PX = 8.6  # width of a letter of the title
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAYS_PER_WEEK = 7
_SHORTEST_CYCLE = 5  # [day]
# Where the marks of up to six drugs stand within a cell, by how many there are.
_ONE, _TWO = [(0.5, 0.5)], [(0.28, 0.5), (0.72, 0.5)]
_FOUR = [(x, y) for y in (0.32, 0.68) for x in (0.32, 0.68)]
_SIX = [(x, y) for y in (0.32, 0.68) for x in (0.22, 0.5, 0.78)]
_PLACES = {1: _ONE, 2: _TWO, 3: _FOUR, 4: _FOUR, 5: _SIX, 6: _SIX}


def calendar_chart(
    doses: "pd.DataFrame",
    *,
    title: str,
    subtitle: str,
    last_day: float,
    goes_on: bool = False,
    weekdays: bool = False,
) -> Any:
    """Draw what is given on which day.

    Parameters
    ----------
    doses : DataFrame
        From `alarmin.therapy.list_doses`: day (1 = first), name, amount, unit.
    title, subtitle : str
        The regimen; for whom the amounts are.
    last_day : float [day]
        Up to where the course is drawn.
    goes_on : bool
        Whether treatment goes on after it.
    weekdays : bool
        Whether day 1 is a Monday by prescription, as of radiotherapy.

    Returns
    -------
    altair chart
        Above: one square for each day, weeks from left to right, in it a dot for each drug of that day.
        Below: the whole course, a line for each drug.
    """
    import altair as alt

    names = list(dict.fromkeys(doses["name"]))
    left = max(min(round(8.2 * max(map(len, names), default=0)), 180), 50)
    colours = [ARM_COLOURS[i % len(ARM_COLOURS)] for i in range(len(names))]
    colour = alt.Color("name:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    weeks = min(max(math.ceil(last_day / _DAYS_PER_WEEK), _FEWEST_WEEKS), _MOST_WEEKS)
    width = max(weeks * _CELL, _NARROWEST)
    panels = [
        _days(doses, names, colour, weeks, last_day, left=left, weekdays=weekdays),
        _course(doses, names, colour, width, last_day, left=left, goes_on=goes_on),
    ]
    given = "; ".join(f"{name}: {(doses['name'] == name).sum()} doses" for name in names)
    return themed(
        alt.vconcat(*panels, spacing=34).resolve_scale(color="shared"),
        title=textwrap.wrap(title, int((width + 150) / _TITLE_PX)),
        subtitle=[subtitle, "The shade of the squares changes with the cycle."],
        description=f"Calendar of {title}. {given}.",
    )


def _days(
    doses: "pd.DataFrame",
    names: list[str],
    colour: Any,
    weeks: int,
    last_day: float,
    *,
    left: int,
    weekdays: bool,
) -> Any:
    """Draw one square for each day of the first weeks."""
    import altair as alt
    import pandas as pd

    number = pd.Series(range(1, int(min(weeks * _DAYS_PER_WEEK, last_day)) + 1))
    week, weekday = (number - 1) // _DAYS_PER_WEEK, (number - 1) % _DAYS_PER_WEEK
    cells = pd.DataFrame(
        {
            "x": week + 0.04,
            "right": week + 0.96,
            "y": weekday + 0.04,
            "bottom": weekday + 0.96,
            "shade": _shades(doses, len(number)),
        }
    )
    labels = [_WEEKDAYS[k] if weekdays else f"Day {k + 1}" for k in range(_DAYS_PER_WEEK)]
    bare = {"grid": False, "ticks": False, "domain": False, "labelColor": GREY, "labelOverlap": False}
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, weeks], nice=False),
        axis=alt.Axis(
            title="Week",
            orient="top",
            values=[week + 0.5 for week in range(weeks)],
            labelExpr="floor(datum.value) + 1",
            **bare,
        ),
    )
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[_DAYS_PER_WEEK, 0], nice=False),
        axis=alt.Axis(
            title=None,
            values=[day + 0.5 for day in range(_DAYS_PER_WEEK)],
            labelExpr=f"{labels!r}[floor(datum.value)]",
            minExtent=left,
            **bare,
        ),
    )
    squares = (
        alt.Chart(cells)
        .mark_rect(cornerRadius=4)
        .encode(x=x, x2="right", y=y, y2="bottom", color=alt.Color("shade:N", scale=None))
    )
    size = 120 if len(names) <= 2 else 80 if len(names) <= 4 else 48
    dots = (
        alt.Chart(_marks(doses, names, weeks))
        .mark_circle(size=size, opacity=1)
        .encode(x=x, y=y, color=colour, tooltip=["day:Q", "name:N", "what:N"])
    )
    return alt.layer(squares, dots).properties(width=weeks * _CELL, height=_DAYS_PER_WEEK * _CELL)


def _shades(doses: "pd.DataFrame", days: int) -> list[str]:
    """Shade each day by the cycle that it lies in; cycles of a few days are not told apart."""
    import numpy as np

    drugs = doses[doses["unit"] == "mg"]
    starts = np.unique(drugs.groupby(["phase", "cycle"])["day"].min().astype(int))
    if len(starts) > 1 and np.diff(starts).min() < _SHORTEST_CYCLE:
        starts = starts[:1]
    return [_SHADES[int((starts <= day).sum() + 1) % 2] for day in range(1, days + 1)]


def _marks(doses: "pd.DataFrame", names: list[str], weeks: int) -> "pd.DataFrame":
    """Place a dot for each drug and day."""
    day = doses["day"].astype(int)
    shown = doses.assign(day=day)[day <= weeks * _DAYS_PER_WEEK]
    shown = shown.drop_duplicates(["day", "name"])
    places = _PLACES.get(len(names), _SIX)
    order = {name: k % len(places) for k, name in enumerate(names)}
    spot = [places[order[name]] for name in shown["name"]]
    week, weekday = (shown["day"] - 1) // _DAYS_PER_WEEK, (shown["day"] - 1) % _DAYS_PER_WEEK
    return shown.assign(
        x=week + [place[0] for place in spot],
        y=weekday + [place[1] for place in spot],
        what=[f"{a:.4g} {u}" for a, u in zip(shown["amount"], shown["unit"], strict=True)],
    )[["day", "name", "what", "x", "y"]]


def _course(
    doses: "pd.DataFrame",
    names: list[str],
    colour: Any,
    width: int,
    last_day: float,
    *,
    left: int,
    goes_on: bool,
) -> Any:
    """Draw the whole course: a bar for each run of days, a line for each drug."""
    import altair as alt
    import pandas as pd

    bars = _bars(doses)
    month = last_day > 400
    unit, per = ("months", 30.4375) if month else ("weeks", 7.0)
    end = last_day / per
    thin = 0.0035 * end
    bars = bars.assign(
        start=bars["first"] / per, stop=(bars["last"] / per).clip(lower=bars["first"] / per + thin)
    )
    lanes = pd.DataFrame({"name": names, "text": [_said(doses[doses["name"] == name]) for name in names]})
    lanes = lanes.assign(end=end)
    y = alt.Y(
        "name:N",
        sort=names,
        scale=alt.Scale(domain=names),
        axis=alt.Axis(
            title=None, ticks=False, domain=False, labelFontWeight=600, labelLimit=170, minExtent=left
        ),
    )
    x = alt.X(
        "start:Q",
        scale=alt.Scale(domain=[0, end], nice=False),
        axis=alt.Axis(title=f"Time since the first dose ({unit})", grid=True, tickCount=12),
    )
    line = alt.Chart(lanes).mark_rule(color="#d1d5db", strokeWidth=1).encode(y=y)
    bar = (
        alt.Chart(bars)
        .mark_bar(height=14, cornerRadius=2)
        .encode(x=x, x2="stop:Q", y=y, color=colour, tooltip=["name:N", "start:Q", "stop:Q"])
    )
    said = (
        alt.Chart(lanes)
        .mark_text(align="left", dx=10, color=INK, fontSize=11)
        .encode(x=alt.X("end:Q"), y=y, text="text:N")
    )
    layers = [line, bar, said]
    if goes_on:
        more = pd.DataFrame({"end": [end], "text": ["goes on ▸"]})
        layers.append(
            alt.Chart(more)
            .mark_text(align="right", baseline="bottom", dy=-6, color=GREY, fontSize=11, fontStyle="italic")
            .encode(x="end:Q", y=alt.value(0), text="text:N")
        )
    return alt.layer(*layers).properties(width=width, height=_LANE * max(len(names), 1))


def _bars(doses: "pd.DataFrame") -> "pd.DataFrame":
    """Join the days in a row of each drug; first and last in days since the first dose."""
    day = doses["day"].astype(int)
    daily = doses.assign(day=day).drop_duplicates(["name", "day"]).sort_values(["name", "day"], kind="stable")
    new = (daily["name"] != daily["name"].shift()) | (daily["day"].diff() != 1)
    runs = daily.groupby(new.cumsum(), sort=False).agg(
        name=("name", "first"), first=("day", "min"), last=("day", "max")
    )
    return runs.assign(first=runs["first"] - 1).reset_index(drop=True)


def _said(doses: "pd.DataFrame") -> str:
    """Say how much and how often."""
    amounts = [f"{amount:.4g} {unit}" for amount, unit in zip(doses["amount"], doses["unit"], strict=True)]
    distinct = list(dict.fromkeys(amounts))
    n = len(doses)
    shown = distinct[0] if len(distinct) == 1 else f"{distinct[0]}, then {distinct[-1]}"
    return f"{n} x {shown}" if len(distinct) == 1 else f"{n} doses: {shown}"
