"""Potency: how much of a drug halves the cells of a line, as measured and as the model has it in wells.

A drug's half-effect concentration in a line is an input where it was measured: it is solved from the IC50.
How well one could do without, a fixed share of the measured pairs tells: they are held back and predicted as
the product of an effect of the drug, one of the line, and one of carrying the drug's target.
"""

import csv
import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from alarmin.core import DataError
from alarmin.evidence.rows_model import Potency
from alarmin.evidence.tables import load_table
from alarmin.experiment.dose_response import Exposure, half_viability, surviving_fraction
from alarmin.therapy import drug

__all__ = ["FACTOR", "PotencyVerdict", "half_effect_um", "held_back", "judge_potency", "potency_totals"]

FACTOR = 2.0
"""Largest ratio of simulated to measured, either way, that agrees."""
HOURS = 72.0
_SCREEN = "IC50 (viability)"
_OTHER_ASSAYS = ("IC50 (colony formation)", "IC50 (MTS)")
# Strength of the pull of effects towards none: drugs, and having a target, differ much more than lines do.
_PULL_DRUG, _PULL_LINE = 0.05, 1.0
_GRAYS = np.arange(1.0, 9.0)


@dataclass(frozen=True)
class PotencyVerdict:
    """One measured potency beside the simulated one.

    Parameters
    ----------
    id, therapy, cell_line, metric, unit : str
        Of the row in the evidence.
    role : str
        input (it sets the potency in the well: agreement only shows that the well can express it), checking
        (held back from the fit of effects), other assay (predicted from the screen's row of the same line),
        or prediction (radiotherapy).
    published, published_high : float
        The figure, or both ends of a range.
    predicted : float
        NaN where no dose halves the cells.
    fold : float
        Predicted over published (over the near end of a range; 1 within it).
    agrees : bool
        Within a factor 2.
    note : str
    """

    id: str
    therapy: str
    cell_line: str
    metric: str
    unit: str
    role: str
    published: float
    published_high: float
    predicted: float
    fold: float
    agrees: bool
    note: str

    @property
    def published_text(self) -> str:
        """The figure, or the range."""
        ends = dict.fromkeys((self.published, self.published_high))
        return " to ".join(f"{end:g}" for end in ends)

    def to_dict(self) -> dict[str, object]:
        """Return the fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class _Pair:
    """A pair of therapy and line with what it takes to simulate it: x is the dose that halves the cells."""

    row: Potency
    drug: str
    line: str
    x: float

    @property
    def effects(self) -> set[tuple[str, str]]:
        """Keys of the effects that add up; all drugs against a target share that of carrying it."""
        gene = _lines()[self.line]["gene"]
        carried = {("target", gene)} if drug(self.drug).target == gene else set()
        return {("drug", self.row.therapy), ("line", self.line)} | carried

    @property
    def log_half_effect(self) -> float:
        """Log10 of the half-effect concentration [uM] that the measured IC50 means."""
        return math.log10(float(self.row.value) / self.x)


def held_back(row_id: str) -> bool:
    """Tell whether a row is for checking: a third of all, by a hash of the id, whatever it says."""
    return hashlib.sha256(row_id.encode()).digest()[0] % 3 == 0


def half_effect_um(name: str, line: str) -> float:
    """Find the concentration at which a drug has half of its largest effect on a line, from its IC50.

    Parameters
    ----------
    name : str
        Drug.
    line : str
        As in the table of cells.

    Returns
    -------
    float [uM]

    Raises
    ------
    DataError
        Not measured; the lines in which the drug was are named.
    """
    rows = [row for row in load_table(Potency) if row.metric == _SCREEN and row.therapy in _own(name)]
    measured = {row.cell_line: row for row in rows}
    if line not in measured:
        known = f"measured in {', '.join(measured)}" if measured else "measured in no line"
        raise DataError(f"no potency of {name} in '{line}' ({known}); give the dose as x and half-effects")
    (pair,) = _pairs([measured[line]], None)
    return float(10**pair.log_half_effect)


def _own(name: str) -> list[str]:
    """Words of the evidence for a drug itself, without those that it only stands in for."""
    return [word for word, row in _drugs().items() if row["drug"] == name and not row["note"]]


def judge_potency(threads: int | None = None) -> list[PotencyVerdict]:
    """Set every potency of the evidence that a well can express beside the simulated one."""
    rows = load_table(Potency)
    screen = _pairs([row for row in rows if row.metric == _SCREEN], threads)
    given = [pair for pair in screen if not held_back(pair.row.id) and math.isfinite(pair.x)]
    effects = _Effects(given)
    found = []
    for pair in screen:
        checking = held_back(pair.row.id)
        log = effects.predict(pair) if checking else pair.log_half_effect
        note = _drugs()[pair.row.therapy]["note"]
        found.append(_verdict(pair.row, "checking" if checking else "input", 10**log * pair.x, note))
    measured = {(pair.drug, pair.line): pair for pair in screen if pair.row.therapy == pair.drug}
    for pair in _pairs([row for row in rows if row.metric in _OTHER_ASSAYS and _known(row)], threads):
        if (pair.drug, pair.line) in measured:
            same = measured[pair.drug, pair.line]
            predicted = 10**same.log_half_effect * pair.x
            found.append(_verdict(pair.row, "other assay", predicted, f"from {same.row.id}"))
    return found + _radiation(rows, threads)


def potency_totals(verdicts: Sequence[PotencyVerdict]) -> list[tuple[str, int, int]]:
    """Count for each role what agrees, and of how many."""
    roles = dict.fromkeys(v.role for v in verdicts)
    return [
        (role, sum(v.agrees for v in verdicts if v.role == role), sum(v.role == role for v in verdicts))
        for role in roles
    ]


def _pairs(rows: Sequence[Potency], threads: int | None) -> list[_Pair]:
    exposures = {
        row.id: Exposure(_drugs()[row.therapy]["drug"], _line(row.cell_line), row.exposure_h or HOURS)
        for row in rows
    }
    doses = half_viability(list(exposures.values()), threads)
    return [_Pair(row, (e := exposures[row.id]).drug, e.line, doses[e]) for row in rows]


def _known(row: Potency) -> bool:
    return row.therapy in _drugs() and row.cell_line in _lines()


class _Effects:
    """Effects of drugs and lines on the log of the half-effect concentration, by ridge regression."""

    def __init__(self, pairs: Sequence[_Pair]) -> None:
        values = np.array([pair.log_half_effect for pair in pairs])
        self.mean = float(values.mean())
        keys = sorted(set[tuple[str, str]]().union(*(pair.effects for pair in pairs)))
        design = np.array([[key in pair.effects for key in keys] for pair in pairs], dtype=float)
        pull = np.diag([_PULL_LINE if kind == "line" else _PULL_DRUG for kind, _ in keys])
        fitted = np.linalg.solve(design.T @ design + pull, design.T @ (values - self.mean))
        self.effects = dict(zip(keys, fitted, strict=True))

    def predict(self, pair: _Pair) -> float:
        """Return log10 of the half-effect concentration [uM]; what the fit has not seen has no effect."""
        return float(self.mean + sum(self.effects.get(key, 0.0) for key in pair.effects))


def _radiation(rows: Sequence[Potency], threads: int | None) -> list[PotencyVerdict]:
    """Survival after single doses, read as a colony assay is: linear-quadratic fit and final slope."""
    found = []
    for row in rows:
        if row.therapy != "radiotherapy" or row.metric.startswith("BED"):
            continue
        line = row.cell_line if row.cell_line in _lines() else "tumour"
        killed = -np.log(surviving_fraction(line, _GRAYS.tolist(), threads))
        beta, alpha = np.polyfit(_GRAYS, killed / _GRAYS, 1)
        final = np.polyfit(_GRAYS[_GRAYS >= 4], killed[_GRAYS >= 4], 1)[0]
        value, role, note = {
            "alpha": (alpha, "input", ""),
            "beta": (beta, "input", ""),
            "D0 (terminal slope)": (1 / final, "prediction", "slope from 4 to 8 Gy"),
        }.get(row.metric, (alpha / beta, "prediction", "alpha and beta of the generic tumour, assumed"))
        found.append(_verdict(row, role, float(value), note))
    return found


def _verdict(row: Potency, role: str, predicted: float, note: str) -> PotencyVerdict:
    low, _, high = row.value.partition("-")
    published = (float(low), float(high or low))
    fold = predicted / min(max(predicted, published[0]), published[1]) if predicted == predicted else math.nan
    return PotencyVerdict(
        id=row.id,
        therapy=row.therapy,
        cell_line=row.cell_line,
        metric=row.metric,
        unit=row.unit,
        role=role,
        published=published[0],
        published_high=published[1],
        predicted=predicted,
        fold=fold,
        agrees=bool(1 / FACTOR <= fold <= FACTOR),
        note=note,
    )


def _line(name: str) -> str:
    return _lines()[name]["same_as"] or name


@cache
def _drugs() -> dict[str, dict[str, str]]:
    return {row["therapy"]: row for row in _table("potency_drugs.csv")}


@cache
def _lines() -> dict[str, dict[str, str]]:
    return {row["line"]: row for row in _table("potency_lines.csv")}


def _table(name: str) -> list[dict[str, str]]:
    text = files("alarmin.experiment").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
