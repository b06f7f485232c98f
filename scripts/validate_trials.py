"""Predict all shipped trials and those of docs/new-trials for docs/trials_result.json and the pages of both.

python scripts/validate_trials.py FOLDER

FOLDER keeps the tables of each trial, so that an interrupted run goes on where it stopped. Predicting a
validation trial or a new one is a look at it: log it in docs/population.md.
"""

import json
import math
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from alarmin.trial import TrialSpec, load_trial, predict_trial, published_curves, score, shipped_trials

DOCS = Path(__file__).parents[1] / "docs"
RESULT = DOCS / "trials_result.json"
NEW = {path.stem: path for path in sorted((DOCS / "new-trials").glob("*.yaml"))}
SEED = 1
EVERY_MONTHS = 3


def main(folder: Path, trials: dict[str, Path], result: Path = RESULT) -> None:
    """Predict with the seed that the command line takes by default."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, panels = [], []
    for number, (name, file) in enumerate(trials.items(), start=1):
        paths = [folder / f"{name}.{part}.parquet" for part in ("figures", "curves")]
        if not all(path.exists() for path in paths):
            found = predict_trial(load_trial(str(file)), seed=SEED)
            found.figures.to_parquet(paths[0])
            found.curves.to_parquet(paths[1])
        figures.append(pd.read_parquet(paths[0]))
        panels.append(panel(load_trial(str(file)), pd.read_parquet(paths[1])))
        print(f"{number} of {len(trials)}: {name}", file=sys.stderr)
    table = pd.concat(figures, ignore_index=True)
    roles = {role: score(part) for role, part in table.groupby("role")}
    write(result, roles, table.to_dict("records"), panels)
    for role, lines in roles.items():
        print(role, *(f"  {name}: {text}" for name, text in lines.items()), sep="\n")


def panel(spec: TrialSpec, curves: pd.DataFrame) -> dict[str, Any]:
    """Collect what the picture of a trial needs: predicted curves, published points every three months."""
    points = published_curves(spec)
    whole = points["at_risk"].notna()  # a point of a digitised curve, of which there are many
    points = points[~whole | (points["month"] % EVERY_MONTHS == 0)]
    return {
        "trial": spec.trial,
        "role": spec.role,
        "title": spec.title,
        "arms": {arm: spec.arms[arm].label for arm in spec.arms},
        "curves": columns(curves),
        "published": columns(points),
    }


def columns(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Lay a table of curves out as one object per arm and endpoint."""
    return [
        {
            "arm": arm,
            "endpoint": endpoint,
            **{name: [plain(x) for x in part[name]] for name in ("month", "survival", "low", "high")},
        }
        for (arm, endpoint), part in table.groupby(["arm", "endpoint"], sort=False)
    ]


def write(
    result: Path, roles: dict[str, Any], rows: list[dict[str, Any]], panels: list[dict[str, Any]]
) -> None:
    """Write one line per row and per panel, whole or not at all."""

    def lines(name: str, values: Iterable[Any]) -> str:
        return f'"{name}": [\n' + ",\n".join(json.dumps(value, allow_nan=False) for value in values) + "\n]"

    parts = [
        f'"seed": {SEED}',
        f'"score": {json.dumps(roles, indent=1)}',
        lines("rows", ({name: plain(value) for name, value in row.items()} for row in rows)),
        lines("panels", panels),
    ]
    building = result.with_suffix(".part")
    building.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    os.replace(building, result)


def plain(value: Any) -> Any:
    """Keep four digits of a figure; what does not exist is null, what is not reached says so."""
    if isinstance(value, float):
        if math.isinf(value):
            return "not reached"
        return None if math.isnan(value) else float(f"{value:.4g}")
    return value


if __name__ == "__main__":
    main(Path(sys.argv[1]), shipped_trials() | NEW)
