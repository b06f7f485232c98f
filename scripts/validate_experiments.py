"""Run all published experiments and curves and write docs/experiments_result.json, which the docs show.

python scripts/validate_experiments.py [DRAWS]
"""

import json
import math
import os
import sys
from pathlib import Path

from alarmin.cli.validate import totals
from alarmin.experiment import load_experiments, run_experiments
from alarmin.experiment.curves import load_curves, run_curves

RESULT = Path(__file__).parents[1] / "docs" / "experiments_result.json"
SEED = 1


def main(draws: int = 48) -> None:
    """Run everything with the seed that the command line takes by default."""
    verdicts = run_experiments(load_experiments(), n_draws=draws, seed=SEED, progress=_report)
    verdicts += [fit.verdict() for fit in run_curves(load_curves(), progress=_report)]
    rows = [{name: _plain(value) for name, value in v.to_dict().items()} for v in verdicts]
    content = {"draws": draws, "seed": SEED, "rows": rows}
    building = RESULT.with_suffix(".part")
    building.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(building, RESULT)
    print(*totals(verdicts), sep="\n")


def _plain(value: object) -> object:
    """Keep four digits of a figure; one that does not exist is null."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None


def _report(stage: str, done: int, total: int) -> None:
    print(f"{stage}: {done} of {total}", file=sys.stderr)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
