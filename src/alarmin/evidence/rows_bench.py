"""Rows from the bench: inducers of immunogenic cell death, assays, perturbation experiments, rules."""

from typing import Literal

from alarmin.evidence.cells import EvidenceRow, Grade, Several, Verified

__all__ = ["Assay", "Inducer", "Perturbation", "Rule", "Step"]


class Inducer(EvidenceRow):
    """A therapy with its graded profile of danger signals; a blank grade is unknown."""

    therapy: str
    entity: str | None
    family: str
    mode: Literal["type I", "type II", "adjuvant", "partner"]
    er_stress: Grade | None
    ros: Grade | None
    calr: Grade | None
    atp: Grade | None
    hmgb1: Grade | None
    anxa1: Grade | None
    hsp: Grade | None
    ifn1: Grade | None
    vaccination_low_pct: float | None
    vaccination_high_pct: float | None
    vaccination_model: str | None
    vaccination_verified: Verified | None
    cell_lines: Several
    nsclc: Literal["yes", "partial", "no"]
    nsclc_note: str | None
    verdict: Literal["bona_fide", "partial", "non_inducer"] | None
    sources: Several
    verified: Verified
    note: str | None


class Assay(EvidenceRow):
    """A read-out in a well or an animal; `outcome` says what became of the named danger signals."""

    therapy: str
    dose: str | None
    cell_line: str | None
    time_h: str | None
    readout: str
    damps: Several
    outcome: Literal["up", "none", "highest", "lowest"] | None
    value: str | None
    control: str | None
    kind: str
    sources: Several
    verified: Verified
    note: str | None


class Perturbation(EvidenceRow):
    """A published experiment that removes, adds or reorders one step of the cascade."""

    experiment: str
    system: str
    intervention: str
    comparator: str
    endpoint: str
    value: str
    comparator_value: str | None
    direction: str
    stage: str
    sources: Several
    verified: Verified
    note: str | None


class Step(EvidenceRow):
    """A step of the cascade: cause, effect, sign, delay to half effect, and what of it numbers anchor."""

    cause: str
    effect: str
    sign: Literal["+", "-", "mixed"]
    modifiers: str | None
    delay: str
    anchored: Literal["order", "time", "amount"] | None
    sources: Several
    verified: Verified


class Rule(EvidenceRow):
    """A rule of the guidelines on how immunogenic cell death is established."""

    statement: str
    sources: Several
    verified: Verified
    note: str | None
