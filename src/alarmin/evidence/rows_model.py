"""Rows that a model is built from: parameters, exposure, potency, toxicity."""

from alarmin.evidence.cells import EvidenceRow, Level, Several, Verified

__all__ = ["Exposure", "Parameter", "Potency", "Toxicity"]


class Parameter(EvidenceRow):
    """A published model or pharmacokinetic parameter."""

    value: str | None
    unit: str | None
    meaning: str
    derived_from: str | None
    level: Level
    sources: Several
    distribution: str | None
    module: str
    drug: str | None
    verified: Verified
    read_in: str | None
    note: str | None


class Exposure(EvidenceRow):
    """An observed exposure of a drug in patients."""

    drug: str
    dose: str
    schedule: str | None
    metric: str
    value: str | None
    unit: str
    cv_pct: float | None
    sources: Several
    verified: Verified
    note: str | None


class Potency(EvidenceRow):
    """How strongly a therapy acts on a cell line or a tumour."""

    therapy: str
    cell_line: str
    metric: str
    value: str
    unit: str
    exposure_h: float | None
    sources: Several
    verified: Verified
    note: str | None


class Toxicity(EvidenceRow):
    """A parameter of a published model of toxicity."""

    endpoint: str
    cause: str
    parameter: str
    value: str
    unit: str
    spread: str | None
    sources: Several
    verified: Verified
    note: str | None
