"""Response of the single patient: waterfall of the best change, spider of all changes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import GREY, response_scale, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["spider_chart", "waterfall_chart"]

_CEILING_PCT = 100.0
_THRESHOLDS_PCT = (-30.0, 20.0)
_MAX_BARS, _MAX_LINES = 300, 100
_WIDTH = 480


def waterfall_chart(patients: "pd.DataFrame", *, arms: Mapping[str, str]) -> Any:
    """Draw the best change of the sum of diameters, one bar per patient, sorted.

    Parameters
    ----------
    patients : DataFrame
        arm, best_change_pct, best_response. Patients without a scan after the baseline are counted in the
        subtitle, not drawn.
    arms : mapping of arm id to label

    Returns
    -------
    altair chart
        One panel per arm. With more than 300 patients in an arm every k-th of the sorted ones is drawn.
    """
    import altair as alt

    seen = patients[patients["best_change_pct"].notna()]
    bars = _ranked(seen, arms)
    scale = alt.Scale(domain=[-100, _CEILING_PCT])
    tips = [
        alt.Tooltip("best_change_pct:Q", title="Best change (%)", format=".0f"),
        alt.Tooltip("best_response:N", title="Best response"),
    ]
    panel = alt.layer(
        alt.Chart()
        .mark_bar()
        .encode(
            x=alt.X("from:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
            x2="to:Q",
            y=alt.Y(
                "drawn_pct:Q",
                scale=scale,
                axis=alt.Axis(title="Best change of sum of diameters (%)", values=list(range(-100, 101, 50))),
            ),
            y2=alt.datum(0),
            color=alt.Color(
                "best_response:N",
                scale=response_scale(),
                legend=alt.Legend(title="Best response", orient="bottom", symbolType="square"),
            ),
            tooltip=tips,
        ),
        _threshold_rules(),
        data=bars,
    ).properties(width=_WIDTH, height=250)
    chart = panel.facet(column=alt.Column("label:N", sort=list(arms.values()), title=None), spacing=28)
    unseen = len(patients) - len(seen)
    reading = [
        "Each bar is one simulated patient. Dashed: -30 % (partial response) and +20 %. "
        f"Bars end at +{_CEILING_PCT:.0f} %.",
        f"{unseen} of {len(patients)} patients had no scan after the baseline and are not drawn.",
    ]
    return themed(
        chart,
        title="Best change of tumour size",
        subtitle=reading,
        description=f"Waterfall plot by arm: {', '.join(arms.values())}. {' '.join(reading)}",
    )


def spider_chart(tumour: "pd.DataFrame", patients: "pd.DataFrame", *, arms: Mapping[str, str]) -> Any:
    """Draw the change of the sum of diameters over time, one line per patient.

    Parameters
    ----------
    tumour : DataFrame
        patient_id, arm, day, change_pct, response; one row per visit, the baseline included.
    patients : DataFrame
        patient_id, best_response.
    arms : mapping of arm id to label

    Returns
    -------
    altair chart
        One panel per arm with its first 100 patients; the order of virtual patients is random.
    """
    import altair as alt

    lines = tumour[tumour["patient_id"].isin(_first_of_each_arm(tumour, arms))]
    lines = lines.merge(patients[["patient_id", "best_response"]], on="patient_id")
    lines = lines.assign(
        label=lines["arm"].map(arms),
        month=lines["day"] / 30.4375,
        drawn_pct=lines["change_pct"].clip(upper=_CEILING_PCT),
    )
    lines = lines[["patient_id", "label", "month", "drawn_pct", "change_pct", "response", "best_response"]]
    scale = alt.Scale(domain=[-100, _CEILING_PCT])
    colour = alt.Color(
        "best_response:N",
        scale=response_scale(),
        legend=alt.Legend(title="Best response", orient="bottom", symbolType="stroke"),
    )
    x = alt.X("month:Q", axis=alt.Axis(title="Months", grid=False, tickCount=8), scale=alt.Scale(nice=False))
    y = alt.Y(
        "drawn_pct:Q",
        scale=scale,
        axis=alt.Axis(title="Change of sum of diameters (%)", values=list(range(-100, 101, 50))),
    )
    tips = [
        alt.Tooltip("patient_id:N", title="Patient"),
        alt.Tooltip("change_pct:Q", title="Change (%)", format=".0f"),
        alt.Tooltip("response:N", title="Response"),
    ]
    courses = (
        alt.Chart()
        .mark_line(strokeWidth=1.2, opacity=0.7)
        .encode(x=x, y=y, color=colour, detail="patient_id:N", tooltip=tips)
    )
    ends = (
        alt.Chart()
        .transform_filter(alt.datum.response == "PD")
        .mark_point(filled=True, size=20, opacity=0.9)
        .encode(x=x, y=y, color=colour, tooltip=tips)
    )
    panel = alt.layer(courses, ends, _threshold_rules(), data=lines).properties(width=_WIDTH, height=280)
    chart = panel.facet(column=alt.Column("label:N", sort=list(arms.values()), title=None), spacing=28)
    reading = (
        f"Up to {_MAX_LINES} simulated patients per arm until progression (dot), death, loss or cut-off. "
        f"Drawn up to +{_CEILING_PCT:.0f} %."
    )
    return themed(
        chart,
        title="Tumour size over time",
        subtitle=reading,
        description=f"Spider plot by arm: {', '.join(arms.values())}. {reading}",
    )


def _ranked(seen: "pd.DataFrame", arms: Mapping[str, str]) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    parts = []
    for arm, label in arms.items():
        group = seen.loc[seen["arm"] == arm, ["best_change_pct", "best_response"]]
        group = group.sort_values("best_change_pct", ascending=False, kind="stable")
        if len(group) > _MAX_BARS:
            group = group.iloc[np.linspace(0, len(group) - 1, _MAX_BARS).round().astype(int)]
        edges = np.linspace(0.0, 1.0, len(group) + 1)
        gap = 0.12 / max(len(group), 1)
        parts.append(
            group.assign(
                label=label,
                drawn_pct=group["best_change_pct"].clip(upper=_CEILING_PCT),
                **{"from": edges[:-1] + gap, "to": edges[1:] - gap},
            )
        )
    return pd.concat(parts, ignore_index=True)


def _first_of_each_arm(tumour: "pd.DataFrame", arms: Mapping[str, str]) -> list[str]:
    chosen: list[str] = []
    for arm in arms:
        chosen += list(tumour.loc[tumour["arm"] == arm, "patient_id"].drop_duplicates().iloc[:_MAX_LINES])
    return chosen


def _threshold_rules() -> Any:
    import altair as alt
    import pandas as pd

    # Data of its own: on the patients' rows the same line would be drawn once for each of them.
    return (
        alt.Chart(pd.DataFrame({"level_pct": _THRESHOLDS_PCT}))
        .mark_rule(strokeDash=[4, 3], color=GREY, strokeWidth=1)
        .encode(y="level_pct:Q")
    )
