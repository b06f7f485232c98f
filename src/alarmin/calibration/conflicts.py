"""Published figures that pull the weights of the members in opposite directions."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.fit import Fit
from alarmin.calibration.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["conflicts"]

MISSED = 1.0
"""Figures that are missed by less, in standard errors, are in nobody's way."""
TOGETHER = 0.3
"""Figures whose members' contributions correlate by less are moved by different members."""


def conflicts(problem: Problem, found: Fit) -> "pd.DataFrame":
    """List pairs of missed figures where weights that bring one nearer take the other farther.

    Parameters
    ----------
    problem : Problem
        With the mix of patients under the weights of `found`.
    found : Fit

    Returns
    -------
    DataFrame
        figure and against (trial, arm, subgroup, endpoint, month or threshold), residual and against_residual
        (fitted less published, in standard errors), and correlation of what members contribute to the two;
        the strongest conflict (residuals and correlation multiplied) first.

    Notes
    -----
    Weights that are tilted along the contributions to one figure move another by their covariance. Two
    figures conflict where that movement mends one and worsens the other. The priors may still move both.
    """
    import pandas as pd

    table = found.table.reset_index(drop=True)
    missed = np.flatnonzero(problem.of_trials & (table["residual"].abs() >= MISSED).to_numpy(bool))
    weight = found.weight / found.weight.sum()
    gap = problem.shares(found.parameters).gap[:, missed]
    centred = gap - weight @ gap
    covariance = (centred * weight[:, None]).T @ centred
    size = np.sqrt(np.diag(covariance))
    correlation = covariance / np.maximum(np.outer(size, size), 1e-300)
    residual = table["residual"].to_numpy(float)[missed]
    strength = -np.outer(residual, residual) * correlation
    rows = []
    for i, j in zip(*np.triu_indices(len(missed), 1), strict=True):
        if strength[i, j] > 0 and abs(correlation[i, j]) >= TOGETHER:
            first, second = (i, j) if abs(residual[i]) >= abs(residual[j]) else (j, i)
            rows.append(
                {
                    "figure": _named(table.iloc[missed[first]]),
                    "residual": residual[first],
                    "against": _named(table.iloc[missed[second]]),
                    "against_residual": residual[second],
                    "correlation": correlation[i, j],
                    "strength": strength[i, j],
                }
            )
    columns = ["figure", "residual", "against", "against_residual", "correlation", "strength"]
    listed = pd.DataFrame(rows, columns=columns).sort_values("strength", ascending=False, kind="stable")
    return listed.drop(columns="strength").reset_index(drop=True)


def _named(row: "pd.Series[str]") -> str:
    at = float(row["at"])
    words = [row["trial"], row["arm"], row["subgroup"], row["endpoint"], "" if np.isnan(at) else f"{at:g}"]
    return " ".join(word for word in words if word)
