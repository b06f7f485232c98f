"""Tables for the page of the population: predicted beside published, calibration and validation apart."""

import json
from pathlib import Path
from typing import Any

__all__ = ["write_trial_tables"]

_NAMES = {"orr": "Response rate, %", "pcr": "Pathologic complete response, %"}
_KINDS = {"pfs": "PFS", "efs": "EFS", "os": "OS"}


def write_trial_tables(folder: Path, result: Path) -> None:
    """Write the parts that `population.md` includes.

    Parameters
    ----------
    folder : Path
        Where generated parts go.
    result : Path
        As `scripts/validate_trials.py` wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = json.loads(result.read_text(encoding="utf-8"))
    (folder / "trials_score.inc").write_text(_score(content["score"]) + "\n", encoding="utf-8")
    for role in ("calibration", "validation"):
        rows = [row for row in content["rows"] if row["role"] == role and "curve_" not in row["endpoint"]]
        (folder / f"trials_{role}.inc").write_text(_rows(rows) + "\n", encoding="utf-8")


def _score(score: dict[str, dict[str, str]]) -> str:
    names = list(dict.fromkeys(name for lines in score.values() for name in lines))
    text = ["| | calibration | validation |", "|---|---|---|"]
    for name in names:
        cells = (score.get(role, {}).get(name, "") for role in ("calibration", "validation"))
        text.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(text)


def _rows(rows: list[dict[str, Any]]) -> str:
    head = ("Trial", "Arm", "Endpoint", "Published", "Predicted (90 % interval)", "Hit")
    text = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        arm = row["arm"] + (f", {row['subgroup']}" if row["subgroup"] else "")
        hit = {True: "yes", False: "**no**"}.get(row["hit"], "")
        published = _figure(row["value"], row["low"], row["high"])
        predicted = _figure(row["predicted"], row["predicted_low"], row["predicted_high"])
        text.append(
            f"| {row['trial']} | {arm} | {_endpoint(row['endpoint'])} | {published} | {predicted} | {hit} |"
        )
    return "\n".join(text)


def _endpoint(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    first, _, second = name.partition("_")
    if first == "median":
        return f"Median {_KINDS[second]}, months"
    if first == "hr":
        return f"Hazard ratio, {_KINDS[second]}"
    return f"{_KINDS[first]} at {second.removesuffix('mo')} months, %"


def _figure(value: object, low: object, high: object) -> str:
    def one(x: object) -> str:
        return "" if x is None else "NR" if x == "not reached" else f"{x:.3g}"

    if value is None:
        return "not simulated"
    return one(value) if low is None and high is None else f"{one(value)} ({one(low)} to {one(high)})"
