"""Receiver operating characteristic of a marker, with an interval that knows who stands for whom."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.endpoints import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["area", "roc_curve"]

_Z = 1.959963984540054


def roc_curve(score: "Floats", positive: "NDArray[np.bool_]") -> "tuple[Floats, Floats]":
    """Trace how many positives and negatives lie at or above each value of a score.

    Parameters
    ----------
    score : ndarray, shape (n,)
    positive : ndarray of bool, shape (n,)
        At least one of each kind.

    Returns
    -------
    false, true : ndarray
        False and true positive rate, from (0, 0) to (1, 1).

    Examples
    --------
    >>> false, true = roc_curve(np.array([1.0, 2.0, 3.0]), np.array([False, True, True]))
    >>> false.tolist(), true.tolist()
    ([0.0, 0.0, 0.0, 1.0], [0.0, 0.5, 1.0, 1.0])
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    true = np.cumsum(positive[order])[last] / positive.sum()
    false = np.cumsum(~positive[order])[last] / (~positive).sum()
    return np.append(0.0, false), np.append(0.0, true)


def area(score: "Floats", positive: "NDArray[np.bool_]", cluster: "NDArray[np.int64]") -> Estimate:
    """Compute the area under the curve with its 95 % interval.

    Parameters
    ----------
    score : ndarray, shape (n,)
    positive : ndarray of bool, shape (n,)
    cluster : ndarray of int, shape (n,)
        Patients with one number are copies of one member of the population and are not independent.

    Returns
    -------
    Estimate [1]
        Chance that a positive has the higher score. NaN where one kind is missing; limits NaN where there is
        no variance to see.

    Notes
    -----
    Variance by Obuchowski (Biometrics 1997;53:567), which is that of DeLong where each patient is a member of
    their own; interval on the logit scale.

    Examples
    --------
    >>> area(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]), np.arange(4)).value
    0.75
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return Estimate(np.nan, np.nan, np.nan)
    below = _placement(score[positive], score[~positive])
    above = 1.0 - _placement(score[~positive], score[positive])
    value = float(below.mean())
    members, place = np.unique(cluster, return_inverse=True)
    mine = np.bincount(place[positive], below - value, len(members)) / n_positive
    theirs = np.bincount(place[~positive], above - value, len(members)) / n_negative
    counts = [len(np.unique(place[positive])), len(np.unique(place[~positive])), len(members)]
    if min(counts) < 2 or value in (0.0, 1.0):
        return Estimate(value, np.nan, np.nan)
    parts = (mine @ mine, theirs @ theirs, 2.0 * mine @ theirs)
    variance = sum(n / (n - 1) * part for n, part in zip(counts, parts, strict=True))
    half = _Z * np.sqrt(max(variance, 0.0)) / (value * (1.0 - value))
    logit = np.log(value / (1.0 - value))
    low, high = (float(1.0 / (1.0 + np.exp(-(logit + sign * half)))) for sign in (-1.0, 1.0))
    return Estimate(value, low, high)


def _placement(score: "Floats", others: "Floats") -> "Floats":
    """Share of the others below each score, ties by half."""
    ranked = np.sort(others)
    ends = np.searchsorted(ranked, score, side="left") + np.searchsorted(ranked, score, side="right")
    return np.asarray(ends / (2.0 * len(others)))
