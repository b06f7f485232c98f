"""Writing the evidence for other programs: KGX, JSON-LD, CSV; whole or not at all."""

import csv
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alarmin.core import EvidenceError, unknown_id
from alarmin.evidence.biolink import PREFIXES, faults
from alarmin.evidence.graph import make_graph
from alarmin.evidence.store import open_store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["FORMATS", "export"]


def export(kind: str, folder: Path, *, user_folder: Path | None = None) -> list[Path]:
    """Write the whole store into a new folder.

    Parameters
    ----------
    kind : str
        `kgx` (`nodes.jsonl`, `edges.jsonl`), `jsonld` (`evidence.jsonld`) or `csv` (a file per table, with a
        column that says whose it is).
    folder : Path
        Must not exist yet.
    user_folder : Path, optional
        Tables of the user to include.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    EvidenceError
        Unknown format, the folder exists, or the graph is not good Biolink (every fault is listed).
    """
    if kind not in FORMATS:
        raise EvidenceError(unknown_id("format", kind, FORMATS))
    if folder.exists():
        raise EvidenceError(f"'{folder}' is already there; choose a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with open_store(user_folder) as store:
            FORMATS[kind](store, scratch)
        scratch.chmod(0o755)
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return sorted(folder.iterdir())


def _graph(store: "DuckDBPyConnection") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    nodes, edges = make_graph(store)
    if found := faults(nodes, edges):
        raise EvidenceError(*found)
    return nodes, edges


def _write_kgx(store: "DuckDBPyConnection", folder: Path) -> None:
    for name, parts in zip(("nodes", "edges"), _graph(store), strict=True):
        lines = (json.dumps(part, ensure_ascii=False) for part in parts)
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_jsonld(store: "DuckDBPyConnection", folder: Path) -> None:
    nodes, edges = _graph(store)
    as_id = {"@type": "@id"}
    context: dict[str, Any] = {
        "@version": 1.1,
        **{prefix: {"@id": url, "@prefix": True} for prefix, url in PREFIXES.items()},
        "@vocab": PREFIXES["biolink"],
        "id": "@id",
        "category": "@type",
        **{
            key: as_id
            for key in ("subject", "predicate", "object", "original_predicate", "qualified_predicate")
        },
        **{key: as_id for key in ("publications", "primary_knowledge_source", "provided_by")},
    }
    document = {"@context": context, "@graph": nodes + edges}
    (folder / "evidence.jsonld").write_text(
        json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def _write_csv(store: "DuckDBPyConnection", folder: Path) -> None:
    tables = store.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'every'").fetchall()
    for name, source in [(table, f"every.{table}") for (table,) in tables] + [("statements", "statements")]:
        found = store.execute(f"SELECT * FROM {source}")  # noqa: S608
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(column[0] for column in found.description or ())
            writer.writerows([_as_text(cell) for cell in row] for row in found.fetchall())


def _as_text(cell: object) -> object:
    if isinstance(cell, list):
        return ";".join(cell)
    return "NR" if cell == float("inf") else cell


FORMATS: dict[str, Callable[["DuckDBPyConnection", Path], None]] = {
    "kgx": _write_kgx,
    "csv": _write_csv,
    "jsonld": _write_jsonld,
}
"""Formats by name."""
