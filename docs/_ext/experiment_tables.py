"""Tables for the page of experiments: what a table of one's own may say, and the result of all of ours."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from alarmin.experiment.table import DESIGNS, presets
from alarmin.experiment.vocabulary import ENDPOINTS
from alarmin.model import knobs
from alarmin.therapy import drug, shipped_drugs

__all__ = ["write_experiment_tables"]

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
    parts = {"words": _words(), "totals": _totals(content["rows"]), "rows": _rows(content["rows"])}
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
    lines = []
    for role in ("fitting", "checking"):
        for kind in ("directions", "values", "curves"):
            mine = [row for row in rows if row["role"] == role and _kind(row) == kind]
            agree = sum(row["agrees"] for row in mine)
            share = f"{agree / len(mine):.0%}" if mine else ""
            lines.append((role, kind, len(mine), agree, share))
    return _table(("role", "kind", "rows", "agree", ""), lines)


def _rows(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        predicted = f"{row['predicted']:.3g}"
        if row["low"] is not None:
            predicted += f" ({row['low']:.3g} to {row['high']:.3g})"
        agrees = "yes" if row["agrees"] else "**no**"
        published = row["published"].replace("_", " ")
        lines.append((row["id"], row["evidence"], row["endpoint"], published, predicted, agrees, row["role"]))
    return _table(("id", "evidence", "end point", "published", "predicted (90 %)", "agrees", "role"), lines)
