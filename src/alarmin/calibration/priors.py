"""Move the priors of sampled parameters so that the population comes near the published figures.

Weights alone can only choose among the patients that were drawn; where the priors are far off, few are left
to choose. So the priors move first, in rounds. Each is a normal distribution of scores, and the members drawn
under it tell by regression how every target changes with its mean and spread: a Gauss-Newton step per round.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.problem import Problem
from alarmin.population import Cohort, Priors, draw_scores
from alarmin.therapy import drug
from alarmin.trial import ObservationParameters, regimens_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["move", "pull"]

TRUST = 3.0
"""How far priors may move in one round: relative entropy of the new ones to the old."""
WIDE_MEAN, WIDE_LOG_SD = 1.0, 0.25
"""How far mean and log spread of a score are expected to lie from those of the model's table."""
OF_DRUGS = "kill_"
"""Of a drug's parameters only the strength of killing moves; profiles of signals are known from the bench."""
RIDGE = 10.0
"""Keeps regressions on few members steady: worth so many members without any effect."""
_TRIES = 40


def move(problem: Problem, members: Cohort, parameters: ObservationParameters) -> Priors:
    """Find priors, not far from the present ones, under which the targets are missed less.

    Parameters
    ----------
    problem : Problem
    members : Cohort
        Drawn under `members.priors`.
    parameters : ObservationParameters
        Of survival; they stay.

    Returns
    -------
    dict
        As `alarmin.population.Priors`.

    Notes
    -----
    By Stein's lemma the derivative of an expectation with respect to the mean of a score is the expected
    slope of what is averaged, here a regression on scores and their squares. The step minimises half the
    squared residuals of that linear model and half the squared distance of means and log spreads from the
    table (in units of `WIDE_MEAN` and `WIDE_LOG_SD`), and goes no further than `TRUST`.
    """
    step = _Step.of(problem, members, parameters)
    low, high = -6.0, 12.0  # decimal logarithm of the multiplier
    for _ in range(_TRIES):
        middle = 0.5 * (low + high)
        far = 0.5 * float(step.length @ step.solve(10.0**middle) ** 2) > TRUST
        low, high = (middle, high) if far else (low, middle)
    shift, log_ratio = np.split(step.solve(10.0**high), 2)
    moved = zip(step.names, step.mean + step.sd * shift, step.sd * np.exp(log_ratio), strict=True)
    return {name: (float(m), float(s)) for name, m, s in moved}


def pull(problem: Problem, members: Cohort, parameters: ObservationParameters) -> "Floats":
    """Estimate how far each trial has pulled its own figures through the priors; shape (n_targets,).

    Parameters
    ----------
    problem, members, parameters
        As for `move`.

    Returns
    -------
    ndarray
        What the priors would add to each figure, had they never seen its trial: the difference of two steps
        of the linear model, one without the trial's figures. 0 for targets of no trial.
    """
    step = _Step.of(problem, members, parameters)
    published = np.flatnonzero(problem.of_trials)
    error = problem.targets["error"].to_numpy(float)[published]
    trial = problem.targets["trial"].to_numpy()[published]
    added = np.zeros(len(problem.targets))
    whole = step.solve(0.0)
    for name in sorted(set(trial)):
        own = trial == name
        apart = step.without(own).solve(0.0) - whole
        added[published[own]] = error[own] * (step.slope[own] @ apart)
    return added


@dataclass(frozen=True)
class _Step:
    """The linear model of one Gauss-Newton step: residuals, their slopes, and the pull of the table.

    A step is the shift of each mean in old standard deviations, then of each log standard deviation.
    """

    names: tuple[str, ...]
    mean: "Floats"
    sd: "Floats"
    residual: "Floats"
    slope: "Floats"

    @classmethod
    def of(cls, problem: Problem, members: Cohort, parameters: ObservationParameters) -> "_Step":
        before = members.priors or {}
        scores, drugs = _movable(problem, members, before)
        mean, sd = np.array([before.get(name, (0.0, 1.0)) for name in scores.columns]).T
        z = (scores.to_numpy() - mean) / sd
        return cls(tuple(scores.columns), mean, sd, *_linear(problem, parameters, z, drugs))

    def without(self, rows: "NDArray[np.bool_]") -> "_Step":
        return replace(self, residual=self.residual[~rows], slope=self.slope[~rows])

    @property
    def length(self) -> "Floats":
        """Second derivatives of the relative entropy."""
        return np.repeat([1.0, 2.0], len(self.sd))

    def solve(self, multiplier: float) -> "Floats":
        table = np.concatenate([self.mean / WIDE_MEAN, np.log(self.sd) / WIDE_LOG_SD])
        table_slope = np.concatenate([self.sd / WIDE_MEAN, np.full(len(self.sd), 1 / WIDE_LOG_SD)])
        curvature = self.slope.T @ self.slope + np.diag(table_slope**2 + multiplier * self.length)
        gradient = self.slope.T @ self.residual + table_slope * table
        return np.asarray(-np.linalg.solve(curvature, gradient))


def _movable(
    problem: Problem, members: Cohort, before: Priors
) -> "tuple[pd.DataFrame, dict[tuple[str, str], NDArray[np.bool_]]]":
    """Scores of all members, and for each arm which of them can matter there."""
    given = {
        key: {drug for regimen in regimens_of(one.spec, one.arm).values() for drug in regimen.drugs}
        for key, one in problem.arms.items()
    }
    drugs = tuple(sorted(set().union(*given.values())))
    scores = draw_scores(members.features.index, drugs=drugs, priors=before)
    owner = {name: next((d for d in drugs if name.endswith(f"_{d}")), "") for name in map(str, scores)}
    followers = {d for d in drugs if (profile := drug(d).profile) and profile.kill_as}
    moves = [name for name in owner if not owner[name] or name.startswith(OF_DRUGS)]
    scores = scores[[name for name in moves if owner[name] not in followers]]
    counts = {
        key: np.array([not owner[name] or owner[name] in given[key] for name in map(str, scores)])
        for key in given
    }
    return scores, counts


def _linear(
    problem: Problem,
    parameters: ObservationParameters,
    z: "Floats",
    counts: "dict[tuple[str, str], NDArray[np.bool_]]",
) -> "tuple[Floats, Floats]":
    """Return the residuals in standard errors and their derivatives with respect to a step."""
    shares = problem.shares(parameters)
    residuals, slopes = [], []
    n = z.shape[1]
    error = problem.targets["error"].to_numpy(float)
    for column in np.flatnonzero(problem.of_trials):
        row = problem.rows[column]
        rows = np.flatnonzero(shares.counted[:, column])
        weight = problem.prior[rows] * shares.counted[rows, column]
        size = weight.sum() ** 2 / (weight**2).sum()  # effective number of members
        weight = weight / weight.sum()
        value = shares.hit[rows, column] / shares.counted[rows, column]
        mean = weight @ value
        which = np.flatnonzero(counts[row.trial, row.arm])
        x = np.hstack([z[rows][:, which], z[rows][:, which] ** 2 - 1.0])
        x = x - weight @ x
        gram = (x * weight[:, None]).T @ x + RIDGE / size * np.eye(x.shape[1])
        effect = np.linalg.solve(gram, x.T @ (weight * (value - mean)))
        slope = np.zeros(2 * n)
        slope[which], slope[n + which] = effect[: len(which)], 2.0 * effect[len(which) :]
        residuals.append((mean - row.value) / error[column])
        slopes.append(slope / error[column])
    return np.array(residuals), np.array(slopes)
