"""How much of the difference between patients a set of baseline figures explains.

The simulated tumour is a function of the patient's parameters, without chance: the whole of them explains the
true course by construction. What remains open is how much of it a clinic could know beforehand. That is asked
of a linear regression on ranks, judged on members that it has not seen: nothing more flexible could be fitted
to the few members that carry a trial.
"""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.roc import area

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["explained_area", "explained_share"]

_FOLDS = 5
_FEWEST, _FEWEST_EACH = 30, 10
_SEED = 71  # spreads members over folds


def explained_share(predictors: "Floats", outcome: "Floats", cluster: "NDArray[np.int64]") -> float:
    """Compute the share of the variance of an outcome that predictors explain in members held back.

    Parameters
    ----------
    predictors : ndarray, shape (n, k)
    outcome : ndarray, shape (n,)
    cluster : ndarray of int, shape (n,)
        Copies of one member are held back together.

    Returns
    -------
    float [1]
        One less the squared error over the variance: 1 for all, 0 for no better than the mean, below 0 for
        worse. NaN for an outcome that does not vary, or where there are fewer than 30 members or than 10 for
        each predictor: a regression on so few says more of them than of the markers.
    """
    folds = _folds(predictors, cluster)
    spread = float(((outcome - outcome.mean()) ** 2).sum())
    if folds is None or spread <= 0.0:
        return float("nan")
    return 1.0 - float(((outcome - _held_back(predictors, outcome, folds)) ** 2).sum()) / spread


def explained_area(
    predictors: "Floats", positive: "NDArray[np.bool_]", cluster: "NDArray[np.int64]"
) -> float:
    """Compute how well predictors rank members held back: area under the curve, mean over the folds.

    Parameters
    ----------
    predictors, cluster
        As for `explained_share`.
    positive : ndarray of bool, shape (n,)

    Returns
    -------
    float [1]
        A fold without both kinds does not count. NaN where none has both, and as for `explained_share`.
    """
    folds = _folds(predictors, cluster)
    if folds is None:
        return float("nan")
    score = _held_back(predictors, positive.astype(float), folds)
    areas, pairs = [], []
    for fold in range(_FOLDS):
        rows = folds == fold
        hits = int(positive[rows].sum())
        if 0 < hits < rows.sum():
            areas.append(area(score[rows], positive[rows], cluster[rows]).value)
            pairs.append(hits * (int(rows.sum()) - hits))
    return float(np.average(areas, weights=pairs)) if areas else float("nan")


def _folds(predictors: "Floats", cluster: "NDArray[np.int64]") -> "NDArray[np.int64] | None":
    members, place = np.unique(cluster, return_inverse=True)
    if len(members) < max(_FEWEST, _FEWEST_EACH * predictors.shape[1]):
        return None
    order = np.random.default_rng(_SEED).permutation(len(members))
    return np.asarray(order[place] % _FOLDS)


def _held_back(predictors: "Floats", outcome: "Floats", folds: "NDArray[np.int64]") -> "Floats":
    """Predict each patient from a regression on the folds of the others."""
    from scipy.stats import rankdata

    ranks = (rankdata(predictors, axis=0) - 0.5) / len(predictors) - 0.5
    design = np.column_stack([np.ones(len(outcome)), ranks])
    predicted = np.empty(len(outcome))
    for fold in range(_FOLDS):
        here = folds == fold
        weights = np.linalg.lstsq(design[~here], outcome[~here], rcond=None)[0]
        predicted[here] = design[here] @ weights
    return predicted
