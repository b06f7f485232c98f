"""Tables for the page of experiments: what a table of one's own may say, and the result of all of ours."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from alarmin.experiment import Experiment, load_experiments
from alarmin.experiment.curves import load_curves
from alarmin.experiment.table import DESIGNS, presets
from alarmin.experiment.vocabulary import ENDPOINTS
from alarmin.model import knobs
from alarmin.therapy import drug, shipped_drugs

__all__ = ["write_experiment_tables"]

FIRST_OF_LATER = 241
"""Rows from this id on were collected after the checking rows before them had been looked at."""
_READ = {
    "at": "at the time asked for",
    "peak": "its peak up to then",
    "sum": "its sum up to then",
    "fold": "at that time, as a multiple of untreated cells",
    "free": "share of animals below 10 mm³ then",
}
_KINDS = {
    "knockout, block, overexpress": "gene",
    "deplete (antibody)": "depletion",
    "deplete (factor)": "cell",
    "add": "recombinant",
}


def write_experiment_tables(folder: Path, result: Path) -> None:
    """Write the parts that `experiments.md` includes.

    Parameters
    ----------
    folder : Path
        Where generated parts go.
    result : Path
        As `scripts/validate_experiments.py` wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = json.loads(result.read_text(encoding="utf-8"))
    rows = content["rows"]
    parts = {
        "words": _words(),
        "totals": _totals(rows),
        "misses": _misses(rows),
        "rows": _rows(rows),
        "not_run": _not_run(),
    }
    for name, text in parts.items():
        (folder / f"experiments_{name}.inc").write_text(text + "\n", encoding="utf-8")


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _words() -> str:
    agents = {
        kind: [name for name in shipped_drugs() if kind in drug(name).properties]
        for kind in ("cytotoxic", "antibody")
    }
    lists = [
        ("`design`", "; ".join(f"{setting}: {_code(names)}" for setting, names in DESIGNS.items())),
        ("`cells`", _code(presets("cells"))),
        ("`host`", _code(presets("hosts"))),
        ("agents of a therapy", _code(["radiation", "none", "freeze_thaw", *agents["cytotoxic"]])),
        ("antibodies (mice only)", _code(agents["antibody"])),
    ]
    for action, kind in _KINDS.items():
        lists.append((f"{action}:", _code(dict.fromkeys(k.symbol for k in knobs() if k.kind == kind))))
    endpoints = [
        (setting, f"`{name}`", f"`{output}`", _READ[how])
        for setting, known in ENDPOINTS.items()
        for name, (output, how) in known.items()
    ]
    return "\n\n".join(
        [
            _table(("Where", "Words"), lists),
            "End points:",
            _table(("setting", "`endpoint`", "from", "read"), endpoints),
        ]
    )


def _kind(row: dict[str, Any]) -> str:
    return {"value": "values", "curve": "curves"}.get(row["expect"], "directions")


def _totals(rows: list[dict[str, Any]]) -> str:
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for role in ("fitting", "checking"):
        for written in ("first", "later"):
            for kind in ("directions", "values", "curves"):
                groups[role, written, kind] = []
    for row in rows:
        groups[row["role"], _written(row), _kind(row)].append(row)
    lines = []
    for (role, written, kind), mine in groups.items():
        if mine:
            agree = sum(row["agrees"] for row in mine)
            lines.append((role, written, kind, len(mine), agree, f"{agree / len(mine):.1%}"))
    return _table(("role", "written down", "kind", "rows", "agree", ""), lines)


def _written(row: dict[str, Any]) -> str:
    """Say whether a row is of the table as it was first, or of those collected for a fresh check."""
    later = row["id"].startswith("E") and int(row["id"][1:]) >= FIRST_OF_LATER
    return "later" if later else "first"


def _predicted(row: dict[str, Any]) -> str:
    interval = "" if row["low"] is None else f" ({row['low']:.3g} to {row['high']:.3g})"
    return f"{row['predicted']:.3g}{interval}"


def _misses(rows: list[dict[str, Any]]) -> str:
    """Say of each row that does not agree what was done."""
    done = {e.id: _in_words(e) for e in load_experiments()}
    done |= {f"curve:{c.id}": f"{c.cells}, {c.arm.replace('_', ' ')}" for c in load_curves()}
    lines = [
        (row["id"], row["role"], done[row["id"]], row["endpoint"], row["published"], _predicted(row))
        for row in rows
        if not row["agrees"]
    ]
    return _table(("id", "role", "experiment", "end point", "published", "predicted (90 %)"), lines)


def _in_words(e: Experiment) -> str:
    sides = [", ".join(filter(None, (side.cells, side.host, side.therapy, side.knobs))) for side in _sides(e)]
    return escape(" *against* ".join(sides), quote=False)


def _sides(e: Experiment) -> list[Experiment]:
    mine = replace(e, host="" if e.host == "wild_type" else e.host)
    if not e.has_comparator:
        return [mine]
    other = replace(
        mine,
        cells=e.compare_cells,
        host=e.compare_host,
        therapy=e.compare_therapy,
        knobs=e.compare_knobs,
    )
    return [mine, other]


def _not_run() -> str:
    text = files("alarmin.experiment").joinpath("data", "not_run.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return _table(("evidence", "what", "why not"), ((r["evidence"], r["what"], r["reason"]) for r in rows))


def _rows(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        agrees = "yes" if row["agrees"] else "**no**"
        published = row["published"].replace("_", " ")
        lines.append(
            (row["id"], row["evidence"], row["endpoint"], published, _predicted(row), agrees, row["role"])
        )
    return _table(("id", "evidence", "end point", "published", "predicted (90 %)", "agrees", "role"), lines)
