"""Kaplan-Meier and Cox on plain arrays, for thousands of repeated virtual trials.

The endpoints of a single trial come from lifelines (`endpoints`); the tests hold these to it.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "hazard_ratio",
    "kaplan_meier_at",
    "log_hazard_ratio",
    "median_time",
    "robust_error",
    "survival_at",
]

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
    return float(survival_at(month, event, np.array([at_month]))[0])


def survival_at(month: "Floats", event: "NDArray[np.bool_]", at_month: "Floats") -> "Floats":
    """Survival at each of some times; NaN beyond the last follow-up."""
    times, survival = _curve(month, event)
    place = np.searchsorted(times, at_month, side="right")
    return np.where(at_month > times[-1], np.nan, np.append(1.0, survival)[place])


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
    return float(np.exp(log_hazard_ratio(month, event, treated)[0]))


def log_hazard_ratio(
    month: "Floats", event: "NDArray[np.bool_]", treated: "NDArray[np.bool_]"
) -> tuple[float, float]:
    """Logarithm of the hazard ratio as of `hazard_ratio`, and its standard error (observed information)."""
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
    beta, total, information = 0.0, d1.sum(), 1e-12
    for _ in range(_STEPS):
        p = n1 * np.exp(beta) / (n1 * np.exp(beta) + n0)
        information = max(float((p * (1 - p)).sum()), 1e-12)
        step = (total - p.sum()) / information
        beta = float(np.clip(beta + step, -8.0, 8.0))
        if abs(step) < 1e-9:
            break
    return beta, information**-0.5


def robust_error(
    month: "Floats",
    event: "NDArray[np.bool_]",
    treated: "NDArray[np.bool_]",
    cluster: "NDArray[np.int64]",
    *,
    log_ratio: float,
    error: float,
) -> float:
    """Compute the error of a log hazard ratio where patients of one cluster are not independent.

    Parameters
    ----------
    month, event, treated
        As for `hazard_ratio`.
    cluster : ndarray of int, shape (n,)
    log_ratio, error : float
        From `log_hazard_ratio`.

    Returns
    -------
    float
        Lin and Wei's sandwich (JASA 1989;84:1074), score residuals summed within clusters, ties by Breslow.
    """
    times, place = np.unique(month, return_inverse=True)
    group, risk = treated.astype(float), np.exp(log_ratio * treated)
    weight = np.bincount(place, risk)[::-1].cumsum()[::-1]
    mean = np.bincount(place, risk * group)[::-1].cumsum()[::-1] / weight
    step = np.bincount(place, event, len(times)) / weight
    hazard, carried = np.cumsum(step), np.cumsum(step * mean)
    residual = event * (group - mean[place]) - risk * (group * hazard[place] - carried[place])
    _, member = np.unique(cluster, return_inverse=True)
    return float(error**2 * np.linalg.norm(np.bincount(member, residual)))
