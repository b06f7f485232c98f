"""Grow the tumour of each candidate, keep the physiological, and draw a trial's patients from them."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alarmin.core import DataError
from alarmin.engine import Start, Status, simulate
from alarmin.population.members import members
from alarmin.population.sampling import BLOCK, SEED, Candidates, Priors, draw
from alarmin.population.simulation import compiled, states

if TYPE_CHECKING:
    import pandas as pd

    Eligible = Callable[[pd.DataFrame], pd.DataFrame]

__all__ = ["Cohort", "grow", "numbered", "plausible", "recruit", "resample"]

DAYS_PER_YEAR = 365.25
FEWEST = 20
"""Criteria must leave at least so many members of the population."""
_CHUNK = 512
_DRAW = 107  # stream of the random numbers that draw patients
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
    """Virtual patients on the day when treatment starts, one row each.

    Parameters
    ----------
    features, parameters, baseline : DataFrame
        Indexed by candidate number (which may repeat): features, values of the model's parameters, and the
        state of the model at the start.
    weight : Series
        Same index; how many patients a row stands for.
    accounting : DataFrame
        Columns reason, n: where everyone went who was examined.
    failures : DataFrame
        Columns candidate, reason: each candidate whose integration failed.
    priors : dict, optional
        Under which they were drawn; None for those that calibration left.
    """

    features: "pd.DataFrame"
    parameters: "pd.DataFrame"
    baseline: "pd.DataFrame"
    weight: "pd.Series[float]"
    accounting: "pd.DataFrame"
    failures: "pd.DataFrame"
    priors: Priors | None = None

    def rows(self, which: "np.ndarray") -> "Cohort":
        """Return these rows (positions or a mask), in this order; repeats are allowed."""
        return replace(
            self,
            features=self.features.iloc[which],
            parameters=self.parameters.iloc[which],
            baseline=self.baseline.iloc[which],
            weight=self.weight.iloc[which],
        )


def plausible(
    blocks: int,
    *,
    seed: int = SEED,
    priors: Priors | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Find all physiological candidates of the first blocks of the sequence.

    Parameters
    ----------
    blocks : int, >= 1
        Each of `BLOCK` candidates.
    seed : int, >= 0
    priors : dict, optional
        Default: as calibration left them.
    threads : int, optional
    progress : callable, optional
        Called with (candidates examined, all).

    Returns
    -------
    Cohort
        `weight` corrects the share of rare groups; `accounting` sums to all candidates.
    """
    import pandas as pd

    found: list[Cohort] = []
    for block in range(blocks):
        candidates = draw(block, seed=seed, priors=priors)
        for first in range(0, BLOCK, _CHUNK):
            found.append(grow(candidates.take(candidates.features.index[first : first + _CHUNK]), threads))
            if progress:
                progress(block * BLOCK + first + _CHUNK, blocks * BLOCK)
    counts = pd.concat([part.accounting for part in found]).groupby("reason", sort=False)["n"].sum()
    return Cohort(
        features=pd.concat([part.features for part in found]),
        parameters=pd.concat([part.parameters for part in found]),
        baseline=pd.concat([part.baseline for part in found]),
        weight=pd.concat([part.weight for part in found]),
        accounting=counts.reset_index(),
        failures=pd.concat([part.failures for part in found], ignore_index=True),
        priors=priors,
    )


def grow(chunk: Candidates, threads: int | None = None) -> Cohort:
    """Grow each candidate's tumour to the candidate's own sum of diameters; keep the physiological.

    Parameters
    ----------
    chunk : Candidates
    threads : int, optional

    Notes
    -----
    The tumour grows from two seeds until the sum of its diameters reaches the patient's own; the model's
    state then is the baseline. Kept when doubling time, CD8 density, Treg per CD8 and time to the start are
    within `data/plausibility.csv`.
    """
    import pandas as pd

    verdict, baseline = _screen(chunk, threads)
    kept = chunk.take(verdict.index[verdict == ""])
    failed = verdict[verdict.str.startswith("integration")]
    counts = verdict.replace("", "taken").value_counts(sort=False)
    return Cohort(
        features=kept.features,
        parameters=kept.parameters,
        baseline=baseline.loc[kept.features.index],
        weight=kept.weight,
        accounting=pd.DataFrame({"reason": counts.index, "n": counts.to_numpy()}),
        failures=failed.rename("reason").reset_index(),
    )


