"""Predict what a trial of its published size would report, with intervals, from weighted members."""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.population import Cohort, grow, members, numbered, resample
from alarmin.trial.arms import ArmOutcomes, simulate_trial
from alarmin.trial.comparison import published_figures
from alarmin.trial.discrepancy import draw_discrepancy
from alarmin.trial.enrol import rake
from alarmin.trial.expectation import MONTHS
from alarmin.trial.observation_parameters import observation_parameters
from alarmin.trial.quick_survival import hazard_ratio, kaplan_meier_at, median_time, survival_at
from alarmin.trial.selection import eligible
from alarmin.trial.virtual_arm import VirtualArm, run_arm

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = [
    "LARGE",
    "REPETITIONS",
    "SIZE",
    "Prediction",
    "draw_members",
    "predict_trial",
    "trial_weight",
]

SIZE = 700
"""Draws of members that a prediction rests on; a member is simulated once however often drawn."""
REPETITIONS = 100
"""Virtual trials of the published size behind an interval, over the weights of the bootstrap in turn."""
LARGE = 4000
"""Patients per arm of the trial that gives the predicted figure itself."""
LEVEL_PCT = 90.0
UNKNOWN_SIZE = 100
"""Patients per arm of a trial whose size was not published."""
_TRIALS = 114  # stream of the random numbers of virtual trials
_SURVIVAL = re.compile(r"(curve_)?(pfs|efs|os)_(\d+)mo")


@dataclass(frozen=True)
class Prediction:
    """What a trial is expected to report.

    Parameters
    ----------
    figures : DataFrame
        The columns of `published_figures`, and predicted, predicted_low, predicted_high (90 %), and hit
        (whether the predicted figure lies in the published interval; None where there is none).
    curves : DataFrame
        trial, arm, endpoint (pfs, os), month, survival, low, high (90 %) at `MONTHS` to the end of follow-up.
    """

    figures: "pd.DataFrame"
    curves: "pd.DataFrame"


def predict_trial(
    spec: "TrialSpec",
    *,
    seed: int = 1,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Prediction:
    """Set a prediction with its interval beside every published figure of a trial.

    Parameters
    ----------
    spec : TrialSpec
    seed : int
    threads : int, optional
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Prediction

    Notes
    -----
    The figure comes from a large virtual trial under the calibrated weights; its interval from trials of the
    published size, each under the weights of one repetition of the calibration, and each trial and arm
    shifted as those were off that a calibration had not seen (`alarmin.trial.discrepancy`). So it holds the
    chance of a trial of that size, the uncertainty of the weights, and that of the model as far as
    calibration shows it.
    """
    import pandas as pd

    figures = published_figures(spec)
    table = members()
    parameters = observation_parameters()
    cohort = draw_members(spec, table["weight"], seed, threads)
    arms = {
        one.arm: one for one in simulate_trial(spec, cohort, parameters, threads=threads, progress=progress)
    }
    main = {name: trial_weight(one, cohort, table["weight"]) for name, one in arms.items()}
    columns = [name for name in table.columns if name.startswith("bootstrap")] or ["weight"]
    again = [
        {name: trial_weight(one, cohort, table[column]) for name, one in arms.items()} for column in columns
    ]
    outlooks = {name: one.expectation.outlook(parameters) for name, one in arms.items()}
    alive = {
        name: outlooks[name].survival(one.expectation.risk(parameters), parameters)
        for name, one in arms.items()
    }
    rng = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_TRIALS,)))
    sizes = figures.groupby("arm")["n"].max().fillna(UNKNOWN_SIZE)
    rows: list[dict[str, Any]] = []
    large = {name: run_arm(spec, main[name], outlooks[name], alive[name], LARGE, rng) for name in arms}
    trials = []
    for k in range(REPETITIONS):
        shifts = draw_discrepancy(arms, rng)
        trials.append(
            {
                name: run_arm(
                    spec,
                    again[k % len(again)][name],
                    outlooks[name],
                    alive[name],
                    int(sizes.get(name, UNKNOWN_SIZE)),
                    rng,
                    shifts[name],
                )
                for name in arms
            }
        )
    for row in figures.to_dict("records"):
        figure = _read(row, large, arms, spec)
        spread = np.array([_read(row, one, arms, spec) for one in trials])
        low, high = _limits(spread)
        rows.append(
            {
                **{str(name): value for name, value in row.items()},
                "predicted": figure,
                "predicted_low": low,
                "predicted_high": high,
                "hit": _hit(figure, float(row["low"]), float(row["high"])),
            }
        )
    return Prediction(pd.DataFrame(rows), _curves(spec, large, trials))


