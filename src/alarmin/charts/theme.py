"""One look for all charts: palette, type, grid. The palette is told apart with any common colour vision."""

from collections.abc import Sequence
from typing import Any

__all__ = ["ARM_COLOURS", "GREY", "INK", "RESPONSE_COLOURS", "arm_scale", "response_scale", "themed"]

INK = "#1b1f24"
GREY = "#6b7280"
_GRID = "#e5e7eb"
_FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

ARM_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#8A6D00", "#56B4E9")
"""Okabe and Ito's palette, the last but one darkened so that it can be read on white."""

RESPONSE_COLOURS = {"CR": "#004D7A", "PR": "#56B4E9", "SD": "#B8BEC7", "PD": "#D55E00", "NE": "#6b7280"}
"""Best response, from good (blue) over neutral (grey) to bad (orange-red)."""


def arm_scale(labels: Sequence[str]) -> Any:
    """Give each arm its colour, in the order of the arms."""
    import altair as alt

    colours = [ARM_COLOURS[i % len(ARM_COLOURS)] for i in range(len(labels))]
    return alt.Scale(domain=list(labels), range=colours)


def response_scale() -> Any:
    """Give each best response its colour."""
    import altair as alt

    return alt.Scale(domain=list(RESPONSE_COLOURS), range=list(RESPONSE_COLOURS.values()))


def themed(chart: Any, *, title: str | Sequence[str], subtitle: str | Sequence[str], description: str) -> Any:
    """Put the common look, the headings and the text for screen readers on a finished chart.

    Parameters
    ----------
    chart : altair chart
        Top level; must not be combined further.
    title, subtitle : str
        What is shown; how to read it.
    description : str
        What a reader who cannot see the chart should know.
    """
    import altair as alt

    heading = alt.TitleParams(title, subtitle=subtitle)
    # All at once: each further method of Altair would copy the chart with its data.
    return chart.properties(title=heading, description=description, config=_look())


def _look() -> Any:
    import altair as alt

    return alt.Config(
        font=_FONT,
        background="white",
        padding={"left": 8, "top": 8, "right": 16, "bottom": 8},
        title=alt.TitleConfig(
            anchor="start",
            frame="group",
            color=INK,
            fontSize=15,
            fontWeight=600,
            subtitleColor=GREY,
            subtitleFontSize=12,
            subtitlePadding=4,
            offset=14,
        ),
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=INK,
            labelFontSize=12,
            titleColor=INK,
            titleFontSize=12,
            titleFontWeight=500,
            titlePadding=8,
            gridColor=_GRID,
            domainColor=GREY,
            tickColor=GREY,
            tickSize=4,
        ),
        header=alt.HeaderConfig(
            title=None, labelColor=INK, labelFontSize=13, labelFontWeight=600, labelAnchor="start"
        ),
        legend=alt.LegendConfig(
            labelColor=INK,
            labelFontSize=12,
            titleColor=INK,
            titleFontSize=12,
            titleFontWeight=500,
            symbolStrokeWidth=3,
        ),
    )
