"""Find the slopes of marrow of drugs that no calibration uses, each from figures of the drug alone.

For maintainers; run from the root of the project: `python scripts/fit_marrow_more.py`. Prints the slopes,
to be entered in the drug files, and checks. The way is that of `scripts/fit_marrow.py`.
"""

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from alarmin.evidence.rows_model import Parameter
from alarmin.evidence.tables import load_table
from alarmin.therapy import Regimen, substance
from fit_marrow import SURFACE_M2, given_to, nadir, published, share_below, single, solve, typical_course

ENDS = ("least", "largest")
TIMES = np.unique(np.concatenate([np.linspace(0, 3, 3001), np.arange(0, 28.5, 0.5)]))
"""When `typical_course` counts."""

RED_CELLS = {
    # drug: usual dose per m2 [mg] and how often it is given in three weeks
    "docetaxel": (75.0, 1.0),
    "doxorubicin": (60.0, 1.0),
    "mitoxantrone": (12.0, 1.0),
    "etoposide": (100.0, 3.0),
    "cyclophosphamide": (600.0, 1.0),
    "oxaliplatin": (130.0, 1.0),
    "trastuzumab_deruxtecan": (5.4 * 70 / SURFACE_M2, 1.0),
}
"""Precursors of red cells are lost as on docetaxel."""


def slope(regimen: Regimen, count: str, limit: float, row: str, sex: str = "", **who: bool) -> float:
    """Find the slope with which as many patients come below a limit as published on the drug alone."""
    (name,) = regimen.drugs
    key = f"{'neutro' if count == 'Neu' else 'thrombo'}_{name}"

    def share(value: float) -> float:
        return share_below(given_to(regimen, sex, **{key: value}, **who), count, limit)

    found = solve(published(row), share, 1e-3, 3000.0)
    print(f"{key} {found:.3g}: {published(row)} % below {limit}e9/L ({row})")
    return found


def deruxtecan() -> None:
    """Print slopes of trastuzumab deruxtecan, from women treated before."""
    name = "trastuzumab_deruxtecan"
    regimen = single(name, "5.4 mg/kg", neutrophils="1.0")
    rows = "{}-trastuzumab-deruxtecan-share-of-grade-3-or-4-modi"
    found = [
        slope(regimen, count, limit, rows.format(event), "female", pretreated=True)
        for count, limit, event in (("Neu", 1.0, "neutropenia"), ("Plt", 50.0, "thrombocytopenia"))
    ]
    seen = given_to(
        regimen,
        pretreated=True,
        lung=True,
        **dict(zip((f"neutro_{name}", f"thrombo_{name}"), found, strict=True)),
    )
    for count, limit, event in (("Neu", 1.0, "neutropenia"), ("Plt", 50.0, "thrombocytopenia")):
        row = f"{event}-trastuzumab-deruxtecan-share-of-grade-3-or-4-in-nsclc-trastuzumab"
        print(f"  NSCLC: {share_below(seen, count, limit):.1f} % below {limit}, published {published(row)}")


def topoisomerase() -> None:
    """Print slopes of doxorubicin and mitoxantrone."""
    for name, dose, sex, row in (
        ("doxorubicin", "75 mg/m2", "", "neutropenia-doxorubicin-share-of-grade-3-or-4-judson"),
        ("mitoxantrone", "12 mg/m2", "male", "neutropenia-mitoxantrone-share-of-grade-3-or-4-tannock"),
    ):
        regimen = single(name, dose)
        found = slope(regimen, "Neu", 1.0, row, sex)
        seen = given_to(regimen, sex, **{f"neutro_{name}": found})
        print(f"  below 0.5e9/L {share_below(seen, 'Neu', 0.5):.0f} %")
    other = share_below(given_to(single("docetaxel", "75 mg/m2"), "male"), "Neu", 1.0)
    row = "neutropenia-docetaxel-share-of-grade-3-or-4-in-prostate-cancer-tannock"
    print(f"  docetaxel beside mitoxantrone: {other:.0f} % below 1.0e9/L, published {published(row)}")


def oxaliplatin() -> None:
    """Print the slope of oxaliplatin for platelets, and what counts do without one."""
    regimen = single("oxaliplatin", "85 mg/m2", cycle="14 day", cycles=4)
    rows = "{}-oxaliplatin-share-of-{}-rothenberg"
    row = rows.format("thrombocytopenia", "any-grade")
    found = slope(regimen, "Plt", 150.0, row, pretreated=True)
    for value in (0.0, found):
        seen = given_to(regimen, pretreated=True, thrombo_oxaliplatin=value)
        for count, limit, name in (
            ("Plt", 150.0, row),
            ("Plt", 50.0, rows.format("thrombocytopenia", "grade-3-or-4")),
            ("Neu", 2.0, rows.format("neutropenia", "any-grade")),
        ):
            low = share_below(seen, count, limit)
            print(f"  slope {value:.3g}: {low:.0f} % of {count} below {limit}, published {published(name)}")


