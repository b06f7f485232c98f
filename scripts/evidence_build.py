"""Build the package's tables of facts from the shared inputs.

For maintainers; run from the root of the project: `python scripts/evidence_build.py`.
"""

from alarmin.evidence.tables import TABLES
from evidence_facts import build_baseline, build_parameters
from evidence_files import ROOT, write
from evidence_km import build_km
from evidence_sources import Bibliography
from evidence_trials import build_arms, build_results, build_trials


def main() -> None:
    """Write every table, the sources last because the others name them."""
    bibliography = Bibliography(ROOT / "scripts" / "evidence_bibliography.csv")
    curves, points = build_km(bibliography)
    built = {
        "trials": build_trials(bibliography),
        "arms": build_arms({}),
        "results": build_results(bibliography),
        "km_curves": curves,
        "km_points": points,
        "parameters": build_parameters(bibliography),
        "baseline": build_baseline(bibliography),
    }
    built["sources"] = bibliography.table()
    for name, rows in built.items():
        write(name, rows, TABLES[name].model_fields)


if __name__ == "__main__":
    main()
