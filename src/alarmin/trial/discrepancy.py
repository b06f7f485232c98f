"""How far the model itself may be off in a trial or an arm, beyond chance: what intervals hold of that."""

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["EXACT", "Discrepancy", "Spread", "discrepancy_sd", "draw_discrepancy"]

_TABLE = Path(__file__).parent / "data" / "discrepancy.csv"


class Discrepancy(NamedTuple):
    """Shifts of one arm, or standard deviations of such.

    Attributes
    ----------
    orr : float
        Of the logit of the response rate.
    pfs, os : float
        Of the log hazard of progression, and of death.
    """

    orr: float
    pfs: float
    os: float

    def response(self, responded: "NDArray[np.bool_]", rng: np.random.Generator) -> "NDArray[np.bool_]":
        """Shift the response rate: some responders are taken back, or some others made responders.

        A rate of 0 or 1 stays.
        """
        rate = float(responded.mean())
        if self.orr == 0 or rate in (0.0, 1.0):
            return responded
        wanted = 1.0 / (1.0 + (1.0 / rate - 1.0) * np.exp(-self.orr))
        uniform = rng.random(len(responded))
        if wanted < rate:
            return np.asarray(responded & (uniform < wanted / rate))
        return np.asarray(responded | (uniform < (wanted - rate) / (1.0 - rate)))

    def progression(self, month: "Floats") -> "Floats":
        """Shift the hazard of progression: a hazard that is twice as high halves every time."""
        return np.asarray(month * np.exp(-self.pfs))

    def survival(self, alive: "Floats") -> "Floats":
        """Shift the hazard of death in curves of survival."""
        return np.asarray(alive ** np.exp(self.os))


EXACT = Discrepancy(0.0, 0.0, 0.0)
"""No shift."""


class Spread(NamedTuple):
    """Standard deviations of shifts.

    Attributes
    ----------
    trial : Discrepancy
        Of what all arms of a trial share: its patients, its centres, its time. It leaves comparisons alone.
    arm : Discrepancy
        Of what is each arm's own: how well the model knows its drugs.
    """

    trial: Discrepancy
    arm: Discrepancy


@cache
def discrepancy_sd() -> Spread:
    """Return the standard deviations that calibration estimated (`data/discrepancy.csv`)."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = {row["endpoint"]: row for row in csv.DictReader(file)}
    trial, arm = (
        Discrepancy(**{name: float(row[column]) for name, row in rows.items()})
        for column in ("trial_sd", "arm_sd")
    )
    return Spread(trial, arm)


def draw_discrepancy(arms: Iterable[str], rng: np.random.Generator) -> dict[str, Discrepancy]:
    """Draw the shifts of the arms of one trial: name -> what they share and what is the arm's own."""
    sd = discrepancy_sd()
    shared = rng.normal(0.0, np.array(sd.trial))
    return {name: Discrepancy(*(shared + rng.normal(0.0, np.array(sd.arm)))) for name in arms}
