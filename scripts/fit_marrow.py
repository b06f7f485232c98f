"""Find the constants of toxicity for which no published value has the model's form.

For maintainers; run from the root of the project: `python scripts/fit_marrow.py`. Prints the constants; they
are then entered in the drug files and in `trial/data/blood.csv`. Targets are rows of the evidence for single
drugs (`tox:...` below); no rate of a trial that toxicity is compared with is used.
"""

from collections.abc import Callable
from typing import Any

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
SYSTEMS = (
    "docetaxel-{}-kloft",
    "docetaxel-{}-ozawa",
    "docetaxel-{}-puisset",
    "docetaxel-{}-friberg",
    "paclitaxel-{}-wahlby",
    "nab-paclitaxel-{}-chen",
    "carboplatin-{}-schmitt",
)
"""Studies whose time of maturation and feedback are pooled."""
FEVER_ROW = "share-of-patients-with-grade-4-neutropenia-in-the-first-course-cancer"
EVIDENCE = {row.id.removeprefix("tox:"): row for row in load_table(Toxicity)}


def published(name: str) -> float:
    """Return a figure of the evidence on toxicity."""
    return float(EVIDENCE[name].value)


def typical_course(
    name: str, dose_mg: float, hours: float, *, count: str = "Neu", **changed: float
) -> tuple[np.ndarray, float]:
    """Return a count of the typical patient every half day, and the exposure [mg*day/L]."""
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
    return batch.output(count)[0], exposure


def single(
    name: str,
    dose: str,
    *,
    cycle: str = "21 day",
    cycles: int = 6,
    neutrophils: str = "1.5",
    days: tuple[int, ...] = (1,),
) -> Regimen:
    """Return a drug alone, held while counts are low."""
    hold = {"neutrophils_below": f"{neutrophils} 1e9/L", "platelets_below": "100 1e9/L"}
    given = {"drug": name, "dose": dose, "days": list(days), "infusion": "1 h"}
    return Regimen.model_validate(
        {
            "regimen": name,
            "title": name,
            "phases": [{"cycle": cycle, "cycles": cycles, "doses": [given]}],
            "rules": [{"hold": hold}],
        }
    )


def patients(sex: str = "") -> pd.DataFrame:
    """Draw patients, for whom 100 mg/m2 is not more than a drug file accepts."""
    features = draw(0, seed=SEED).features
    features = features[features["bsa_m2"] <= 2.5]
    return (features[features["sex"] == sex] if sex else features).iloc[:PATIENTS]


def given_to(
    regimen: Regimen, sex: str = "", *, pretreated: bool = False, lung: bool = False, **slopes: float
) -> Administered:
    """Give a regimen to virtual patients with some slopes set anew (the spread of each is kept).

    Patients with other tumours than those of the lung have their own neutrophils.
    """
    features = patients(sex)
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
    if not lung:
        own = pd.concat([own, neutrophils_before(features, pretreated=pretreated)], axis=1)
    return administered(
        schedule(regimen, features, seed=SEED), features, own, seed=SEED, pretreated=pretreated
    )


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


def nadir(name: str, per_m2: float, hours: float, **changed: float) -> float:
    """Return the lowest neutrophils of the typical patient as a share of those before."""
    course, _ = typical_course(name, per_m2 * SURFACE_M2, hours, **changed)
    return float(course.min() / course[0])


def as_deep(name: str, per_m2: float, hours: float, depth: float) -> float:
    """Find the slope with which the pooled system falls as deep as a published one does with its own."""
    return float(brentq(lambda x: nadir(name, per_m2, hours, **{f"neutro_{name}": x}) - depth, 1e-3, 200.0))


def own_system(study: str) -> dict[str, float]:
    """Return time of maturation and feedback of one study."""
    return {
        "mtt_neu": published(f"neutropenia-{study.format('mtt')}") / 24,
        "gamma_neu": published(f"neutropenia-{study.format('gamma')}"),
    }


