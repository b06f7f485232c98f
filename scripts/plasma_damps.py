"""Set danger signals in plasma beside what was published of them; write docs/plasma_result.json.

For maintainers; run from the root of the project: `python scripts/plasma_damps.py`. About two minutes.

What counts as agreement was fixed before the first run: a direction must have the published sign, an area
under the curve must hold the published one in its 95 % interval, a level must be within a factor 1.5.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alarmin.engine import Start, simulate
from alarmin.evidence.rows_clinic import PlasmaDamp
from alarmin.evidence.tables import load_table
from alarmin.population import compiled, members, numbered, recruit
from alarmin.trial import eligible, load_trial, treat
from alarmin.trial.baseline import PLASMA
from alarmin.trial.conduct import observe
from alarmin.trial.enrol import enrol
from alarmin.trial.roc import area
from alarmin.trial.treatment import KEPT, LESIONS

RESULT = Path(__file__).parents[1] / "docs" / "plasma_result.json"
N_MEMBERS, N_PATIENTS, SEED = 600, 300, 1
DAYS = np.arange(0.0, 148.0)
CYCLE_1 = (1, 3, 7, 14)
"""Days after the first dose that stand for the four of the study, which its abstract does not name."""
CYCLE_2, CYCLE_3 = 21, 42
AFTER_RADIOTHERAPY = 42 + 35
"""Six weeks of radiotherapy, then five."""
SIZES = {"I": (10.0, 30.0), "II": (30.0, 70.0)}
"""Diameters that stand for early stages [mm], evenly spread; stages III and IV have their patients' own."""
FACTOR, Z = 1.5, 1.959963984540054
OUTPUTS = tuple(PLASMA.values())
PUBLISHED = {row.id: row for row in load_table(PlasmaDamp)}


def figure(id: str, field: str, pattern: str) -> float:
    """Read a figure off the words of a published row."""
    found = re.search(pattern, getattr(PUBLISHED[id], field))
    if found is None:
        raise SystemExit(f"{id}: no figure in {field!r}")
    return float(found[1])


STAGES = {
    s: figure(f"plasma:hmgb1-nsclc-stage-{s.lower()}", "value", r"^([\d.]+)")
    for s in ("I", "II", "III", "IV")
}
HEALTHY = figure("plasma:hmgb1-nsclc-untreated", "comparator", r"^([\d.]+)")
SIZE_CORRELATION = figure("plasma:hmgb1-nsclc-stage-i", "effect", r"r=([\d.]+)")
PROGRESSION = {
    CYCLE_2: figure("plasma:hmgb1-advanced-nsclc", "value", r"AUC ([\d.]+)"),
    CYCLE_3: figure("plasma:hmgb1-advanced-nsclc-2", "value", r"AUC ([\d.]+)"),
}


def main() -> None:
    """Compare levels before treatment, then their changes under chemotherapy and radiotherapy."""
    rows = [*by_stage(), *under_chemotherapy(), *after_radiotherapy()]
    building = RESULT.with_suffix(".part")
    content = {"members": N_MEMBERS, "patients": N_PATIENTS, "rows": rows}
    building.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    os.replace(building, RESULT)
    for row in rows:
        print(row["id"], row["what"], row["published"], row["predicted"], row["agrees"], sep=" | ")


