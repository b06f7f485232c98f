"""The columns of each table of facts, with their types.

A blank cell is `None`. Several sources in one cell are separated by semicolons and become a tuple.
`verified` says how far somebody read the figure in a retrieved document: `yes` all of the row, `partial` the
value but not its limits, `memory` recalled and not re-read, `no` looked for and not found.
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

__all__ = [
    "Arm",
    "Baseline",
    "EvidenceRow",
    "KmCurveRow",
    "KmPoint",
    "Parameter",
    "Result",
    "Source",
    "Trial",
    "Verified",
]

Verified = Literal["yes", "partial", "memory", "no"]


def _split(cell: object) -> object:
    return tuple(part.strip() for part in cell.split(";")) if isinstance(cell, str) else cell or ()


def _reached(cell: object) -> object:
    return math.inf if cell == "NR" else cell


Ids = Annotated[tuple[str, ...], BeforeValidator(_split)]
Figure = Annotated[float | None, BeforeValidator(_reached)]


class EvidenceRow(BaseModel):
    """One row of a table of facts; unknown columns are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class Source(EvidenceRow):
    """A document or data set that facts rest on; `verified` is `yes` only if its title was looked up."""

    kind: Literal["article", "label", "conference", "thesis", "preprint", "dataset", "company"]
    doi: str | None
    pmid: int | None
    pmcid: str | None
    year: int | None
    title: str | None
    citation: str | None
    verified: Verified | None


class Trial(EvidenceRow):
    """A clinical trial or cohort."""

    name: str
    nct: str | None
    sources: Ids
    verified: Verified | None


class Arm(EvidenceRow):
    """An arm, or a subgroup of one, of a trial; hazard ratios compare it with `control`."""

    trial: str
    label: str
    setting: str
    regimen: str
    control: str | None
    note: str | None


class Result(EvidenceRow):
    """A published figure of an arm; `inf` is not reached, `level_pct` the level of the interval."""

    arm: str
    measure: str
    value: Figure
    low: Figure
    high: Figure
    level_pct: float | None
    unit: str
    sources: Ids
    verified: Verified
    checked: str | None


class KmCurveRow(EvidenceRow):
    """A survival curve recomputed from patient-level times; medians and follow-up in months."""

    arm: str
    endpoint: Literal["PFS", "OS"]
    subgroup: str
    n: int
    events: int
    last_followup: float
    median: Figure
    median_low: Figure
    median_high: Figure
    sources: Ids


class KmPoint(EvidenceRow):
    """Survival of a curve at a month, with its 95 % interval and the number still at risk."""

    curve: str
    month: int
    survival: float
    low: float
    high: float
    at_risk: int


class Parameter(EvidenceRow):
    """A published model or pharmacokinetic parameter."""

    value: str | None
    unit: str | None
    meaning: str
    derived_from: str | None
    level: Literal["measured", "estimated", "assumed", "derived"]
    sources: Ids
    distribution: str | None
    module: str
    drug: str | None
    verified: Verified
    verified_against: str | None
    note: str | None


class Baseline(EvidenceRow):
    """A published distribution of a baseline feature in a population."""

    feature: str
    population: str
    statistic: str
    value: str | None
    low: float | None
    high: float | None
    range_type: str | None
    unit: str | None
    n: int | None
    sources: Ids
    verified: Verified | None
    note: str | None
