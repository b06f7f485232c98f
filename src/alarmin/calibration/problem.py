"""Targets of a calibration and what each member of the population contributes to them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alarmin.trial import MONTHS, ArmOutcomes, ObservationParameters, Outlook, eligible, rake

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.kinetics import Dynamics

    Floats = NDArray[np.float64]

__all__ = ["SLOW", "Problem", "Shares"]

SLOW: Mapping[str, tuple[float, float]] = {
    "new_lesion_per_year": (0.005, 2.0),
    "new_lesion_per_growth": (0.05, 12.0),
    "os_log_hazard_per_growth": (0.0, 12.0),
}
"""Parameters that are estimated and go into each simulated course, each with the range that is searched."""


class Target(NamedTuple):
    """One row of the targets."""

    trial: str
    arm: str
    subgroup: str
    endpoint: str
    at: float
    value: float


class Shares(NamedTuple):
    """What each member contributes to each target; shapes (n_members, n_targets).

    Attributes
    ----------
    counted : ndarray
        How much a member counts; on average one under the prior weights.
    hit : ndarray
        The part of that with which the target is met, as the share of a member's scans that show a response.
    value : ndarray, shape (n_targets,)
        Published shares.
    """

    counted: "Floats"
    hit: "Floats"
    value: "Floats"

    @property
    def gap(self) -> "Floats":
        """Each member's part in the miss of each target."""
        return np.asarray(self.hit - self.counted * self.value)

    def fitted(self, weight: "Floats") -> "Floats":
        """Value of each target under weights of the members."""
        return np.asarray((weight @ self.hit) / (weight @ self.counted))


class Problem:
    """Targets and what each member contributes to them.

    Parameters
    ----------
    arms : sequence of ArmOutcomes
    targets : DataFrame
        Columns trial, arm, subgroup, endpoint, at, value, error. Endpoints of trials as in `trial_targets`;
        entry: how many patients enter relative to the prior, as without it weights could desert a trial that
        they miss; feature: see `marginals`.
    marginals : dict
        Name of a feature target -> bool per member; its row has endpoint feature and the name as subgroup.
    prior : ndarray, shape (n_members,)
        Prior weights.

    Attributes
    ----------
    of_trials : ndarray of bool, shape (n_targets,)
        Which targets were published of a trial.
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
        columns = ("trial", "arm", "subgroup", "endpoint", "at", "value")
        self.rows = [Target(*(row[name] for name in columns)) for row in self.targets.to_dict("records")]
        self.of_trials = ~self.targets["endpoint"].isin(["feature", "entry"]).to_numpy()
        self.enters = {key: one.enters.copy() for key, one in self.arms.items()}
        self._outlooks: dict[tuple[str, str], Outlook] = {}
        self._moved: dict[tuple[str, str], Dynamics] = {}
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
            self._outlooks, self._moved, self._read = {}, {}, read
        if key not in self._outlooks:
            self._outlooks[key] = self.arms[key].expectation.outlook(parameters)
        return self._outlooks[key]

    def shares(self, parameters: ObservationParameters) -> "Shares":
        """Work out how much each member counts for each target, and with what share of successes."""
        counted = np.zeros((len(self.prior), len(self.targets)))
        hit = np.zeros_like(counted)
        alive: dict[tuple[str, str], Floats] = {}
        curves: dict[tuple[str, str, str], Floats] = {}
        total = self.prior.sum()
        for column, row in enumerate(self.rows):
            if row.endpoint == "feature":
                counted[:, column], hit[:, column] = 1.0, self.marginals[row.subgroup]
                continue
            key = (row.trial, row.arm)
            one, enters = self.arms[key], self.enters[key]
            if row.endpoint == "entry":
                counted[:, column] = 1.0
                hit[one.member, column] = enters * total / (self.prior[one.member] * enters).sum()
                continue
            outlook = self._outlook(key, parameters)
            if key not in alive:
                alive[key] = outlook.survival(one.expectation.risk(parameters), parameters)
            enters = enters * self._mask(one, row.subgroup)
            if row.endpoint in ("pfs", "os"):
                which = (*key, row.endpoint)
                if which not in curves:
                    curves[which] = outlook.curve(row.endpoint, alive[key])
                success = _at_month(curves[which], row.at)
            elif row.endpoint == "orr":
                success = outlook.response(alive[key])
            elif row.endpoint == "alive_after_progression":
                progresses = outlook.alive_at_progression(one.expectation.risk(parameters), parameters)
                lives = np.minimum(outlook.alive_after_progression(row.at, alive[key]), progresses)
                progresses, lives = progresses.mean(axis=1), lives.mean(axis=1)
                enters, success = enters * progresses, lives / np.maximum(progresses, 1e-12)
            else:  # how lesions move, of those who were read three times
                if key not in self._moved:
                    self._moved[key] = one.expectation.dynamics(outlook)
                thrice = outlook.read_thrice(self._moved[key], alive[key]).mean(axis=1)
                success = outlook.shows(self._moved[key], row.endpoint, row.at, alive[key]).mean(axis=1)
                enters, success = enters * thrice, success / np.maximum(thrice, 1e-12)
            factor = total / (self.prior[one.member] * enters).sum()
            counted[one.member, column] = enters * factor
            hit[one.member, column] = enters * success * factor
        return Shares(counted, hit, np.array([row.value for row in self.rows]))

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


def _at_month(curve: "Floats", month: float) -> "Floats":
    right = int(np.clip(np.searchsorted(MONTHS, month), 1, len(MONTHS) - 1))
    share = (month - MONTHS[right - 1]) / (MONTHS[right] - MONTHS[right - 1])
    return np.asarray((1 - share) * curve[:, right - 1] + share * curve[:, right])