def by_stage() -> list[dict[str, Any]]:
    """Read HMGB1 before treatment in members of each stage, without their weights: it is the mechanism's."""
    table = members()
    candidates = numbered(table.index[np.linspace(0, len(table) - 1, N_MEMBERS).round().astype(int)])
    local = candidates.features["stage"] == "III"
    spread = np.random.default_rng(SEED).random(len(local))
    read = {}
    for stage in STAGES:
        mine = (local if stage in ("I", "II", "III") else ~local).to_numpy()
        low, high = SIZES.get(stage, (np.nan, np.nan))
        size = (
            candidates.features["sld_mm"].to_numpy(float)
            if stage not in SIZES
            else low + (high - low) * spread
        )
        level = before(candidates.take(candidates.features.index[mine]), size[mine])
        read[stage] = (size[mine][~np.isnan(level)], level[~np.isnan(level)])
    rows = []
    for stage, level in STAGES.items():
        found = read[stage][1]
        mean, error = float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found)))
        excess = level - HEALTHY
        rows.append(
            row(
                f"plasma:hmgb1-nsclc-stage-{stage.lower()}",
                f"HMGB1 above healthy, stage {stage}, ng/mL",
                excess,
                (mean, mean - Z * error, mean + Z * error),
                agrees=1.0 / FACTOR <= mean / excess <= FACTOR,
            )
        )
    early, late = (np.concatenate([read[s][1] for s in pair]) for pair in (("I", "II"), ("III", "IV")))
    rows.append(
        row(
            "plasma:hmgb1-nsclc-untreated",
            "HMGB1 above healthy, stages III and IV over I and II",
            (STAGES["III"] + STAGES["IV"] - 2 * HEALTHY) / (STAGES["I"] + STAGES["II"] - 2 * HEALTHY),
            (float(late.mean() / early.mean()), None, None),
            agrees=bool(late.mean() > early.mean()),
        )
    )
    size, level = (np.concatenate([pair[k] for pair in read.values()]) for k in (0, 1))
    correlation = float(np.corrcoef(size, level)[0, 1])
    half = Z / np.sqrt(len(size) - 3)
    limits = np.tanh(np.arctanh(correlation) + half * np.array([-1.0, 1.0]))
    rows.append(
        row(
            "plasma:hmgb1-nsclc-untreated",
            "HMGB1 against the size of the tumour, correlation",
            SIZE_CORRELATION,
            (correlation, *map(float, limits)),
            agrees=correlation > 0.0,
        )
    )
    return rows


def before(candidates: Any, size_mm: np.ndarray) -> np.ndarray:
    """Read HMGB1 of the tumour in plasma when it has grown to a sum of diameters; NaN where it never does."""
    model = compiled(tuple(candidates.parameters.columns), ("HMGB1_plasma", "SLD"))
    values = candidates.parameters[list(model.parameters)].to_numpy(float)
    batch = simulate(model, values, np.zeros(1), start=Start("SLD", size_mm, 60.0 * 365.25))
    return np.where(batch.status == 0, batch.values[:, 0, 0], np.nan)


