"""Move the priors of sampled parameters so that the population comes near the published figures.

Weights alone can only choose among the patients that were drawn; where the priors are far off, few are left
to choose. So the priors move first, in rounds. Each is a normal distribution of scores, and the members drawn
under it tell by regression how every target changes with its mean and spread: a Gauss-Newton step per round.
"""

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

__all__ = ["move"]

TRUST = 3.0
"""How far priors may move in one round: relative entropy of the new ones to the old."""
WIDE_MEAN, WIDE_LOG_SD = 1.0, 0.25
"""How far mean and log spread of a score are expected to lie from those of the model's table."""
OF_DRUGS = ("kill_", "angio_")
"""What moves of a drug: how strongly it kills and blocks vessels; its signals are known from the bench."""
KNOWN = ("odds_target", "k_resorption", "local_entry_1", "local_kill_1")
"""What stays as in the model's table: T790M prevails in 60 %, irradiated tumours fade as fast as they were
seen to, and no lesion is the better one."""
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
    before = members.priors or {}
    scores, drugs = _movable(problem, members, before)
    old = np.array([before.get(name, (0.0, 1.0)) for name in scores.columns])
    mean, sd = old.T
    z = (scores.to_numpy() - mean) / sd
    residual, slope = _linear(problem, parameters, z, drugs)

    # A step is the shift of each mean in old standard deviations, then of each log standard deviation.
    table = np.concatenate([mean / WIDE_MEAN, np.log(sd) / WIDE_LOG_SD])
    table_slope = np.concatenate([sd / WIDE_MEAN, np.full(len(sd), 1 / WIDE_LOG_SD)])
    length = np.repeat([1.0, 2.0], len(sd))  # second derivatives of the relative entropy
    curvature = slope.T @ slope + np.diag(table_slope**2)
    gradient = slope.T @ residual + table_slope * table

    def step(multiplier: float) -> "Floats":
        return np.asarray(-np.linalg.solve(curvature + multiplier * np.diag(length), gradient))

    low, high = -6.0, 12.0  # decimal logarithm of the multiplier
    for _ in range(_TRIES):
        middle = 0.5 * (low + high)
        far = 0.5 * float(length @ step(10.0**middle) ** 2) > TRUST
        low, high = (middle, high) if far else (low, middle)
    best = step(10.0**high)
    shift, log_ratio = np.split(best, 2)
    moved = zip(scores.columns, mean + sd * shift, sd * np.exp(log_ratio), strict=True)
    return {name: (float(m), float(s)) for name, m, s in moved}


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
    moves = [name for name in owner if name not in KNOWN and (not owner[name] or name.startswith(OF_DRUGS))]
    scores = scores[[name for name in moves if not (owner[name] in followers and name.startswith("kill_"))]]
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
