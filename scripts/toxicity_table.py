"""Write the table of docs/toxicity.md: simulated toxicity of shipped regimens beside the published rates.

For maintainers; run from the root of the project: `python scripts/toxicity_table.py`.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from alarmin.evidence.rows_clinic import Result
from alarmin.evidence.rows_model import Toxicity
from alarmin.evidence.tables import load_table
from alarmin.population import draw_drugs
from alarmin.population.sampling import draw
from alarmin.therapy import load_regimen, schedule
from alarmin.trial.administer import Administered, administered
from alarmin.trial.toxicity import MEASURES, worst_grades

PAGE = Path(__file__).resolve().parents[1] / "docs" / "toxicity.md"
MARKS = ("<!-- toxicity: written by scripts/toxicity_table.py -->", "<!-- end -->")
N, SEED, DAYS = 500, 21, 84.0
REGIMENS = {
    # regimen: whether patients had therapy before
    "docetaxel-q3w": True,
    "pemetrexed-q3w": True,
    "carboplatin-pemetrexed": False,
    "cisplatin-pemetrexed": False,
    "carboplatin-paclitaxel": False,
    "nab-paclitaxel-carboplatin": False,
    "cisplatin-gemcitabine": False,
}
ARMS = {
    "carboplatin-pemetrexed": (
        "trial:KEYNOTE-189/placebo-pemetrexed-platinum",
        "trial:PROFILE-1014/pemetrexed-platinum",
    ),
    "cisplatin-pemetrexed": ("trial:JMDB/cisplatin-pemetrexed", "trial:PROFILE-1014/pemetrexed-platinum"),
    "carboplatin-paclitaxel": ("trial:CA031/paclitaxel-carboplatin",),
    "nab-paclitaxel-carboplatin": ("trial:CA031/nab-paclitaxel-carboplatin",),
    "cisplatin-gemcitabine": ("trial:JMDB/cisplatin-gemcitabine",),
}
READ = {
    # (regimen, measure): row of the evidence on toxicity
    ("docetaxel-q3w", "neutropenia_grade3plus"): "tox:neutropenia-docetaxel-share-of-grade-3-or-4-hanna",
    ("docetaxel-q3w", "febrile_neutropenia"): "tox:febrile-neutropenia-docetaxel-share-hanna",
    ("pemetrexed-q3w", "neutropenia_grade3plus"): "tox:neutropenia-pemetrexed-share-of-grade-3-or-4-hanna",
    ("pemetrexed-q3w", "febrile_neutropenia"): "tox:febrile-neutropenia-pemetrexed-share-hanna",
    (
        "carboplatin-pemetrexed",
        "neutropenia_grade3plus",
    ): "tox:neutropenia-carboplatin-and-pemetrexed-share-of-grade-3-or-4-gronberg",
}


def simulate(name: str, pretreated: bool) -> tuple[Administered, float]:
    """Give a regimen for twelve weeks; return also the share of the planned doses that was given."""
    regimen, features = load_regimen(name), draw(0, seed=SEED).features.iloc[:N]
    plan = schedule(regimen, features, seed=SEED, stop_day=DAYS)
    own = draw_drugs(tuple(regimen.drugs), features, seed=SEED)
    given = administered(plan, features, own, seed=SEED, stop_day=DAYS, pretreated=pretreated)
    return given, given.schedule.amount.sum() / plan.amount.sum()


def published(name: str, measure: str) -> str:
    """List the published rates of a regimen."""
    arms = {*load_regimen(name).evidence, *ARMS.get(name, ())}
    rows = [row for row in load_table(Result) if row.measure == measure and row.arm in arms]
    rates = {f"{row.value:g} ({row.arm.removeprefix('trial:').partition('/')[0]})" for row in rows}
    if row_id := READ.get((name, measure)):
        row = next(row for row in load_table(Toxicity) if row.id == row_id)
        rates.add(f"{row.value} ({row.sources[0].removeprefix('source:').replace('pmid:', 'PMID ')})")
    return ", ".join(sorted(rates, key=lambda text: float(text.partition(" ")[0])))


def lines() -> list[str]:
    """Return the table, one line per regimen and measure."""
    found = [
        "| Regimen | Event | Weekly counts | Counts before doses only | Published |",
        "|---|---|---|---|---|",
    ]
    for name, pretreated in REGIMENS.items():
        given, share = simulate(name, pretreated)
        weekly = worst_grades(given, N)
        rare = worst_grades(replace(given, counts=given.counts[given.counts["before_dose"]]), N)
        print(
            f"{name}: {100 * share:.0f} % of the planned dose",
            given.changes["change"].value_counts().to_dict(),
        )
        for measure, (event, least) in MEASURES.items():
            known = published(name, measure)
            if not known and measure != "neutropenia_grade3plus":
                continue
            rates = [100 * float(np.mean(grades[event] >= least)) for grades in (weekly, rare)]
            label = measure.replace("_grade3plus", ", grade 3 or more").replace("_any", "").replace("_", " ")
            found.append(f"| {name} | {label} | {rates[0]:.1f} % | {rates[1]:.1f} % | {known or 'none'} |")
    return found


def main() -> None:
    """Put the table between the marks of the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    PAGE.write_text("\n".join([before + MARKS[0], *lines(), MARKS[1] + after]), encoding="utf-8")


if __name__ == "__main__":
    main()
