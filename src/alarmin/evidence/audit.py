"""How far the evidence can be believed: levels, verification, dead ids, missing units."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from alarmin.evidence.cells import EvidenceRow
from alarmin.evidence.cited import cited_ids
from alarmin.evidence.references import unresolved
from alarmin.evidence.rows_clinic import Baseline, Result
from alarmin.evidence.rows_map import Correction
from alarmin.evidence.rows_model import Exposure, Parameter, Potency, Toxicity
from alarmin.evidence.tables import TABLES, load_table

__all__ = ["Audit", "audit"]

MEASURED = (Parameter, Baseline, Result, Exposure, Potency, Toxicity)


@dataclass(frozen=True, kw_only=True)
class Audit:
    """Counts over the package's tables.

    Attributes
    ----------
    rows : dict of str to int
        Rows of each table.
    verified : dict of str to Counter
        For each table with such a column: `yes`, `partial`, `memory`, `no`, and `-` where it is blank.
    levels : Counter
        Published parameters by level: measured, estimated, assumed, derived.
    dead : list of str
        Ids that are named and lead nowhere, in the tables and in the data files of the whole package.
    without_unit : list of str
        Ids of figures without a unit.
    cited : int
        Distinct ids that the package's models, drugs, populations and trials cite.
    looked_up : Counter
        Figures and identifiers that were looked up again, by outcome.
    """

    rows: dict[str, int]
    verified: dict[str, Counter[str]]
    levels: Counter[str]
    dead: list[str]
    without_unit: list[str]
    cited: int
    looked_up: Counter[str]


def audit() -> Audit:
    """Count what the package's tables hold and find what they lack."""
    tables = {name: load_table(row_type) for name, row_type in TABLES.items()}
    ids = {row.id for rows in tables.values() for row in rows}
    cited = list(cited_ids())
    dead = unresolved(tables)
    dead += [f"{place}: no row '{name}'" for place, name in cited if name not in ids]
    return Audit(
        rows={name: len(rows) for name, rows in tables.items()},
        verified={
            name: Counter(getattr(row, "verified", None) or "-" for row in rows)
            for name, rows in tables.items()
            if "verified" in TABLES[name].model_fields
        },
        levels=Counter(row.level for row in load_table(Parameter)),
        dead=dead,
        without_unit=[row.id for row_type in MEASURED for row in _without_unit(load_table(row_type))],
        cited=len({name for _, name in cited}),
        looked_up=Counter(row.outcome for row in load_table(Correction)),
    )


def _without_unit(rows: Sequence[EvidenceRow]) -> list[EvidenceRow]:
    """Find figures without a unit; a row without a figure, or whose figure is a word, needs none."""
    return [
        row
        for row in rows
        if not getattr(row, "unit", None) and re.match(r"[\d.-]", str(getattr(row, "value", None) or ""))
    ]
