"""A made-up trial for tests: tumours by a bi-exponential law, no mechanism behind them."""

import numpy as np
import pandas as pd

from alarmin.trial.biomarkers import TRUE_CHANGE, analyse
from alarmin.trial.comparison import compare, published_curves
from alarmin.trial.conduct import observe
from alarmin.trial.endpoints import summarise
from alarmin.trial.observation_parameters import observation_table
from alarmin.trial.price import Price
from alarmin.trial.result import TrialResult
from alarmin.trial.spec import TrialSpec, load_trial
from alarmin.trial.toxicity import MEASURES, compare_toxicity, summarise_toxicity

CASCADE = (
    ("dying", "Dying tumour cells", "1/mm3", 300.0, 8.0),
    ("calr", "Exposed calreticulin", "1", 0.4, 9.0),
    ("atp", "Extracellular ATP", "uM", 5.0, 10.0),
    ("hmgb1", "Extracellular HMGB1", "nM", 2.0, 14.0),
    ("ifnb", "Interferon beta", "pM", 30.0, 12.0),
    ("dc", "Mature dendritic cells", "1/mm3", 20.0, 21.0),
    ("priming", "Primed CD8 in the node", "1000 cells", 60.0, 30.0),
    ("cd8", "CD8 T cells in the lesion", "1/mm3", 400.0, 45.0),
)


def make_patients(n_per_arm: int, arms: list[str], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = n_per_arm * len(arms)
    return pd.DataFrame(
        {
            "patient_id": np.arange(n),
            "arm": np.repeat(arms, n_per_arm),
            "sld_mm": np.exp(rng.normal(np.log(80.0), 0.5, n)).clip(20.0, 300.0),
            "pd_l1_tps_pct": rng.uniform(50.0, 100.0, n),
            "ecog": rng.integers(0, 2, n),
            "nlr": np.exp(rng.normal(np.log(4.1), 0.5, n)),
            "albumin_g_per_l": rng.normal(39.4, 4.0, n),
            "histology": "nonsquamous",
            "candidate": np.arange(n),
            "tmb_mut_per_mb": np.exp(rng.normal(np.log(8.0), 0.8, n)),
            "cd8_per_ml": np.exp(rng.normal(np.log(3e6), 1.5, n)),
            "surface_calr": rng.uniform(0.01, 0.09, n),
            "plasma_hmgb1_ng_per_ml": np.exp(rng.normal(np.log(0.04), 1.5, n)),
        }
    )


def make_lesions(patients: pd.DataFrame, grid_day: np.ndarray, control: str, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed + 1)
    n = len(patients)
    shrink = np.exp(rng.normal(np.log(0.006), 1.0, n))
    grow = np.exp(rng.normal(np.log(0.0012), 0.9, n)) * np.where(patients["arm"] == control, 1.5, 1.0)
    course = np.exp(-np.outer(shrink, grid_day)) + np.exp(np.outer(grow, grid_day)) - 1.0
    share = rng.uniform(0.4, 0.6, n)
    sld_mm = patients["sld_mm"].to_numpy()[:, None] * np.minimum(course, 20.0)
    return np.stack([sld_mm * share[:, None], sld_mm * (1.0 - share[:, None])], axis=2)


def make_result(n_per_arm: int = 60, *, seed: int = 1, spec: TrialSpec | None = None) -> TrialResult:
    spec = spec or load_trial("KEYNOTE-024")
    arms = list(spec.arms)
    patients = make_patients(n_per_arm, arms, seed)
    grid_day = np.arange(0.0, 2100.0, 7.0)
    lesions = make_lesions(patients, grid_day, spec.control or "", seed)
    sld_mm = lesions.sum(axis=2)
    patients[TRUE_CHANGE] = 100.0 * (sld_mm[:, 9:53].min(axis=1) / sld_mm[:, 0] - 1.0)
    seen = observe(spec, patients, grid_day=grid_day, lesion_mm=lesions, seed=seed)
    endpoints = summarise(spec, seen.patients)
    accounting = pd.DataFrame(
        [
            ("member", "", "", 8 * n_per_arm),
            ("drawn", "", "", n_per_arm),
            ("excluded", "", "not eligible", 5 * n_per_arm),
            ("excluded", "", "eligible, not drawn", 2 * n_per_arm),
            ("failed", arms[0], "solver: step limit reached at day 31.2 (T_cd8)", 1),
            *(("treated", arm, "", n_per_arm) for arm in arms),
        ],
        columns=["step", "arm", "reason", "n"],
    )
    return TrialResult(
        spec=spec,
        seed=seed,
        patients=seen.patients,
        tumour=seen.tumour,
        cascade=make_cascade(arms),
        endpoints=endpoints,
        comparison=compare(spec, endpoints),
        published_curves=published_curves(spec),
        price=make_price(spec, seen.patients["arm"].to_numpy(object), seed),
        biomarkers=analyse(spec, seen.patients),
        accounting=accounting,
        parameters=pd.DataFrame(observation_table()),
        settings={"patients_per_arm": n_per_arm, "rtol": 1e-6, "made_up": True},
        inputs={"KEYNOTE-024.yaml": "0" * 64},
    )


def make_price(spec: TrialSpec, arm: np.ndarray, seed: int) -> Price:
    rng = np.random.default_rng(seed + 2)
    events = [*(event for event, _ in MEASURES.values()), "hypersensitivity"]
    grades = pd.DataFrame(rng.integers(0, 5, (len(arm), len(events))), columns=events)
    toxicity = compare_toxicity(spec, summarise_toxicity(arm, grades, (grades - 1).clip(lower=0)))
    doses = [
        {
            "arm": name,
            "drug": f"drug_{position}",
            "n": int((arm == name).sum()),
            "given_pct": 93.4 - position,
            "holds_per_patient": 1.25,
            "held_pct": 61.7,
            "omitted_pct": 0.0,
            "reduced_pct": 12.3,
            "stopped_pct": 4.5,
        }
        for position, name in enumerate(spec.arms)
    ]
    unknown = {name: [f"drug_{position}"] for position, name in enumerate(spec.arms)}
    return Price(toxicity, pd.DataFrame(doses), unknown)


def make_cascade(arms: list[str]) -> pd.DataFrame:
    day = np.arange(0.0, 85.0, 1.0)
    tables = []
    for variable, label, unit, height, peak in CASCADE:
        for position, arm in enumerate(arms):
            pulses = sum(
                np.where(day >= start, (day - start) / peak * np.exp(1.0 - (day - start) / peak), 0.0)
                for start in (0.0, 21.0, 42.0, 63.0)
            )
            middle = height * pulses * (1.0 - 0.4 * position)
            tables.append(
                pd.DataFrame(
                    {
                        "time_day": day,
                        "variable": variable,
                        "label": label,
                        "unit": unit,
                        "arm": arm,
                        "q05": middle * 0.2,
                        "q25": middle * 0.6,
                        "q50": middle,
                        "q75": middle * 1.5,
                        "q95": middle * 2.6,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)
