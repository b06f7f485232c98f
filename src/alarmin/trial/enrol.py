"""Enrolment: what patients went through before they entered, and the weights of the trial's own mix."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import patient_generators
from alarmin.engine import Doses
from alarmin.population import LINES, SEED, Cohort, resample, states
from alarmin.therapy import doses, load_regimen
from alarmin.trial.conduct import progression_days, survival
from alarmin.trial.imaging import visible_metastasis
from alarmin.trial.observation_parameters import ObservationParameters, observation_parameters
from alarmin.trial.parts import Imaging, parse
from alarmin.trial.selection import eligible
from alarmin.trial.treatment import KEPT, follow

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.parts import Earlier
    from alarmin.trial.spec import TrialSpec

__all__ = ["enrol", "enter", "rake"]

_DRIVERS = ("egfr_mutant", "alk_rearranged")
_LINES = (1, 2, 3)
_LINE = 109  # stream of the random numbers that spread patients over lines of therapy

# Practice outside trials: a scan every six weeks, for at most two years on one line of therapy.
_IMAGING = Imaging(first_week=6, every_weeks=6)
_LONGEST_DAY = 730.0
_SMALLEST_MM = 10.0
_ROUNDS = 50


def enrol(spec: "TrialSpec", cohort: Cohort, n: int, *, seed: int, threads: int | None = None) -> Cohort:
    """Let a trial's patients enter: `n` rows, drawn with the weights of `enter` and the trial's shares."""
    entered = enter(spec, cohort, threads=threads)
    weight = np.asarray(entered.weight.to_numpy(float), dtype=np.float64)
    return entered.rows(resample(weight * rake(spec, entered.features, weight), n, seed))


def enter(
    spec: "TrialSpec",
    cohort: Cohort,
    *,
    parameters: ObservationParameters | None = None,
    threads: int | None = None,
) -> Cohort:
    """Take members of the population to the first day of a trial.

    Parameters
    ----------
    spec : TrialSpec
    cohort : Cohort
        Eligible members at diagnosis.
    parameters : ObservationParameters, optional
        Default: the shipped values.
    threads : int, optional

    Returns
    -------
    Cohort
        Those who can enter, at the state in which they enter; `weight` counts the chance to live until then.

    Notes
    -----
    Earlier lines are simulated: a patient who entered a second-line trial has a tumour that the first line
    has selected, and has lived until then. The chance to be alive is a weight, not a draw, so that nobody
    is lost to chance. In stage III nobody enters whose occult metastasis a scan would show: at diagnosis, or
    at the end of earlier therapy that was to end without progression.
    """
    parameters = parameters or observation_parameters()
    cohort = _staged(cohort, parameters, threads)
    features = cohort.features.assign(
        line=_line(spec, cohort.features),
        driver_sought=_driver_sought(spec, cohort.features),
        radiation_gy=0.0,
    )
    cohort = replace(cohort, features=features)
    for earlier in spec.population.earlier:
        cohort = _through(earlier, cohort, parameters, threads)
    return cohort


def _staged(cohort: Cohort, parameters: ObservationParameters, threads: int | None) -> Cohort:
    """Leave out those of stage III whose metastasis is seen at diagnosis: that is stage IV."""
    if not (cohort.features["stage"] == "III").any():
        return cohort
    batch = follow(cohort, (), Doses([], [], [], []), np.zeros(1), threads=threads)
    seen = visible_metastasis(batch.values[:, :, :2], cohort.features, parameters)[:, 0]
    return cohort.rows(np.flatnonzero(~seen))


def _driver_sought(spec: "TrialSpec", features: "pd.DataFrame") -> "NDArray[np.bool_]":
    """Say who carries a driver that the trial asks for."""
    import pandas as pd

    asked = [name for name in _DRIVERS if name in spec.population.parsed]
    sought = [name for name in asked if not spec.population.parsed[name].holds(pd.Series([False]))[0]]
    return np.asarray(features[sought].to_numpy(bool).any(axis=1))


def _line(spec: "TrialSpec", features: "pd.DataFrame") -> "NDArray[np.int64]":
    """Say which line of therapy the trial is for each patient: by its criteria and its shares of lines."""
    import pandas as pd

    progressed = sum(earlier.enter == "progression" for earlier in spec.population.earlier)
    wanted = spec.population.parsed.get("line")
    lines = [k for k in _LINES if wanted is None or wanted.holds(pd.Series([k]))[0]]
    if wanted is None or len(lines) == 1:
        return np.full(len(features), lines[0] if wanted else min(1 + progressed, _LINES[-1]))
    shares = {str(k): share for k, share in spec.population.shares.get("line", {}).items()}
    known = [shares.get(str(k)) for k in lines]
    rest = (1.0 - sum(share or 0.0 for share in known)) / max(known.count(None), 1)
    edges = np.cumsum([rest if share is None else share for share in known])
    draws = patient_generators(SEED, features.index, stream=_LINE)
    uniform = np.array([generator.random() for generator in draws])
    place = np.searchsorted(edges, uniform * edges[-1], side="right").clip(0, len(lines) - 1)
    return np.asarray(np.array(lines, dtype=np.int64)[place])


def _through(
    earlier: "Earlier", cohort: Cohort, parameters: ObservationParameters, threads: int | None
) -> Cohort:
    """Simulate one earlier line; return who comes out of it, as they come out of it."""
    import pandas as pd

    regimen = load_regimen(earlier.regimen)
    had = eligible(cohort.features, parse(earlier.where)).all(axis=1).to_numpy(dtype=bool)
    mine = cohort.rows(np.flatnonzero(had))
    patients = mine.features.reset_index()
    patients.insert(0, "patient_id", patients["candidate"])
    given = doses(regimen, patients.set_index("patient_id", drop=False), stop_day=_LONGEST_DAY, seed=SEED)
    # The tumour is kept on the days of scans alone, so practice outside a trial keeps its plan to the day.
    punctual = replace(parameters, scan_spread_days=0.0, scan_off_plan=0.0)
    scans = 7.0 * np.arange(0.0, _LONGEST_DAY / 7.0, 6.0)
    end = float(given.time.max(initial=0.0)) + earlier.delay_days
    grid = np.unique(np.append(scans, end))
    batch = follow(mine, tuple(regimen.drugs), given, grid, states(), threads)
    fine = batch.status == 0
    kept = np.where(fine[:, None, None], batch.values[:, :, : len(KEPT)], 1.0)
    lesion_mm, tumour_mm = kept[:, :, :2], kept[:, :, 2]
    progression = progression_days(
        _IMAGING,
        patients,
        grid_day=grid,
        lesion_mm=lesion_mm,
        tumour_mm=tumour_mm,
        seed=SEED,
        parameters=punctual,
    )
    if earlier.enter == "progression":
        out = fine & np.isfinite(progression)
        day = np.where(out, progression, 0.0)
    else:
        day = np.full(len(patients), end)
        seen = visible_metastasis(lesion_mm, patients, parameters)[:, np.searchsorted(grid, end)]
        out = fine & (progression > end) & ~seen
    never = np.full(len(patients), np.inf)
    alive = survival(patients, grid, tumour_mm, progression, never, parameters)
    at = np.searchsorted(grid, day)
    rows = np.flatnonzero(out & (lesion_mm.sum(axis=2)[np.arange(len(at)), at] >= _SMALLEST_MM))
    reached = pd.DataFrame(batch.values[rows, at[rows], len(KEPT) :], columns=list(states()))
    reached[LINES] += earlier.enter == "progression"
    came = mine.rows(rows)
    came = replace(
        came,
        features=came.features.assign(
            sld_mm=lesion_mm[rows, at[rows]].sum(axis=1),
            radiation_gy=came.features["radiation_gy"].clip(lower=regimen.radiation_gy),
        ),
        baseline=reached.set_index(came.features.index),
        weight=came.weight * alive[rows, at[rows]],
    )
    rest = cohort.rows(np.flatnonzero(~had))
    names = ("features", "parameters", "baseline", "weight")
    return replace(came, **{n: pd.concat([getattr(came, n), getattr(rest, n)]) for n in names})


def rake(spec: "TrialSpec", features: "pd.DataFrame", weight: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Find factors that bring weights to the shares of a trial's baseline table.

    Parameters
    ----------
    spec : TrialSpec
    features : DataFrame
    weight : ndarray, shape (n_patients,)

    Returns
    -------
    ndarray, shape (n_patients,)
        All 1 for a trial without shares; a share that nobody or everybody has is left out.

    Notes
    -----
    Iterative proportional fitting.
    """
    shares = spec.population.parsed_shares
    fits = [criterion.holds(features[criterion.feature]) for criterion, _ in shares]
    factor = np.ones(len(features))
    for _ in range(_ROUNDS if shares else 0):
        for hit, (_, share) in zip(fits, shares, strict=True):
            now = (weight * factor)[hit].sum() / (weight * factor).sum()
            if 0.0 < now < 1.0:
                factor *= np.where(hit, share / now, (1 - share) / (1 - now))
    return factor
