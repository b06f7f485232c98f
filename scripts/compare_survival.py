"""Set the joint hazard and a plain kg-OS model beside the survival of the calibration trials.

Simulated lesions are set beside real ones, too, where the evidence has them.

python scripts/compare_survival.py            # all calibration trials; writes docs/survival_result.json
python scripts/compare_survival.py OAK REVEL  # prints these, writes nothing

Both models see the same virtual patients with the same weights and the same tumours. Run it again whenever
`alarmin calibrate` has left another population; the page follows from the result.
"""

import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from alarmin.calibration.targets import trial_targets
from alarmin.evidence import lesion_dynamics
from alarmin.population import members
from alarmin.therapy import drug, load_regimen
from alarmin.trial import (
    MONTHS,
    ArmOutcomes,
    Outlook,
    TrialSpec,
    calibration_trials,
    load_trial,
    simulate_trial,
)
from alarmin.trial.comparison import published_figures
from alarmin.trial.conduct import DAYS_PER_MONTH
from alarmin.trial.kg_survival import fit_tumours, log_median_day, survival_at
from alarmin.trial.kinetics import LESION_STATISTICS
from alarmin.trial.observation_parameters import observation_parameters
from alarmin.trial.prediction import draw_members, trial_weight
from alarmin.trial.quick_survival import hazard_ratio
from alarmin.trial.recist import Response
from alarmin.trial.virtual_arm import run_arm

RESULT = Path(__file__).parents[1] / "docs" / "survival_result.json"
SIZE = 600
"""Draws of members for each trial."""
LARGE = 20_000
"""Patients per arm of the virtual trial behind a hazard ratio."""
SEED = 1
MODELS = ("joint", "kg", "kg_shifted")
CLASSES = {
    *("platinum", "taxane", "antifolate", "nucleoside analogue"),
    *("anti-PD-1 antibody", "anti-PD-L1 antibody", "anti-VEGF antibody", "anti-VEGFR-2 antibody"),
}
"""Of drugs like those that the plain model was fitted to; those against VEGF come with chemotherapy."""


@dataclass
class Arm:
    """One simulated arm.

    Weights; chance to be alive by the joint hazard; log median day and kg by the plain model; whether that
    was made for such arms.
    """

    spec: TrialSpec
    name: str
    one: ArmOutcomes
    outlook: Outlook
    weight: np.ndarray
    joint: np.ndarray
    log_day: np.ndarray
    kg_per_week: np.ndarray
    within: bool

    def alive(self, model: str, shift: float) -> np.ndarray:
        """Chance to be alive at `MONTHS`, shape (n, repeats, months)."""
        if model == "joint":
            return self.joint
        return survival_at(self.log_day + (shift if model == "kg_shifted" else 0.0), MONTHS)

    def at(self, model: str, shift: float, month: float) -> float:
        """Survival of the arm at a month."""
        curve = np.average(self.alive(model, shift).mean(axis=1), axis=0, weights=self.weight)
        return float(np.interp(month, MONTHS, curve))


def simulate(spec: TrialSpec) -> list[Arm]:
    """Simulate the arms of a trial and read both models off the same patients."""
    table, parameters = members(), observation_parameters()
    cohort = draw_members(spec, table["weight"], SEED, None, SIZE)
    found = []
    for one in simulate_trial(spec, cohort, parameters):
        outlook = one.expectation.outlook(parameters)
        alive = outlook.survival(one.expectation.risk(parameters), parameters)
        log_day, kg = read_growth(one, outlook.progression_month)
        weight = trial_weight(one, cohort, table["weight"])
        within = is_within(spec, one.arm)
        found.append(Arm(spec, one.arm, one, outlook, weight, alive, log_day, kg, within))
    return found


