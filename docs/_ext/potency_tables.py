"""Tables for the page of potency, from the committed result."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["write_potency_tables"]


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
    for name, text in (("totals", _totals(rows)), ("rows", _rows(rows))):
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
