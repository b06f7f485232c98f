"""The description of a trial: what a YAML file may say, checked and frozen."""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from alarmin.core import DataError, unknown_id
from alarmin.core.checked import Part, check
from alarmin.core.yaml_files import read_yaml
from alarmin.trial.criteria_check import criteria_problems
from alarmin.trial.own_figures import Published, figure_problems
from alarmin.trial.parts import (
    Arm,
    Cutoffs,
    Identifier,
    Imaging,
    NotNegative,
    Population,
    Response,
    Subgroup,
    Surgery,
    Text,
)
from alarmin.trial.selection import Criterion

__all__ = [
    "TrialSpec",
    "calibration_names",
    "calibration_trials",
    "load_trial",
    "repeats",
    "shipped_trials",
]

_DATA = Path(__file__).parent / "data"

Endpoint = Literal["orr", "pfs", "efs", "os", "pcr"]


def _usual() -> list[Endpoint]:
    return ["orr", "pfs", "os"]


class TrialSpec(Part):
    """A trial as it is conducted. No result of the real trial but `published`, which is for comparison alone.

    Parameters
    ----------
    trial, title : str
    role : calibration, validation or user
        Whether the population is fitted to the published figures, is judged on them, or neither.
    evidence : str, optional
        Id of the published rows of the evidence base that the simulation is set beside.
    published : Published, optional
        Published figures of a trial that the evidence base does not hold, in place of `evidence`.
    repeats : list of str
        Trials whose patients these are: where predictions of both are summed up, this one is not counted.
    population, arms, subgroups, imaging, response, surgery, cutoffs
        See the classes of these names.
    endpoints : list
        What is read: orr (response), pfs or efs (progression-free or event-free survival), os (overall
        survival), pcr (pathologic complete response, needs `surgery`).
    accrual_months : float [month]
        Patients enter uniformly over this time.
    dropout_per_year : float [1/year]
        Rate of loss to follow-up.
    """

    trial: Identifier
    title: Text
    role: Literal["calibration", "validation", "user"] = "user"
    evidence: Text | None = None
    published: Published | None = None
    repeats: list[Identifier] = Field(default_factory=list)
    population: Population = Population()
    arms: Annotated[dict[Identifier, Arm], Field(min_length=1, max_length=12)]
    subgroups: dict[Identifier, Subgroup] = Field(default_factory=dict)
    imaging: Imaging
    response: Response = Response()
    surgery: Surgery | None = None
    endpoints: Annotated[list[Endpoint], Field(min_length=1)] = Field(default_factory=_usual)
    accrual_months: NotNegative
    cutoffs: Cutoffs
    dropout_per_year: NotNegative = 0.0

    @property
    def control(self) -> str | None:
        """Id of the control arm, None for a trial without one."""
        return next((name for name, arm in self.arms.items() if arm.control), None)

    @property
    def at_diagnosis(self) -> dict[str, Criterion]:
        """The criteria but the line of therapy, which only enrolment brings."""
        return {name: one for name, one in self.population.parsed.items() if name != "line"}

    @model_validator(mode="after")
    def _check_whole(self) -> "TrialSpec":
        problems = [*_arm_problems(self.arms), *_subgroup_problems(self.subgroups, self.arms)]
        problems += figure_problems(self)
        if {"efs", "pfs"} <= set(self.endpoints):
            problems.append("endpoints: got both efs and pfs, expected one of them")
        if "pcr" in self.endpoints and self.surgery is None:
            problems.append("endpoints: got pcr without surgery, expected the field surgery")
        for name in ("response_and_pfs", "overall_survival"):
            if getattr(self.cutoffs, name) <= self.accrual_months:
                problems.append(
                    f"cutoffs.{name}: got {getattr(self.cutoffs, name):g} months, "
                    f"expected more than accrual_months ({self.accrual_months:g})"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _arm_problems(arms: dict[str, Arm]) -> list[str]:
    problems = []
    if sum(arm.control for arm in arms.values()) > 1:
        problems.append("arms: got more than one arm with control: true, expected at most one")
    if len({arm.label for arm in arms.values()}) < len(arms):
        problems.append("arms: got the same label twice, expected a label of its own for each arm")
    for name, arm in arms.items():
        after = [*arm.later, *([arm.crossover] if arm.crossover else [])]
        everyone = sum(one.fraction for one in after if not one.where)
        together = everyone + max((one.fraction for one in after if one.where), default=0.0)
        if together > 1 + 1e-9:
            problems.append(
                f"arms.{name}: got fractions of crossover and later of {together:g} together, "
                "expected at most 1"
            )
    return problems


def _subgroup_problems(subgroups: dict[str, Subgroup], arms: dict[str, Arm]) -> list[str]:
    return [
        unknown_id("arm", arm, arms, where=f"subgroups.{name}.published_arms")
        for name, subgroup in subgroups.items()
        for arm in subgroup.published_arms
        if arm not in arms
    ]


def shipped_trials() -> dict[str, Path]:
    """Return the trials that come with Alarmin: id -> path of the YAML file."""
    return {path.stem: path for path in sorted(_DATA.glob("*.yaml"))}


def calibration_names() -> list[str]:
    """List the shipped trials whose role is calibration; reading them whole would take seconds."""
    said = re.compile(r"^role: calibration$", re.MULTILINE)
    return [name for name, path in shipped_trials().items() if said.search(path.read_text(encoding="utf-8"))]


@cache
def repeats() -> dict[str, tuple[str, ...]]:
    """Return the shipped trials whose patients are those of other trials, and which these are."""
    said = re.compile(r"^repeats:", re.MULTILINE)
    shipped = shipped_trials().items()
    names = [name for name, path in shipped if said.search(path.read_text(encoding="utf-8"))]
    return {name: tuple(load_trial(name).repeats) for name in names}


def calibration_trials() -> list[TrialSpec]:
    """Return the shipped trials whose role is calibration."""
    return [load_trial(name) for name in calibration_names()]


def load_trial(name: str) -> TrialSpec:
    """Load a trial by the id of a shipped one or by the path of a YAML file.

    Parameters
    ----------
    name : str
        For example ``KEYNOTE-024`` or ``my_trial.yaml``. Regimens that a file names are shipped ones or files
        beside it.

    Raises
    ------
    DataError
        Unknown id, unreadable file, or fields that are missing, unknown or out of range: one line for each.

    Examples
    --------
    >>> load_trial("KEYNOTE-024").imaging.every_weeks
    9.0
    """
    known = shipped_trials()
    if name in known:
        return _load(known[name])
    if name.endswith((".yaml", ".yml")) or Path(name).is_file():
        return _load(Path(name))
    raise DataError(unknown_id("trial", name, known))


def _load(path: Path) -> TrialSpec:
    document = read_yaml(path)
    _seek_regimens(document.content, path.parent)
    return check(document, TrialSpec, also=criteria_problems(document))


def _seek_regimens(part: Any, folder: Path) -> None:
    """Take the names of regimen files as seen from the trial file."""
    for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _seek_regimens(value, folder)
    if isinstance(part, dict) and str(part.get("regimen")).endswith((".yaml", ".yml")):
        part["regimen"] = str(folder / part["regimen"])
