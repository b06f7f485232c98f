"""Tables for the page of survival, from the committed result."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["MODELS", "write_survival_tables"]

MODELS = {"joint": "joint hazard", "kg": "kg-OS", "kg_shifted": "kg-OS, shifted"}
STATISTICS = {
    "depth": "smallest reading at or below {:g} %",
    "later_than": "smallest reading later than {:g} months",
    "grown_by": "grown by 20 % and 5 mm from its smallest by {:g} months",
    "kg_above": "growth above {:g} per week",
    "ks_above": "shrinkage above {:g} per week",
}


def write_survival_tables(folder: Path, result: Path) -> None:
    """Write the parts that `survival.md` includes.

    Parameters
    ----------
    folder : Path
        Where generated parts go.
    result : Path
        As `scripts/compare_survival.py` wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = json.loads(result.read_text(encoding="utf-8"))
    parts = {
        "summary": _summary(content["summary"]),
        "arms": _arms(content["arms"]),
        "ratios": _ratios(content["ratios"]),
        "movements": _movements(content["movements"]),
        "progressions": _progressions(content["arms"]),
    }
    for name, text in parts.items():
        (folder / f"survival_{name}.inc").write_text(text + "\n", encoding="utf-8")


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _summary(rows: list[dict[str, Any]]) -> str:
    groups = {"within": "chemotherapy and antibodies", "all": "all calibration trials"}
    header = ("arms", "model", "n", "mean distance", "hazard ratios", "median error of the log")
    return _table(
        header,
        (
            (
                groups[row["group"]],
                MODELS[row["model"]],
                row["arms"],
                f"{row['mean_distance']:.3f}",
                row["ratios"],
                f"{row['median_log_error']:.2f}",
            )
            for row in rows
        ),
    )


def _arms(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        points = row["points"]
        gaps = [
            f"{sum(abs(p[model] - p['published']) for p in points) / len(points):.3f}" if points else "-"
            for model in MODELS
        ]
        made_for = "yes" if row["within"] else "no"
        lines.append((row["trial"], row["arm"], made_for, f"{row['kg_per_week']:.4f}", len(points), *gaps))
    header = ("trial", "arm", "made for", "kg per week", "points", *MODELS.values())
    return _table(header, lines)


def _ratios(rows: list[dict[str, Any]]) -> str:
    header = ("trial", "arm", "published", *MODELS.values())
    return _table(
        header, ((r["trial"], r["arm"], _with_limits(r), *(f"{r[m]:.2f}" for m in MODELS)) for r in rows)
    )


def _with_limits(row: dict[str, Any]) -> str:
    if row["low"] is None:
        return f"{row['published']:.2f}"
    return f"{row['published']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _movements(rows: list[dict[str, Any]]) -> str:
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    by_key = {(row["arm"], row["statistic"], row["threshold"]): row for row in rows}
    keys = list(dict.fromkeys((row["statistic"], row["threshold"]) for row in rows))
    lines = []
    for statistic, threshold in keys:
        cells = []
        for arm in arms:
            row = by_key.get((arm, statistic, threshold))
            if row is None:
                cells += ["–", "–"]
                continue
            error = (row["published"] * (1 - row["published"]) / row["n"]) ** 0.5
            cells += [f"{100 * row['published']:.0f} ± {100 * error:.0f}", f"{100 * row['simulated']:.0f}"]
        lines.append((STATISTICS[statistic].format(threshold), *cells))
    header = ["share of patients [%]"]
    for arm in arms:
        header += [f"{arm}, OAK", "simulated"]
    return _table(header, lines)


def _progressions(rows: list[dict[str, Any]]) -> str:
    header = ("trial", "arm", "target lesions had grown [% of progressions]")
    return _table(header, ((r["trial"], r["arm"], f"{100 * r['grown_at_progression']:.0f}") for r in rows))