def read_growth(one: ArmOutcomes, progression_month: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit the readings up to progression or the cutoff; log median day and kg, shape (n, repeats)."""
    seen = one.expectation
    n, repeats, visits = seen.change.shape
    last_day = np.minimum(progression_month, one.spec.cutoffs.response_and_pfs) * DAYS_PER_MONTH
    counted = (seen.day[:, None, :] <= last_day[:, :, None] + 1e-6) & np.isfinite(seen.change)
    read_mm = np.where(counted, (1.0 + seen.change) * seen.tumour_mm[:, :1, None], 0.0)
    patients = one.features.iloc[np.repeat(np.arange(n), repeats)]
    rates = fit_tumours(
        np.repeat(seen.day, repeats, axis=0) / 7.0,
        read_mm.reshape(n * repeats, visits).astype(float),
        counted.reshape(n * repeats, visits),
    )
    return log_median_day(rates, patients).reshape(n, repeats), rates.kg_per_week.reshape(n, repeats)


def is_within(spec: TrialSpec, arm: str) -> bool:
    """Say whether the plain model was made for such arms: chemotherapy, antibodies, both; no radiation."""
    regimen = load_regimen(spec.arms[arm].regimen)
    irradiated = any(phase.radiotherapy for one in regimen.family for phase in one.phases)
    return not irradiated and all(drug(name).class_ in CLASSES for name in regimen.drugs)


def landmarks(spec: TrialSpec) -> pd.DataFrame:
    """List what was published of overall survival of all patients of each arm."""
    table = trial_targets(spec)
    return table[(table["endpoint"] == "os") & (table["subgroup"] == "")]


def fit_shift(arms: list[Arm], published: pd.DataFrame) -> float:
    """Shift of the log time by which the plain model meets the landmarks best (least squares)."""
    by_name = {(one.spec.trial, one.name): one for one in arms}

    def miss(shift: float) -> float:
        return sum(
            (by_name[(row.trial, row.arm)].at("kg_shifted", shift, row.at) - row.value) ** 2
            for row in published.itertuples()
        )

    return float(minimize_scalar(miss, bounds=(-2.0, 2.0), method="bounded").x)


def movements(arm: Arm) -> list[dict[str, Any]]:
    """Set the simulated lesions of patients who live to a third reading beside real ones."""
    found = arm.one.expectation.dynamics(arm.outlook)
    shows = partial(arm.outlook.shows, found, alive=arm.joint)
    thrice = arm.weight @ arm.outlook.read_thrice(found, arm.joint).mean(axis=1)
    return [
        {
            "arm": arm.name,
            "statistic": row.statistic,
            "threshold": row.threshold,
            "unit": row.threshold_unit,
            "published": row.value,
            "n": row.n,
            "simulated": float(arm.weight @ shows(row.statistic, row.threshold).mean(axis=1) / thrice),
        }
        for row in lesion_dynamics(arm.spec.trial)
        if row.arm.endswith(f"/{arm.name}") and row.statistic in LESION_STATISTICS
    ]


def grown_at_progression(arm: Arm) -> float:
    """Share of the progressions that living patients have in which the target lesions had grown by 20 %."""
    seen, parameters = arm.one.expectation, observation_parameters()
    month = seen.day[:, None, :] / DAYS_PER_MONTH
    visit = np.abs(month - arm.outlook.progression_month[:, :, None]).argmin(axis=2)
    target = np.take_along_axis(seen.target, visit[:, :, None], axis=2)[:, :, 0]
    weight = arm.weight[:, None] * arm.outlook.alive_at_progression(seen.risk(parameters), parameters)
    return float(np.average(target == Response.PD, weights=weight))


def ratios(spec: TrialSpec, arms: dict[str, Arm], shift: float) -> list[dict[str, Any]]:
    """Set hazard ratios of death beside the published one, from one large virtual trial for each model."""
    figures = published_figures(spec)
    figures = figures[(figures["endpoint"] == "hr_os") & (figures["subgroup"] == "")]
    rows = []
    for row in figures.to_dict("records"):
        pair = [arms[str(row["arm"])], arms[str(spec.control)]]
        found = {}
        for model in MODELS:
            rng = np.random.default_rng(SEED)
            runs = [
                run_arm(spec, one.weight, one.outlook, one.alive(model, shift), LARGE, rng).os for one in pair
            ]
            month, event = (np.concatenate([run[k] for run in runs]) for k in range(2))
            found[model] = hazard_ratio(month, event, np.repeat([True, False], LARGE))
        rows.append(
            {
                "trial": spec.trial,
                "arm": row["arm"],
                "within": all(one.within for one in pair),
                "published": row["value"],
                "low": row["low"],
                "high": row["high"],
                **found,
            }
        )
    return rows


def main(names: list[str]) -> None:
    """Simulate, compare, print; write the result if all calibration trials were asked for."""
    specs = [load_trial(name) for name in names] or calibration_trials()
    arms: list[Arm] = []
    for spec in specs:
        arms += simulate(spec)
        print(f"simulated {spec.trial}", file=sys.stderr, flush=True)
    published = pd.concat([landmarks(spec) for spec in specs], ignore_index=True)
    inside = {(one.spec.trial, one.name) for one in arms if one.within}
    keys = pd.Series(list(zip(published["trial"], published["arm"], strict=True)))
    shift = fit_shift(arms, published[keys.isin(inside).to_numpy()])
    by_arm, by_ratio = [], []
    for one in arms:
        mine = published[(published["trial"] == one.spec.trial) & (published["arm"] == one.name)]
        points = [
            {"month": row.at, "published": row.value, **{m: one.at(m, shift, row.at) for m in MODELS}}
            for row in mine.itertuples()
        ]
        kg = np.average(np.median(one.kg_per_week, axis=1), weights=one.weight)
        by_arm.append(
            {
                "trial": one.spec.trial,
                "arm": one.name,
                "within": one.within,
                "kg_per_week": kg,
                "grown_at_progression": grown_at_progression(one),
                "points": points,
            }
        )
    for spec in specs:
        by_ratio += ratios(spec, {one.name: one for one in arms if one.spec is spec}, shift)
    result = {
        "seed": SEED,
        "size": SIZE,
        "shift": shift,
        "summary": summarise(by_arm, by_ratio),
        "arms": by_arm,
        "ratios": by_ratio,
        "movements": [row for one in arms for row in movements(one)],
    }
    text = json.dumps(rounded(result), indent=1, allow_nan=False) + "\n"
    if names:
        print(text)
        return
    building = RESULT.with_suffix(".part")
    building.write_text(text, encoding="utf-8")
    os.replace(building, RESULT)
    print(json.dumps(rounded(result["summary"]), indent=1))


def summarise(by_arm: list[dict[str, Any]], by_ratio: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the mean distance of survival over arms and the median error of log hazard ratios, by model."""
    rows = []
    for group, chosen in (("within", [True]), ("all", [True, False])):
        arms = [one for one in by_arm if one["within"] in chosen and one["points"]]
        pairs = [one for one in by_ratio if one["within"] in chosen]
        for model in MODELS:
            gaps = [np.mean([abs(p[model] - p["published"]) for p in one["points"]]) for one in arms]
            errors = [abs(np.log(one[model] / one["published"])) for one in pairs]
            rows.append(
                {
                    "group": group,
                    "model": model,
                    "arms": len(arms),
                    "mean_distance": float(np.mean(gaps)) if gaps else None,
                    "ratios": len(pairs),
                    "median_log_error": float(np.median(errors)) if errors else None,
                }
            )
    return rows


def rounded(value: Any) -> Any:
    """Keep four digits of every figure."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.4g}") if np.isfinite(value) else None
    return value


if __name__ == "__main__":
    main(sys.argv[1:])
