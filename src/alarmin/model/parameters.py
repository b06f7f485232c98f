"""The table of parameters: value, unit, how patients differ, and how well each figure is known."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Parameter", "parameters"]


@dataclass(frozen=True)
class Parameter:
    """One constant of the model.

    Parameters
    ----------
    id : str
        SBML id.
    value : float
        Typical value, the median of a distribution.
    unit : str
        Id of a unit in `units.csv`.
    meaning : str
    distribution : str
        fixed, lognormal (`sigma` of the log), loguniform, uniform (`low` to `high`), or covariate (set from
        the patient's features by the therapy room).
    sigma, low, high : float
        NaN where they do not apply.
    level : str
        measured_nsclc, measured_elsewhere, estimated_elsewhere (fitted in another published model), estimated
        (by our calibration), assumed, derived or definition.
    source : str
        Evidence id, empty where nothing is published.
    note : str
    """

    id: str
    value: float
    unit: str
    meaning: str
    distribution: str
    sigma: float
    low: float
    high: float
    level: str
    source: str
    note: str

    @property
    def is_sampled(self) -> bool:
        """Whether virtual patients draw their own value."""
        return self.distribution in ("lognormal", "loguniform", "uniform")


@cache
def parameters() -> tuple[Parameter, ...]:
    """Return every constant of the model, in the order of the table."""
    text = files("alarmin.model").joinpath("parameters.csv").read_text(encoding="utf-8")
    return tuple(_read(row) for row in csv.DictReader(text.splitlines()))


def _read(row: dict[str, str]) -> Parameter:
    numbers = {name: float(row[name] or "nan") for name in ("value", "sigma", "low", "high")}
    texts = {name: row[name] for name in ("id", "unit", "meaning", "distribution", "level", "source", "note")}
    return Parameter(**numbers, **texts)  # type: ignore[arg-type]
