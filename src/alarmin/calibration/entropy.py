"""Prevalence weights of largest entropy that explain published figures within their errors."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Weights", "maximum_entropy"]

_STEPS = 200
_DECREMENT = 1e-13


class Weights(NamedTuple):
    """Weights of the members and how they came about.

    Attributes
    ----------
    weight : ndarray, shape (n,)
        Sums to 1.
    multiplier : ndarray, shape (k,)
        One for each target; its sign says where the target pulls.
    cost : float
        Relative entropy to the prior weights plus half of the squared standardised residuals.
    """

    weight: "Floats"
    multiplier: "Floats"
    cost: float


def maximum_entropy(
    prior: "Floats", gap: "Floats", error: "Floats", start: "Floats | None" = None
) -> Weights:
    """Find weights close to the prior whose mean gaps are close to zero.

    Parameters
    ----------
    prior : ndarray, shape (n,), > 0
    gap : ndarray, shape (n, k)
        What each member adds to the miss of each target; a target is met where its weighted mean is zero.
    error : ndarray, shape (k,), > 0
        Standard error of each target.
    start : ndarray, shape (k,), optional
        Multipliers to begin with.

    Returns
    -------
    Weights

    Notes
    -----
    Minimises ``sum w log(w / prior) + sum (mean gap / error)**2 / 2``. Its dual is smooth and convex in one
    multiplier per target, solved by Newton's method with step halving; weights are
    ``prior * exp(-gap @ multiplier)``, scaled to sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> found = maximum_entropy(np.ones(2) / 2, np.array([[-0.25], [0.75]]), np.array([1e-6]))
    >>> found.weight.round(3).tolist()
    [0.75, 0.25]
    """
    prior = prior / prior.sum()
    log_prior = np.log(prior)
    multiplier = np.zeros(gap.shape[1]) if start is None else start.copy()

    def dual(value: "Floats") -> tuple[float, "Floats"]:
        log_weight = log_prior - gap @ value
        top = log_weight.max()
        weight = np.exp(log_weight - top)
        total = weight.sum()
        return float(np.log(total) + top + 0.5 * ((error * value) ** 2).sum()), weight / total

    now, weight = dual(multiplier)
    for _ in range(_STEPS):
        mean = weight @ gap
        gradient = error**2 * multiplier - mean
        curvature = (gap * weight[:, None]).T @ gap - np.outer(mean, mean) + np.diag(error**2)
        step = np.linalg.solve(curvature, gradient)
        if gradient @ step < _DECREMENT:
            break
        scale = 1.0
        while scale > 1e-10:
            ahead, there = dual(multiplier - scale * step)
            if ahead <= now - 1e-4 * scale * float(gradient @ step):
                break
            scale *= 0.5
        if scale <= 1e-10:
            break
        multiplier, now, weight = multiplier - scale * step, ahead, there
    return Weights(weight, multiplier, -now)
