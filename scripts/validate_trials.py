"""Predict all shipped trials and write docs/trials_result.json.

python scripts/validate_trials.py FOLDER

FOLDER keeps the table of each trial, so that an interrupted run goes on where it stopped.
"""

import json
import math
import os
import sys
from pathlib import Path

import pandas as pd

from alarmin.trial import load_trial, predict_trial, score, shipped_trials

RESULT = Path(__file__).parents[1] / "docs" / "trials_result.json"
SEED = 1


def main(folder: Path) -> None:
    """Predict with the seed that the command line takes by default."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for number, name in enumerate(shipped_trials(), start=1):
        path = folder / f"{name}.parquet"
        if not path.exists():
            predict_trial(load_trial(name), seed=SEED).to_parquet(path)
        tables.append(pd.read_parquet(path))
        print(f"{number} of {len(shipped_trials())}: {name}", file=sys.stderr)
    found = pd.concat(tables, ignore_index=True)
    roles = {role: score(part) for role, part in found.groupby("role")}
    rows = [{name: _plain(value) for name, value in row.items()} for row in found.to_dict("records")]
    building = RESULT.with_suffix(".part")
    content = {"seed": SEED, "score": roles, "rows": rows}
    building.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(building, RESULT)
    for role, lines in roles.items():
        print(role, *(f"  {name}: {text}" for name, text in lines.items()), sep="\n")


def _plain(value: object) -> object:
    """Keep four digits of a figure; what does not exist is null, what is not reached says so."""
    if isinstance(value, float):
        if math.isinf(value):
            return "not reached"
        return None if math.isnan(value) else float(f"{value:.4g}")
    return value


if __name__ == "__main__":
    main(Path(sys.argv[1]))
