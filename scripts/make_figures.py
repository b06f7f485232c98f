"""Draw the figures of README and tutorial from one run, and fill README's tables.

python scripts/make_figures.py [PATIENTS_PER_ARM]
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from alarmin.charts import cascade_chart, kaplan_meier_chart, spider_chart, waterfall_chart
from alarmin.report import comparison_lines
from alarmin.trial import TrialResult, load_trial, run_trial
from alarmin.trial.endpoints import survival_curves

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "figures"
EXPERIMENTS = ROOT / "docs" / "experiments_result.json"


def _rounded(path: re.Match[str]) -> str:
    """Round the coordinates of a line to a tenth of a pixel, which is finer than anyone sees."""
    return re.sub(r"\d+\.\d{2,}", lambda number: f"{float(number[0]):.1f}", path[0])


def main(patients_per_arm: int = 500) -> None:
    """Run KEYNOTE-024 as the command line does and write one SVG per figure."""
    result = run_trial(load_trial("KEYNOTE-024"), n_per_arm=patients_per_arm, seed=1)
    arms = {name: arm.label for name, arm in result.spec.arms.items()}
    simulated, published = survival_curves(result.spec, result.patients), result.published_curves
    charts = {
        f"survival-{kind}": kaplan_meier_chart(
            simulated[simulated["endpoint"] == kind],
            published[published["endpoint"] == kind],
            arms=arms,
            title=title,
        )
        for kind, title in (("pfs", "Progression-free survival"), ("os", "Overall survival"))
    }
    charts["waterfall"] = waterfall_chart(result.patients, arms=arms)
    charts["spider"] = spider_chart(result.tumour, result.patients, arms=arms)
    charts["cascade"] = cascade_chart(result.cascade, arms=arms)
    FIGURES.mkdir(exist_ok=True)
    for name, chart in charts.items():
        path = FIGURES / f"keynote-024-{name}.svg"
        chart.save(path)
        svg = re.sub(r'(?<= d=")[^"]+', _rounded, path.read_text(encoding="utf-8"))
        path.write_text(svg, encoding="utf-8")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    rows = json.loads(EXPERIMENTS.read_text(encoding="utf-8"))["rows"]
    for name, table in (("endpoints", _endpoints(result)), ("experiments", _agreement(rows))):
        block = re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end -->)", flags=re.DOTALL)
        text = block.sub(lambda found, table=table: found[1] + table + found[2], text)
    readme.write_text(text, encoding="utf-8")


def _agreement(rows: list[dict[str, Any]]) -> str:
    kinds = ("directions", "values", "curves")
    lines = [f"| Rows for | {' | '.join(kinds)} |", "|---|---|---|---|"]
    for role in ("fitting", "checking"):
        cells = []
        for kind in kinds:
            mine = [
                row["agrees"]
                for row in rows
                if row["role"] == role
                and kind == {"value": "values", "curve": "curves"}.get(row["expect"], "directions")
            ]
            cells.append(f"{sum(mine)} of {len(mine)}")
        lines.append(f"| {role} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _endpoints(result: TrialResult) -> str:
    rows = ["| Arm | Endpoint | Simulated (95 % CI) | Published (95 % CI) |", "|---|---|---|---|"]
    rows += [
        f"| {line.arm} | {line.endpoint} | {line.simulated} | {line.published} |"
        for line in comparison_lines(result)
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
