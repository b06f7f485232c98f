"""One arm of a virtual trial: who enters, and what becomes of each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.conduct import DAYS_PER_MONTH
from alarmin.trial.discrepancy import EXACT, Discrepancy
from alarmin.trial.expectation import MONTHS, Outlook
from alarmin.trial.hazards import DAYS_PER_YEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = ["VirtualArm", "run_arm"]


@dataclass(frozen=True)
class VirtualArm:
    """One virtual trial's patients of one arm: who they are among the arm's members, and their outcomes."""

    row: "NDArray[np.int64]"
    responded: "NDArray[np.bool_]"
    pfs: "tuple[Floats, NDArray[np.bool_]]"
    os: "tuple[Floats, NDArray[np.bool_]]"


def run_arm(
    spec: "TrialSpec",
    weight: "Floats",
    outlook: Outlook,
    alive: "Floats",
    n: int,
    rng: np.random.Generator,
    shift: Discrepancy = EXACT,
) -> VirtualArm:
    """Run one arm of a virtual trial: who enters, when each progresses, dies, is lost or is read."""
    row = rng.choice(len(weight), size=n, p=weight / weight.sum())
    repeat = rng.integers(alive.shape[1], size=n)
    death = _first_below(shift.survival(alive[row, repeat]), rng.random(n))
    progression = shift.progression(outlook.progression_month[row, repeat])
    entry = rng.random(n) * spec.accrual_months
    lost = rng.exponential(size=n) * (DAYS_PER_YEAR / DAYS_PER_MONTH) / max(spec.dropout_per_year, 1e-12)
    end_pfs = np.minimum(np.minimum(lost, spec.cutoffs.response_and_pfs - entry), MONTHS[-1])
    end_os = np.minimum(np.minimum(lost, spec.cutoffs.overall_survival - entry), MONTHS[-1])
    event = np.minimum(progression, death)
    seen = outlook.response_month[row, repeat] < np.minimum(death, end_pfs)
    responded = outlook.responds[row, repeat] & seen
    return VirtualArm(
        row,
        shift.response(responded, rng),
        (np.minimum(event, end_pfs), event <= end_pfs),
        (np.minimum(death, end_os), death <= end_os),
    )


def _first_below(survival: "Floats", uniform: "Floats") -> "Floats":
    """Month at which each survival curve falls below a number; linear within the grid, infinity beyond it."""
    below = survival <= uniform[:, None]
    right = np.clip(below.argmax(axis=1), 1, len(MONTHS) - 1)
    rows = np.arange(len(survival))
    high, low = survival[rows, right - 1], survival[rows, right]
    share = np.clip((high - uniform) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    month = MONTHS[right - 1] + share * (MONTHS[right] - MONTHS[right - 1])
    return np.where(below.any(axis=1), month, np.inf)
