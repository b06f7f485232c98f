"""How a tumour moves under therapy, seen in its readings: depth, times, growth and shrinkage rate.

The same functions read patients (`scripts/evidence_dynamics.py`) and simulated tumours, so that both are
counted in one way. Only readings up to and including the first progression of the target lesions count: what
comes later may be the work of the next therapy.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.conduct import DAYS_PER_MONTH
from alarmin.trial.recist import Response

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "LEAST_READINGS",
    "LESION_STATISTICS",
    "Dynamics",
    "counted_readings",
    "fit_rates",
    "read_dynamics",
]

LEAST_READINGS = 3
"""Patients with fewer counted readings, the baseline included, are left out."""
LESION_STATISTICS = ("depth", "later_than", "grown_by", "kg_above", "ks_above")
"""Statistics of the evidence table `lesion_dynamics` that `Dynamics.shows` counts."""
FASTEST_PER_WEEK = 1.0
"""Upper bound of both rates [1/week]; at this rate a diameter changes by e within a week."""
_TIE = 1e-2
"""Weight [week] of the rates themselves in the fit: far below any reading, it only decides between rates that
fit alike, for the smaller ones."""
_STARTS = (0.003, 0.01, 0.03, 0.1, 0.3)
_STEPS = 30


@dataclass(frozen=True)
class Dynamics:
    """Figures of each patient; all arrays of shape (n_patients,).

    Parameters
    ----------
    readings : ndarray of int
        Counted ones, the baseline included.
    depth : ndarray [1]
        Smallest counted reading after the baseline over the baseline, less 1.
    low_month : ndarray [month]
        Time of the smallest counted reading, the middle of equal ones; 0 where all lie above the baseline.
    grown_month : ndarray [month]
        Time of the first counted reading that shows progression of the target lesions; infinity for none.
    kg_per_week, ks_per_week : ndarray [1/week]
        Rates of growth and shrinkage from `fit_rates`.
    """

    readings: "NDArray[np.intp]"
    depth: "Floats"
    low_month: "Floats"
    grown_month: "Floats"
    kg_per_week: "Floats"
    ks_per_week: "Floats"

    def shows(self, statistic: str, threshold: float) -> "NDArray[np.bool_]":
        """Say which patients a figure of the evidence table `lesion_dynamics` counts.

        Parameters
        ----------
        statistic : str
            One of `LESION_STATISTICS`.
        threshold : float
            Change in percent of the baseline, months, or 1/week.
        """
        if statistic == "depth":
            return np.asarray(100.0 * self.depth <= threshold + 1e-9)
        if statistic == "later_than":
            return np.asarray(self.low_month > threshold)
        if statistic == "grown_by":
            return np.asarray(self.grown_month <= threshold)
        return np.asarray({"kg_above": self.kg_per_week, "ks_above": self.ks_per_week}[statistic] > threshold)


def counted_readings(target: "NDArray[np.int8]") -> "NDArray[np.bool_]":
    """Say which readings count: those that were made, up to and including the first progression.

    Parameters
    ----------
    target : ndarray of int8, shape (n_patients, n_visits)
        From `alarmin.trial.recist.target_response`.
    """
    progressed = np.maximum.accumulate(target == Response.PD, axis=1)
    before = np.roll(progressed, 1, axis=1)
    before[:, 0] = False
    return np.asarray((target != Response.NE) & ~before)


def read_dynamics(
    day: "Floats", change: "Floats", target: "NDArray[np.int8]", counted: "NDArray[np.bool_]"
) -> Dynamics:
    """Sum up the counted readings of each patient.

    Parameters
    ----------
    day : ndarray, shape (n_visits,) or (n_patients, n_visits) [day]
        Days since the baseline reading, which is the first.
    change : ndarray, shape (n_patients, n_visits) [1]
        Reading over the baseline reading, less 1.
    target : ndarray of int8, shape (n_patients, n_visits)
        From `alarmin.trial.recist.target_response`.
    counted : ndarray of bool, shape (n_patients, n_visits)
        From `counted_readings`; at least one reading after the baseline must count.
    """
    day = np.broadcast_to(day, change.shape)
    later = np.where(counted, change, np.inf)
    later[:, 0] = np.inf
    depth = later.min(axis=1)
    lowest = later == depth[:, None]
    first, last = (np.where(lowest, day, fill) for fill in (np.inf, -np.inf))
    low = 0.5 * (first.min(axis=1) + last.max(axis=1))
    grown = np.where(counted & (target == Response.PD), day, np.inf).min(axis=1)
    kg, ks = fit_rates(day / 7.0, 1.0 + change, counted)
    low = np.where(depth <= 0.0, low, 0.0)
    return Dynamics(counted.sum(axis=1), depth, low / DAYS_PER_MONTH, grown / DAYS_PER_MONTH, kg, ks)


def fit_rates(week: "Floats", relative: "Floats", counted: "NDArray[np.bool_]") -> "tuple[Floats, Floats]":
    """Fit exponential growth and shrinkage to the readings of each patient by least squares.

    Parameters
    ----------
    week : ndarray, shape (n_visits,) or (n_patients, n_visits) [week]
        Time since the baseline reading.
    relative : ndarray, shape (n_patients, n_visits) [1]
        Reading over the baseline reading.
    counted : ndarray of bool, shape (n_patients, n_visits)

    Returns
    -------
    kg, ks : ndarray, shape (n_patients,) [1/week], from 0 to `FASTEST_PER_WEEK`

    Notes
    -----
    relative = exp(-ks t) + exp(kg t) - 1 (Stein 2008, doi:10.1634/theoncologist.2008-0016), through the
    baseline reading. A tumour that was only seen to grow gets ks = 0, one that was only seen to shrink
    kg = 0. Levenberg-Marquardt steps, all patients at once, from the best points of a coarse grid: that of
    the whole grid, of growth alone and of shrinkage alone.
    """
    time = np.where(counted, np.broadcast_to(week, relative.shape), 0.0)
    read = np.where(counted, relative, 1.0)
    grids = (
        [(kg, ks) for kg in _STARTS for ks in _STARTS],
        [(kg, 0.0) for kg in _STARTS],
        [(0.0, ks) for ks in _STARTS],
    )
    ends = [_descend(_best_start(np.array(grid), time, read), time, read) for grid in grids]
    best = np.argmin([cost for _, cost in ends], axis=0)
    rates = np.choose(best[:, None], [rates for rates, _ in ends])
    return rates[:, 0], rates[:, 1]


def _descend(rates: "Floats", time: "Floats", read: "Floats") -> "tuple[Floats, Floats]":
    damping = np.full(len(read), 1e-3)
    cost = _cost(rates, time, read)
    for _ in range(_STEPS):
        tried = np.clip(rates + _step(rates, time, read, damping), 0.0, FASTEST_PER_WEEK)
        new = _cost(tried, time, read)
        better = new < cost
        rates = np.where(better[:, None], tried, rates)
        cost = np.where(better, new, cost)
        damping = np.clip(np.where(better, damping / 5.0, damping * 5.0), 1e-9, 1e9)
    return rates, cost


def _best_start(pairs: "Floats", time: "Floats", read: "Floats") -> "Floats":
    costs = np.stack([_cost(np.tile(pair, (len(read), 1)), time, read) for pair in pairs])
    return np.asarray(pairs[costs.argmin(axis=0)])


def _cost(rates: "Floats", time: "Floats", read: "Floats") -> "Floats":
    residual = np.exp(rates[:, :1] * time) + np.exp(-rates[:, 1:] * time) - 1.0 - read
    return np.asarray((residual**2).sum(axis=1) + (_TIE**2) * (rates**2).sum(axis=1))


def _step(rates: "Floats", time: "Floats", read: "Floats", damping: "Floats") -> "Floats":
    """Give the damped Gauss-Newton step; a rate that is at a bound and pushed outwards stays."""
    up, down = np.exp(rates[:, :1] * time), np.exp(-rates[:, 1:] * time)
    slope = np.stack([time * up, -time * down], axis=2)
    residual = up + down - 1.0 - read
    gradient = np.einsum("nvp,nv->np", slope, residual) + _TIE**2 * rates
    held = ((rates <= 0.0) & (gradient > 0.0)) | ((rates >= FASTEST_PER_WEEK) & (gradient < 0.0))
    curvature = np.einsum("nvp,nvq->npq", slope, slope) + _TIE**2 * np.eye(2)
    diagonal = np.einsum("npp->np", curvature) * (1.0 + damping[:, None])
    cross = np.where(held.any(axis=1), 0.0, curvature[:, 0, 1])
    gradient = np.where(held, 0.0, gradient)
    determinant = diagonal[:, 0] * diagonal[:, 1] - cross**2
    return -np.stack(
        [
            (diagonal[:, 1] * gradient[:, 0] - cross * gradient[:, 1]) / determinant,
            (diagonal[:, 0] * gradient[:, 1] - cross * gradient[:, 0]) / determinant,
        ],
        axis=1,
    )
