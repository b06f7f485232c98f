"""Move the priors of sampled parameters to where the weights of a round have gone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from alarmin.population import Cohort, Priors, draw_scores, effective_size
from alarmin.trial import ArmOutcomes, regimens_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["move"]

SPREAD = (0.4, 1.6)
"""A prior keeps at least and at most so much of its first standard deviation."""
SURE = 3.0
"""A mean moves only when it lies so many standard errors off."""
OF_DRUGS = "kill_"
"""Of a drug's parameters only the strength of killing moves; profiles of signals are known from the bench."""


def move(
    members: Cohort,
    weight: "NDArray[np.float64]",
    arms: Sequence[ArmOutcomes],
) -> Priors:
    """Find the mean and spread of each sampled parameter among weighted members.

    Parameters
    ----------
    members : Cohort
    weight : ndarray, shape (n_members,)
    arms : sequence of ArmOutcomes
        Parameters are looked at in members who are in one of these arms, those of a drug in those who
        received it.

    Returns
    -------
    dict
        As `alarmin.population.Priors`.

    Notes
    -----
    The step of an expectation-maximisation: new members are then drawn where the old ones were needed, so
    that the next round's weights are more even.
    """
    before = members.priors or {}
    given: dict[str, NDArray[np.bool_]] = {}
    for one in arms:
        for regimen in regimens_of(one.spec, one.arm).values():
            for drug in regimen.drugs:
                who = given.setdefault(drug, np.zeros(len(weight), dtype=bool))
                who[one.member] = True
    anywhere = np.zeros(len(weight), dtype=bool)
    for one in arms:
        anywhere[one.member] = True
    scores = draw_scores(members.features.index, drugs=tuple(given), priors=before)
    moved: dict[str, tuple[float, float]] = {}
    for name in scores.columns:
        owner = next((d for d in given if name.endswith(f"_{d}")), None)
        if owner is not None and not name.startswith(OF_DRUGS):
            continue
        w = weight * (anywhere if owner is None else given[owner])
        w = w / w.sum()
        score = scores[name].to_numpy()
        mean = float(w @ score)
        sd = float(np.sqrt(w @ (score - mean) ** 2))
        old_mean, old_sd = before.get(name, (0.0, 1.0))
        if abs(mean - old_mean) < SURE * sd / np.sqrt(effective_size(w)):
            mean, sd = old_mean, old_sd
        if (mean, sd) != (0.0, 1.0):
            moved[name] = (mean, float(np.clip(sd, *SPREAD)))
    return moved
