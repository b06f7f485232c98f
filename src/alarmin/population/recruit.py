"""Recruit virtual patients: draw, ask the criteria, grow the tumour, keep the physiological."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alarmin.core import DataError
from alarmin.engine import Start, Status, simulate
from alarmin.population.sampling import BLOCK, Candidates, draw
from alarmin.population.simulation import compiled, states

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cohort", "recruit"]

DAYS_PER_YEAR = 365.25
_MAX_BLOCKS = 64
_CHUNK = 512
_READOUTS = ("net_growth", "CD8_density", "Treg_CD8")
# Not failures of the integration: what the model says of such a patient.
_REASONS = {
    Status.NOT_STARTED: "tumour never reaches the patient's sum of diameters",
    Status.PAST_START: "tumour is larger than the patient's sum of diameters from the beginning",
}


class Bound(NamedTuple):
    """What is physiological for one read-out of the baseline."""

    id: str
    low: float
    high: float
    unit: str
    meaning: str


@cache
def plausibility() -> tuple[Bound, ...]:
    """Return the bounds that a baseline must keep (`data/plausibility.csv`)."""
    text = files("alarmin.population").joinpath("data", "plausibility.csv").read_text(encoding="utf-8")
    return tuple(
        Bound(row["id"], float(row["low"]), float(row["high"]), row["unit"], row["meaning"])
        for row in csv.DictReader(text.splitlines())
    )


@dataclass(frozen=True)
class Cohort:
    """Virtual patients on the day when treatment starts.

    Parameters
    ----------
    features, parameters, baseline : DataFrame
        One row per patient, indexed by candidate number: features, values of the model's parameters, and the
        state of the model at the start.
    accounting : DataFrame
        Columns reason, n: why candidates were not taken, and how many were. Sums to all that were examined.
    failures : DataFrame
        Columns candidate, reason: each candidate whose integration failed.
    """

    features: "pd.DataFrame"
    parameters: "pd.DataFrame"
    baseline: "pd.DataFrame"
    accounting: "pd.DataFrame"
    failures: "pd.DataFrame"


def recruit(
    n: int,
    *,
    seed: int,
    eligible: "Callable[[pd.DataFrame], pd.DataFrame]",
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Recruit the first `n` candidates of the sequence who are eligible and physiological.

    Parameters
    ----------
    n : int, >= 1
    seed : int, >= 0
    eligible : callable
        Features -> one bool column per criterion; a candidate must meet all.
    threads : int, optional
    progress : callable, optional
        Called with (patients found, n).

    Raises
    ------
    DataError
        Too few among all candidates that may be examined: the criteria are named with the share that
        meets each.

    Notes
    -----
    The tumour grows from two seeds until the sum of its diameters reaches the patient's own; the model's
    state then is the baseline. Kept when doubling time, CD8 density, Treg per CD8 and time to the start are
    within `data/plausibility.csv`.
    """
    import pandas as pd

    taken: list[tuple[Candidates, pd.DataFrame]] = []
    reasons: dict[str, int] = {}
    failures: list[pd.DataFrame] = []
    met: list[pd.Series[float]] = []
    found = 0
    for block in range(_MAX_BLOCKS):
        candidates = draw(block, seed=seed)
        criteria = eligible(candidates.features)
        met.append(criteria.mean())
        ids = criteria.index[criteria.all(axis=1)]
        for first in range(0, len(ids), _CHUNK):
            chunk = candidates.take(ids[first : first + _CHUNK])
            verdict, baseline = _screen(chunk, threads)
            good = verdict.index[verdict == ""][: n - found]
            last = good[-1] if found + len(good) == n else chunk.features.index[-1]
            seen = verdict.loc[:last]
            for reason, count in seen[seen != ""].value_counts().items():
                reasons[str(reason)] = reasons.get(str(reason), 0) + int(count)
            failures.append(seen[seen.str.startswith("integration")].rename("reason").reset_index())
            taken.append((chunk.take(good), baseline.loc[good]))
            found += len(good)
            if progress:
                progress(found, n)
            if found == n:
                not_eligible = int((~criteria.all(axis=1)).loc[:last].sum())
                reasons["not eligible"] = reasons.get("not eligible", 0) + not_eligible
                return _cohort(taken, reasons, failures, n)
        reasons["not eligible"] = reasons.get("not eligible", 0) + int(len(criteria) - len(ids))
        if found == 0 and block >= 15:
            break
    raise DataError(_too_few(n, found, (block + 1) * BLOCK, pd.concat(met, axis=1).mean(axis=1), reasons))


def _screen(chunk: Candidates, threads: int | None) -> "tuple[pd.Series[str], pd.DataFrame]":
    """Grow each candidate's tumour; return why it is not taken ("" = taken) and the state at the start."""
    import pandas as pd

    names = (*states(), "SLD", *_READOUTS)
    bounds = {bound.id: bound for bound in plausibility()}
    latest = bounds["time_to_start_year"].high * DAYS_PER_YEAR
    model = compiled(tuple(chunk.parameters.columns), names)
    batch = simulate(
        model,
        chunk.parameters[list(model.parameters)].to_numpy(),
        np.zeros(1),
        start=Start("SLD", chunk.features["sld_mm"].to_numpy(), latest),
        threads=threads,
    )
    baseline = pd.DataFrame(batch.values[:, 0, :], columns=list(names), index=chunk.features.index)
    with np.errstate(divide="ignore", invalid="ignore"):
        readings = {
            "doubling_time_day": np.log(2) / baseline["net_growth"],
            "cd8_density": baseline["CD8_density"],
            "treg_cd8": baseline["Treg_CD8"],
            "time_to_start_year": pd.Series(batch.start_time / DAYS_PER_YEAR, index=baseline.index),
        }
    verdict = pd.Series("", index=baseline.index, dtype=object)
    for name, bound in reversed(bounds.items()):
        within = (readings[name] >= bound.low) & (readings[name] <= bound.high)
        unit = "" if bound.unit == "1" else f" {bound.unit}"
        verdict[~within] = f"not physiological: {bound.meaning} outside {bound.low:g} to {bound.high:g}{unit}"
    for status in set(batch.status.tolist()) - {Status.OK}:
        reason = _REASONS.get(Status(status), f"integration: {Status(status).reason}")
        verdict[batch.status == status] = reason
    return verdict, baseline[list(states())]


def _cohort(
    taken: "list[tuple[Candidates, pd.DataFrame]]",
    reasons: dict[str, int],
    failures: "list[pd.DataFrame]",
    n: int,
) -> Cohort:
    import pandas as pd

    rows = [{"reason": reason, "n": count} for reason, count in sorted(reasons.items())]
    return Cohort(
        features=pd.concat([c.features for c, _ in taken]),
        parameters=pd.concat([c.parameters for c, _ in taken]),
        baseline=pd.concat([b for _, b in taken]),
        accounting=pd.DataFrame([{"reason": "taken", "n": n}, *rows]),
        failures=pd.concat(failures, ignore_index=True),
    )


def _too_few(n: int, found: int, examined: int, met: "pd.Series[float]", reasons: dict[str, int]) -> str:
    rare = ", ".join(f"{name}: {share:.2%}" for name, share in met.sort_values().items())
    most = max(reasons, key=lambda reason: reasons[reason]) if reasons else "none"
    return (
        f"selection: {found} of {examined} candidates can be taken, expected {n}; widen the criteria "
        f"(share of candidates that meet each: {rare or 'none given'}; commonest reason: {most})"
    )
