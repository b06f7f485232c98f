"""The tables of parameters: value, unit, how patients differ, and how well each figure is known."""

from dataclasses import dataclass
from functools import cache

from alarmin.model.tables import table

__all__ = ["Knob", "Parameter", "knobs", "parameters"]


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
        the patient's features by the rooms above).
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
    distribution: str = "fixed"
    sigma: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    level: str = "assumed"
    source: str = ""
    note: str = ""

    @property
    def is_sampled(self) -> bool:
        """Whether virtual patients draw their own value."""
        return self.distribution in ("lognormal", "loguniform", "uniform")


@dataclass(frozen=True)
class Knob:
    """Something that an experiment can knock out, block, over-express, deplete or add.

    Parameters
    ----------
    id : str
        Parameter of the model: 1 is wild type for genes and cells, 0 is nothing for depletion and addition.
    kind : str
        gene, cell, depletion or recombinant.
    symbol : str
        Gene symbol, cell type or agent as experiments name it.
    scope : str
        tumour or host.
    meaning : str
    """

    id: str
    kind: str
    symbol: str
    scope: str
    meaning: str

    @property
    def rest(self) -> float:
        """Value when nobody turns the knob."""
        return 1.0 if self.kind in ("gene", "cell") else 0.0


@cache
def knobs() -> tuple[Knob, ...]:
    """Return every knob of the model (`knobs.csv`)."""
    return tuple(Knob(**row) for row in table("knobs.csv"))


@cache
def parameters(setting: str = "patient") -> tuple[Parameter, ...]:
    """Return the constants of a setting, knobs excluded.

    `parameters.csv` holds the patient's; `parameters_mouse.csv` and `parameters_well.csv` hold only what
    differs there.
    """
    rows = {row["id"]: row for row in table("parameters.csv")}
    if setting != "patient":
        rows |= {row["id"]: row for row in table(f"parameters_{setting}.csv")}
    return tuple(_read(row) for row in rows.values())


def _read(row: dict[str, str]) -> Parameter:
    numbers = {name: float(row[name] or "nan") for name in ("value", "sigma", "low", "high")}
    texts = {name: row[name] for name in ("id", "unit", "meaning", "distribution", "level", "source", "note")}
    return Parameter(**numbers, **texts)  # type: ignore[arg-type]
