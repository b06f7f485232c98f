"""Rows about patients: trials, arms, published figures, survival curves, baseline, plasma, adverse events."""

from typing import Literal

from alarmin.evidence.cells import EvidenceRow, Figure, Several, Verified

__all__ = [
    "AdverseEvent",
    "Arm",
    "Baseline",
    "KmCheck",
    "KmCurveRow",
    "KmPoint",
    "LesionDynamics",
    "PlasmaDamp",
    "Result",
    "Trial",
]


class Trial(EvidenceRow):
    """A clinical trial or cohort."""

    name: str
    nct: str | None
    sources: Several
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
    """A published figure of an arm; `inf` is not reached, `level_pct` the level of the interval.

    `curve` is `agrees` where a recalled figure lies within reading error of the recomputed survival curve;
    `checked` is the day on which it was last looked up.
    """

    arm: str
    measure: str
    value: Figure
    low: Figure
    high: Figure
    level_pct: float | None
    unit: str
    sources: Several
    verified: Verified
    curve: Literal["agrees"] | None
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
    sources: Several


class KmCheck(EvidenceRow):
    """How well a recomputed pair of curves agrees with what was published; medians in months.

    `a` is the control arm and `b` the other; `published_state` says how far the published figures were read.
    """

    endpoint: Literal["PFS", "OS"]
    a: str
    b: str
    median_a: Figure
    median_a_published: Figure
    median_b: Figure
    median_b_published: Figure
    hr: float
    hr_low: float
    hr_high: float
    hr_published: float
    hr_published_low: float | None
    hr_published_high: float | None
    events: int
    published_state: str


class KmPoint(EvidenceRow):
    """Survival of a curve at a month, with its 95 % interval and the number still at risk."""

    curve: str
    month: int
    survival: float
    low: float
    high: float
    at_risk: int


class LesionDynamics(EvidenceRow):
    """Share of the patients of an arm whose target lesion moved, or who lived, beyond a threshold.

    `depth`: the smallest reading lies at or below this change from the baseline. `later_than`: the smallest
    reading comes later than this after the baseline. `grown_by`: by this time after the baseline it had grown
    by 20 % and 5 mm from its smallest. `kg_above`, `ks_above`: the fitted rate of growth, of shrinkage is
    larger than this. `alive_after_progression`: alive so long after a progression that was seen before death
    (Kaplan-Meier). `value` is a share (0 to 1) of `n` patients; under censoring `n` is the number that would
    leave it as uncertain without (Greenwood).
    """

    arm: str
    statistic: Literal["depth", "later_than", "grown_by", "kg_above", "ks_above", "alive_after_progression"]
    threshold: float
    threshold_unit: Literal["%", "month", "1/week"]
    value: float
    n: int
    sources: Several


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
    sources: Several
    verified: Verified | None
    note: str | None


class PlasmaDamp(EvidenceRow):
    """A DAMP measured in the blood of patients."""

    setting: str
    n: int | None
    modality: str
    damp: str
    time_point: str
    value: str
    comparator: str | None
    effect: str
    sources: Several
    verified: Verified
    note: str | None


class AdverseEvent(EvidenceRow):
    """An adverse event: its entity, what causes it, and the measure under which trials report it."""

    name: str
    entity: str | None
    causes: str
    measure: str | None
    models: Several
    note: str | None