def taxanes() -> None:
    """Print slopes of drugs that have a published population model."""
    pooled = [own_system(study) for study in SYSTEMS]
    for name in ("mtt_neu", "gamma_neu"):
        print(f"{name} {np.exp(np.mean([np.log(one[name]) for one in pooled])):.3g}: {len(pooled)} studies")
    slopes = {
        "kloft": published("neutropenia-docetaxel-slope-per-mg-l-kloft"),
        "ozawa": published("neutropenia-docetaxel-slope-ozawa"),
        # Two centres, the second 1.82 times as sensitive as the first.
        "puisset": published("neutropenia-docetaxel-slope-puisset") * 1.82**0.5,
    }
    depths = [
        nadir("docetaxel", 75, 1.0, neutro_docetaxel=slope, **own_system(f"docetaxel-{{}}-{author}"))
        for author, slope in slopes.items()
    ]
    depth = float(np.exp(np.mean(np.log(depths))))
    print(f"neutro_docetaxel {as_deep('docetaxel', 75, 1.0, depth):.3g}: nadirs {np.round(depths, 3)}")
    dose = 175 * SURFACE_M2
    _, total = typical_course("paclitaxel", dose, 3.0)
    unbound_umol_h = dose / 853.9 * 1000 / published("neutropenia-paclitaxel-unbound-clearance-wahlby")
    kill = published("neutropenia-paclitaxel-slope-on-unbound-drug-wahlby") * unbound_umol_h
    wahlby = own_system("paclitaxel-{}-wahlby")
    depth = nadir("paclitaxel", 175, 3.0, neutro_paclitaxel=kill / (24 * total), **wahlby)
    print(f"neutro_paclitaxel {as_deep('paclitaxel', 175, 3.0, depth):.3g}: nadir {depth:.3g}", end=", ")
    print(f"exposure {24 * total:.3g} mg*h/L at 175 mg/m2")
    nab = 1000 * published("neutropenia-nab-paclitaxel-slope-chen")
    chen = own_system("nab-paclitaxel-{}-chen")
    depth = nadir("nab_paclitaxel", 100, 0.5, neutro_nab_paclitaxel=nab, **chen)
    print(f"neutro_nab_paclitaxel {as_deep('nab_paclitaxel', 100, 0.5, depth):.3g}: nadir {depth:.3g}")
    before = next(p.value for p in parameters("marrow") if p.id == "Neu_0")
    depth = published("neutropenia-pemetrexed-typical-nadir-at-500-mg-m2-with-vitamins-latz") / before
    slope = as_deep("pemetrexed", 500, 1 / 6, depth)
    found = before * nadir("pemetrexed", 1000, 1 / 6, neutro_pemetrexed=slope)
    other = published("neutropenia-pemetrexed-typical-nadir-at-1000-mg-m2-with-vitamins-latz")
    print(f"neutro_pemetrexed {slope:.3g}: then {found:.3g} at 1000 mg/m2, published {other}")


def both(regimen: Regimen, targets_pct: list[float], **who: Any) -> list[float]:
    """Find the slopes with which shares of patients come below 1.0e9/L neutrophils and 50e9/L platelets."""
    (name,) = regimen.drugs

    def slope(key: str, count: str, limit: float, target: float) -> float:
        def share(value: float) -> float:
            return share_below(given_to(regimen, **{f"{key}_{name}": value}, **who), count, limit)

        return solve(target, share, 1e-3, 300.0)

    return [slope("neutro", "Neu", 1.0, targets_pct[0]), slope("thrombo", "Plt", 50.0, targets_pct[1])]


def platelets_left(slope: float, per_m2: float) -> float:
    """Return the lowest platelets after carboplatin as a share of those before, in a typical woman."""
    clearance = 1.44 * (80 + 25)  # L/day, at a creatinine clearance of 80 mL/min
    given = {"thrombo_carboplatin": slope, "CL_carboplatin": clearance}
    course, _ = typical_course("carboplatin", per_m2 * 1.7, 1.0, count="Plt", **given)
    return float(course.min() / course[0])