def _curves(
    spec: "TrialSpec", large: dict[str, VirtualArm], trials: list[dict[str, VirtualArm]]
) -> "pd.DataFrame":
    """Read the survival of all arms off the large trial, and its limits off those of the published size."""
    import pandas as pd

    kinds = [kind for kind in ("pfs", "os") if {kind, kind.replace("pfs", "efs")} & set(spec.endpoints)]
    columns = ["trial", "arm", "endpoint", "month", "survival", "low", "high"]
    tables = []
    for arm in spec.arms:
        for kind in kinds:
            curve, *repeated = (_survival(one[arm], kind) for one in (large, *trials))
            known = ~np.isnan(curve) & ~np.isnan(repeated).all(axis=0)
            tail = (100.0 - LEVEL_PCT) / 200.0
            low, high = np.nanquantile(np.array(repeated)[:, known], [tail, 1.0 - tail], axis=0)
            tables.append(
                pd.DataFrame(
                    {
                        "trial": spec.trial,
                        "arm": arm,
                        "endpoint": kind,
                        "month": MONTHS[known],
                        "survival": curve[known],
                        "low": low,
                        "high": high,
                    }
                )
            )
    # A trial that reports response alone has no curve.
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _survival(one: VirtualArm, kind: str) -> "Floats":
    month, event = one.os if kind == "os" else one.pfs
    return survival_at(month, event, MONTHS)


def draw_members(
    spec: "TrialSpec", weight: "pd.Series[float]", seed: int, threads: int | None, size: int = SIZE
) -> Cohort:
    """Draw eligible members by weight, each at most once, and grow them."""
    candidates = numbered(weight.index)
    fits = eligible(candidates.features, spec.at_diagnosis).all(axis=1).to_numpy(dtype=bool)
    pool = candidates.take(candidates.features.index[fits])
    drawn, times = np.unique(resample(weight.to_numpy(float)[fits], size, seed), return_counts=True)
    grown = grow(pool.take(pool.features.index[drawn]), threads)
    # A row stands for as many patients as it was drawn; weights of the bootstrap are set against that.
    drawn_times = dict(zip(pool.features.index[drawn], times, strict=True))
    return replace(grown, weight=grown.features.index.to_series().map(drawn_times).astype(float))


def trial_weight(one: ArmOutcomes, cohort: Cohort, weight: "pd.Series[float]") -> "Floats":
    """Weights of the arm's members: times drawn, change of the weight, enrolment, the trial's own mix."""
    numbers = cohort.features.index
    change = weight.loc[numbers].to_numpy(float) / members()["weight"].loc[numbers].to_numpy(float)
    value = (cohort.weight.to_numpy(float) * change)[one.member] * one.enters
    return np.asarray(value * rake(one.spec, one.features, value))


def _read(
    row: Mapping[Hashable, Any], trial: dict[str, VirtualArm], arms: dict[str, ArmOutcomes], spec: "TrialSpec"
) -> float:
    """Read one endpoint off a virtual trial; NaN for what is not simulated (pathologic response)."""
    arm, endpoint = str(row["arm"]), str(row["endpoint"])
    mine = _part(trial[arm], arms[arm], str(row["subgroup"]), spec)
    if endpoint == "orr":
        return 100.0 * float(trial[arm].responded[mine].mean()) if mine.any() else float("nan")
    match = _SURVIVAL.fullmatch(endpoint)
    kind = match[2] if match else endpoint.partition("_")[2]
    if kind not in ("pfs", "efs", "os"):
        return float("nan")
    month, event = _times(trial[arm], kind, mine)
    if not len(month):
        return float("nan")
    if match:
        return 100.0 * kaplan_meier_at(month, event, float(match[3]))
    if endpoint.startswith("median_"):
        return median_time(month, event)
    control = spec.control
    if control is None or control == arm:
        return float("nan")
    theirs = _part(trial[control], arms[control], str(row["subgroup"]), spec)
    other_month, other_event = _times(trial[control], kind, theirs)
    if not event.any() or not other_event.any():
        return float("nan")
    return hazard_ratio(
        np.concatenate([month, other_month]),
        np.concatenate([event, other_event]),
        np.repeat([True, False], [len(month), len(other_month)]),
    )


def _times(one: VirtualArm, kind: str, which: "NDArray[np.bool_]") -> "tuple[Floats, NDArray[np.bool_]]":
    month, event = one.os if kind == "os" else one.pfs
    return month[which], event[which]


def _part(one: VirtualArm, arm: ArmOutcomes, subgroup: str, spec: "TrialSpec") -> "NDArray[np.bool_]":
    """Say which of a virtual trial's patients are in a subgroup."""
    if not subgroup:
        return np.ones(len(one.row), dtype=bool)
    inside = eligible(arm.features, spec.subgroups[subgroup].parsed).all(axis=1).to_numpy(dtype=bool)
    return np.asarray(inside[one.row])


def _limits(values: "Floats") -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(100 - LEVEL_PCT) / 200, (100 + LEVEL_PCT) / 200], method="nearest")
    return float(low), float(high)


def _hit(value: float, low: float, high: float) -> bool | None:
    if np.isnan(value) or np.isnan(low) or np.isnan(high):
        return None
    return bool(low <= value <= high)
