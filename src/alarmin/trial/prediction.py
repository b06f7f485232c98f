"""Predict what a trial of its published size would report, with intervals, from weighted members."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.population import Cohort, grow, members, resample
from alarmin.population import candidates as of_numbers
from alarmin.trial.arms import ArmOutcomes, simulate_trial
from alarmin.trial.comparison import published_figures
from alarmin.trial.enrol import rake
from alarmin.trial.expectation import MONTHS
from alarmin.trial.observation_parameters import ObservationParameters, observation_parameters
from alarmin.trial.quick_survival import hazard_ratio, kaplan_meier_at, median_time
from alarmin.trial.selection import eligible

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = ["predict_trial"]

SIZE = 600
"""Draws of members that a prediction rests on; a member is simulated once however often drawn."""
REPETITIONS = 200
_LOW, _HIGH = 0.05, 0.95
_STREAM = 113


@dataclass(frozen=True)
class _Sampled:
    """One trial's worth of patients of an arm."""

    responded: "NDArray[np.bool_]"
    pfs: "tuple[Floats, NDArray[np.bool_]]"
    os: "tuple[Floats, NDArray[np.bool_]]"
