"""Evidence as plain text: aligned tables and the account of one thing."""

import csv
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alarmin.core import DataError, unknown_id

if TYPE_CHECKING:
    from alarmin.evidence.audit import Audit
    from alarmin.evidence.search import Account

__all__ = ["account", "audit_report", "gap_list", "table"]

NARROWEST = 12
STATES = ("yes", "partial", "memory", "no", "-")


def table(rows: Sequence[Mapping[str, Any]], *, whole: bool = False) -> str:
    """Align rows in columns; the widest are cut until all fit the terminal, but never the first.

    Nothing is cut where a table is to be read `whole`.
    """
    if not rows:
        return "none"
    cells = [[_text(value) for value in row.values()] for row in rows]
    header = [name.replace("_", " ") for name in rows[0]]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    room = shutil.get_terminal_size((140, 24)).columns - 2 * len(widths)
    first, rest = widths[0], widths[1:]
    while not whole and first + sum(rest) > room and max(rest, default=0) > NARROWEST:
        rest[rest.index(max(rest))] -= 1
    widths = [first, *rest]
    lines = [
        "  ".join(_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [header, *cells]
    ]
    return "\n".join(lines)


def account(found: "Account") -> str:
    """Lay out everything about one thing."""
    whose = "" if found.hit.origin == "alarmin" else "  (from your own tables)"
    parts = [f"{found.hit.id}  {found.hit.label}  [{found.hit.kind}]{whose}"]
    shown = {key: value for key, value in found.cells.items() if value not in (None, []) and key != "id"}
    parts.append("\n".join(f"  {key:<14}{_text(value)}" for key, value in shown.items()))
    also = [name for name in found.family if name != found.hit.id]
    sections = {
        "Also known as": [{"id": name} for name in also],
        "Statements": [_statement(row) for row in found.statements],
        "Where they conflict, the model takes": [
            {key: row[key] for key in ("conflict", "choice", "reason")} for row in found.choices
        ],
        "Turned in the model by": [{"parameter": knob} for knob in found.knobs],
        "Published parameters": found.parameters,
        "Tested by experiments": found.experiments,
        "Given in trials": found.trials,
        "Supports": found.supported,
        "Cited in the package by": found.cited_by,
        "Looked up again": found.corrections,
        "Sources": found.sources,
    }
    parts += [_section(title, rows) for title, rows in sections.items() if rows]
    return "\n\n".join(parts)


def _section(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    if title.startswith("Where"):
        return title + "\n" + "\n".join(f"  {key}: {value}" for row in rows for key, value in row.items())
    return title + "\n" + "\n".join(f"  {line}" for line in table(rows).splitlines())


def _statement(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: row[key] for key in ("subject", "predicate", "target", "outcome", "context", "verified")}
    return shown | {"from": "" if row["row"] == row["subject"] else row["row"]}


def audit_report(found: "Audit") -> str:
    """Lay out the counts of an audit."""
    verified = [
        {"table": name, "rows": found.rows[name], **{state: count[state] for state in STATES}}
        for name, count in found.verified.items()
    ]
    levels = ", ".join(f"{count} {level}" for level, count in found.levels.most_common())
    others = ", ".join(f"{count} {name}" for name, count in found.rows.items() if name not in found.verified)
    looked_up = ", ".join(f"{count} {outcome}" for outcome, count in found.looked_up.most_common())
    lines = [
        table(verified),
        "",
        "yes: read in a retrieved document; partial: in part; memory: recalled; no: not found; -: no mark",
        f"tables without marks: {others}",
        f"published parameters: {levels} (measured: a publication is cited)",
        f"figures and ids looked up again: {looked_up}",
        f"ids cited by models, drugs, populations and trials: {found.cited}",
        f"dead ids: {len(found.dead)}",
        *(f"  {line}" for line in found.dead),
        f"figures without a unit: {len(found.without_unit)}",
        *(f"  {line}" for line in found.without_unit),
    ]
    return "\n".join(lines)


def gap_list(sensitivity: Path | None, *, limit: int) -> str:
    """List the model's assumed parameters, those that matter most first if that is known.

    Raises
    ------
    DataError
        The sensitivity file is missing, malformed, or names a parameter that the model does not have.
    """
    from alarmin.model import parameters

    known = {parameter.id: parameter for parameter in parameters()}
    matters = _read_sensitivity(sensitivity, known) if sensitivity else {}
    assumed = [p for p in known.values() if p.level == "assumed"]
    assumed.sort(key=lambda p: (-matters.get(p.id, 0.0), not p.is_sampled, p.id))
    rows = [
        {
            "parameter": p.id,
            "matters": f"{matters[p.id]:.3g}" if p.id in matters else "",
            "value": f"{p.value:g}",
        }
        | {"unit": p.unit, "spread": p.distribution, "meaning": p.meaning}
        for p in assumed[:limit]
    ]
    note = (
        ""
        if matters
        else "; give --sensitivity FILE to rank them (now: those that vary between patients first)"
    )
    return f"{table(rows)}\n\n{len(assumed)} of {len(known)} parameters are assumed{note}"


def _read_sensitivity(path: Path, known: Mapping[str, object]) -> dict[str, float]:
    if not path.is_file():
        raise DataError(f"--sensitivity: no file '{path}'")
    found, problems = {}, []
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"parameter", "index"} <= set(reader.fieldnames or ()):
            raise DataError(f"{path.name}: expected the columns parameter, index")
        for number, row in enumerate(reader, start=2):
            where = f"{path.name}, row {number}"
            if row["parameter"] not in known:
                problems.append(unknown_id("parameter", row["parameter"], known, where=where))
                continue
            try:
                found[row["parameter"]] = abs(float(row["index"]))
            except ValueError:
                problems.append(f"{where}, column index: got '{row['index']}', expected a number")
    if problems:
        raise DataError(*problems)
    return found


def _text(value: object) -> str:
    if isinstance(value, float):
        return "NR" if math.isinf(value) else f"{value:g}"
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    # a table of the user must not steer the terminal
    return "".join(char if char.isprintable() else " " for char in text)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
