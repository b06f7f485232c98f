"""Table for the page of plasma: danger signals read off virtual patients beside what was published."""

import json
from pathlib import Path
from typing import Any

__all__ = ["write_plasma_table"]


def write_plasma_table(folder: Path, result: Path) -> None:
    """Write the part that `plasma.md` includes.

    Parameters
    ----------
    folder : Path
        Where generated parts go.
    result : Path
        As `scripts/plasma_damps.py` wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = json.loads(result.read_text(encoding="utf-8"))["rows"]
    lines = [
        "| Figure | Published | Simulated (95 % interval) | Agrees | Evidence |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['what']} | {_known(row['published'])} | {_simulated(row)} "
        f"| {'yes' if row['agrees'] else '**no**'} | `{row['id'].removeprefix('plasma:')}` |"
        for row in rows
    ]
    agree = sum(row["agrees"] for row in rows)
    lines += ["", f"{agree} of {len(rows)} agree."]
    (folder / "plasma_rows.inc").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _simulated(row: dict[str, Any]) -> str:
    if row["low"] is None:
        return _known(row["predicted"])
    return f"{_known(row['predicted'])} ({_known(row['low'])} to {_known(row['high'])})"


def _known(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