def etoposide() -> None:
    """Print slopes of etoposide; a course by mouth is given as what of it is absorbed."""
    fraction = next(float(row.value) for row in load_table(Parameter) if row.id == "par:etoposide.F")
    course = single(
        "etoposide", f"{100 * fraction:.3g} mg", cycle="28 day", cycles=1, days=tuple(range(1, 22))
    )
    left = (1 - published("neutropenia-etoposide-fall-per-week-by-mouth-chronic") / 100) ** 3

    def fallen(value: float) -> pd.Series:
        counts = given_to(course, lung=True, neutro_etoposide=value).counts
        seen = counts.groupby("day")["Neu"].median()
        return seen / seen.loc[0.0]

    neutro = solve(left, lambda value: float(fallen(value).loc[21.0]), 1e-3, 10.0)
    print(f"neutro_etoposide {neutro:.3g}: {left:.2f} of the neutrophils are left on day 21;", end=" ")
    print("by week", fallen(neutro).loc[7.0:28.0].round(2).to_list())
    usual = single("etoposide", "100 mg/m2", days=(1, 2, 3))
    middle = np.mean(
        [published(f"thrombocytopenia-etoposide-{end}-share-below-100-etoposide") for end in ENDS]
    )

    def share(value: float) -> float:
        return share_below(given_to(usual, neutro_etoposide=neutro, thrombo_etoposide=value), "Plt", 100.0)

    thrombo = solve(float(middle), share, 1e-3, 10.0)
    print(f"thrombo_etoposide {thrombo:.3g}: {middle} % below 100e9/L")
    seen = given_to(usual, neutro_etoposide=neutro, thrombo_etoposide=thrombo)
    for count, limit, event in (("Neu", 0.5, "leukopenia-{}-1.0"), ("Plt", 50.0, "thrombocytopenia-{}-50")):
        name, _, below = event.partition("-{}-")
        ends = [published(f"{name}-etoposide-{end}-share-below-{below}-etoposide") for end in ENDS]
        print(f"  {share_below(seen, count, limit):.0f} % below {limit}; {name} below {below}: {ends}")


def days_below(per_m2: float, count: str, limit: float, **slopes: float) -> float:
    """Return for how many days the typical patient is below a limit after one dose of cyclophosphamide."""
    course, _ = typical_course("cyclophosphamide", per_m2 * SURFACE_M2, 1.0, count=count, **slopes)
    fine = np.arange(0, 28, 0.01)
    return 0.01 * float((np.interp(fine, TIMES, course) < limit).sum())


def cyclophosphamide() -> None:
    """Print slopes of cyclophosphamide, from how long counts were low after high doses of it alone."""
    for key, count, limit, row in (
        ("neutro", "Neu", 0.5, "neutropenia-cyclophosphamide-days-below-0.5-after-{}-g-m2-factors"),
        ("thrombo", "Plt", 50.0, "thrombocytopenia-cyclophosphamide-days-below-50-after-{}-g-m2-factors"),
    ):
        name, target = f"{key}_cyclophosphamide", published(row.format(4))
        found = brentq(
            lambda x, n=name, c=count, v=limit, t=target: days_below(4000, c, v, **{n: x}) - t, 1e-2, 2.0
        )
        print(f"{name} {found:.3g}: {target} days below {limit}e9/L after 4 g/m2;", end=" ")
        print(f"after 7 g/m2 {days_below(7000, count, limit, **{name: found}):.1f},", end=" ")
        print(f"published {published(row.format(7))}")
        if key == "neutro":
            print(f"  600 mg/m2: {nadir('cyclophosphamide', 600, 0.5, **{name: found}):.2f} is left")


def red_cells() -> None:
    """Print slopes of precursors of red cells, which no figure of the drug alone gives."""
    loss = {
        name: times * typical_course(name, dose * SURFACE_M2, 1.0)[1]
        for name, (dose, times) in RED_CELLS.items()
    }
    docetaxel = next(p.value for p in substance("docetaxel", "marrow").parameters if p.id == "erythro")
    for name, exposure in loss.items():
        print(f"erythro_{name} {docetaxel * loss['docetaxel'] / exposure:.3g}: as docetaxel")


def main() -> None:
    """Print each slope, what it was found from, and its check."""
    cyclophosphamide()
    etoposide()
    topoisomerase()
    oxaliplatin()
    deruxtecan()
    red_cells()


if __name__ == "__main__":
    main()
