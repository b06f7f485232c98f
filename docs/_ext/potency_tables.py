"""Tables for the page of potency, from the committed result."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["write_potency_tables"]

_LOW, _HIGH = 0.5, 2.0


def write_potency_tables(folder: Path, result: Path) -> None:
    """Write the parts that `potency.md` includes.

    Parameters
    ----------
    folder : Path
        Where generated parts go.
    result : Path
        As `scripts/validate_potency.py` wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = json.loads(result.read_text(encoding="utf-8"))["rows"]
    held_back = [row for row in rows if row["role"] == "checking"]
    parts = {
        "totals": _totals(rows),
        "rows": _rows(rows),
        "lines": _misses(held_back, "cell_line", "therapy"),
        "drugs": _misses(held_back, "therapy", "cell_line"),
    }
    for name, text in parts.items():
        (folder / f"potency_{name}.inc").write_text(text + "\n", encoding="utf-8")


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _totals(rows: list[dict[str, Any]]) -> str:
    lines = []
    for role in dict.fromkeys(row["role"] for row in rows):
        mine = [row for row in rows if row["role"] == role]
        within = [sum(bool(row["fold"]) and 1 / k <= row["fold"] <= k for row in mine) for k in (2, 3, 10)]
        lines.append((role, len(mine), *within))
    return _table(("role", "rows", "within a factor 2", "3", "10"), lines)


def _misses(rows: list[dict[str, Any]], by: str, other: str) -> str:
    """Count the held-back rows of each line or drug, with the fold of each miss."""
    lines = []
    for key in sorted({row[by] for row in rows}):
        mine = sorted((row for row in rows if row[by] == key), key=lambda row: row["fold"])
        missed = [f"{row[other]} {row['fold']:.2g}" for row in mine if not _LOW <= row["fold"] <= _HIGH]
        lines.append((key, len(mine), len(mine) - len(missed), ", ".join(missed) or "none"))
    return _table(("", "held back", "within a factor 2", "missed (simulated over measured)"), lines)


def _rows(rows: list[dict[str, Any]]) -> str:
    def published(row: dict[str, Any]) -> str:
        return " to ".join(f"{end:g}" for end in dict.fromkeys((row["published"], row["published_high"])))

    def known(value: float | None, digits: str) -> str:
        return "none" if value is None else format(value, digits)

    lines = [
        (
            f"`{row['id']}`",
            row["metric"],
            f"{published(row)} {row['unit']}",
            known(row["predicted"], ".3g"),
            known(row["fold"], ".2g"),
            "yes" if row["agrees"] else "**no**",
            row["role"],
            row["note"],
        )
        for row in rows
    ]
    return _table(("evidence", "metric", "measured", "simulated", "fold", "agrees", "role", ""), lines)
