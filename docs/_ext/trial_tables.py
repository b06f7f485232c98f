"""Parts of the page of validation: what was predicted beside what was published, trial by trial."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from alarmin.charts import prediction_chart

__all__ = ["write_trial_tables"]

_ROLES = {"calibration": "Calibration", "validation": "Validation", "user": "New trials"}
_NAMES = {"orr": "Response rate, %", "pcr": "Pathologic complete response, %"}
_KINDS = {"pfs": "PFS", "efs": "EFS", "os": "OS"}
_GOALS = {
    "response rate": "70 %",
    "median PFS": "70 %",
    "median OS": "70 %",
    "median |log HR error|, PFS": "at most 0.15",
    "median |log HR error|, OS": "at most 0.12",
    "published figures": "80 to 97 %",
    "mean distance": "at most 0.06, calibration",
}
_ABSENT = """```{note}
The trials have not been predicted with this version of the model: `docs/trials_result.json` is not there.
`python scripts/validate_trials.py FOLDER` writes it.
```"""


def write_trial_tables(folder: Path, result: Path) -> None:
    """Write the parts that `validation.md` and `new-trials.md` include, and a picture per trial.

    Parameters
    ----------
    folder : Path
        Where generated parts go.
    result : Path
        As `scripts/validate_trials.py` wrote it; where it is not there, the parts say so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"score": _ABSENT, **{role: _ABSENT for role in _ROLES}}
    if result.exists():
        content = json.loads(result.read_text(encoding="utf-8"))
        parts = {"score": _score(content["score"])}
        pictures = folder / "trials"
        pictures.mkdir(exist_ok=True)
        for role in _ROLES:
            mine = [panel for panel in content["panels"] if panel["role"] == role]
            parts[role] = "\n\n".join(_trial(panel, content["rows"], pictures) for panel in mine)
    for name, text in parts.items():
        (folder / f"trials_{name}.inc").write_text(text + "\n", encoding="utf-8")


def _score(score: dict[str, dict[str, str]]) -> str:
    names = list(dict.fromkeys(name for lines in score.values() for name in lines))
    text = [f"| | {' | '.join(_ROLES.values())} | Goal |", "|---|---|---|---|---|"]
    for name in names:
        goal = next((goal for start, goal in _GOALS.items() if name.startswith(start)), "")
        cells = [score.get(role, {}).get(name, "") for role in _ROLES]
        text.append(f"| {_cell(name)} | {' | '.join(cells)} | {goal} |")
    return "\n".join(text)


def _trial(panel: dict[str, Any], rows: list[dict[str, Any]], pictures: Path) -> str:
    """Write the section of one trial: picture and table."""
    name = panel["trial"]
    drawn = {part: _long(panel[part]) for part in ("curves", "published")}
    shown = []
    if len(drawn["curves"]):  # a trial that reports response alone has none
        chart = prediction_chart(drawn["curves"], drawn["published"], arms=panel["arms"], title=name)
        chart.save(pictures / f"{name}.svg")
        shown = [f"![Survival in {name}, predicted and published](_generated/trials/{name}.svg)"]
    return "\n\n".join(
        [
            f"### {name}",
            f"{panel['title']}.",
            *shown,
            _rows([row for row in rows if row["trial"] == name], panel["arms"]),
        ]
    )


def _long(parts: list[dict[str, Any]]) -> pd.DataFrame:
    columns = ["arm", "endpoint", "month", "survival", "low", "high"]
    numbers = dict.fromkeys(columns[2:], float)
    tables = [pd.DataFrame(part).astype(numbers) for part in parts if part["month"]]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns).astype(numbers)


def _rows(rows: list[dict[str, Any]], arms: dict[str, str]) -> str:
    text = [
        "| Arm | Endpoint | Published (95 % interval) | Predicted (90 % interval) | Hit |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        if row["endpoint"].startswith("curve_"):
            continue
        arm = arms[row["arm"]] + (f", {row['subgroup']}" if row["subgroup"] else "")
        hit = {True: "yes", False: "**no**"}.get(row["hit"], "")
        published = _figure(row["value"], row["low"], row["high"])
        predicted = _figure(row["predicted"], row["predicted_low"], row["predicted_high"])
        text.append(f"| {_cell(arm)} | {_endpoint(row['endpoint'])} | {published} | {predicted} | {hit} |")
    return "\n".join(text)


def _cell(text: str) -> str:
    return re.sub(r"\|", r"\\|", text)


def _endpoint(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    first, _, second = name.partition("_")
    if first == "median":
        return f"Median {_KINDS[second]}, months"
    if first == "hr":
        return f"Hazard ratio, {_KINDS[second]}"
    return f"{_KINDS[first]} at {second.removesuffix('mo')} months, %"


def _figure(value: Any, low: Any, high: Any) -> str:
    def one(x: Any) -> str:
        return "unknown" if x is None else "NR" if x == "not reached" else f"{x:.3g}"

    if value is None:
        return "not simulated"
    return one(value) if low is None and high is None else f"{one(value)} ({one(low)} to {one(high)})"
