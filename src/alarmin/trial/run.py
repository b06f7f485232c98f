"""Run a virtual trial: recruit, randomise, treat until progression, observe, compare."""

import csv
import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from alarmin.model import assemble, unit_labels
from alarmin.model import parameters as model_parameters
from alarmin.population import Cohort, effective_size, members, recruit
from alarmin.therapy import Regimen, drug, substance
from alarmin.trial.baseline import read_outs, with_baseline, with_plasma
from alarmin.trial.biomarkers import analyse
from alarmin.trial.comparison import compare, published_curves
from alarmin.trial.conduct import DAYS_PER_MONTH, observe
from alarmin.trial.endpoints import summarise
from alarmin.trial.enrol import enrol
from alarmin.trial.observation_parameters import observation_table
from alarmin.trial.price import Price, price
from alarmin.trial.result import TrialResult
from alarmin.trial.selection import eligible
from alarmin.trial.spec import TrialSpec, calibration_names
from alarmin.trial.treatment import KEPT, LESIONS, RTOL, Treated, regimens_of, treat, with_radiation

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Progress", "run_trial", "weekly"]

GRID_DAY = 7.0
"""Distance of the days at which tumours are kept, after the first months."""
CASCADE_DAY = 189.0
LONGEST_MONTH = 60.0
_ARMS = 106  # stream of the random numbers that assign arms

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is."""


def run_trial(
    spec: TrialSpec,
    *,
    n_per_arm: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
) -> TrialResult:
    """Simulate all arms of a trial and set the result beside what was published.

    Parameters
    ----------
    spec : TrialSpec
    n_per_arm : int, >= 1
        Virtual patients treated in each arm; no patient is in two arms.
    seed : int, >= 0
        Same seed, same result, for any number of threads.
    threads : int, optional
        Default: all cores.
    progress : callable, optional

    Raises
    ------
    DataError
        Unknown regimens, or criteria that too few candidates meet.

    Notes
    -----
    Treatment ends at the visit that shows progression. That visit is found by simulating treatment that goes
    on; the patients are then simulated again with treatment ended there, and with crossover where the arm
    allows it. Up to progression both simulations are the same. Published results are looked up only after
    the last simulation.
    """
    report = progress or (lambda _stage, _done, _total: None)
    regimens = regimens_of(spec)
    n = n_per_arm * len(spec.arms)
    drawn = recruit(
        n * (2 if spec.population.earlier else 1),
        seed=seed,
        eligible=lambda features: eligible(features, spec.at_diagnosis),
        threads=threads,
        progress=lambda done, total: report("Recruiting", done, total),
    )
    cohort = enrol(spec, drawn, n, seed=seed, threads=threads)
    patients = with_radiation(spec, _randomise(spec, cohort, seed))
    grid_day = days(spec)
    cascade = tuple(row["output"] for row in cascade_variables())
    outputs = tuple(dict.fromkeys((*cascade, *read_outs())))
    treated = treat(
        spec,
        patients,
        cohort,
        grid_day=grid_day,
        seed=seed,
        outputs=outputs,
        threads=threads,
        progress=report,
    )
    fine = treated.fine
    failed = patients.loc[~fine, ["patient_id", "arm"]].assign(reason=treated.reasons)
    given = treated.given.values[fine]
    values = {name: given[:, :, number] for number, name in enumerate(outputs, start=len(KEPT))}
    sld_mm = treated.planned.values[fine][:, :, : len(LESIONS)].sum(axis=2)
    analysed = with_baseline(spec, patients[fine].reset_index(drop=True), grid_day, values, sld_mm)
    observation = observe(
        spec,
        analysed,
        grid_day=grid_day,
        lesion_mm=treated.planned.values[fine][:, :, : len(LESIONS)],
        tumour_mm=treated.planned.values[fine][:, :, len(LESIONS)],
        given_mm=treated.tumour_mm[fine],
        later_day=treated.later_day[fine],
        seed=seed,
    )
    endpoints = summarise(spec, observation.patients)
    return TrialResult(
        spec=spec,
        seed=seed,
        patients=observation.patients,
        tumour=with_plasma(observation.tumour, analysed, grid_day, values),
        cascade=_cascade(analysed, grid_day, values),
        endpoints=endpoints,
        comparison=compare(spec, endpoints),
        published_curves=published_curves(spec),
        price=_price(spec, patients, treated, observation.patients),
        biomarkers=analyse(spec, observation.patients),
        accounting=_accounting(cohort, patients, failed),
        parameters=_parameter_table(_drugs(regimens)),
        settings={
            "n_per_arm": n_per_arm,
            "rtol": RTOL,
            "grid_day": GRID_DAY,
            "regimens": {name: regimen.title for name, regimen in regimens.items()},
        },
        inputs=_checksums(spec, regimens),
        calibration=_calibration(),
    )


def _price(spec: TrialSpec, patients: "pd.DataFrame", treated: Treated, seen: "pd.DataFrame") -> Price:
    """Say what treatment cost those who were analysed, as far as they were followed."""
    assert treated.course is not None
    seen_day = np.zeros(len(patients))
    seen_day[treated.fine] = seen["os_month"].to_numpy(float) * DAYS_PER_MONTH
    arm = np.where(treated.fine, patients["arm"].to_numpy(object), "")
    return price(spec, arm, treated.course, end_day=treated.progression_day, seen_day=seen_day)


def days(spec: TrialSpec) -> "Floats":
    """Return the days at which the patients are looked at: each day of the cascade chart, then each week."""
    last = spec.cutoffs.overall_survival * DAYS_PER_MONTH + GRID_DAY
    return np.concatenate([np.arange(0.0, CASCADE_DAY), np.arange(CASCADE_DAY, last, GRID_DAY)])


def weekly(spec: TrialSpec) -> "Floats":
    """Return the days at which tumours are kept where no cascade is drawn."""
    last = min(spec.cutoffs.overall_survival, LONGEST_MONTH) * DAYS_PER_MONTH
    return np.arange(0.0, last + GRID_DAY, GRID_DAY)


def _randomise(spec: TrialSpec, cohort: Cohort, seed: int) -> "pd.DataFrame":
    """Assign arms at random in equal numbers; patients are numbered from 1."""
    n, names = len(cohort.features), list(spec.arms)
    generator = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_ARMS,)))
    arms = generator.permutation(np.repeat(np.arange(len(names)), n // len(names)))
    patients = cohort.features.reset_index()
    patients.insert(0, "patient_id", np.arange(1, n + 1))
    patients.insert(1, "arm", np.array(names, dtype=object)[arms])
    return patients


def _drugs(regimens: dict[str, Regimen]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for regimen in regimens.values() for name in regimen.drugs))


@cache
def cascade_variables() -> tuple[dict[str, str], ...]:
    """Return which outputs make up the cascade chart, with label and unit (`data/cascade.csv`)."""
    text = files("alarmin.trial").joinpath("data", "cascade.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _cascade(patients: "pd.DataFrame", grid_day: "Floats", values: "dict[str, Floats]") -> "pd.DataFrame":
    """Quantiles over the patients of each arm, from DAMPs to T cells."""
    import pandas as pd

    early = grid_day <= CASCADE_DAY
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    tables = []
    for row in cascade_variables():
        for arm in dict.fromkeys(patients["arm"]):
            mine = values[row["output"]][(patients["arm"] == arm).to_numpy()][:, early]
            quantiles = dict(
                zip(("q05", "q25", "q50", "q75", "q95"), np.quantile(mine, levels, axis=0), strict=True)
            )
            tables.append(
                pd.DataFrame(
                    {
                        "time_day": grid_day[early],
                        "variable": row["output"],
                        "label": row["label"],
                        "unit": row["unit"],
                        "arm": arm,
                        **quantiles,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def _calibration() -> str | None:
    """Say what the weights of the population were fitted to; None where they are those of the prior."""
    table = members()
    if "bootstrap_1" not in table:
        return None
    weight = table["weight"].to_numpy(float)
    share = effective_size(weight) / len(weight)
    return (
        f"Calibrated: {len(weight)} weighted members of the population, effective share {share:.0%} (Kish), "
        f"fitted to {', '.join(calibration_names())}; for research only"
    )


def _accounting(cohort: Cohort, patients: "pd.DataFrame", failed: "pd.DataFrame") -> "pd.DataFrame":
    """Say where every member of the population went, and every patient drawn from them."""
    import pandas as pd

    rows: list[dict[str, object]] = [
        {"step": "member", "arm": "", "reason": "", "n": int(cohort.accounting["n"].sum())}
    ]
    for row in cohort.accounting.to_dict("records"):
        drawn = row["reason"] == "drawn"
        step, reason = ("drawn", "") if drawn else ("excluded", row["reason"])
        rows.append({"step": step, "arm": "", "reason": reason, "n": row["n"]})
    for reason, count in cohort.failures["reason"].value_counts().items():
        rows.append({"step": "failed", "arm": "", "reason": reason, "n": int(count)})
    for row in failed.groupby(["arm", "reason"]).size().reset_index(name="n").to_dict("records"):
        rows.append(
            {"step": "failed", "arm": row["arm"], "n": row["n"], "reason": f"integration: {row['reason']}"}
        )
    lost = failed["arm"].value_counts()
    for arm, count in patients["arm"].value_counts(sort=False).items():
        rows.append({"step": "treated", "arm": arm, "reason": "", "n": int(count - lost.get(arm, 0))})
    return pd.DataFrame(rows)


def _parameter_table(drugs: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    own = [replace(p, id=f"{p.id}_{name}") for name in drugs for p in substance(name).parameters if p.value]
    labels = unit_labels()
    return pd.DataFrame(
        [
            {
                "id": p.id,
                "value": p.value,
                "unit": labels[p.unit],
                "distribution": p.distribution,
                "level": p.level,
                "source": p.source,
                "meaning": p.meaning,
            }
            for p in (*model_parameters(), *own)
        ]
        + [{**row, "value": float(row["value"]), "distribution": "fixed"} for row in observation_table()]
    )


def _checksums(spec: TrialSpec, regimens: dict[str, Regimen]) -> dict[str, str]:
    """Return the SHA-256 of everything that decides the result: model, tables, trial, regimens, drugs."""
    drugs = _drugs(regimens)
    used = {one.regimen: one for regimen in regimens.values() for one in regimen.family}
    texts = {
        "model/patient.xml": assemble("patient", tuple(substance(name) for name in drugs)).encode(),
        f"trial/{spec.trial}": spec.model_dump_json().encode(),
        **{f"regimen/{name}": regimen.model_dump_json().encode() for name, regimen in used.items()},
        **{f"drug/{name}": drug(name).model_dump_json().encode() for name in sorted(drugs)},
    }
    for room, table in (
        ("model", "parameters.csv"),
        ("population", "data/baseline.csv"),
        ("population", "data/plausibility.csv"),
        ("population", "data/calibrated.csv"),
        ("population", "data/members.parquet"),
        ("trial", "data/joint_hazard.csv"),
    ):
        texts[f"{room}/{table}"] = files(f"alarmin.{room}").joinpath(table).read_bytes()
    return {name: hashlib.sha256(content).hexdigest() for name, content in texts.items()}
