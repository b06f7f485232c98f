"""Estimate how far arms lie from their predictions beyond chance, when their trial has not been seen."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.fit import Fit, weigh
from alarmin.calibration.problem import Problem
from alarmin.trial.discrepancy import Discrepancy, Spread

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["CONCENTRATIONS", "predictions", "unexplained"]

CONCENTRATIONS = (10.0, 30.0, 100.0, 300.0, 1000.0)
_EDGE = 0.005  # shares are kept so far from 0 and 1 before they are put on a log scale


def predictions(seen: Problem, found: Fit, unseen: Problem) -> "pd.DataFrame":
    """Predict trials under a fit to others.

    Parameters
    ----------
    seen : Problem
        Trials that were fitted.
    found : Fit
        To `seen`.
    unseen : Problem
        Other trials of the same members.

    Returns
    -------
    DataFrame
        Targets of the trials in `unseen`, with a column ``predicted_C`` under the weights of each
        concentration C of `CONCENTRATIONS`; parameters of survival are those of the fit.
    """
    table = unseen.targets[unseen.of_trials].copy()
    seen.remix(found.weight)
    for concentration in CONCENTRATIONS:
        weight = weigh(seen, found.parameters, concentration).weight
        unseen.remix(weight)
        table[f"predicted_{concentration:g}"] = unseen.shares(found.parameters).fitted(weight)[
            unseen.of_trials
        ]
    return table


def unexplained(targets: "pd.DataFrame", predicted: "Floats") -> Spread:
    """Estimate how far trials and arms lie around their predictions, beyond sampling error.

    Parameters
    ----------
    targets : DataFrame
        As for `Problem`; subgroups are left out.
    predicted : ndarray, shape (n_targets,)

    Notes
    -----
    By moments, on the logit of response or the log of the cumulative hazard, from the mean miss of each arm:
    arms of one trial differ by their own part and by chance; the mean square of all holds the part that they
    share as well. Errors of one curve are taken as one error. The part of progression is that of progression
    or death; predictions apply it to progression alone.
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
    keys = [targets.loc[whole, name] for name in ("endpoint", "trial", "arm")]
    arms = table[whole].groupby(keys).mean().assign(square=lambda all_: all_["miss"] ** 2)
    sds: dict[str, tuple[float, float]] = {}
    for name in Discrepancy._fields:
        mine = arms[arms.index.get_level_values("endpoint") == name]
        total = float((mine["square"] - mine["variance"]).mean()) if len(mine) else 0.0
        trials = mine.groupby(level="trial")
        around = trials["miss"].var() - trials["variance"].mean()  # NaN for a single arm
        weight = trials.size() - 1
        own = float((around.fillna(0.0) * weight).sum() / max(weight.sum(), 1))
        own = min(max(own, 0.0), max(total, 0.0))
        sds[name] = float(np.sqrt(max(total - own, 0.0))), float(np.sqrt(own))
    return Spread(*(Discrepancy(**{name: sd[k] for name, sd in sds.items()}) for k in range(2)))


def _logit(share: "Floats") -> "Floats":
    return np.asarray(np.log(share / (1 - share)))


def _log_hazard(share: "Floats") -> "Floats":
    return np.asarray(np.log(-np.log(share)))