def platinum() -> None:
    """Print slopes of carboplatin, cisplatin and gemcitabine, from shares of patients on the drug alone."""
    label = single("carboplatin", "360 mg/m2", cycle="28 day", cycles=4, neutrophils="2.0")
    shares = [
        published(f"{event}-carboplatin-share-below-{limit}-carboplatin")
        for event, limit in (("neutropenia", "1.0"), ("thrombocytopenia", "50"))
    ]
    neutro, thrombo = both(label, shares, sex="female", pretreated=True)
    seen = given_to(label, "female", pretreated=True, neutro_carboplatin=neutro, thrombo_carboplatin=thrombo)
    print(f"carboplatin after other therapy: neutro {neutro:.3g}, thrombo {thrombo:.3g}; then", end=" ")
    print({c: round(share_below(seen, *c), 1) for c in (("Neu", 2.0), ("Plt", 100.0))})
    more = published("thrombocytopenia-carboplatin-further-fall-after-heavy-therapy-egorin") / 100
    left = platelets_left(thrombo, 360) + more
    untreated = brentq(lambda x: platelets_left(x, 360) - left, 1e-3, thrombo)
    print(f"neutro_carboplatin {neutro:.3g}, thrombo_carboplatin {untreated:.3g}: without earlier therapy")
    lung = single("carboplatin", "350 mg/m2", cycle="28 day", cycles=2, neutrophils="2.0")
    for pretreated, slope in ((True, thrombo), (False, untreated)):
        slopes = {"neutro_carboplatin": neutro, "thrombo_carboplatin": slope}
        seen = given_to(lung, pretreated=pretreated, lung=True, **slopes)
        print(f"  lung cancer, {pretreated=}: {share_below(seen, 'Plt', 70.0):.0f} % below 70e9/L", end=", ")
    print("published", published("thrombocytopenia-carboplatin-share-below-70-in-lung-cancer-gan"))

    for name, dose, days, cycles in (
        ("cisplatin", "100 mg/m2", (1,), 2),
        ("gemcitabine", "1000 mg/m2", (1, 8, 15), 3),
    ):
        shares = [
            published(f"{event}-{name}-share-of-grade-3-or-4-gemcitabine")
            for event in ("neutropenia", "thrombocytopenia")
        ]
        regimen = single(name, dose, cycle="28 day", cycles=cycles, days=days)
        slopes = both(regimen, shares, lung=name == "cisplatin")
        print(f"neutro_{name} {slopes[0]:.3g}, thrombo_{name} {slopes[1]:.3g}: from {shares} %")


def red_cells() -> None:
    """Print what drugs cost erythroid precursors."""
    for name, dose_text, sex, limit, day, low in (
        ("carboplatin", "AUC 5", "", 120.0, 98.0, "platinum-share-below-120-g-l-at-cycle-6-kosmidis"),
        # The same survey without platinum.
        ("docetaxel", "75 mg/m2", "", 120.0, 98.0, 57.7),
        ("paclitaxel", "175 mg/m2", "female", 110.0, 0.0, "paclitaxel-share-below-110-g-l-paclitaxel"),
    ):
        target = low if isinstance(low, float) else published(f"anaemia-{low}")
        regimen = single(name, dose_text)
        erythro = solve(
            target,
            lambda x, n=name, r=regimen, s=sex, v=limit, d=day: share_below(
                given_to(r, s, **{f"erythro_{n}": x}), "Hb", v, from_day=d
            ),
            0.01,
            1000.0,
        )
        seen = given_to(regimen, sex, **{f"erythro_{name}": erythro})
        low_pct = share_below(seen, "Hb", 80.0)
        print(f"erythro_{name} {erythro:.3g}: {target} % below {limit} g/L; {low_pct:.1f} % below 80")


def days_very_low(regimen: Regimen, sex: str) -> np.ndarray:
    """Return for how many days neutrophils of each patient are below 0.5e9/L when all doses are given."""
    features, names = patients(sex), tuple(regimen.drugs)
    own = draw_drugs(names, features, seed=SEED)
    own = pd.concat([own, neutrophils_before(features, pretreated=False)], axis=1)
    doses = schedule(regimen, features, seed=SEED).doses()
    days = np.full(len(features), int(doses.time.max()) + 21)
    course = Blood(names, features, own, seed=SEED).advance(np.arange(len(features)), days, doses)
    return np.asarray((course[:, 1:, 0] < 0.5).sum(axis=1))


def fever() -> None:
    """Print the rate of fever with very low neutrophils, from patients on docetaxel and on paclitaxel."""
    first = days_very_low(single("docetaxel", "100 mg/m2", cycles=1), "female")
    first = first[first > 0]
    course = days_very_low(single("paclitaxel", "175 mg/m2"), "female")
    docetaxel, paclitaxel = 140, 229  # patients behind both rows
    seen = docetaxel * published("febrile-neutropenia-docetaxel-" + FEVER_ROW) / 100
    seen += paclitaxel * published("febrile-neutropenia-paclitaxel-share-paclitaxel") / 100

    def expected(rate: float) -> float:
        return float(
            docetaxel * np.mean(1 - np.exp(-rate * first)) + paclitaxel * np.mean(1 - np.exp(-rate * course))
        )

    rate = brentq(lambda r: expected(r) - seen, 1e-4, 10.0)
    print(
        f"fever_per_day {rate:.3g}: {np.mean(first):.1f} days below 0.5 after docetaxel where any", end=", "
    )
    print(f"{np.mean(course):.1f} days in six cycles of paclitaxel")


def main() -> None:
    """Print each constant and what it was found from."""
    taxanes()
    platinum()
    red_cells()
    fever()


if __name__ == "__main__":
    main()
