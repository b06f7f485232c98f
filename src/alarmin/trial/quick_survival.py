"""Kaplan-Meier and Cox on plain arrays, for thousands of repeated virtual trials.

The endpoints of a single trial come from lifelines (`endpoints`); the tests hold these to it.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["hazard_ratio", "kaplan_meier_at", "median_time"]

_STEPS = 30


def _curve(month: "Floats", event: "NDArray[np.bool_]") -> "tuple[Floats, Floats]":
    """Return the times of events and the survival just after each."""
    order = np.argsort(month, kind="stable")
    month, event = month[order], event[order]
    times, first = np.unique(month, return_index=True)
    at_risk = len(month) - first
    deaths = np.add.reduceat(event.astype(float), first)
    return times, np.asarray(np.cumprod(1.0 - deaths / at_risk), dtype=np.float64)


def kaplan_meier_at(month: "Floats", event: "NDArray[np.bool_]", at_month: float) -> float:
    """Survival at a time; NaN beyond the last follow-up.

    Examples
    --------
    >>> kaplan_meier_at(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, True]), 3.5)
    0.375
    """
    if at_month > month.max():
        return float("nan")
    times, survival = _curve(month, event)
    place = int(np.searchsorted(times, at_month, side="right")) - 1
    return 1.0 if place < 0 else float(survival[place])


def median_time(month: "Floats", event: "NDArray[np.bool_]") -> float:
    """First time at which at most half are left; infinity where that is never reached.

    Examples
    --------
    >>> median_time(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, True, True]))
    2.0
    """
    times, survival = _curve(month, event)
    below = survival <= 0.5 + 1e-12
    return float(times[below.argmax()]) if below.any() else float("inf")


def hazard_ratio(month: "Floats", event: "NDArray[np.bool_]", treated: "NDArray[np.bool_]") -> float:
    """Hazard ratio of treated against control: Cox's partial likelihood with Efron's ties.

    Examples
    --------
    >>> month, event = np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4, dtype=bool)
    >>> round(hazard_ratio(month, event, np.array([False, True, False, True])), 3)
    0.39
    """
    order = np.argsort(month, kind="stable")
    month, event, group = month[order], event[order], treated[order].astype(float)
    times, first = np.unique(month, return_index=True)
    treated_at_risk = group[::-1].cumsum()[::-1][first]
    control_at_risk = (len(month) - first) - treated_at_risk
    d1 = np.add.reduceat(event * group, first)
    d0 = np.add.reduceat(event * (1.0 - group), first)
    # Efron: the k-th of d tied deaths sees the tied ones with weight 1 - k / d.
    count = (d0 + d1).astype(int)
    row = np.repeat(np.arange(len(times)), count)
    k = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    share = k / count[row]
    n1 = treated_at_risk[row] - share * d1[row]
    n0 = control_at_risk[row] - share * d0[row]
    beta, total = 0.0, d1.sum()
    for _ in range(_STEPS):
        p = n1 * np.exp(beta) / (n1 * np.exp(beta) + n0)
        step = (total - p.sum()) / max(float((p * (1 - p)).sum()), 1e-12)
        beta = float(np.clip(beta + step, -8.0, 8.0))
        if abs(step) < 1e-9:
            break
    return float(np.exp(beta))
