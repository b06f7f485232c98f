"""Weights of the members, and the free parameters of survival, that explain all calibration arms at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from alarmin.calibration.entropy import Weights, maximum_entropy
from alarmin.population import effective_size
from alarmin.trial import MONTHS, ArmOutcomes, ObservationParameters, Outlook, eligible, rake

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["FREE", "SLOW", "Fit", "Problem", "fit"]

SLOW: Mapping[str, tuple[float, float]] = {
    "new_lesion_per_year": (0.005, 2.0),
    "new_lesion_per_growth": (0.05, 6.0),
}
"""Parameters of new lesions that are estimated, each with the range that is searched; scans are read anew."""
FREE: Mapping[str, tuple[float, float]] = {
    "os_hazard_per_year": (0.05, 0.8),
    "os_log_hazard_progressing": (0.3, 2.5),
    "os_log_hazard_later_line": (-1.0, 1.0),
    "os_log_hazard_stage_iii": (-2.0, 1.0),
    "os_log_hazard_driver": (-2.0, 1.0),
}
"""Parameters of survival that are estimated, each with the range that is searched."""
_LOG = ("os_hazard_per_year", *SLOW)
_MIX_ROUNDS = 3


@dataclass(frozen=True)
class Fit:
    """Result of a calibration on given simulations.

    Parameters
    ----------
    weight : ndarray, shape (n_members,)
        On average one.
    parameters : ObservationParameters
    table : DataFrame
        One row per target: trial, arm, subgroup, endpoint, month, value, error, fitted, residual (in standard
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


class Target(NamedTuple):
    """One row of the targets."""

    trial: str
    arm: str
    subgroup: str
    endpoint: str
    month: float
    value: float


class Problem:
    """Targets and what each member contributes to them.

    Parameters
    ----------
    arms : sequence of ArmOutcomes
    targets : DataFrame
        Columns trial, arm, subgroup, endpoint (orr, pfs, os, feature, entry), month, value, error. Entry: how
        many patients enter relative to the prior; without it weights could desert a trial that they miss.
    marginals : dict
        Name of a feature target -> bool per member; its row has endpoint feature and the name as subgroup.
    prior : ndarray, shape (n_members,)
        Prior weights.
    """

    def __init__(
        self,
        arms: Sequence[ArmOutcomes],
        targets: "pd.DataFrame",
        marginals: Mapping[str, "NDArray[np.bool_]"],
        prior: "Floats",
    ) -> None:
        self.arms = {(one.spec.trial, one.arm): one for one in arms}
        self.targets, self.marginals, self.prior = targets.reset_index(drop=True), marginals, prior
        columns = ("trial", "arm", "subgroup", "endpoint", "month", "value")
        self.rows = [Target(*(row[name] for name in columns)) for row in self.targets.to_dict("records")]
        self.enters = {key: one.enters.copy() for key, one in self.arms.items()}
        self._outlooks: dict[tuple[str, str], Outlook] = {}
        self._read: tuple[float, ...] = ()
        self._masks: dict[tuple[str, str, str], NDArray[np.bool_]] = {}
        self.remix(prior)

    def remix(self, weight: "Floats") -> None:
        """Bring each trial's mix of patients to its baseline table under these weights of the members."""
        for key, one in self.arms.items():
            now = weight[one.member] * one.enters
            self.enters[key] = one.enters * rake(one.spec, one.features, now)

    def _outlook(self, key: tuple[str, str], parameters: ObservationParameters) -> Outlook:
        """Return what the arm's scans show; read anew only when a parameter that they rest on has changed."""
        read = tuple(getattr(parameters, name) for name in SLOW)
        if read != self._read:
            self._outlooks, self._read = {}, read
        if key not in self._outlooks:
            self._outlooks[key] = self.arms[key].expectation.outlook(parameters)
        return self._outlooks[key]

    def gaps(self, parameters: ObservationParameters) -> "Floats":
        """Each member's share in the miss of each target, shape (n_members, n_targets)."""
        matrix = np.zeros((len(self.prior), len(self.targets)))
        alive: dict[tuple[str, str], Floats] = {}
        curves: dict[tuple[str, str, str], Floats] = {}
        for column, row in enumerate(self.rows):
            if row.endpoint == "feature":
                matrix[:, column] = self.marginals[row.subgroup] - row.value
                continue
            key = (row.trial, row.arm)
            one = self.arms[key]
            if row.endpoint == "entry":
                mass = (self.prior[one.member] * self.enters[key]).sum() / self.prior.sum()
                matrix[:, column] = -row.value
                matrix[one.member, column] += self.enters[key] / mass
                continue
            outlook = self._outlook(key, parameters)
            if key not in alive:
                alive[key] = outlook.survival(one.expectation.risk(parameters), parameters)
            which = (*key, row.endpoint)
            if which not in curves:
                curves[which] = (
                    outlook.response(alive[key])[:, None]
                    if row.endpoint == "orr"
                    else outlook.curve(row.endpoint, alive[key])
                )
            value = curves[which][:, 0] if row.endpoint == "orr" else _at_month(curves[which], row.month)
            enters = self.enters[key] * self._mask(one, row.subgroup)
            mass = (self.prior[one.member] * enters).sum() / self.prior.sum()
            matrix[one.member, column] = enters * (value - row.value) / mass
        return matrix

    def slope(self) -> "Floats":
        """How each member's gap falls when a target's value rises, shape (n_members, n_targets)."""
        matrix = np.zeros((len(self.prior), len(self.targets)))
        for column, row in enumerate(self.rows):
            if row.endpoint in ("feature", "entry"):
                matrix[:, column] = 1.0
                continue
            one = self.arms[row.trial, row.arm]
            enters = self.enters[row.trial, row.arm] * self._mask(one, row.subgroup)
            matrix[one.member, column] = enters * self.prior.sum() / (self.prior[one.member] * enters).sum()
        return matrix

    def _mask(self, one: ArmOutcomes, subgroup: str) -> "NDArray[np.bool_]":
        key = (one.spec.trial, one.arm, subgroup)
        if key not in self._masks:
            everyone = np.ones(len(one.member), dtype=bool)
            self._masks[key] = (
                eligible(one.features, one.spec.subgroups[subgroup].parsed).all(axis=1).to_numpy(dtype=bool)
                if subgroup
                else everyone
            )
        return self._masks[key]

    def fitted(self, parameters: ObservationParameters, weight: "Floats") -> "Floats":
        """Value of each target under weights: a ratio over those who enter."""
        gap = self.gaps(parameters)
        total = np.ones(len(self.targets)) * weight.sum()
        for column, row in enumerate(self.rows):
            if row.endpoint not in ("feature", "entry"):
                one = self.arms[row.trial, row.arm]
                enters = self.enters[row.trial, row.arm] * self._mask(one, row.subgroup)
                mass = (self.prior[one.member] * enters).sum() / self.prior.sum()
                total[column] = (weight[one.member] * enters).sum() / mass
        return np.asarray(self.targets["value"].to_numpy() + weight @ gap / total)


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
        found = maximum_entropy(problem.prior, problem.gaps(values), error, start)
        start = found.multiplier
        return found

    for _ in range(_MIX_ROUNDS):
        for bounds, share in ((SLOW, 0.25), (FREE, 1.0)):
            parameters = _search(lambda v: solve(v).cost, parameters, bounds, round(share * evaluations))
        problem.remix(solve(parameters).weight)
    best = solve(parameters)
    table = problem.targets.assign(fitted=problem.fitted(parameters, best.weight), multiplier=best.multiplier)
    table["residual"] = (table["fitted"] - table["value"]) / table["error"]
    return Fit(best.weight * len(best.weight), parameters, table, best.cost)


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


def _at_month(curve: "Floats", month: float) -> "Floats":
    right = int(np.clip(np.searchsorted(MONTHS, month), 1, len(MONTHS) - 1))
    share = (month - MONTHS[right - 1]) / (MONTHS[right] - MONTHS[right - 1])
    return np.asarray((1 - share) * curve[:, right - 1] + share * curve[:, right])
