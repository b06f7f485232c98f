"""Every arm of a trial, simulated once for every member of the population who can enter it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.population import SEED, Cohort
from alarmin.trial.enrol import enter
from alarmin.trial.expectation import Expectation, expect
from alarmin.trial.observation_parameters import ObservationParameters
from alarmin.trial.run import weekly
from alarmin.trial.selection import eligible
from alarmin.trial.spec import TrialSpec
from alarmin.trial.treatment import regimens_of, treat, with_radiation

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ArmOutcomes", "simulate_trial"]


@dataclass(frozen=True)
class ArmOutcomes:
    """What members of the population expect in one arm.

    Parameters
    ----------
    spec : TrialSpec
    arm : str
    member : ndarray of int, shape (n,)
        Position of each patient among the members.
    enters : ndarray, shape (n,)
        Chance to live until enrolment.
    expectation : Expectation
    failed : DataFrame
        Columns candidate, reason: members whose integration failed in this arm.
    """

    spec: TrialSpec
    arm: str
    member: "NDArray[np.int64]"
    enters: "NDArray[np.float64]"
    expectation: Expectation
    failed: "pd.DataFrame"

    @property
    def features(self) -> "pd.DataFrame":
        """Features at enrolment."""
        return self.expectation.patients


def simulate_trial(
    spec: TrialSpec,
    members: Cohort,
    parameters: ObservationParameters,
    *,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[ArmOutcomes]:
    """Simulate all arms of a trial for all members who meet its criteria.

    Parameters
    ----------
    spec : TrialSpec
    members : Cohort
        All of the population, each once.
    parameters : ObservationParameters
    threads, progress
        As for `alarmin.trial.run_trial`.

    Returns
    -------
    list of ArmOutcomes
        In the order of the trial's arms.

    Notes
    -----
    A member has the same random numbers in each arm, so that arms differ by therapy alone.
    """
    regimens_of(spec)  # refuses what cannot be given before any work is done
    fits = eligible(members.features, spec.at_diagnosis).all(axis=1).to_numpy(dtype=bool)
    entered = enter(spec, members.rows(np.flatnonzero(fits)), parameters=parameters, threads=threads)
    position = members.features.index.get_indexer(entered.features.index)
    before = members.weight.to_numpy(float)[position]
    enters = entered.weight.to_numpy(float) / before
    patients = entered.features.reset_index()
    patients.insert(0, "patient_id", patients["candidate"])
    grid_day = weekly(spec)
    found = []
    for name in spec.arms:
        mine = with_radiation(spec, patients.assign(arm=name))
        treated = treat(
            spec,
            mine,
            entered,
            grid_day=grid_day,
            seed=SEED,
            parameters=parameters,
            threads=threads,
            progress=progress,
        )
        fine = treated.fine
        rows = np.flatnonzero(fine)
        found.append(
            ArmOutcomes(
                spec=spec,
                arm=name,
                member=position[rows],
                enters=enters[rows],
                expectation=expect(
                    spec,
                    mine.iloc[rows].reset_index(drop=True),
                    treated.rows(rows),
                    grid_day=grid_day,
                    seed=SEED,
                    parameters=parameters,
                ),
                failed=mine.loc[~fine, ["candidate"]].assign(reason=treated.reasons),
            )
        )
    return found
