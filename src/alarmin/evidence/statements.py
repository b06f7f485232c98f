"""The statements that the tables make: who induces, binds, encodes, is given in, reports, supports what.

They are derived, so that a fact is written once: an inducer's grade and an assay's outcome each become a
statement of their own, and opposite ones stand side by side.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from alarmin.evidence.cells import EvidenceRow
from alarmin.evidence.references import Tables
from alarmin.evidence.rows_bench import Assay, Inducer
from alarmin.evidence.rows_clinic import Arm, Result
from alarmin.evidence.rows_map import Drug, Entity, Relation

__all__ = ["DAMPS", "Statement", "derive_statements"]

DAMPS = {
    "CALR": "NCBIGene:811",
    "ATP": "MESH:D000255",
    "HMGB1": "NCBIGene:3146",
    "ANXA1": "NCBIGene:301",
    "HSP70": "NCBIGene:3303",
    "HSP90": "NCBIGene:3320",
    "IFNB1": "NCBIGene:3456",
}
"""Danger signals and the entities that stand for them."""

GRADES = {
    "calr": "CALR",
    "atp": "ATP",
    "hmgb1": "HMGB1",
    "anxa1": "ANXA1",
    "hsp": "HSP70",
    "ifn1": "IFNB1",
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement, the row it is taken from, and how far that was verified."""

    subject: str
    predicate: str
    object: str
    outcome: str | None = None
    context: str | None = None
    sources: tuple[str, ...] = ()
    verified: str | None = None
    row: str


def derive_statements(tables: Tables) -> Iterator[Statement]:
    """Derive every statement of a set of tables."""
    inducers = cast(Sequence[Inducer], tables.get("inducers", ()))
    drugs = cast(Sequence[Drug], tables.get("drugs", ()))
    yield from _graded(inducers)
    yield from _measured(cast(Sequence[Assay], tables.get("assays", ())), inducers)
    yield from _related(cast(Sequence[Relation], tables.get("relations", ())))
    yield from _encoded(cast(Sequence[Entity], tables.get("entities", ())))
    yield from _given(cast(Sequence[Arm], tables.get("arms", ())), drugs)
    yield from _reported(cast(Sequence[Result], tables.get("results", ())))
    for rows in tables.values():
        yield from _supported(rows)


def _graded(inducers: Sequence[Inducer]) -> Iterator[Statement]:
    for row in inducers:
        for column, damp in GRADES.items():
            if grade := getattr(row, column):
                yield Statement(
                    subject=row.id,
                    predicate="induces",
                    object=DAMPS[damp],
                    outcome=grade,
                    context=f"judged over {', '.join(row.cell_lines)}",
                    sources=row.sources,
                    # what was read is the direction; the grade is a judgement
                    verified="partial" if row.verified == "yes" else row.verified,
                    row=row.id,
                )


def _measured(assays: Sequence[Assay], inducers: Sequence[Inducer]) -> Iterator[Statement]:
    by_therapy = {row.therapy: row.id for row in inducers}
    for row in assays:
        for damp in row.damps if row.outcome else ():
            yield Statement(
                subject=by_therapy.get(row.therapy, row.id),
                predicate="induces",
                object=DAMPS[damp],
                outcome=row.outcome,
                context="; ".join(filter(None, (row.cell_line, row.dose, row.time_h and f"{row.time_h} h"))),
                sources=row.sources,
                verified=row.verified,
                row=row.id,
            )


def _related(relations: Sequence[Relation]) -> Iterator[Statement]:
    for row in relations:
        yield Statement(
            subject=row.subject,
            predicate=row.predicate,
            object=row.object,
            outcome=row.outcome,
            context=row.context,
            sources=row.sources,
            verified=row.verified,
            row=row.id,
        )


def _encoded(entities: Sequence[Entity]) -> Iterator[Statement]:
    for row in entities:
        for knob in row.knobs:
            yield Statement(subject=row.id, predicate="encodes", object=f"knob:{knob}", row=row.id)
        if row.same_as:
            yield Statement(subject=row.id, predicate="same_as", object=row.same_as, row=row.id)


def _given(arms: Sequence[Arm], drugs: Sequence[Drug]) -> Iterator[Statement]:
    for drug in drugs:
        # "paclitaxel" must not be found inside "nab-paclitaxel"
        names = "|".join(re.escape(name) for name in (drug.name, *drug.aliases) if len(name) > 3)
        pattern = re.compile(rf"(?<![\w-])(?:{names})\b", re.IGNORECASE)
        for arm in arms:
            if pattern.search(arm.regimen):
                yield Statement(subject=drug.id, predicate="given_in", object=arm.id, row=arm.id)


def _reported(results: Sequence[Result]) -> Iterator[Statement]:
    for row in results:
        yield Statement(
            subject=row.arm,
            predicate="reports",
            object=row.id,
            sources=row.sources,
            verified=row.verified,
            row=row.id,
        )


def _supported(rows: Sequence[EvidenceRow]) -> Iterator[Statement]:
    for row in rows:
        for source in getattr(row, "sources", ()):
            yield Statement(
                subject=source,
                predicate="supports",
                object=row.id,
                verified=getattr(row, "verified", None),
                row=row.id,
            )
