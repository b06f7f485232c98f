"""Which columns name rows of other tables, and which of those names lead nowhere."""

from collections.abc import Iterable, Mapping, Sequence

from alarmin.core import nearest
from alarmin.evidence.cells import EvidenceRow

__all__ = ["ANY", "REFERENCES", "named_ids", "unresolved"]

ANY = "*"
REFERENCES: dict[str, dict[str, str]] = {
    "entities": {"same_as": "entities"},
    "drugs": {"entity": "entities", "inducers": "inducers"},
    "inducers": {"entity": "entities"},
    "relations": {"subject": ANY, "object": ANY},
    "choices": {"subject": ANY, "object": ANY},
    "arms": {"trial": "trials", "control": "arms"},
    "results": {"arm": "arms"},
    "km_curves": {"arm": "arms"},
    "km_checks": {"a": "arms", "b": "arms"},
    "km_points": {"curve": "km_curves"},
    "lesion_dynamics": {"arm": "arms"},
    "adverse_events": {"entity": "entities", "models": "toxicity"},
    "gene_set_genes": {"gene_set": "gene_sets"},
}
"""Table, column, and the table that the column names (`*` is any); a column `sources` names sources."""

Tables = Mapping[str, Sequence[EvidenceRow]]


def named_ids(table: str, row: EvidenceRow) -> Iterable[tuple[str, str, str]]:
    """List the ids that a row names, each with its column and the table it should be in."""
    columns = dict(REFERENCES.get(table, {}))
    if "sources" in type(row).model_fields:
        columns["sources"] = "sources"
    for column, target in columns.items():
        cell = getattr(row, column)
        for name in cell if isinstance(cell, tuple) else (cell,) if cell else ():
            yield column, name, target


def unresolved(tables: Tables, known: Tables | None = None) -> list[str]:
    """List the ids in `tables` that no row carries, one line each with file, row, column and nearest id.

    Parameters
    ----------
    tables : Mapping of str to Sequence of EvidenceRow
        The tables to check, by name.
    known : Mapping, optional
        Further tables whose ids may be named (the package's own, when a user's are checked).
    """
    ids: dict[str, set[str]] = {}
    for source in (tables, known or {}):
        for name, rows in source.items():
            ids.setdefault(name, set()).update(row.id for row in rows)
    ids[ANY] = set().union(*ids.values())
    faults = []
    for table, rows in tables.items():
        for number, row in enumerate(rows, start=2):
            for column, name, target in named_ids(table, row):
                if name not in ids.get(target, set()):
                    guess = nearest(name, ids.get(target, set()))
                    hint = f"; did you mean '{guess}'?" if guess else ""
                    faults.append(f"{table}.csv, row {number}, column {column}: no row '{name}'{hint}")
    return faults
