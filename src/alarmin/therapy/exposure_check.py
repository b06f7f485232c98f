"""Exposures that were published beside those that the drugs' data files give in the typical patient."""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from alarmin.core.quantities import quantity
from alarmin.evidence import exposure
from alarmin.therapy.exposure import (
    HORIZON_DAY,
    TYPICAL,
    Course,
    followed_mg,
    typical_course,
    typical_patient,
)
from alarmin.therapy.notation import read_time

__all__ = ["BAR", "FEW", "Comparison", "compare_exposures", "not_compared"]

BAR = 0.15
"""How far a simulated exposure may be from the published one, relative."""
FEW = 20
"""A mean of fewer patients is not the value of a population."""

_UNITS = {
    "cmax": "mg/L",
    "cmin": "mg/L",
    "cavg": "mg/L",
    "auc": "mg*day/L",
    "clearance": "L/day",
    "half_life": "day",
    "time_above": "day",
    "accumulation": "",
    "peak_to_trough": "",
}
_GRID = 600
_NONE = "none"


@dataclass(frozen=True)
class Comparison:
    """One published exposure beside the simulated one.

    Parameters
    ----------
    evidence : str
        Id of the published exposure.
    drug, dose, infusion, measure : str
    steady : bool
        Whether it is that of the last of several doses.
    published : tuple of float
        Lowest and highest published value, equal where only one is given, in `unit`.
    simulated : float
    unit : str
    patients : int, optional
        Number behind the published value; None for population analyses and labels that do not say it.
    reason : str
        Why it is missed, where it is.
    """

    evidence: str
    drug: str
    dose: str
    infusion: str
    measure: str
    steady: bool
    published: tuple[float, float]
    simulated: float
    unit: str
    patients: int | None
    reason: str

    @property
    def ratio(self) -> float:
        """Simulated over the published value, or over the end of its range that is nearer; 1 within it."""
        low, high = self.published
        return self.simulated / min(max(self.simulated, low), high)

    @property
    def met(self) -> bool:
        """Whether the ratio is within the bar."""
        return abs(self.ratio - 1.0) <= BAR

    @property
    def small(self) -> bool:
        """Whether the published value is a mean of fewer than `FEW` patients."""
        return self.patients is not None and self.patients < FEW

    @property
    def counts(self) -> bool:
        """Whether it is an exposure (AUC or concentration) rather than what follows from one."""
        return self.measure in ("auc", "cmax", "cmin", "cavg")


def compare_exposures() -> list[Comparison]:
    """Simulate every published exposure of `exposures.csv` in the typical patient."""
    return [_compare(row) for row in _rows() if row["measure"] != _NONE]


def not_compared() -> dict[str, str]:
    """Return the published exposures that have no counterpart in the model: id -> why."""
    return {row["evidence"]: row["reason"] for row in _rows() if row["measure"] == _NONE}


def _rows() -> list[dict[str, str]]:
    text = files("alarmin.therapy").joinpath("exposures.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _compare(row: dict[str, str]) -> Comparison:
    known = exposure(row["evidence"])
    name = re.sub(r"[ +-].*", "", known.drug)
    every = read_time(row["every"]) if row["every"] else HORIZON_DAY
    infusion = read_time(row["infusion"]) if row["infusion"] else 0.0
    doses = int(row["doses"])
    level = quantity(row["level"], "mg/L") if row["level"] else 0.0
    surface = float(row["bsa"] or TYPICAL["bsa_m2"])
    patient = typical_patient(surface)
    amount = followed_mg(name, row["dose"], patient=patient)
    last = (doses - 1) * every
    window = read_time(row["window"]) if row["window"] else every
    # Finely after the last dose, where concentrations peak, and ever wider later.
    after = np.concatenate([[0.0], np.geomspace(every * 1e-5, every, _GRID), [infusion, every * (1 - 1e-9)]])
    before = [0.0, every * (1 - 1e-9), max(last + every - window, 0.0)]
    times = np.unique(np.concatenate([before, last + after]))
    got = typical_course(name, amount, [i * every for i in range(doses)], infusion, times, patient=patient)
    value = _MEASURES[row["measure"]](_Seen(got, amount, last, every, window, infusion, level))
    return Comparison(
        evidence=row["evidence"],
        drug=name,
        dose=known.dose,
        infusion=row["infusion"],
        measure=row["measure"],
        steady=doses > 1,
        published=_published(known.value or "", known.unit, row["measure"], surface),
        simulated=value * float(row["share"]),
        unit=_UNITS[row["measure"]],
        patients=int(row["patients"]) if row["patients"] else None,
        reason=row["reason"],
    )


def _published(value: str, unit: str, measure: str, surface: float) -> tuple[float, float]:
    """Read a published value or range in the unit of its measure, for a body surface [m2]."""
    plain = unit.replace(" Pt", "").replace("ug", "microgram")
    scale = 1.0
    if plain.endswith("/m2"):
        plain, scale = plain.removesuffix("/m2"), surface
    ends = [float(end) for end in value.split("-")]
    if _UNITS[measure]:
        ends = [quantity(f"{end} {plain}", _UNITS[measure]) * scale for end in ends]
    return ends[0], ends[-1]


@dataclass(frozen=True)
class _Seen:
    """A simulated course and what was given; times in days, amounts in mg, the level asked for in mg/L."""

    course: Course
    amount: float
    last: float
    every: float
    window: float
    infusion: float
    level: float

    def at(self, what: str, day: float) -> float:
        values: NDArray[np.float64] = getattr(self.course, what)
        return float(values[int(np.abs(self.course.time - day).argmin())])

    @property
    def end(self) -> float:
        return self.last + self.every

    @property
    def peak(self) -> float:
        return float(self.course.concentration[self.course.time >= self.last].max())

    def exposure(self, start: float, end: float) -> float:
        return self.at("exposure", end) - self.at("exposure", start)


def _half_life(seen: _Seen) -> float:
    """Terminal half-life, from the fall over the last part of the course that still has a sure level."""
    time, level = seen.course.time, seen.course.concentration
    late = (level > seen.peak * 1e-7) & (time > seen.infusion)
    last = int(np.flatnonzero(late)[-1])
    first = int(np.abs(time - 0.6 * time[last]).argmin())
    return float((time[last] - time[first]) * np.log(2.0) / np.log(level[first] / level[last]))


def _time_above(seen: _Seen) -> float:
    above = seen.course.time[seen.course.concentration > seen.level]
    return float(above[-1] - above[0])


_MEASURES: dict[str, Callable[[_Seen], float]] = {
    "cmax": lambda seen: seen.peak,
    "cmin": lambda seen: seen.at("concentration", seen.end * (1 - 1e-9)),
    "cavg": lambda seen: seen.exposure(seen.last, seen.end) / seen.every,
    "auc": lambda seen: seen.exposure(seen.end - seen.window, seen.end),
    "clearance": lambda seen: seen.amount / seen.exposure(0.0, seen.end),
    "half_life": _half_life,
    "time_above": _time_above,
    "accumulation": lambda seen: (
        seen.exposure(seen.last, seen.end) / seen.exposure(0.0, seen.every * (1 - 1e-9))
    ),
    "peak_to_trough": lambda seen: seen.peak / seen.at("concentration", seen.end * (1 - 1e-9)),
}
