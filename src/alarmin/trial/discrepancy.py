"""How far the model itself may be off in an arm, beyond chance: what intervals of predictions hold of it."""

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["EXACT", "Discrepancy", "discrepancy_sd", "draw_discrepancy"]

_TABLE = Path(__file__).parent / "data" / "discrepancy.csv"


class Discrepancy(NamedTuple):
    """Shifts of one arm, or their standard deviations.

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
        """Shift the response rate: some responders are taken back, or some others made responders."""
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


@cache
def discrepancy_sd() -> Discrepancy:
    """Return the standard deviations that calibration estimated (`data/discrepancy.csv`)."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return Discrepancy(**{row["endpoint"]: float(row["sd"]) for row in csv.DictReader(file)})


def draw_discrepancy(rng: np.random.Generator) -> Discrepancy:
    """Draw the shifts of one arm, each on its own."""
    return Discrepancy(*(rng.normal(0.0, np.array(discrepancy_sd()))))
