"""Which way one quantity moves another, found at states that virtual patients pass through."""

import math
import random
from functools import cache

from formulas import names, of_drug, value

__all__ = ["sign"]

Point = dict[str, float]


@cache
def sign(formula: str, name: str) -> int:
    """Say whether a formula rises (1) or falls (-1) with a name wherever that was tried, or neither (0).

    Tried at states of patients under treatment; where the name does nothing there (radiation in a patient who
    gets none), at random positive values.
    """
    for points in (_lived(), _imagined(formula)):
        seen = {direction for point in points if (direction := _direction(formula, name, point))}
        if seen:
            return seen.pop() if len(seen) == 1 else 0
    return 0


def _direction(formula: str, name: str, point: Point) -> int:
    instances = {name, *(of_drug(name, drug) for drug in _drugs()["any"])} & point.keys()
    more = point | {one: point[one] + max(abs(point[one]), 1e-6) * 1e-3 for one in instances}
    try:
        before, after = (value(formula, at, _drugs()) for at in (point, more))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return 0
    if not abs(after - before) > 1e-14 * abs(before):
        return 0
    return 1 if after > before else -1


@cache
def _drugs() -> dict[str, tuple[str, ...]]:
    from alarmin.model.tables import SUMS
    from alarmin.therapy import drug, shipped_drugs

    """Return one drug of every template and those of a usual doublet, by what a sum runs over."""
    able = tuple(name for name in shipped_drugs() if drug(name).for_patients)
    kinds = {kind for name in able for kind in drug(name).properties}
    chosen = {next(name for name in able if kind in drug(name).properties) for kind in sorted(kinds)}
    chosen |= {"carboplatin", "pembrolizumab", "pemetrexed"}
    return {"any": tuple(sorted(chosen))} | {
        kind: tuple(name for name in sorted(chosen) if set(members) & set(drug(name).properties))
        for kind, members in SUMS.items()
    }


def _imagined(formula: str) -> list[Point]:
    generator = random.Random(0)  # noqa: S311
    inside = {
        other for name in names(formula) for other in (name, *(of_drug(name, d) for d in _drugs()["any"]))
    }
    return [{name: math.exp(generator.uniform(-1.5, 1.5)) for name in sorted(inside)} for _ in range(60)]


@cache
def _lived() -> list[Point]:
    """Return the value of every name of the patient model at moments that patients pass through."""
    import numpy as np
    import pandas as pd

    from alarmin.engine import simulate
    from alarmin.population import compiled, draw_drugs, recruit
    from alarmin.population.simulation import system
    from alarmin.therapy import doses, load_regimen, shipped_regimens

    drugs = _drugs()["any"]
    cohort = recruit(4, seed=1, eligible=lambda features: features[["egfr_mutant"]].notna(), threads=1)
    table = pd.concat(
        [cohort.parameters, draw_drugs(drugs, cohort.features, seed=1), cohort.baseline], axis=1
    )
    outputs = tuple(name for name in system(drugs).observables if "(" not in name)
    model = compiled(tuple(table.columns), outputs, drugs)
    points = []
    for regimen in map(load_regimen, shipped_regimens()):
        if not regimen.drugs or not set(regimen.drugs) <= set(drugs):
            continue
        given = doses(regimen, cohort.features)
        batch = simulate(
            model,
            table[list(model.parameters)].to_numpy(float),
            np.array([0.5, 3.0, 30.0]),
            doses=given,
            threads=1,
        )
        for patient, time in np.ndindex(batch.values.shape[:2]):
            point = dict(zip(outputs, map(float, batch.values[patient, time]), strict=True))
            points.append(point | {f"{name[:-2]}_l": at for name, at in point.items() if name.endswith("_1")})
    # A template of a drug is tried for every drug.
    return [
        point | {_any(name, drug): at for name, at in point.items() if _any(name, drug) != name}
        for drug in drugs
        for point in points[:: len(drugs)]
    ]


def _any(name: str, drug: str) -> str:
    for end in ("", "_l"):
        if name.endswith(f"_{drug}{end}"):
            return name.removesuffix(f"_{drug}{end}") + f"_d{end}"
    return name
