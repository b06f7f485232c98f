"""Conduct a trial on simulated tumours: visits, readings, new lesions, deaths, loss to follow-up, cut-off."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import DataError, patient_generators
from alarmin.trial.hazards import (
    DAYS_PER_YEAR,
    cumulative_hazard,
    death_hazard,
    event_day,
    progressing,
)
from alarmin.trial.observation_parameters import ObservationParameters, observation_parameters
from alarmin.trial.recist import Response, best_overall_response, change_from_first, until
from alarmin.trial.scans import Scans, scan
from alarmin.trial.unread import unread_lesions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.parts import Imaging
    from alarmin.trial.spec import TrialSpec

__all__ = ["DAYS_PER_MONTH", "Observation", "observe", "progression_days", "survival"]

DAYS_PER_MONTH = DAYS_PER_YEAR / 12.0

# One stream of random numbers per use, so that a change of one leaves the others as they are.
_DEATH, _FOLLOW_UP = 103, 104


@dataclass(frozen=True)
class Observation:
    """What the trial records.

    Parameters
    ----------
    patients : DataFrame
        The patients as given, with columns added: entry_month (after the first patient), best_response
        (CR, PR, SD, PD, NE), best_change_pct, pfs_month, pfs_event, pfs_after_month (last visit without
        progression), progression (target, new lesion, death, or empty), os_month, os_event. 1 = event.
    tumour : DataFrame
        One row per patient and visit up to progression, death, loss or cut-off: patient_id, arm, visit (0 =
        baseline), day, lesion_1_mm, lesion_2_mm, ..., sld_mm, change_pct, new_lesion, response.
    """

    patients: "pd.DataFrame"
    tumour: "pd.DataFrame"


def observe(
    spec: "TrialSpec",
    patients: "pd.DataFrame",
    *,
    grid_day: "NDArray[np.float64]",
    lesion_mm: "NDArray[np.float64]",
    seed: int,
    tumour_mm: "NDArray[np.float64] | None" = None,
    given_mm: "NDArray[np.float64] | None" = None,
    later_day: "NDArray[np.float64] | None" = None,
    parameters: ObservationParameters | None = None,
) -> Observation:
    """Conduct the trial on all patients of all arms together.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame, one row per patient
        Needs patient_id, arm and the features of `alarmin.trial.hazards`. The id picks the
        patient's random numbers.
    grid_day : ndarray, shape (n_grid,) [day]
        0 = first dose, increasing. Should reach the later cut-off; a shorter grid ends follow-up early.
    lesion_mm : ndarray, shape (n_patients, n_grid, n_lesions) [mm]
        True diameters of the target lesions, as if treatment went on.
    seed : int, >= 0
    tumour_mm : ndarray, shape (n_patients, n_grid) [mm], optional
        True sum of diameters of the tumour alone, without what radiation left: what new lesions come from.
        Default: that of the lesions.
    given_mm : ndarray, shape (n_patients, n_grid) [mm], optional
        The same under what was given, also after progression: what death comes from. Default: `tumour_mm`.
    later_day : ndarray, shape (n_patients,) [day], optional
        First dose of what followed progression; infinity for none (default).
    parameters : ObservationParameters, optional
        Default: the shipped values.

    Returns
    -------
    Observation

    Raises
    ------
    DataError
        Shapes do not fit, or a diameter is negative or not finite (failed patients must be left out and
        counted).

    Notes
    -----
    Progression-free survival: first visit that shows progression, or death; censored at the last assessable
    visit before loss or cut-off. Overall survival: death; censored at loss, cut-off or end of the grid.
    Months from the first dose (taken as the day of randomisation), of 30.4375 days.
    """
    parameters = parameters or observation_parameters()
    _check_arrays(patients, grid_day, lesion_mm)
    numbers = patients["patient_id"].to_numpy()
    tumour_mm = lesion_mm.sum(axis=2) if tumour_mm is None else tumour_mm
    scans = scan(
        spec.imaging, patients, grid_day, lesion_mm, tumour_mm, seed, parameters, unread_lesions(spec)
    )

    never = np.full(len(patients), np.inf)
    hazard = _hazard(
        patients,
        grid_day,
        tumour_mm if given_mm is None else given_mm,
        scans.progression_day,
        never if later_day is None else later_day,
        parameters,
    )
    fates = patient_generators(seed, numbers, stream=_DEATH)
    death = event_day(hazard, grid_day, np.array([generator.exponential() for generator in fates]))
    follow_up = np.array([g.random(2) for g in patient_generators(seed, numbers, stream=_FOLLOW_UP)])
    entry_month = spec.accrual_months * follow_up[:, 0]
    lost = _exponential(follow_up[:, 1], spec.dropout_per_year / DAYS_PER_YEAR)
    read_pfs = np.minimum(lost, (spec.cutoffs.response_and_pfs - entry_month) * DAYS_PER_MONTH)
    read_os = np.minimum(lost, (spec.cutoffs.overall_survival - entry_month) * DAYS_PER_MONTH)
    read_pfs, read_os = np.minimum(read_pfs, grid_day[-1]), np.minimum(read_os, grid_day[-1])

    held = scans.day <= np.minimum(np.minimum(death, read_pfs), scans.progression_day)[:, None]
    overall = np.where(held, scans.overall, np.int8(Response.NE))
    assessed = overall != Response.NE
    assessed[:, 0] = True
    progression = np.where(
        scans.progression_day <= np.minimum(death, read_pfs), scans.progression_day, np.inf
    )
    pfs_event = np.minimum(progression, death) <= read_pfs
    last_assessed = np.where(assessed, scans.day, 0.0).max(axis=1)
    last_free = np.where(assessed & (overall != Response.PD), scans.day, 0.0).max(axis=1)
    os_event = death <= read_os

    best = best_overall_response(
        until(overall, scans.planned_day, spec.response.until_week),
        scans.planned_day,
        confirmed=spec.response.confirmed,
        min_confirm_days=spec.response.min_confirm_days,
        min_stable_days=spec.response.min_stable_days,
    )
    sld_mm = scans.lesion_mm.sum(axis=2)
    change_pct = 100.0 * change_from_first(sld_mm)
    later = held.copy()
    later[:, 0] = False
    best_change = np.where(later, change_pct, np.inf).min(axis=1)

    outcome = patients.copy()
    outcome["entry_month"] = entry_month
    outcome["best_response"] = [Response(code).name for code in best]
    outcome["best_change_pct"] = np.where(np.isfinite(best_change), best_change, np.nan)
    outcome["pfs_month"] = np.where(pfs_event, np.minimum(progression, death), last_assessed) / DAYS_PER_MONTH
    outcome["pfs_event"] = pfs_event.astype(int)
    outcome["pfs_after_month"] = last_free / DAYS_PER_MONTH
    outcome["progression"] = _reasons(scans, progression, pfs_event)
    outcome["os_month"] = np.where(os_event, death, read_os) / DAYS_PER_MONTH
    outcome["os_event"] = os_event.astype(int)
    return Observation(outcome, _tumour_table(patients, scans, overall, held, change_pct))


def progression_days(
    imaging: "Imaging",
    patients: "pd.DataFrame",
    *,
    grid_day: "NDArray[np.float64]",
    lesion_mm: "NDArray[np.float64]",
    seed: int,
    tumour_mm: "NDArray[np.float64] | None" = None,
    parameters: ObservationParameters | None = None,
    unread: tuple[int, ...] = (),
) -> "NDArray[np.float64]":
    """Find the day of the visit that shows progression, which ends treatment.

    Parameters
    ----------
    imaging : Imaging
    patients, grid_day, lesion_mm, seed, tumour_mm, parameters
        As for `observe`, which finds the same progression on these tumours.
    unread : tuple of int
        Lesions that are not read.

    Returns
    -------
    ndarray, shape (n_patients,) [day]
        Infinity for patients who do not progress within the grid.
    """
    _check_arrays(patients, grid_day, lesion_mm)
    tumour_mm = lesion_mm.sum(axis=2) if tumour_mm is None else tumour_mm
    parameters = parameters or observation_parameters()
    scans = scan(imaging, patients, grid_day, lesion_mm, tumour_mm, seed, parameters, unread)
    return scans.progression_day


def survival(
    patients: "pd.DataFrame",
    grid_day: "NDArray[np.float64]",
    tumour_mm: "NDArray[np.float64]",
    progression_day: "NDArray[np.float64]",
    later_day: "NDArray[np.float64]",
    parameters: ObservationParameters | None = None,
) -> "NDArray[np.float64]":
    """Compute each patient's own chance to be alive at each day of the grid.

    Parameters
    ----------
    patients, grid_day, tumour_mm, parameters
        As for `observe`.
    progression_day, later_day : ndarray, shape (n_patients,) [day]
        Visit that shows progression, first dose of what followed; infinity for none.

    Returns
    -------
    ndarray, shape (n_patients, n_grid)
    """
    hazard = _hazard(
        patients, grid_day, tumour_mm, progression_day, later_day, parameters or observation_parameters()
    )
    return np.asarray(np.exp(-cumulative_hazard(hazard, grid_day)))


def _hazard(
    patients: "pd.DataFrame",
    grid_day: "NDArray[np.float64]",
    tumour_mm: "NDArray[np.float64]",
    progression_day: "NDArray[np.float64]",
    later_day: "NDArray[np.float64]",
    parameters: ObservationParameters,
) -> "NDArray[np.float64]":
    loose = progressing(tumour_mm, grid_day, progression_day, later_day)
    again = ~loose & (grid_day[None, :] >= progression_day[:, None])
    return death_hazard(tumour_mm, grid_day, loose, again, patients, parameters)


def _exponential(uniform: "NDArray[np.float64]", rate: float) -> "NDArray[np.float64]":
    return -np.log1p(-uniform) / rate if rate > 0 else np.full(len(uniform), np.inf)


def _check_arrays(
    patients: "pd.DataFrame", grid_day: "NDArray[np.float64]", lesion_mm: "NDArray[np.float64]"
) -> None:
    n_patients = len(patients)
    if n_patients == 0:
        raise DataError("patients: got 0 patients, expected at least 1")
    if lesion_mm.ndim != 3 or lesion_mm.shape[:2] != (n_patients, len(grid_day)):
        raise DataError(
            f"lesion_mm: got shape {lesion_mm.shape}, expected ({n_patients}, {len(grid_day)}, n_lesions)"
        )
    if len(grid_day) < 2 or grid_day[0] != 0.0 or not (np.diff(grid_day) > 0).all():
        raise DataError("grid_day: expected at least two increasing days that start at 0")
    bad = ~(np.isfinite(lesion_mm) & (lesion_mm >= 0.0)).all(axis=(1, 2))
    if bad.any():
        first = patients["patient_id"].iloc[int(bad.argmax())]
        raise DataError(
            f"diameters: {int(bad.sum())} patients (first: {first}) have one that is negative, infinite "
            "or missing; leave failed patients out and count them"
        )


def _reasons(
    scans: Scans, progression: "NDArray[np.float64]", pfs_event: "NDArray[np.bool_]"
) -> "NDArray[np.str_]":
    by_target = ((scans.target == Response.PD) & (scans.day == progression[:, None])).any(axis=1)
    return np.select(
        [~pfs_event, ~np.isfinite(progression), by_target], ["", "death", "target"], "new lesion"
    )


def _tumour_table(
    patients: "pd.DataFrame",
    scans: Scans,
    overall: "NDArray[np.int8]",
    held: "NDArray[np.bool_]",
    change_pct: "NDArray[np.float64]",
) -> "pd.DataFrame":
    import pandas as pd

    row, visit = np.nonzero(held)
    names = np.array([response.name for response in Response])
    table = pd.DataFrame(
        {
            "patient_id": patients["patient_id"].to_numpy()[row],
            "arm": patients["arm"].to_numpy()[row],
            "visit": visit,
            "day": scans.day[row, visit],
        }
    )
    for lesion in range(scans.lesion_mm.shape[2]):
        table[f"lesion_{lesion + 1}_mm"] = scans.lesion_mm[row, visit, lesion]
    table["sld_mm"] = scans.lesion_mm[row, visit].sum(axis=1)
    table["change_pct"] = change_pct[row, visit]
    table["new_lesion"] = scans.new_lesion[row, visit]
    table["response"] = np.where(visit == 0, "", names[overall[row, visit]])
    return table
