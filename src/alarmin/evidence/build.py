"""Filling the store: the package's tables, the user's beside them, statements, and an index for searching."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from alarmin.core import EvidenceError
from alarmin.evidence.cells import EvidenceRow
from alarmin.evidence.references import Tables, unresolved
from alarmin.evidence.statements import Statement, derive_statements
from alarmin.evidence.tables import TABLES, load_table, read_folder

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

__all__ = ["fill"]

LABELS = (
    "name",
    "label",
    "therapy",
    "title",
    "experiment",
    "meaning",
    "statement",
    "feature",
    "drug",
    "conflict",
    "effect",
    "claim",
)
NAMES = ("symbol", "name", "therapy", "nct", "doi", "pmid", "pmcid", "label", "drug")


def fill(path: Path, user_folder: Path | None) -> None:
    """Write a new store.

    Raises
    ------
    EvidenceError
        A table of the user is malformed or names a row that does not exist; every fault is listed.
    """
    import duckdb

    own: Tables = {name: load_table(row_type) for name, row_type in TABLES.items()}
    theirs = read_folder(user_folder) if user_folder else {}
    _check_user_tables(own, theirs)
    with duckdb.connect(str(path)) as store:
        store.execute("CREATE SCHEMA theirs; CREATE SCHEMA every")
        for name, row_type in TABLES.items():
            _store_table(store, name, row_type, {"main": own[name], "theirs": theirs.get(name, ())})
        _store_index(store, {"alarmin": own, "user": theirs})


def _check_user_tables(own: Tables, theirs: Tables) -> None:
    faults = unresolved(theirs, own)
    ours = {row.id for rows in own.values() for row in rows}
    for name, rows in theirs.items():
        faults.extend(
            f"{name}.csv, row {number}, column id: '{row.id}' is taken by Alarmin's own tables"
            for number, row in enumerate(rows, start=2)
            if row.id in ours
        )
    if faults:
        raise EvidenceError(*faults)


def _store_table(
    store: "DuckDBPyConnection",
    name: str,
    row_type: type[EvidenceRow],
    rows: Mapping[str, Iterable[EvidenceRow]],
) -> None:
    import pyarrow as pa

    schema = pa.schema(
        [(column, _arrow_type(field.annotation)) for column, field in row_type.model_fields.items()]
    )
    for part, content in rows.items():
        _insert(store, f"{part}.{name}", pa.Table.from_pylist([row.model_dump() for row in content], schema))
    store.execute(
        f"CREATE VIEW every.{name} AS SELECT 'alarmin' AS origin, * FROM main.{name} "  # noqa: S608
        f"UNION ALL SELECT 'user' AS origin, * FROM theirs.{name}"
    )


def _arrow_type(annotation: Any) -> "pa.DataType":
    import pyarrow as pa

    kinds = {arg for arg in get_args(annotation) if arg is not NoneType} or {annotation}
    if get_origin(annotation) is tuple:
        return pa.list_(pa.string())
    if get_origin(annotation) is Literal or any(get_origin(kind) is Literal for kind in kinds):
        return pa.string()
    return pa.float64() if float in kinds else pa.int64() if int in kinds else pa.string()


def _insert(store: "DuckDBPyConnection", name: str, content: "pa.Table") -> None:
    store.register("arriving", content)
    store.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")  # noqa: S608
    store.unregister("arriving")


def _store_index(store: "DuckDBPyConnection", origins: Mapping[str, Tables]) -> None:
    import pyarrow as pa

    things: list[dict[str, str]] = []
    names: list[dict[str, str]] = []
    statements: list[dict[str, Any]] = []
    merged = {
        table: [row for tables in origins.values() for row in tables.get(table, ())] for table in TABLES
    }
    origin_of = {
        row.id: origin for origin, tables in origins.items() for rows in tables.values() for row in rows
    }
    for table, rows in merged.items():
        for row in rows:
            cells = row.model_dump()
            label = next((str(cells[key]) for key in LABELS if cells.get(key)), row.id)
            text = " ".join(str(cell) for cell in cells.values() if cell not in (None, ()))
            things.append(
                {"id": row.id, "kind": table, "label": label, "text": text, "origin": origin_of[row.id]}
            )
            names.extend({"name": name.casefold(), "id": row.id} for name in _names_of(row.id, cells))
    for statement in derive_statements(merged):
        statements.append(_as_cells(statement) | {"origin": origin_of[statement.row]})
    _insert(store, "things", pa.Table.from_pylist(things))
    _insert(store, "names", pa.Table.from_pylist(names))
    _insert(store, "statements", pa.Table.from_pylist(statements))
    store.execute("CREATE INDEX names_by_name ON names (name); CREATE INDEX things_by_id ON things (id)")


def _as_cells(statement: Statement) -> dict[str, Any]:
    return statement.__dict__ | {"sources": list(statement.sources)}


def _names_of(row_id: str, cells: Mapping[str, Any]) -> set[str]:
    """Give every name under which a row is found: its id with and without prefix, names, aliases."""
    names = {row_id, row_id.partition(":")[2]} | {str(cells[key]) for key in NAMES if cells.get(key)}
    return names | set(cells.get("aliases") or ())
