"""Regimens: what is given when, as a small YAML file that reads like a protocol."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from alarmin.core import DataError, UnitError, unknown_id
from alarmin.core.checked import Part, check
from alarmin.core.quantities import quantity
from alarmin.core.yaml_files import LinedDocument, read_yaml
from alarmin.therapy.drugs import drug, shipped_drugs

__all__ = ["Administration", "Amount", "Phase", "Regimen", "load_regimen", "read_amount", "shipped_regimens"]

_FOLDER = Path(__file__).parent / "regimens"
_AUC = re.compile(r"AUC\s*(\S+)")
# How a dose may scale with the patient: unit in the file -> how the amount in mg follows from it.
_SCALES = {"mg": "flat", "mg/kg": "per_kg", "mg/m**2": "per_m2"}


class Amount(Part):
    """A dose: magnitude, and what it scales with (flat, per_kg, per_m2 [mg], or auc [mg*min/mL])."""

    magnitude: float
    scale: str


class Administration(Part):
    """One line of a protocol: which drug, how much, on which day of the cycle (1 = first), how fast."""

    drug: str
    dose: str
    day: Annotated[int, Field(ge=1)] | list[Annotated[int, Field(ge=1)]]
    infusion: str | None = None

    @property
    def days(self) -> list[int]:
        """The days of the cycle, as a list."""
        return self.day if isinstance(self.day, list) else [self.day]

    @property
    def amount(self) -> Amount:
        """The dose as a checked amount."""
        return read_amount(self.dose)

    @property
    def infusion_day(self) -> float:
        """Duration of the infusion [day]; 0 for a bolus."""
        return quantity(self.infusion, "day") if self.infusion else 0.0


class Phase(Part):
    """A run of equal cycles; phases follow one another."""

    cycle: str
    cycles: Annotated[int, Field(ge=1, le=1000)]
    doses: Annotated[list[Administration], Field(min_length=1)]

    @property
    def cycle_day(self) -> float:
        """Length of a cycle [day]."""
        return quantity(self.cycle, "day")


class Regimen(Part):
    """A regimen: phases of cycles of administrations.

    Parameters
    ----------
    regimen, title : str
    evidence : str, optional
        Id of the trial arm or label that it repeats.
    phases : list of Phase
    """

    regimen: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    title: str
    evidence: str | None = None
    phases: Annotated[list[Phase], Field(min_length=1)]

    @property
    def drugs(self) -> list[str]:
        """Names of the drugs, in order of first use."""
        return list(dict.fromkeys(given.drug for phase in self.phases for given in phase.doses))


def read_amount(text: str) -> Amount:
    """Read a dose: ``200 mg``, ``2 mg/kg``, ``500 mg/m2`` or ``AUC 5``.

    Raises
    ------
    UnitError
        Not a dose, negative or zero, or of another dimension.

    Examples
    --------
    >>> read_amount("0.5 g/m2")
    Amount(magnitude=500.0, scale='per_m2')
    """
    expected = "expected a dose in mg, mg/kg, mg/m2 or AUC, for example '200 mg', '500 mg/m2' or 'AUC 5'"
    target = _AUC.fullmatch(text.strip())
    try:
        if target:
            amount = Amount(magnitude=float(target[1]), scale="auc")
        else:
            amount = next(a for a in (_in_unit(text, unit) for unit in _SCALES) if a is not None)
    except (StopIteration, ValueError):
        raise UnitError(f"got '{text}', {expected}") from None
    if not 0 < amount.magnitude < float("inf"):
        raise UnitError(f"got '{text}', expected a dose above zero")
    return amount


def _in_unit(text: str, unit: str) -> Amount | None:
    try:
        return Amount(magnitude=quantity(text, unit), scale=_SCALES[unit])
    except UnitError:
        return None


def shipped_regimens() -> dict[str, Path]:
    """Return the regimens that come with Alarmin: id -> path of the YAML file."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def load_regimen(name: str) -> Regimen:
    """Load a regimen by the id of a shipped one or by the path of a YAML file.

    Raises
    ------
    DataError
        Unknown id, unreadable file, or fields that are missing, unknown or wrong: one line for each.
    """
    known = shipped_regimens()
    if name in known:
        path = known[name]
    elif name.endswith((".yaml", ".yml")) or Path(name).is_file():
        path = Path(name)
    else:
        raise DataError(unknown_id("regimen", name, known))
    document = read_yaml(path)
    return check(document, Regimen, also=_problems(document))


def _problems(document: LinedDocument) -> list[str]:
    """Find what types cannot say: drugs that do not exist, doses and times in wrong units."""
    found: list[str] = []
    phases = document.content.get("phases")
    for i, phase in enumerate(phases if isinstance(phases, list) else []):
        if not isinstance(phase, dict):
            continue
        here: tuple[str | int, ...] = ("phases", i)
        found += _time_problem(document, (*here, "cycle"), phase.get("cycle"), zero=False)
        given = phase.get("doses")
        for j, row in enumerate(given if isinstance(given, list) else []):
            if isinstance(row, dict):
                found += _dose_problems(document, (*here, "doses", j), row)
    return found


def _dose_problems(document: LinedDocument, path: tuple[str | int, ...], row: dict[str, Any]) -> list[str]:
    found = _time_problem(document, (*path, "infusion"), row.get("infusion"), zero=True)
    name, dose = row.get("drug"), row.get("dose")
    where = f"{document.where((*path, 'drug'))}: {_named((*path, 'drug'))}"
    known = shipped_drugs()
    if isinstance(name, str) and name not in known:
        found.append(unknown_id("drug", name, known, where=where))
    if not isinstance(dose, str):
        return found
    where = f"{document.where((*path, 'dose'))}: {_named((*path, 'dose'))}"
    try:
        amount = read_amount(dose)
    except UnitError as error:
        return [*found, f"{where}: {error}"]
    if amount.scale == "flat" and isinstance(name, str) and name in known:
        limit = drug(name).dose
        if limit and amount.magnitude > limit.largest:
            found.append(f"{where}: got '{dose}' of {name}, expected at most {limit.largest:g} mg")
    return found


def _time_problem(
    document: LinedDocument, path: tuple[str | int, ...], text: object, *, zero: bool
) -> list[str]:
    if not isinstance(text, str):
        return []
    where = f"{document.where(path)}: {_named(path)}"
    try:
        value = quantity(text, "day", where=where)
    except UnitError as error:
        return [str(error)]
    if value < 0 or (value == 0 and not zero):
        return [f"{where}: got '{text}', expected a time {'of zero or more' if zero else 'above zero'}"]
    return []


def _named(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path)
