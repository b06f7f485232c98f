"""Rows of the map itself: entities, relations, gene sets, sources, choices, corrections."""

from typing import Literal

from alarmin.evidence.cells import EvidenceRow, Several, Verified

__all__ = [
    "Choice",
    "CohortClaim",
    "CohortScore",
    "Correction",
    "Drug",
    "Entity",
    "GeneSet",
    "GeneSetGene",
    "Relation",
    "Source",
]


class Source(EvidenceRow):
    """A document or data set that facts rest on.

    `verified` is `yes` if its title was looked up, `partial` if only its identifier was.
    """

    kind: Literal["article", "label", "conference", "thesis", "preprint", "dataset", "company"]
    doi: str | None
    pmid: int | None
    pmcid: str | None
    year: int | None
    title: str | None
    citation: str | None
    verified: Verified | None


class Entity(EvidenceRow):
    """A gene, chemical, disease, organism, cell line or variant of the map.

    `same_as` names the entity that stands for it in the model; `knobs` are parameters of the model, and an
    entity without one says in `context_only` why.
    """

    category: Literal[
        "Gene",
        "Disease",
        "PhenotypicFeature",
        "BiologicalProcess",
        "ChemicalEntity",
        "OrganismTaxon",
        "SequenceVariant",
        "CellLine",
        "NamedThing",
    ]
    name: str
    symbol: str | None
    species: str | None
    aliases: Several
    role: str | None
    same_as: str | None
    knobs: Several
    context_only: str | None
    note: str | None


class Drug(EvidenceRow):
    """A drug by every name it goes under, with the inducer rows that speak of it."""

    name: str
    aliases: Several
    entity: str | None
    inducers: Several


class Relation(EvidenceRow):
    """A statement that two things are related, in a context; opposite statements stand side by side."""

    subject: str
    predicate: Literal["induces", "binds", "brakes"]
    object: str
    outcome: str | None
    context: str | None
    sources: Several
    verified: Verified
    note: str | None


class Choice(EvidenceRow):
    """What the model takes where statements conflict, and why."""

    subject: str
    object: str
    conflict: str
    choice: str
    reason: str
    sources: Several


class GeneSet(EvidenceRow):
    """A published or project gene set."""

    sources: Several
    verified: Verified
    copies: int | None
    note: str | None


class GeneSetGene(EvidenceRow):
    """A gene of a gene set."""

    gene_set: str
    gene: str


class CohortScore(EvidenceRow):
    """What a gene-set score was worth in a cohort, recomputed from public data; low and high span 95 %."""

    cohort: str
    score: str
    genes_used: str | None
    statistic: str
    n: int
    events: int
    value: float
    low: float
    high: float
    p: float


class CohortClaim(EvidenceRow):
    """What a publication claims of a score in a cohort."""

    cohort: str
    claim: str
    n: str | None
    value: str
    sources: Several
    verified: Verified


class Correction(EvidenceRow):
    """A cell that differs from what was first recorded, with the reason and the date."""

    table: str
    row: str
    column: str
    old: str | None
    new: str | None
    outcome: Literal["confirmed", "corrected", "not found"]
    source: str | None
    place: str | None
    date: str
