"""The parts of a trial's description: who enters, what they receive, how they are imaged and read."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from alarmin.core.checked import Part
from alarmin.trial.selection import Criterion, parse_criterion

__all__ = [
    "Arm",
    "Crossover",
    "Cutoffs",
    "Earlier",
    "Identifier",
    "Imaging",
    "Interval",
    "NotNegative",
    "Population",
    "Response",
    "Subgroup",
    "Surgery",
    "Text",
    "parse",
]

Text = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


Week = Annotated[float, Field(ge=0.1, le=1000)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Criteria = dict[str, Any]
"""Feature -> what is wanted of it, as the YAML file writes it; `parse` turns it into conditions."""


def parse(criteria: Criteria) -> dict[str, Criterion]:
    """Turn criteria into conditions that can be applied."""
    return {name: parse_criterion(name, wanted) for name, wanted in criteria.items()}


class Earlier(Part):
    """What patients received before they entered; simulated in the order of the file.

    Parameters
    ----------
    regimen : str
        Id of a shipped regimen or path of a YAML file.
    where : dict
        Criteria on features: only these patients received it.
    enter : progression or end_of_therapy
        Whether what follows (the next regimen, or the trial) waits for progression, or for the end of the
        regimen; at the end of it only patients without progression go on.
    delay_days : float [day]
        From the visit that shows progression, or the end of the last cycle, to what follows.
    """

    regimen: Text
    where: Criteria = Field(default_factory=dict)
    enter: Literal["progression", "end_of_therapy"] = "progression"
    delay_days: NotNegative = 21.0


class Population(Part):
    """Who may enter.

    Parameters
    ----------
    criteria : dict
        Criteria on features of virtual patients, written as the YAML file writes them.
    shares : dict
        Feature -> what is wanted of it -> share of the patients; those who enter are weighted to these shares
        of the trial's own baseline table.
    earlier : list of Earlier
    """

    criteria: Criteria = Field(default_factory=dict)
    shares: dict[str, dict[Any, Fraction]] = Field(default_factory=dict)
    earlier: list[Earlier] = Field(default_factory=list)

    @property
    def parsed(self) -> dict[str, Criterion]:
        """The criteria as conditions that can be applied."""
        return parse(self.criteria)

    @property
    def parsed_shares(self) -> tuple[tuple[Criterion, float], ...]:
        """The shares as conditions, each with the fraction of patients that meets it."""
        return tuple(
            (parse_criterion(feature, wanted), share)
            for feature, shares in self.shares.items()
            for wanted, share in shares.items()
        )


class Crossover(Part):
    """What patients of an arm may receive after progression.

    Parameters
    ----------
    regimen : str
        Id of a shipped regimen or path of a YAML file.
    fraction : float, 0 to 1
        Share of progressing patients who receive it.
    delay_days : float [day]
        From the visit that shows progression to the first dose.
    where : dict
        Criteria on features: only these patients.
    """

    regimen: Text
    fraction: Fraction = 1.0
    delay_days: NotNegative = 21.0
    where: Criteria = Field(default_factory=dict)


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
    crossover : Crossover, optional
        Set by the protocol.
    later : list of Crossover
        What else patients received after progression, in practice; with the crossover, at most one of them.
    """

    regimen: Text
    label: Text
    control: bool = False
    published_arm: Text | None = None
    crossover: Crossover | None = None
    later: list[Crossover] = Field(default_factory=list)


class Subgroup(Part):
    """Patients whose endpoints are also read apart.

    Parameters
    ----------
    label : str
        Name on charts and tables.
    criteria : dict
        Criteria on features.
    published_arms : dict
        Arm id -> what follows the trial in the id of the published rows of this subgroup.
    curves : str, optional
        Name of the subgroup among the published survival curves.
    """

    label: Text
    criteria: Annotated[Criteria, Field(min_length=1)]
    published_arms: dict[Identifier, Text] = Field(default_factory=dict)
    curves: Text | None = None

    @property
    def parsed(self) -> dict[str, Criterion]:
        """The criteria as conditions that can be applied."""
        return parse(self.criteria)


class Interval(Part):
    """From which week on scans are how far apart [week]."""

    from_week: Week
    every_weeks: Week


class Imaging(Part):
    """When tumours are imaged after the baseline scan [week]; `then` lists later changes of the interval."""

    first_week: Week
    every_weeks: Week
    then: list[Interval] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_order(self) -> "Imaging":
        weeks = [self.first_week, *(interval.from_week for interval in self.then)]
        if any(later < earlier for earlier, later in pairwise(weeks)):
            raise ValueError(
                f"then: got from_week {', '.join(f'{week:g}' for week in weeks[1:])}, "
                f"expected weeks in order, none before first_week ({self.first_week:g})"
            )
        return self


class Response(Part):
    """How the best overall response is read.

    Parameters
    ----------
    confirmed : bool
        Whether a response counts only if a later visit confirms it.
    min_confirm_days, min_stable_days : float [day]
        Smallest distance of the confirming visit; smallest time from the start that makes stable disease.
    reader : central or investigator, optional
        Who read the scans of the published figures; the simulation reads alike for both.
    until_week : float [week], optional
        A response counts only if it is seen by this week.
    lesions : all or unirradiated
        Which target lesions the response is read on.
    """

    confirmed: bool = True
    min_confirm_days: NotNegative = 28.0
    min_stable_days: NotNegative = 42.0
    reader: Literal["central", "investigator"] | None = None
    until_week: Positive | None = None
    lesions: Literal["all", "unirradiated"] = "all"


class Surgery(Part):
    """Resection of the lesions of every patient without progression.

    Parameters
    ----------
    week : float [week]
        After the first dose.
    """

    week: Positive


class Cutoffs(Part):
    """When the data are read, in months after the first patient entered."""

    response_and_pfs: Positive
    overall_survival: Positive
