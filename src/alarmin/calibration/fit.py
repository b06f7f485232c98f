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

__all__ = ["CONCENTRATION", "FREE", "Fit", "fit", "settle", "weigh"]

FREE: Mapping[str, tuple[float, float]] = {
    "os_hazard_per_year": (0.05, 0.8),
    "os_log_hazard_progressing": (0.3, 2.5),
    "os_log_hazard_again": (0.0, 2.0),  # a tumour that has progressed before is no safer
    "os_log_hazard_later_line": (0.0, 1.0),  # nor does an earlier line make its carrier safer
    "os_log_hazard_stage_iii": (-2.0, 0.0),  # nor do metastases
    "os_log_hazard_driver": (-2.0, 1.0),
    "os_log_hazard_per_gy": (0.0, 0.1),  # nor does more radiation
}
"""Parameters of survival that are estimated, each with the range that is searched."""
_LOG = ("os_hazard_per_year", "new_lesion_per_year", "new_lesion_per_growth")
CONCENTRATION = 300.0
"""How much the population as it was drawn counts against the published figures: as so many patients.
Trials that are left out are predicted alike from 30 to 1000, and worse at 10."""
_MIX_ROUNDS = 3
_STEP = 0.02  # of the differences in `settle`: scans are counted, so that residuals have small steps
_SETTLE = 12  # evaluations at most
_GAIN = 1e-3  # relative; less is within what scans that are counted let one see
_INSIDE = 1e-3  # least squares begins off the bounds


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
        Relative entropy plus half of the squared residuals over the concentration.
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
    concentration: float = CONCENTRATION,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Estimate weights, and the free parameters of survival and of new lesions, in turn.

    Parameters
    ----------
    problem : Problem
    parameters : ObservationParameters
        Where the search begins.
    concentration : float, > 0
    progress : callable, optional
        Called with (rounds done, all).

    Returns
    -------
    Fit

    Notes
    -----
    Each turn lowers ``concentration * relative entropy + squared residuals / 2``; after it the mix of each
    trial's patients is brought to the published one under the new weights.
    """
    for done in range(_MIX_ROUNDS):
        if progress:
            progress(done, _MIX_ROUNDS)
        weight = weigh(problem, parameters, concentration).weight
        parameters = settle(problem, parameters, weight)
        problem.remix(weigh(problem, parameters, concentration).weight)
    best = weigh(problem, parameters, concentration)
    fitted = problem.shares(parameters).fitted(best.weight)
    table = problem.targets.assign(fitted=fitted, multiplier=best.multiplier)
    table["residual"] = (table["fitted"] - table["value"]) / table["error"]
    return Fit(best.weight * len(best.weight), parameters, table, best.cost)


def weigh(problem: Problem, parameters: ObservationParameters, concentration: float) -> Weights:
    """Find the weights of the members for given parameters of survival; arguments as for `fit`."""
    error = np.sqrt(concentration) * problem.targets["error"].to_numpy(float)
    return maximum_entropy(problem.prior, problem.shares(parameters).gap, error)


def settle(
    problem: Problem, parameters: ObservationParameters, weight: "Floats | None" = None
) -> ObservationParameters:
    """Estimate the free parameters of survival and of new lesions by least squares under given weights.

    Parameters
    ----------
    problem : Problem
    parameters : ObservationParameters
        Where the search begins.
    weight : ndarray, shape (n_members,), optional
        Default: the members as they were drawn.
    """
    from scipy.optimize import least_squares

    bounds = {**SLOW, **FREE}
    names = tuple(bounds)
    low, high = np.array([_inner(name, np.array(bounds[name])) for name in names]).T
    begin = np.array([float(_inner(name, np.array(getattr(parameters, name)))) for name in names])
    error = problem.targets["error"].to_numpy(float)
    published = problem.of_trials
    mass = problem.prior if weight is None else weight

    # Each is searched from 1 to 2 over its range, so that steps of the differences are shares of the range.
    def values(place: "Floats") -> "Floats":
        return np.asarray(low + (place - 1) * (high - low))

    def residuals(place: "Floats") -> "Floats":
        shares = problem.shares(_with(parameters, names, values(place)))
        return np.asarray((shares.fitted(mass) - shares.value) / error)[published]

    found: Any = least_squares(
        residuals,
        np.clip(1 + (begin - low) / (high - low), 1 + _INSIDE, 2 - _INSIDE),
        bounds=(1.0, 2.0),
        diff_step=np.full(len(names), _STEP),
        ftol=_GAIN,
        max_nfev=_SETTLE,
    )
    return _with(parameters, names, values(found.x))


def _inner(name: str, value: "Floats") -> "Floats":
    return np.log(value) if name in _LOG else value


def _with(
    parameters: ObservationParameters, names: tuple[str, ...], vector: "Floats"
) -> ObservationParameters:
    values = {
        name: float(np.exp(x)) if name in _LOG else float(x) for name, x in zip(names, vector, strict=True)
    }
    return replace(parameters, **values)
