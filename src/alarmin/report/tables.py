"""Figures as people read them: labels, rounding, intervals."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alarmin.trial import TrialResult

__all__ = ["ComparisonLine", "comparison_lines", "endpoint_label", "interval_text"]

_FIXED_LABELS = {
    "orr": "Objective response rate",
    "median_pfs": "Median PFS",
    "median_os": "Median OS",
    "hr_pfs": "Hazard ratio, PFS",
    "hr_os": "Hazard ratio, OS",
}
_UNITS = {"%": " %", "month": " months", "ratio": ""}
_DECIMALS = {"%": 1, "month": 1, "ratio": 2}


@dataclass(frozen=True)
class ComparisonLine:
    """One row of the summary table, as text; no `sources` where nothing is published."""

    endpoint: str
    arm: str
    n: int
    simulated: str
    published: str
    sources: tuple[str, ...]
    note: str


def endpoint_label(endpoint: str) -> str:
    """Name an endpoint.

    Examples
    --------
    >>> endpoint_label("pfs_12mo")
    'PFS at 12 months'
    """
    if endpoint in _FIXED_LABELS:
        return _FIXED_LABELS[endpoint]
    kind, _, month = endpoint.partition("_")
    return f"{kind.upper()} at {month.removesuffix('mo')} months"


def interval_text(value: float, low: float, high: float, unit: str) -> str:
    """Write a figure with its interval.

    Parameters
    ----------
    value, low, high : float
        NaN = unknown, infinity = not reached.
    unit : str
        %, month or ratio.

    Examples
    --------
    >>> interval_text(10.34, 6.7, float("inf"), "month")
    '10.3 months (6.7 to NR)'
    >>> interval_text(44.8, float("nan"), float("nan"), "%")
    '44.8 %'
    """
    if math.isnan(value):
        return "\u2013"
    text = "not reached" if math.isinf(value) else f"{value:.{_DECIMALS[unit]}f}{_UNITS[unit]}"
    if math.isnan(low) and math.isnan(high):
        return text
    return f"{text} ({_limit(low, unit)} to {_limit(high, unit)})"


def comparison_lines(result: "TrialResult") -> list[ComparisonLine]:
    """Write the comparison of simulated and published endpoints, arm by arm.

    Parameters
    ----------
    result : TrialResult

    Returns
    -------
    list of ComparisonLine
        In the order of `result.comparison`.
    """
    arms = result.spec.arms
    control = arms[result.spec.control].label if result.spec.control else ""
    lines = []
    for row in result.comparison.to_dict("records"):
        name, unit = str(row["endpoint"]), str(row["unit"])
        label = arms[str(row["arm"])].label
        lines.append(
            ComparisonLine(
                endpoint=endpoint_label(name),
                arm=f"{label} against {control}" if name.startswith("hr_") else label,
                n=int(row["n"]),
                simulated=interval_text(row["simulated"], row["low"], row["high"], unit),
                published=interval_text(row["published"], row["published_low"], row["published_high"], unit),
                sources=tuple(part for part in str(row["source"]).split("; ") if part),
                note=str(row["note"]),
            )
        )
    return lines


def _limit(value: float, unit: str) -> str:
    if math.isnan(value):
        return "unknown"
    return "NR" if math.isinf(value) else f"{value:.{_DECIMALS[unit]}f}"
