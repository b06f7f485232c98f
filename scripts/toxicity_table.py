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
from alarmin.trial.grades import COUNT_EVENTS
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
    "carboplatin-gemcitabine": False,
    "trastuzumab-deruxtecan-q3w": True,
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
    # (regimen, measure): rows of the evidence on toxicity
    ("docetaxel-q3w", "neutropenia_grade3plus"): (
        "neutropenia-docetaxel-share-of-grade-3-or-4-hanna",
        "neutropenia-docetaxel-share-of-grade-3-or-4-in-the-trials-of-registration-docetaxel",
    ),
    ("docetaxel-q3w", "febrile_neutropenia"): ("febrile-neutropenia-docetaxel-share-hanna",),
    ("docetaxel-q3w", "anaemia_grade3plus"): (
        "anaemia-docetaxel-share-of-grade-3-or-4-in-the-trials-of-registration-docetaxel",
    ),
    ("pemetrexed-q3w", "neutropenia_grade3plus"): ("neutropenia-pemetrexed-share-of-grade-3-or-4-hanna",),
    ("pemetrexed-q3w", "febrile_neutropenia"): ("febrile-neutropenia-pemetrexed-share-hanna",),
    ("carboplatin-pemetrexed", "neutropenia_grade3plus"): (
        "neutropenia-carboplatin-and-pemetrexed-share-of-grade-3-or-4-gronberg",
        "neutropenia-carboplatin-and-pemetrexed-share-of-grade-3-or-4-in-practice-ikesue",
    ),
    ("carboplatin-pemetrexed", "thrombocytopenia_grade3plus"): (
        "thrombocytopenia-carboplatin-and-pemetrexed-share-of-grade-3-or-4-gronberg",
    ),
    ("carboplatin-paclitaxel", "neutropenia_grade3plus"): (
        "neutropenia-carboplatin-and-paclitaxel-share-of-grade-3-or-4-with-200-mg-m2-shimizu",
    ),
    ("carboplatin-gemcitabine", "neutropenia_grade3plus"): (
        "neutropenia-carboplatin-and-gemcitabine-share-of-grade-3-or-4-gronberg",
    ),
    ("carboplatin-gemcitabine", "thrombocytopenia_grade3plus"): (
        "thrombocytopenia-carboplatin-and-gemcitabine-share-of-grade-3-or-4-pmid",
    ),
    ("trastuzumab-deruxtecan-q3w", "neutropenia_grade3plus"): (
        "neutropenia-trastuzumab-deruxtecan-share-of-grade-3-or-4-in-nsclc-trastuzumab",
    ),
    ("trastuzumab-deruxtecan-q3w", "thrombocytopenia_grade3plus"): (
        "thrombocytopenia-trastuzumab-deruxtecan-share-of-grade-3-or-4-in-nsclc-trastuzumab",
    ),
    ("trastuzumab-deruxtecan-q3w", "anaemia_grade3plus"): (
        "anaemia-trastuzumab-deruxtecan-share-of-grade-3-or-4-in-nsclc-trastuzumab",
    ),
}
NAMES = {
    "hanna": "Hanna 2004",
    "docetaxel": "docetaxel label",
    "gronberg": "Gronberg 2009",
    "ikesue": "Ikesue 2015",
    "shimizu": "Shimizu 2013",
    "pmid": "PMID 17026815",
    "trastuzumab": "trastuzumab deruxtecan label",
}
WEEKLY, VISITS = "weekly", "visits"
COUNTS = {
    # The label of pemetrexed: before each dose and on days 8 and 15, "in the clinical study".
    "Hanna 2004": WEEKLY,
    # As remembered.
    "JMDB": WEEKLY,
    "CA031": WEEKLY,
    "docetaxel label": WEEKLY,
    # Trials of the years of checkpoint antibodies: assumed, as their visits are those of the doses.
    "KEYNOTE-010": VISITS,
    "KEYNOTE-189": VISITS,
    "OAK": VISITS,
    "CheckMate-057": VISITS,
    "TROPION-Lung01": VISITS,
    "PROFILE-1014": VISITS,
    "PARAMOUNT": VISITS,
}
"""When each trial took counts; not known for those that are missing."""


def simulate(name: str, pretreated: bool) -> tuple[Administered, float]:
    """Give a regimen for twelve weeks; return also the share of the planned doses that was given."""
    regimen, features = load_regimen(name), draw(0, seed=SEED).features.iloc[:N]
    plan = schedule(regimen, features, seed=SEED, stop_day=DAYS)
    own = draw_drugs(tuple(regimen.drugs), features, seed=SEED)
    given = administered(plan, features, own, seed=SEED, stop_day=DAYS, pretreated=pretreated)
    return given, given.schedule.amount.sum() / plan.amount.sum()


def published(name: str, measure: str) -> dict[str, float]:
    """Return the published rates of a regimen: trial or paper -> rate [%]."""
    arms = {*load_regimen(name).evidence, *ARMS.get(name, ())}
    rates = {
        row.arm.removeprefix("trial:").partition("/")[0]: float(row.value)
        for row in load_table(Result)
        if row.measure == measure and row.arm in arms
    }
    rows = {row.id: row for row in load_table(Toxicity)}
    for row_id in READ.get((name, measure), ()):
        rates[NAMES[row_id.rpartition("-")[2]]] = float(rows[f"tox:{row_id}"].value)
    return dict(sorted(rates.items(), key=lambda one: one[1]))


def lines() -> list[str]:
    """Return the table, one line per published rate."""
    found = [
        "| Regimen | Event | Published in | Counts there | Published | Simulated: as counted there | weekly |"
        " visits | Within 10 points |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, pretreated in REGIMENS.items():
        given, share = simulate(name, pretreated)
        print(
            f"{name}: {100 * share:.0f} % of the planned dose",
            given.changes["change"].value_counts().to_dict(),
        )
        looked = replace(given, counts=given.counts[given.counts["before_dose"]])
        grades = {WEEKLY: worst_grades(given, N), VISITS: worst_grades(looked, N)}
        for measure, (event, least) in MEASURES.items():
            label = measure.replace("_grade3plus", ", grade 3 or more").replace("_any", "").replace("_", " ")
            rates = {how: 100 * float(np.mean(table[event] >= least)) for how, table in grades.items()}
            for where, rate in published(name, measure).items():
                how = COUNTS.get(where, "not known")
                if event not in COUNT_EVENTS:
                    how, own = "", rates[WEEKLY]
                else:
                    own = rates.get(how, np.nan)
                judged = event == "neutropenia" and not np.isnan(own)
                near = ("yes" if abs(own - rate) <= 10 else "no") if judged else ""
                shown = "" if np.isnan(own) else f"{own:.0f} %"
                found.append(
                    f"| {name} | {label} | {where} | {how} | {rate:g} % | {shown} | {rates[WEEKLY]:.0f} % |"
                    f" {rates[VISITS]:.0f} % | {near} |"
                )
    return found


def main() -> None:
    """Put the table between the marks of the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    PAGE.write_text("\n".join([before + MARKS[0], *lines(), MARKS[1] + after]), encoding="utf-8")


if __name__ == "__main__":
    main()
