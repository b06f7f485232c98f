"""Find the constants of toxicity for which no published value has the model's form.

For maintainers; run from the root of the project: `python scripts/fit_marrow.py`. Prints the constants; they
are then entered in the drug files and in `trial/data/blood.csv`. Targets are rows of the evidence for single
drugs (`tox:...` below); no rate of a trial that toxicity is compared with is used.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from alarmin.engine import Doses, simulate
from alarmin.evidence.rows_model import Toxicity
from alarmin.evidence.tables import load_table
from alarmin.model import parameters
from alarmin.population.sampling import draw, draw_drugs
from alarmin.therapy import Regimen, schedule, substance
from alarmin.trial.administer import Administered, administered
from alarmin.trial.blood import Blood, marrow_model

SURFACE_M2 = 1.8
PATIENTS, SEED = 400, 11
FEVER_ROW = "share-of-patients-with-grade-4-neutropenia-in-the-first-course-cancer"
EVIDENCE = {row.id.removeprefix("tox:"): row for row in load_table(Toxicity)}


def published(name: str) -> float:
    """Return a figure of the evidence on toxicity."""
    return float(EVIDENCE[name].value)


def typical_course(name: str, dose_mg: float, hours: float, **changed: float) -> tuple[np.ndarray, float]:
    """Return neutrophils of the typical patient every half day, and the exposure [mg*day/L]."""
    fixed = {p.id: p.value for p in parameters("marrow")}
    model = marrow_model((name,), tuple(changed))
    start = {"Ery": 1.0, "Hb": fixed["Hb_0"], "Lym": fixed["Lym_0"]}
    for state in model.outputs:
        start.setdefault(state, fixed["Neu_0"] if state.startswith("Neu") else 0.0)
        if state.startswith("Plt"):
            start[state] = fixed["Plt_0"]
    values = [changed[p] if p in changed else start[p] for p in model.parameters]
    times = np.unique(np.concatenate([np.linspace(0, 3, 3001), np.arange(0, 28.5, 0.5)]))
    batch = simulate(
        model, [values], times, doses=Doses(0, 0.0, f"A1_{name}", dose_mg, hours / 24), rtol=1e-7
    )
    volume = next(p.value for p in substance(name, "marrow").parameters if p.id == "V1")
    exposure = float(np.trapezoid(batch.output(f"A1_{name}")[0] / volume, times))
    return batch.output("Neu")[0], exposure


def single(
    name: str, dose: str, *, cycle: str = "21 day", cycles: int = 6, neutrophils: str = "1.5"
) -> Regimen:
    """Return a drug alone, held while counts are low."""
    hold = {"neutrophils_below": f"{neutrophils} 1e9/L", "platelets_below": "100 1e9/L"}
    given = {"drug": name, "dose": dose, "day": 1, "infusion": "1 h"}
    return Regimen.model_validate(
        {
            "regimen": name,
            "title": name,
            "phases": [{"cycle": cycle, "cycles": cycles, "doses": [given]}],
            "rules": [{"hold": hold}],
        }
    )


def given_to(regimen: Regimen, sex: str = "", *, pretreated: bool = False, **slopes: float) -> Administered:
    """Give a regimen to virtual patients with some slopes set anew (the spread of each is kept)."""
    features = draw(0, seed=SEED).features
    features = (features[features["sex"] == sex] if sex else features).iloc[:PATIENTS]
    own = draw_drugs(tuple(regimen.drugs), features, seed=SEED)
    for name, value in slopes.items():
        constant = next(
            p
            for p in substance(name.partition("_")[2], "marrow").parameters
            if p.id == name.partition("_")[0]
        )
        spread = own[name] / constant.value if name in own and constant.value else 1.0
        own = pd.concat(
            [
                own.drop(columns=name, errors="ignore"),
                (value * spread + 0 * features["age_year"]).rename(name),
            ],
            axis=1,
        )
    own = pd.concat([own, neutrophils_before(features, pretreated=pretreated)], axis=1)
    return administered(schedule(regimen, features, seed=SEED), features, own, seed=SEED)


def neutrophils_before(features: pd.DataFrame, *, pretreated: bool) -> pd.Series:
    """Draw neutrophils before therapy as published for patients with other tumours than NSCLC."""
    median = np.full(len(features), published("neutropenia-docetaxel-baseline-anc-kloft"))
    women = (features["sex"] == "female").to_numpy()
    median[women] *= 1 + published("neutropenia-docetaxel-female-effect-on-baseline-kloft")
    if pretreated:
        median *= 1 + published("neutropenia-docetaxel-prior-therapy-effect-on-baseline-kloft")
    spread = np.exp(0.0640**0.5 * np.random.default_rng(SEED).standard_normal(len(features)))
    return pd.Series(np.maximum(median * spread, 1.5), index=features.index, name="Neu_0")


def share_below(given: Administered, count: str, limit: float, *, from_day: float = 0.0) -> float:
    """Return the share of patients in whom a count was seen below a limit [%]."""
    counts = given.counts[given.counts["day"] >= from_day]
    return 100.0 * float((counts.groupby("patient")[count].min() < limit).mean())


def solve(target: float, share: Callable[[float], float], low: float, high: float) -> float:
    """Find the slope, on a log scale, at which a share reaches its target."""
    found = brentq(lambda x: share(float(np.exp(x))) - target, np.log(low), np.log(high), xtol=0.01)
    return float(np.exp(found))


def main() -> None:
    """Print each constant and what it was found from."""
    mtt_h = 24 * next(p.value for p in parameters("marrow") if p.id == "mtt_neu")

    by_study = [
        published("neutropenia-docetaxel-slope-per-mg-l-kloft"),
        published("neutropenia-docetaxel-slope-ozawa") * mtt_h / published("neutropenia-docetaxel-mtt-ozawa"),
        # Two centres, the second 1.82 times as sensitive as the first.
        published("neutropenia-docetaxel-slope-puisset")
        * 1.82**0.5
        * mtt_h
        / published("neutropenia-docetaxel-mtt-puisset"),
    ]
    print(
        f"neutro_docetaxel {np.exp(np.mean(np.log(by_study))):.3g}: geometric mean of {np.round(by_study, 2)}"
    )

    dose = 175 * SURFACE_M2
    _, total = typical_course("paclitaxel", dose, 3.0)
    unbound_umol_h = dose / 853.9 * 1000 / published("neutropenia-paclitaxel-unbound-clearance-wahlby")
    kill = published("neutropenia-paclitaxel-slope-on-unbound-drug-wahlby") * unbound_umol_h
    scaled = kill * mtt_h / published("neutropenia-paclitaxel-mtt-wahlby")
    print(f"neutro_paclitaxel {scaled / (24 * total):.3g}: exposure {24 * total:.3g} mg*h/L at 175 mg/m2")
    nab = 1000 * published("neutropenia-nab-paclitaxel-slope-chen")
    print(f"neutro_nab_paclitaxel {nab * mtt_h / published('neutropenia-nab-paclitaxel-mtt-chen'):.3g}")

    def nadir(slope: float, per_m2: float = 500) -> float:
        return float(
            typical_course("pemetrexed", per_m2 * SURFACE_M2, 1 / 6, neutro_pemetrexed=slope)[0].min()
        )

    target = published("neutropenia-pemetrexed-typical-nadir-at-500-mg-m2-with-vitamins-latz")
    slope = brentq(lambda x: nadir(x) - target, 1e-3, 10.0)
    other = published("neutropenia-pemetrexed-typical-nadir-at-1000-mg-m2-with-vitamins-latz")
    print(f"neutro_pemetrexed {slope:.3g}: then {nadir(slope, 1000):.3g} at 1000 mg/m2, published {other}")

    label = single("carboplatin", "360 mg/m2", cycle="28 day", cycles=4, neutrophils="2.0")

    def carboplatin(**slopes: float) -> Administered:
        return given_to(label, "female", pretreated=True, **slopes)

    neutro = solve(
        published("neutropenia-carboplatin-share-below-1.0-carboplatin"),
        lambda x: share_below(carboplatin(neutro_carboplatin=x), "Neu", 1.0),
        0.003,
        1.0,
    )
    thrombo = solve(
        published("thrombocytopenia-carboplatin-share-below-50-carboplatin"),
        lambda x: share_below(carboplatin(thrombo_carboplatin=x), "Plt", 50.0),
        0.003,
        1.0,
    )
    both = carboplatin(neutro_carboplatin=neutro, thrombo_carboplatin=thrombo)
    print(f"neutro_carboplatin {neutro:.3g}, thrombo_carboplatin {thrombo:.3g}: then with both", end=" ")
    print(
        {
            limit: round(share_below(both, *limit), 1)
            for limit in (("Neu", 1.0), ("Neu", 2.0), ("Plt", 50.0), ("Plt", 100.0))
        }
    )

    # Not re-read, so the constant is assumed: 2.3 % of grade 3 or 4 on cisplatin 75 mg/m2 alone.
    remembered = solve(
        2.3,
        lambda x: share_below(given_to(single("cisplatin", "75 mg/m2"), neutro_cisplatin=x), "Neu", 1.0),
        0.1,
        100.0,
    )
    print(f"neutro_cisplatin {remembered:.3g}: 2.3 % below 1.0, as remembered")

    for name, dose_text, low in (("carboplatin", "AUC 5", 77.3), ("docetaxel", "75 mg/m2", 57.7)):
        erythro = solve(
            low,
            lambda x, n=name, d=dose_text: share_below(
                given_to(single(n, d), **{f"erythro_{n}": x}), "Hb", 120.0, from_day=98.0
            ),
            0.01,
            1000.0,
        )
        print(f"erythro_{name} {erythro:.3g}: {low} % below 120 g/L at the sixth cycle")

    features = draw(0, seed=SEED).features.iloc[:PATIENTS]
    own = draw_drugs(("docetaxel",), features, seed=SEED)
    own = pd.concat([own, neutrophils_before(features, pretreated=False)], axis=1)
    blood = Blood(("docetaxel",), features, own, seed=SEED)
    doses = schedule(single("docetaxel", "100 mg/m2", cycles=1), features, seed=SEED).doses()
    course = blood.advance(np.arange(PATIENTS), np.full(PATIENTS, 21), doses)
    low = (course[:, 1:, 0] < 0.5).sum(axis=1)
    low = low[low > 0]
    share = published("febrile-neutropenia-docetaxel-" + FEVER_ROW) / 100
    rate = brentq(lambda r: np.mean(1 - np.exp(-r * low)) - share, 1e-4, 10.0)
    print(f"fever_per_day {rate:.3g}: {len(low)} of {PATIENTS} have grade 4, for {np.mean(low):.1f} days")


if __name__ == "__main__":
    main()
