"""Hazard ratios, simulated beside published."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alarmin.charts.theme import ARM_COLOURS, GREY, INK, themed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["forest_chart"]

_ORIGINS = ["simulated", "published"]
_ENDPOINTS = {"hr_pfs": "Progression-free survival", "hr_os": "Overall survival"}


def forest_chart(comparison: "pd.DataFrame", *, arms: Mapping[str, str], control: str) -> Any:
    """Draw hazard ratios with their 95 % intervals on a logarithmic axis.

    Parameters
    ----------
    comparison : DataFrame
        endpoint, arm, simulated, low, high, published, published_low, published_high.
    arms : mapping of arm id to label
    control : str
        Label of the control arm.

    Returns
    -------
    altair chart
        For each arm and endpoint the simulated and the published ratio; those without a figure are left out.
    """
    import altair as alt
    import pandas as pd

    rows = _rows(comparison, arms)
    limits = rows[["low", "high", "value"]].to_numpy()
    domain = [min(float(limits.min()) * 0.9, 0.3), max(float(limits.max()) * 1.1, 1.5)]
    order = list(rows["row"])
    x = alt.X(
        "value:Q",
        scale=alt.Scale(type="log", domain=domain, nice=False),
        axis=alt.Axis(
            title=f"Hazard ratio against {control} (below 1: fewer events)",
            values=[0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0],
            format="~g",
        ),
    )
    y = alt.Y(
        "row:N",
        sort=order,
        axis=alt.Axis(title=None, labelLimit=360, domain=False, ticks=False, labelPadding=10),
    )
    colour = alt.Color(
        "origin:N",
        scale=alt.Scale(domain=_ORIGINS, range=[ARM_COLOURS[0], INK]),
        legend=None,
    )
    base = alt.Chart(rows).encode(y=y, color=colour)
    chart = alt.layer(
        alt.Chart(pd.DataFrame({"value": [1.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=x),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=70, opacity=1).encode(
            x=x,
            shape=alt.Shape(
                "origin:N", legend=None, scale=alt.Scale(domain=_ORIGINS, range=["square", "circle"])
            ),
        ),
        base.mark_text(align="left", fontSize=12).encode(x=alt.value(430), text="text:N"),
    ).properties(width=420, height=34 * len(rows))
    return themed(
        chart,
        title="Hazard ratios",
        subtitle="Cox regression with 95 % CI; squares: simulated, circles: published.",
        description="Forest plot. " + "; ".join(rows["row"] + " " + rows["text"]),
    )


def _rows(comparison: "pd.DataFrame", arms: Mapping[str, str]) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    for row in comparison[comparison["endpoint"].isin(_ENDPOINTS)].to_dict("records"):
        name = _ENDPOINTS[str(row["endpoint"])]
        if len(arms) > 2:
            name = f"{name}, {arms[str(row['arm'])]}"
        for origin, keys in (
            ("simulated", ("simulated", "low", "high")),
            ("published", ("published", "published_low", "published_high")),
        ):
            value, low, high = (float(row[key]) for key in keys)
            if value > 0 and low > 0 and high < float("inf"):
                rows.append(
                    {
                        "row": f"{name}, {origin}",
                        "origin": origin,
                        "value": value,
                        "low": low,
                        "high": high,
                        "text": f"{value:.2f} ({low:.2f} to {high:.2f})",
                    }
                )
    return pd.DataFrame(rows, columns=["row", "origin", "value", "low", "high", "text"])
