"""A virtual trial: its description, its conduct (visits, RECIST 1.1, survival) and its endpoints."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.trial.arms import ArmOutcomes, simulate_trial
    from alarmin.trial.comparison import compare, published_curves, published_figures
    from alarmin.trial.conduct import Observation, observe
    from alarmin.trial.discrepancy import Discrepancy
    from alarmin.trial.endpoints import summarise
    from alarmin.trial.enrol import enter, rake
    from alarmin.trial.expectation import MONTHS, Expectation, Outlook, expect
    from alarmin.trial.observation_parameters import (
        ObservationParameters,
        observation_table,
    )
    from alarmin.trial.prediction import predict_trial
    from alarmin.trial.result import TrialResult
    from alarmin.trial.run import run_trial, weekly
    from alarmin.trial.scoring import score
    from alarmin.trial.selection import eligible
    from alarmin.trial.spec import TrialSpec, calibration_trials, load_trial, shipped_trials
    from alarmin.trial.treatment import regimens_of, treat

__all__ = [
    "MONTHS",
    "ArmOutcomes",
    "Discrepancy",
    "Expectation",
    "Observation",
    "ObservationParameters",
    "Outlook",
    "TrialResult",
    "TrialSpec",
    "calibration_trials",
    "compare",
    "eligible",
    "enter",
    "expect",
    "load_trial",
    "observation_table",
    "observe",
    "predict_trial",
    "published_curves",
    "published_figures",
    "rake",
    "regimens_of",
    "run_trial",
    "score",
    "shipped_trials",
    "simulate_trial",
    "summarise",
    "treat",
    "weekly",
]

_HOMES = {
    "ArmOutcomes": "arms",
    "Discrepancy": "discrepancy",
    "Expectation": "expectation",
    "MONTHS": "expectation",
    "Observation": "conduct",
    "ObservationParameters": "observation_parameters",
    "Outlook": "expectation",
    "TrialResult": "result",
    "TrialSpec": "spec",
    "calibration_trials": "spec",
    "compare": "comparison",
    "eligible": "selection",
    "enter": "enrol",
    "expect": "expectation",
    "load_trial": "spec",
    "observation_table": "observation_parameters",
    "observe": "conduct",
    "predict_trial": "prediction",
    "published_curves": "comparison",
    "published_figures": "comparison",
    "rake": "enrol",
    "regimens_of": "treatment",
    "run_trial": "run",
    "score": "scoring",
    "shipped_trials": "spec",
    "simulate_trial": "arms",
    "summarise": "endpoints",
    "treat": "treatment",
    "weekly": "run",
}


def __getattr__(name: str) -> Any:
    # pydantic and NumPy are loaded only when they are needed, so that `import alarmin` stays quick
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