def recruit(
    n: int,
    *,
    seed: int,
    eligible: "Eligible",
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Draw patients for a trial from the eligible members of the population.

    Parameters
    ----------
    n : int, >= 1
    seed : int, >= 0
        Decides who is drawn; the population is the same for every seed.
    eligible : callable
        Features -> one bool column per criterion; a member must meet all.
    threads : int, optional
    progress : callable, optional
        Called with (patients ready, n).

    Returns
    -------
    Cohort
        `n` rows in the order of the candidates; a member with a large weight may be drawn more than once.

    Raises
    ------
    DataError
        The criteria leave too few members: each is named with the share that meets it.

    Notes
    -----
    Systematic resampling: a member is drawn as often as its weight says, give or take one.
    """
    import pandas as pd

    population = members()
    candidates = numbered(population.index)
    criteria = eligible(candidates.features)
    fits = criteria.all(axis=1).to_numpy(dtype=bool)
    if fits.sum() < FEWEST:
        raise DataError(_too_few(int(fits.sum()), criteria))
    pool = candidates.take(candidates.features.index[fits])
    drawn = resample(population["weight"].to_numpy(float)[fits], n, seed)
    numbers = pool.features.index[np.unique(drawn)]
    parts = []
    for first in range(0, len(numbers), _CHUNK):
        parts.append(grow(pool.take(numbers[first : first + _CHUNK]), threads))
        if progress:
            progress(min(n, round(n * (first + _CHUNK) / len(numbers))), n)
    grown = Cohort(
        features=pd.concat([part.features for part in parts]),
        parameters=pd.concat([part.parameters for part in parts]),
        baseline=pd.concat([part.baseline for part in parts]),
        weight=pd.concat([part.weight for part in parts]),
        accounting=pd.DataFrame(
            [
                {"reason": "not eligible", "n": int((~fits).sum())},
                {"reason": "eligible, not drawn", "n": int(fits.sum()) - len(numbers)},
                {"reason": "drawn", "n": len(numbers)},
            ]
        ),
        failures=pd.concat([p.failures for p in parts], ignore_index=True),
    )
    place = grown.features.index.get_indexer(pool.features.index[drawn])
    return grown.rows(place[place >= 0])


def numbered(numbers: "pd.Index") -> Candidates:
    """Draw the candidates with these numbers."""
    import pandas as pd

    parts = []
    for block in np.unique(numbers // BLOCK):
        parts.append(draw(int(block)).take(numbers[numbers // BLOCK == block]))
    return Candidates(
        *(pd.concat([getattr(p, name) for p in parts]) for name in ("features", "parameters", "weight"))
    )


def resample(weight: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Draw `n` rows with the chances that `weight` gives, as evenly as can be.

    Parameters
    ----------
    weight : ndarray, shape (n_rows,), >= 0
    n : int
    seed : int

    Returns
    -------
    ndarray of int, shape (n,)
        Rows in order; a row comes floor or ceiling of `n * weight / sum(weight)` times.

    Examples
    --------
    >>> resample(np.array([1.0, 0.0, 3.0]), 4, seed=1).tolist()
    [0, 2, 2, 2]
    """
    start = np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=(_DRAW,))).random()
    cumulative = np.cumsum(weight) / weight.sum()
    return np.searchsorted(cumulative, (start + np.arange(n)) / n, side="right").clip(0, len(weight) - 1)


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


def _too_few(found: int, criteria: "pd.DataFrame") -> str:
    rare = ", ".join(f"{name}: {share:.2%}" for name, share in criteria.mean().sort_values().items())
    return (
        f"selection: {found} of {len(criteria)} members of the population can be taken, expected at least "
        f"{FEWEST}; widen the criteria (share of members that meet each: {rare or 'none given'})"
    )
