"""Hazard ratios by subgroup: what a marker says of the difference between two arms."""

from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import ARM_COLOURS, GREY, INK, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["subgroup_chart"]

_ENDPOINTS = {"pfs": "Progression-free survival", "os": "Overall survival"}
_SHORT = {"pfs": "PFS", "os": "OS"}
_WIDTH, _STEP = 235, 23
_WIDEST = 10.0


def subgroup_chart(subgroups: "pd.DataFrame", *, arm: str, control: str) -> Any:
    """Draw hazard ratios of one arm against control above and below the median of each marker.

    Parameters
    ----------
    subgroups : DataFrame
        As of `alarmin.trial.biomarkers.Biomarkers`, rows of one arm.
    arm, control : str
        Labels.

    Returns
    -------
    altair chart
        One panel per endpoint on the same rows; ratios beyond 0.1 to 10 are drawn at the edge. P: difference
        between both groups of a marker.
    """
    import altair as alt

    known = subgroups[subgroups["value"].notna()]
    rows = [_name(row) for row in subgroups[subgroups["endpoint"] == "pfs"].to_dict("records")]
    ends = known[["low", "high"]].clip(1.0 / _WIDEST, _WIDEST).to_numpy()
    domain = (min(float(ends.min(initial=0.5)) * 0.9, 0.5), max(float(ends.max(initial=1.5)) * 1.1, 2.0))
    panels = [
        _panel(known[known["endpoint"] == endpoint], rows, domain, title, first=endpoint == "pfs")
        for endpoint, title in _ENDPOINTS.items()
    ]
    said = (f"{_name(row)}, {_SHORT[row['endpoint']]}: {_figure(row)}" for row in known.to_dict("records"))
    return themed(
        alt.hconcat(*panels, spacing=26),
        title=f"Who benefits: {arm} against {control}",
        subtitle=(
            "Hazard ratios (95 % CI) above and below the median of each marker; "
            "P: interaction, both groups of a marker compared."
        ),
        description=f"Forest plot by subgroup, {arm} against {control}. {'; '.join(said)}",
    )


def _panel(
    known: "pd.DataFrame", rows: list[str], domain: tuple[float, float], title: str, *, first: bool
) -> Any:
    import altair as alt
    import pandas as pd

    data = pd.DataFrame(
        [
            {
                "row": _name(row),
                "value": _inside(row["value"]),
                "low": _inside(row["low"]),
                "high": _inside(row["high"]),
                "text": _figure(row),
                "p": f"P {_probability(row['p_interaction'])}" if row["group"] == "high" else "",
            }
            for row in known.to_dict("records")
        ],
        columns=["row", "value", "low", "high", "text", "p"],
    )
    x = alt.X(
        "value:Q",
        scale=alt.Scale(type="log", domain=list(domain), nice=False),
        axis=alt.Axis(
            title="Hazard ratio", values=[0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], format="~g", grid=True
        ),
    )
    names = alt.Axis(title=None, labelLimit=260, domain=False, ticks=False, labelPadding=10, labels=first)
    y = alt.Y("row:N", sort=rows, scale=alt.Scale(domain=rows), axis=names)
    base = alt.Chart(data).encode(y=y)
    return alt.layer(
        alt.Chart(pd.DataFrame({"value": [1.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=x),
        base.mark_rule(strokeWidth=2, color=ARM_COLOURS[0]).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=50, opacity=1, color=ARM_COLOURS[0], shape="square").encode(x=x),
        base.mark_text(align="left", fontSize=11, color=INK).encode(x=alt.value(_WIDTH + 8), text="text:N"),
        base.mark_text(align="left", fontSize=11, color=GREY).encode(x=alt.value(_WIDTH + 128), text="p:N"),
    ).properties(
        width=_WIDTH,
        height=_STEP * len(rows),
        title=alt.TitleParams(title, fontSize=12, offset=6, anchor="start"),
    )


def _name(row: Any) -> str:
    sign = "≥" if row["group"] == "high" else "<"
    unit = row["unit"]
    tail = "" if unit == "1" else f" {unit.replace('share of dying cells', '')}".rstrip()
    return f"{row['label']} {sign} {_cut(row['cut'])}{tail}"


def _cut(value: float) -> str:
    if abs(value) >= 1e5:
        return f"{value / 1e6:.2g} million"
    return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"


def _figure(row: Any) -> str:
    return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _probability(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _inside(value: float) -> float:
    return float(min(max(value, 1.0 / _WIDEST), _WIDEST))
