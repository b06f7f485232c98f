"""Reading tables of facts: every cell is checked against its type, and all faults are listed at once."""

import csv
from collections.abc import Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from alarmin.core import EvidenceError, unknown_id
from alarmin.evidence import rows_bench, rows_clinic, rows_map, rows_model
from alarmin.evidence.cells import EvidenceRow

__all__ = ["TABLES", "load_table", "read_folder", "read_rows"]

Row = TypeVar("Row", bound=EvidenceRow)

TABLES: dict[str, type[EvidenceRow]] = {
    "entities": rows_map.Entity,
    "drugs": rows_map.Drug,
    "inducers": rows_bench.Inducer,
    "assays": rows_bench.Assay,
    "perturbations": rows_bench.Perturbation,
    "steps": rows_bench.Step,
    "rules": rows_bench.Rule,
    "relations": rows_map.Relation,
    "choices": rows_map.Choice,
    "trials": rows_clinic.Trial,
    "arms": rows_clinic.Arm,
    "results": rows_clinic.Result,
    "km_curves": rows_clinic.KmCurveRow,
    "km_checks": rows_clinic.KmCheck,
    "km_points": rows_clinic.KmPoint,
    "lesion_dynamics": rows_clinic.LesionDynamics,
    "baseline": rows_clinic.Baseline,
    "plasma_damps": rows_clinic.PlasmaDamp,
    "adverse_events": rows_clinic.AdverseEvent,
    "parameters": rows_model.Parameter,
    "exposure": rows_model.Exposure,
    "potency": rows_model.Potency,
    "toxicity": rows_model.Toxicity,
    "gene_sets": rows_map.GeneSet,
    "gene_set_genes": rows_map.GeneSetGene,
    "cohort_scores": rows_map.CohortScore,
    "cohort_claims": rows_map.CohortClaim,
    "sources": rows_map.Source,
    "corrections": rows_map.Correction,
}


def read_rows(file: Traversable, row_type: type[Row]) -> tuple[Row, ...]:
    """Read one CSV table and check every cell.

    Parameters
    ----------
    file : Traversable
        A CSV file with a header line; a blank cell means unknown.
    row_type : type
        The columns and their types.

    Raises
    ------
    EvidenceError
        Lists every malformed cell with file, row (as numbered in the file, the header is 1) and column.
    """
    reader = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    if reader.fieldnames != list(row_type.model_fields):
        expected, got = ",".join(row_type.model_fields), ",".join(reader.fieldnames or ())
        raise EvidenceError(f"{file.name}: expected the columns {expected}; got {got}")
    cells = [{key: value or None for key, value in row.items()} for row in reader]
    try:
        found = TypeAdapter(list[row_type]).validate_python(cells)  # type: ignore[valid-type]
    except ValidationError as error:
        raise EvidenceError(*_word(file.name, error)) from None
    _refuse_duplicates(file.name, found)
    return tuple(found)


def _word(name: str, error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_url=False):
        row, column = int(fault["loc"][0]) + 2, fault["loc"][1] if len(fault["loc"]) > 1 else "?"
        lines.append(f"{name}, row {row}, column {column}: got {fault['input']!r}; {fault['msg'].lower()}")
    return lines


def _refuse_duplicates(name: str, found: Sequence[EvidenceRow]) -> None:
    first: dict[str, int] = {}
    faults = [
        f"{name}, row {number}, column id: '{row.id}' is already in row {first[row.id]}"
        for number, row in enumerate(found, start=2)
        if first.setdefault(row.id, number) != number
    ]
    if faults:
        raise EvidenceError(*faults)


def read_folder(folder: Path) -> dict[str, tuple[EvidenceRow, ...]]:
    """Read the tables of a folder, laid out and named as the package's own.

    Raises
    ------
    EvidenceError
        No table, a file of another name, or malformed cells; all faults of all files are listed.
    """
    tables, faults = {}, []
    for file in sorted(folder.glob("*.csv")):
        if file.stem not in TABLES:
            faults.append(unknown_id("table", file.stem, TABLES, where=file.name))
            continue
        try:
            tables[file.stem] = read_rows(file, TABLES[file.stem])
        except EvidenceError as error:
            faults.extend(error.problems)
    if faults or not tables:
        raise EvidenceError(*(faults or [f"'{folder}' holds no table; known: {', '.join(TABLES)}"]))
    return tables


def load_table(row_type: type[Row]) -> tuple[Row, ...]:
    """Load the package's own table of a row type, once per process."""
    return cast(tuple[Row, ...], _load_once(row_type))


@cache
def _load_once(row_type: type[EvidenceRow]) -> tuple[EvidenceRow, ...]:
    name = next(name for name, known in TABLES.items() if known is row_type)
    return read_rows(resources.files("alarmin.evidence") / "data" / f"{name}.csv", row_type)
