"""Receiver operating characteristic of baseline markers, one panel each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import GREY, arm_scale, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["roc_chart"]

_COLUMNS = 4
_SIZE = 190
_LINE = 0.085


def roc_chart(curves: "pd.DataFrame", roc: "pd.DataFrame", *, arms: Mapping[str, str]) -> Any:
    """Draw how each marker tells responders from the others, arms by colour.

    Parameters
    ----------
    curves, roc : DataFrame
        As of `alarmin.trial.biomarkers.Biomarkers`.
    arms : mapping of arm id to label

    Returns
    -------
    altair chart
        Panels in the order of `roc`, each with the areas under its curves.
    """
    import altair as alt

    drawn = [marker for marker in dict.fromkeys(roc["marker"]) if (curves["marker"] == marker).any()]
    panels = [
        _panel(curves[curves["marker"] == marker], roc[roc["marker"] == marker], arms) for marker in drawn
    ]
    reading = (
        "Number: area under the curve, 0.5 where the marker tells nothing, below where less of it is better."
    )
    known = roc[roc["auc"].notna()]
    said = (f"{row['label']}, {arms[str(row['arm'])]}: {row['auc']:.2f}" for row in known.to_dict("records"))
    return themed(
        alt.concat(*panels, columns=_COLUMNS, spacing={"row": 30, "column": 30}),
        title="Baseline markers and objective response",
        subtitle=reading,
        description=f"Receiver operating characteristic. Areas under the curves: {'; '.join(said)}.",
    )


def _panel(curves: "pd.DataFrame", roc: "pd.DataFrame", arms: Mapping[str, str]) -> Any:
    import altair as alt
    import pandas as pd

    colour = alt.Color(
        "name:N",
        scale=arm_scale(list(arms.values())),
        legend=alt.Legend(
            title=None, orient="bottom", symbolType="stroke", symbolOpacity=1, labelLimit=420, offset=10
        ),
    )
    share = alt.Scale(domain=[0, 1], nice=False)
    ticks = [0, 0.5, 1]
    x = alt.X("false:Q", scale=share, axis=alt.Axis(title="False positive", values=ticks, format="~g"))
    y = alt.Y("true:Q", scale=share, axis=alt.Axis(title="True positive", values=ticks, format="~g"))
    known = roc[roc["auc"].notna()]
    notes = pd.DataFrame(
        {
            "false": 0.97,
            "true": [0.04 + _LINE * k for k in range(len(known) - 1, -1, -1)],
            "name": known["arm"].map(arms).to_list(),
            "text": [f"{value:.2f}" for value in known["auc"]],
        }
    )
    chance = pd.DataFrame({"false": [0.0, 1.0], "true": [0.0, 1.0]})
    lines = curves.assign(name=curves["arm"].map(arms), step=range(len(curves)))
    return alt.layer(
        alt.Chart(chance).mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1).encode(x=x, y=y),
        alt.Chart(lines[["name", "false", "true", "step"]])
        .mark_line(strokeWidth=2)
        .encode(x=x, y=y, color=colour, order="step:Q"),
        alt.Chart(notes)
        .mark_text(align="right", baseline="bottom", fontSize=12, fontWeight=600)
        .encode(x=x, y=y, text="text:N", color=colour),
    ).properties(
        width=_SIZE,
        height=_SIZE,
        title=alt.TitleParams(str(roc["label"].iloc[0]), fontSize=12, offset=6, frame="group"),
    )