def treated(name: str, *arms: str) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Treat patients of a calibration trial; return them as observed, and plasma by day."""
    spec = load_trial(name)
    spec = spec.model_copy(update={"arms": {arm: spec.arms[arm] for arm in arms}})
    n = N_PATIENTS * len(arms)
    pool = recruit(n, seed=SEED, eligible=lambda features: eligible(features, spec.at_diagnosis))
    cohort = enrol(spec, pool, n, seed=SEED)
    patients = cohort.features.reset_index()
    patients.insert(0, "patient_id", np.arange(1, n + 1))
    patients["arm"] = np.array(arms, dtype=object)[np.arange(n) % len(arms)]
    done = treat(spec, patients, cohort, grid_day=DAYS, seed=SEED, outputs=OUTPUTS)
    fine = done.fine
    seen = observe(
        spec,
        patients[fine].reset_index(drop=True),
        grid_day=DAYS,
        lesion_mm=done.planned.values[fine][:, :, : len(LESIONS)],
        tumour_mm=done.planned.values[fine][:, :, len(LESIONS)],
        given_mm=done.tumour_mm[fine],
        later_day=done.later_day[fine],
        seed=SEED,
    ).patients
    values = done.given.values[fine][:, :, len(KEPT) :]
    return seen, {output: values[:, :, k] for k, output in enumerate(OUTPUTS)}


def under_chemotherapy() -> list[dict[str, Any]]:
    """Follow the first cycles of a doublet in the patients of the ERCC1 trial."""
    seen, plasma = treated("ERCC1", "paclitaxel-pemetrexed", "cisplatin-pemetrexed")
    member = seen["candidate"].to_numpy()
    responds = seen["best_response"].isin(["CR", "PR"]).to_numpy()
    progresses = (seen["best_response"] == "PD").to_numpy()
    folds = {name: (level[:, list(CYCLE_1)] / level[:, :1]).max(axis=1) for name, level in plasma.items()}
    rows = []
    for damp, rises in (("hmgb1", True), ("hsp70", True), ("anxa1", True), ("calr", False)):
        low, high = mean_limits(folds[f"{damp.upper()}_plasma"], member)
        mean = float(folds[f"{damp.upper()}_plasma"].mean())
        rows.append(
            row(
                f"plasma:{damp}-advanced-lung-cancer",
                f"{damp.upper()}, mean of the largest fold change in cycle 1",
                "above 1" if rises else "no rise claimed",
                (mean, low, high),
                agrees=(low > 1.0) == rises,
            )
        )
    for damp in ("HMGB1", "CALR"):
        found = area(folds[f"{damp}_plasma"], responds, member)
        rows.append(
            row(
                "plasma:hmgb1-and-calr-advanced-lung-cancer",
                f"{damp}, area for response of the largest fold change",
                "above 0.5",
                (found.value, found.low, found.high),
                agrees=found.value > 0.5,
            )
        )
    for day, evidence in ((0, "-2"), (CYCLE_2, ""), (CYCLE_3, "-2")):
        found = area(plasma["HMGB1_plasma"][:, day], progresses, member)
        level = PROGRESSION.get(day, 0.5)
        rows.append(
            row(
                f"plasma:hmgb1-advanced-{'nsclc' if day else 'lung-cancer'}{evidence}",
                f"HMGB1, area for progression, day {day}",
                level if day else "not predictive",
                (found.value, found.low, found.high),
                agrees=found.low <= level <= found.high,
            )
        )
    return rows


def after_radiotherapy() -> list[dict[str, Any]]:
    """Follow HSP70 to five weeks after chemoradiation in the patients of RTOG 0617."""
    seen, plasma = treated("RTOG-0617", "60-gy")
    member = seen["candidate"].to_numpy()
    level = plasma["HSP70_plasma"]
    falls = level[:, AFTER_RADIOTHERAPY] / level[:, 0]
    low, high = mean_limits(falls, member)
    found = area(level[:, AFTER_RADIOTHERAPY], seen["best_response"].isin(["CR", "PR"]).to_numpy(), member)
    return [
        row(
            "plasma:hsp70-nsclc-non-metastatic",
            "HSP70 five weeks after radiotherapy over before, mean",
            "below 1",
            (float(falls.mean()), low, high),
            agrees=high < 1.0,
        ),
        row(
            "plasma:hsp70-nsclc-non-metastatic-2",
            "HSP70 five weeks after radiotherapy, area for response",
            "above 0.5",
            (found.value, found.low, found.high),
            agrees=found.value > 0.5,
        ),
    ]


def mean_limits(values: np.ndarray, member: np.ndarray) -> tuple[float, float]:
    """95 % interval of a mean; copies of a member count together."""
    _, place = np.unique(member, return_inverse=True)
    error = np.linalg.norm(np.bincount(place, values - values.mean())) / len(values)
    return float(values.mean() - Z * error), float(values.mean() + Z * error)


def row(
    id: str, what: str, published: float | str, predicted: tuple[float, Any, Any], *, agrees: bool
) -> dict[str, Any]:
    """Lay one comparison down; refuses an id that is not in the evidence."""
    value, low, high = (None if x is None or np.isnan(x) else float(f"{x:.4g}") for x in predicted)
    return {
        "id": PUBLISHED[id].id,
        "what": what,
        "published": published if isinstance(published, str) else float(f"{published:.4g}"),
        "predicted": value,
        "low": low,
        "high": high,
        "agrees": bool(agrees),
    }


if __name__ == "__main__":
    main()
