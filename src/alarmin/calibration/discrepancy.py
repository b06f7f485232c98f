"""Estimate how far arms lie from their predictions beyond chance, when their trial is left out of the fit."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.entropy import maximum_entropy
from alarmin.calibration.problem import Problem
from alarmin.trial import Discrepancy, ObservationParameters

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["CONCENTRATIONS", "left_out", "unexplained"]

CONCENTRATIONS = (10.0, 30.0, 100.0, 300.0, 1000.0)
_EDGE = 0.005  # shares are kept so far from 0 and 1 before they are put on a log scale


def left_out(problem: Problem, parameters: ObservationParameters, concentration: float) -> "Floats":
    """Predict each trial under weights that were fitted to the others; shape (n_targets,).

    Parameters
    ----------
    problem : Problem
    parameters : ObservationParameters
        Kept, as are the priors; both have seen every trial, so that misses come out a little too small.
    concentration : float, > 0
        As for `alarmin.calibration.fit.fit`.
    """
    shares = problem.shares(parameters)
    wide = np.sqrt(concentration) * problem.targets["error"].to_numpy(float)
    trial = problem.targets["trial"].to_numpy()
    predicted = shares.fitted(problem.prior)
    for name in sorted(set(trial[problem.of_trials])):
        others = trial != name
        weight = maximum_entropy(problem.prior, shares.gap[:, others], wide[others]).weight
        predicted[~others] = shares.fitted(weight)[~others]
    return predicted


def unexplained(targets: "pd.DataFrame", predicted: "Floats") -> Discrepancy:
    """Estimate the standard deviation of arms around their predictions that sampling error leaves over.

    Parameters
    ----------
    targets : DataFrame
        As for `Problem`; subgroups are left out.
    predicted : ndarray, shape (n_targets,)

    Notes
    -----
    By moments: the mean square of an arm's mean miss, on the logit of response or on the log of the
    cumulative hazard, less what sampling explains (the errors of one curve are taken as one error).
    """
    import pandas as pd

    value = targets["value"].clip(_EDGE, 1 - _EDGE).to_numpy(float)
    predicted = predicted.clip(_EDGE, 1 - _EDGE)
    error = targets["sampling"].to_numpy(float)
    curve = targets["endpoint"].isin(["pfs", "os"]).to_numpy()
    slope = np.where(curve, 1 / (value * -np.log(value)), 1 / (value * (1 - value)))
    miss = np.where(curve, _log_hazard(value) - _log_hazard(predicted), _logit(value) - _logit(predicted))
    table = pd.DataFrame({"miss": miss, "variance": (slope * error) ** 2})
    whole = targets["subgroup"].eq("") & targets["endpoint"].isin(Discrepancy._fields)
    keys = [targets[name] for name in ("endpoint", "trial", "arm")]
    arms = table[whole].groupby([key[whole] for key in keys]).mean()
    excess = (arms["miss"] ** 2 - arms["variance"]).groupby(level="endpoint").mean()
    return Discrepancy(
        **{name: float(np.sqrt(max(excess.get(name, 0.0), 0.0))) for name in Discrepancy._fields}
    )


def _logit(share: "Floats") -> "Floats":
    return np.asarray(np.log(share / (1 - share)))


def _log_hazard(share: "Floats") -> "Floats":
    return np.asarray(np.log(-np.log(share)))
