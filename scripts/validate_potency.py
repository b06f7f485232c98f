"""Simulate every potency that a well can express and write docs/potency_result.json, which the docs show."""

import json
import math
import os
from pathlib import Path

from alarmin.experiment.potency import judge_potency, potency_totals

RESULT = Path(__file__).parents[1] / "docs" / "potency_result.json"


def main() -> None:
    """Write the result; figures keep four digits."""
    verdicts = judge_potency()
    rows = [{name: _plain(value) for name, value in v.to_dict().items()} for v in verdicts]
    building = RESULT.with_suffix(".part")
    building.write_text(json.dumps({"rows": rows}, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(building, RESULT)
    for role, agree, n in potency_totals(verdicts):
        print(f"{role}: {agree} of {n} within a factor 2")


def _plain(value: object) -> object:
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if math.isfinite(value) else None


if __name__ == "__main__":
    main()
