"""Arms of a made-up trial in which the response of every member follows a known rule."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from alarmin.calibration.problem import Problem
from alarmin.population import Cohort, draw
from alarmin.trial import MONTHS, ArmOutcomes, Outlook
from alarmin.trial.kinetics import Dynamics
from alarmin.trial.spec import load_trial

N = 3000
ARM = "docetaxel"
SPEC = load_trial("CheckMate-057")


def members() -> Cohort:
    drawn = draw(0, priors={}).take(np.arange(N))
    nothing = pd.DataFrame()
    return Cohort(drawn.features, drawn.parameters, nothing, drawn.weight, nothing, nothing, priors={})


def outlook(responds: np.ndarray, progression_month: np.ndarray, size: np.ndarray) -> Outlook:
    """One scan per member; the hazard is proportional to `size`, and loose from progression on."""
    n = len(responds)
    held = np.minimum(MONTHS[None, :], progression_month[:, None]) / 12 * size[:, None]
    loose = np.maximum(MONTHS[None, :] - progression_month[:, None], 0.0) / 12 * size[:, None]
    return Outlook(
        responds=responds[:, None],
        response_month=np.where(responds, 0.0, np.inf)[:, None],
        third_month=np.full(n, 3.0),
        progression_month=progression_month[:, None],
        held=held[:, None, :].astype(np.float32),
        again=np.zeros((n, 1, len(MONTHS)), dtype=np.float32),
        loose=loose[:, None, :].astype(np.float32),
    )


def dynamics(responds: np.ndarray) -> Dynamics:
    """Responders shrink by half at 3 months, and never progress; the others have by 6 months."""
    rate, grown = np.where(responds, 0.1, 0.0), np.where(responds, np.inf, 6.0)
    readings, low = np.full(responds.shape, 5), np.where(responds, 3.0, 0.0)
    return Dynamics(readings, np.where(responds, -0.5, 0.1), low, grown, 0.1 - rate, rate)


def problem(cohort: Cohort, expected: Outlook, targets: list[dict[str, Any]]) -> Problem:
    """Every member enters; the published mix of patients is left out."""
    spec = SPEC.model_copy(update={"population": SPEC.population.model_copy(update={"shares": {}})})
    spec.population.__dict__.pop("parsed_shares", None)
    expectation = SimpleNamespace(
        outlook=lambda _parameters: expected,
        dynamics=lambda outlook: dynamics(outlook.responds[:, 0]),
        risk=lambda _parameters: np.zeros(N),
        patients=cohort.features,
    )
    arm = ArmOutcomes(spec, ARM, np.arange(N), np.ones(N), cast(Any, expectation), pd.DataFrame())
    rows = pd.DataFrame(
        [{"trial": spec.trial, "arm": ARM, "subgroup": "", "at": np.nan, **t} for t in targets]
    )
    return Problem([arm], rows, {}, np.full(N, 1 / N))
