"""Weights of the members, and the free parameters of survival, that explain all calibration arms at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.calibration.entropy import Weights, maximum_entropy
from alarmin.calibration.problem import SLOW, Problem
from alarmin.population import effective_size
from alarmin.trial import ObservationParameters

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["FREE", "Fit", "fit", "settle"]

FREE: Mapping[str, tuple[float, float]] = {
    "os_hazard_per_year": (0.05, 0.8),
    "os_log_hazard_progressing": (0.3, 2.5),
    "os_log_hazard_again": (0.0, 2.0),
    "os_log_hazard_later_line": (-1.0, 1.0),
    "os_log_hazard_stage_iii": (-2.0, 1.0),
    "os_log_hazard_driver": (-2.0, 1.0),
}
"""Parameters of survival that are estimated, each with the range that is searched."""
_LOG = ("os_hazard_per_year", "new_lesion_per_year", "new_lesion_per_growth")
_MIX_ROUNDS = 3
_STEP = 0.05  # of the differences in `settle`: scans are counted, so that residuals have small steps
_SETTLE = 6


@dataclass(frozen=True)
class Fit:
    """Result of a calibration on given simulations.

    Parameters
    ----------
    weight : ndarray, shape (n_members,)
        On average one.
    parameters : ObservationParameters
    table : DataFrame
        One row per target: trial, arm, subgroup, endpoint, at, value, error, fitted, residual (in standard
        errors) and multiplier.
    cost : float
        Relative entropy plus half of the squared residuals.
    """

    weight: "Floats"
    parameters: ObservationParameters
    table: "pd.DataFrame"
    cost: float

    @property
    def effective_share(self) -> float:
        """Effective number of members over their number."""
        return effective_size(self.weight) / len(self.weight)


def fit(
    problem: Problem,
    parameters: ObservationParameters,
    *,
    evaluations: int = 60,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Estimate the free parameters of survival and of new lesions with the weights profiled out.

    Parameters
    ----------
    problem : Problem
    parameters : ObservationParameters
        Where the search begins.
    evaluations : int
        Most evaluations of each search (Nelder and Mead); 0 keeps the parameters.
    progress : callable, optional
        Called with (evaluations done, most).

    Returns
    -------
    Fit
    """
    error = problem.targets["error"].to_numpy(float)
    start: Floats | None = None
    done, most = 0, _MIX_ROUNDS * 2 * evaluations

    def solve(values: ObservationParameters) -> Weights:
        nonlocal start, done
        done += 1
        if progress:
            progress(min(done, most), most)
        found = maximum_entropy(problem.prior, problem.shares(values).gap, error, start)
        start = found.multiplier
        return found

    for _ in range(_MIX_ROUNDS):
        for bounds, share in ((SLOW, 0.25), (FREE, 1.0)):
            parameters = _search(lambda v: solve(v).cost, parameters, bounds, round(share * evaluations))
        problem.remix(solve(parameters).weight)
    best = solve(parameters)
    table = problem.targets.assign(
        fitted=problem.shares(parameters).fitted(best.weight), multiplier=best.multiplier
    )
    table["residual"] = (table["fitted"] - table["value"]) / table["error"]
    return Fit(best.weight * len(best.weight), parameters, table, best.cost)


def settle(problem: Problem, parameters: ObservationParameters) -> ObservationParameters:
    """Estimate the free parameters by least squares, with the members as they were drawn.

    Parameters
    ----------
    problem : Problem
    parameters : ObservationParameters
        Where the search begins.
    """
    from scipy.optimize import least_squares

    bounds = {**SLOW, **FREE}
    names = tuple(bounds)
    low, high = np.array([_inner(name, np.array(bounds[name])) for name in names]).T
    begin = np.array([float(_inner(name, np.array(getattr(parameters, name)))) for name in names])
    inside = 1e-3 * (high - low)
    error = problem.targets["error"].to_numpy(float)
    published = problem.of_trials

    def residuals(vector: "Floats") -> "Floats":
        shares = problem.shares(_with(parameters, names, vector))
        return np.asarray((shares.fitted(problem.prior) - shares.value) / error)[published]

    found: Any = least_squares(
        residuals,
        np.clip(begin, low + inside, high - inside),
        bounds=(low, high),
        diff_step=[_STEP] * len(names),
        max_nfev=_SETTLE,
    )
    return _with(parameters, names, found.x)


def _search(
    cost: Callable[[ObservationParameters], float],
    parameters: ObservationParameters,
    bounds: Mapping[str, tuple[float, float]],
    evaluations: int,
) -> ObservationParameters:
    """Find the parameters named in `bounds` at which the cost is least."""
    from scipy.optimize import minimize

    if evaluations == 0:
        return parameters
    names = tuple(bounds)
    limits: Any = [tuple(_inner(name, np.array(bounds[name]))) for name in names]
    begin = np.array([float(_inner(name, np.array(getattr(parameters, name)))) for name in names])
    simplex = np.vstack([begin, *(begin + 0.2 * row for row in np.eye(len(names)))])

    def attempt(vector: Any) -> float:
        return cost(_with(parameters, names, vector))

    found: Any = minimize(
        attempt,
        begin,
        method="Nelder-Mead",
        bounds=limits,
        options={"maxfev": evaluations, "initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-3},
    )
    return _with(parameters, names, found.x)


def _inner(name: str, value: "Floats") -> "Floats":
    return np.log(value) if name in _LOG else value


def _with(
    parameters: ObservationParameters, names: tuple[str, ...], vector: "Floats"
) -> ObservationParameters:
    values = {
        name: float(np.exp(x)) if name in _LOG else float(x) for name, x in zip(names, vector, strict=True)
    }
    return replace(parameters, **values)
