"""The description of a trial: what a YAML file may say, checked and frozen."""

import reprlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from alarmin.core import DataError, unknown_id
from alarmin.core.checked import Part, check
from alarmin.core.yaml_files import LinedDocument, read_yaml
from alarmin.trial.selection import FEATURES, Criterion, parse_criterion

__all__ = [
    "Arm",
    "Crossover",
    "Cutoffs",
    "Imaging",
    "Population",
    "Response",
    "TrialSpec",
    "load_trial",
    "shipped_trials",
]

_DATA = Path(__file__).parent / "data"

Text = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Population(Part):
    """Who may enter: criteria on features of virtual patients, written as the YAML file writes them."""

    criteria: dict[str, Any] = Field(default_factory=dict)

    @property
    def parsed(self) -> dict[str, Criterion]:
        """The criteria as conditions that can be applied."""
        return {name: parse_criterion(name, wanted) for name, wanted in self.criteria.items()}


class Crossover(Part):
    """What patients of an arm may receive after progression.

    Parameters
    ----------
    regimen : str
        Id of a shipped regimen or path of a YAML file.
    fraction : float, 0 to 1
        Share of progressing patients who cross over.
    delay_days : float [day]
        From the visit that shows progression to the first dose.
    """

    regimen: Text
    fraction: Annotated[float, Field(ge=0, le=1)] = 1.0
    delay_days: NotNegative = 21.0


class Arm(Part):
    """One arm: its regimen, and whether the others are compared with it.

    Parameters
    ----------
    regimen : str
        Id of a shipped regimen or path of a YAML file.
    label : str
        Name on charts and tables.
    control : bool
        True for the arm that hazard ratios compare with; at most one.
    published_arm : str, optional
        What follows the trial in the id of the published arm in `evidence`; default: the arm's id.
    """

    regimen: Text
    label: Text
    control: bool = False
    published_arm: Text | None = None
    crossover: Crossover | None = None


class Imaging(Part):
    """When tumours are imaged after the baseline scan [week]."""

    first_week: Positive
    every_weeks: Positive


class Response(Part):
    """How the best overall response is read.

    Parameters
    ----------
    confirmed : bool
        Whether a response counts only if a later visit confirms it.
    min_confirm_days, min_stable_days : float [day]
        Smallest distance of the confirming visit; smallest time from the start that makes stable disease.
    """

    confirmed: bool = True
    min_confirm_days: NotNegative = 28.0
    min_stable_days: NotNegative = 42.0


class Cutoffs(Part):
    """When the data are read, in months after the first patient entered."""

    response_and_pfs: Positive
    overall_survival: Positive


class TrialSpec(Part):
    """A trial as it is conducted. No result of the real trial belongs here.

    Parameters
    ----------
    trial, title : str
    evidence : str, optional
        Id of the published rows that the simulation is set beside.
    population, arms, imaging, response, cutoffs
        See the classes of these names.
    accrual_months : float [month]
        Patients enter uniformly over this time.
    dropout_per_year : float [1/year]
        Rate of loss to follow-up.
    """

    trial: Identifier
    title: Text
    evidence: Text | None = None
    population: Population = Population()
    arms: Annotated[dict[Identifier, Arm], Field(min_length=1, max_length=12)]
    imaging: Imaging
    response: Response = Response()
    accrual_months: NotNegative
    cutoffs: Cutoffs
    dropout_per_year: NotNegative = 0.0

    @property
    def control(self) -> str | None:
        """Id of the control arm, None for a trial without one."""
        return next((name for name, arm in self.arms.items() if arm.control), None)

    @model_validator(mode="after")
    def _check_whole(self) -> "TrialSpec":
        problems = []
        if sum(arm.control for arm in self.arms.values()) > 1:
            problems.append("arms: got more than one arm with control: true, expected at most one")
        if len({arm.label for arm in self.arms.values()}) < len(self.arms):
            problems.append("arms: got the same label twice, expected a label of its own for each arm")
        for name in ("response_and_pfs", "overall_survival"):
            if getattr(self.cutoffs, name) <= self.accrual_months:
                problems.append(
                    f"cutoffs.{name}: got {getattr(self.cutoffs, name):g} months, "
                    f"expected more than accrual_months ({self.accrual_months:g})"
                )
        if problems:
            raise ValueError("; ".join(problems))
        return self


def shipped_trials() -> dict[str, Path]:
    """Return the trials that come with Alarmin: id -> path of the YAML file."""
    return {path.stem: path for path in sorted(_DATA.glob("*.yaml"))}


def load_trial(name: str) -> TrialSpec:
    """Load a trial by the id of a shipped one or by the path of a YAML file.

    Parameters
    ----------
    name : str
        For example ``KEYNOTE-024`` or ``my_trial.yaml``.

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
    return check(document, TrialSpec, also=_criteria_problems(document))


def _criteria_problems(document: LinedDocument) -> list[str]:
    population = document.content.get("population")
    criteria = population.get("criteria") if isinstance(population, dict) else None
    if not isinstance(criteria, dict):
        return []
    problems = []
    for feature, wanted in criteria.items():
        where = f"{document.where(('population', 'criteria', str(feature)))}: population.criteria.{feature}"
        if feature not in FEATURES:
            problems.append(unknown_id("feature", str(feature), FEATURES, where=where))
            continue
        try:
            parse_criterion(feature, wanted)
        except ValueError as error:
            problems.append(f"{where}: got {reprlib.repr(wanted)}, {error}")
    return problems
