"""A virtual trial: its description, its conduct (visits, RECIST 1.1, survival) and its endpoints."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.trial.comparison import compare, published_curves, published_figures
    from alarmin.trial.conduct import Observation, observe
    from alarmin.trial.endpoints import summarise
    from alarmin.trial.observation_parameters import observation_table
    from alarmin.trial.result import TrialResult
    from alarmin.trial.run import run_trial
    from alarmin.trial.selection import eligible
    from alarmin.trial.spec import TrialSpec, load_trial, shipped_trials

__all__ = [
    "Observation",
    "TrialResult",
    "TrialSpec",
    "compare",
    "eligible",
    "load_trial",
    "observation_table",
    "observe",
    "published_curves",
    "published_figures",
    "run_trial",
    "shipped_trials",
    "summarise",
]

_HOMES = {
    "Observation": "conduct",
    "TrialResult": "result",
    "TrialSpec": "spec",
    "compare": "comparison",
    "eligible": "selection",
    "load_trial": "spec",
    "observation_table": "observation_parameters",
    "observe": "conduct",
    "published_curves": "comparison",
    "published_figures": "comparison",
    "run_trial": "run",
    "shipped_trials": "spec",
    "summarise": "endpoints",
}


def __getattr__(name: str) -> Any:
    # pydantic and NumPy are loaded only when they are needed, so that `import alarmin` stays quick
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
