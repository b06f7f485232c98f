"""Events that come by hazard: new lesions and death, both driven by the simulated tumour."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.observation_parameters import ObservationParameters
from alarmin.trial.recist import PD_ABSOLUTE_MM, PD_RELATIVE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "DAYS_PER_YEAR",
    "cumulative_hazard",
    "death_hazard",
    "event_day",
    "growth_per_month",
    "lasting_risk",
    "new_lesion_hazard",
    "passing_risk",
    "progressing",
    "rise_per_day",
    "shedding",
]

DAYS_PER_YEAR = 365.25
GROWTH_LIMITS = (-0.5, 0.5)
"""Faster growth or shrinkage [e-folds of the sum of diameters per month] changes the hazard no further."""


def new_lesion_hazard(
    sld_mm: "NDArray[np.float64]", grid_day: "NDArray[np.float64]", parameters: ObservationParameters
) -> "NDArray[np.float64]":
    """Compute the hazard that a new lesion becomes visible.

    Parameters
    ----------
    sld_mm : ndarray, shape (n_patients, n_grid) [mm]
        True sum of diameters.
    grid_day : ndarray, shape (n_grid,) [day]
    parameters : ObservationParameters

    Returns
    -------
    ndarray, shape (n_patients, n_grid) [1/day]

    Notes
    -----
    Rate = rate at the reference size x (size / reference)^2 + lesions expected while the tumour gains its
    size at the start x its present growth on that scale: what makes the known lesions grow makes unseen ones
    visible too, and what is left of a tumour that has shrunk must grow long before they are. Both forms are
    assumed (seeding from the surface is usual in models of metastasis since Iwata 2000,
    doi:10.1006/jtbi.2000.1075), both rates are estimated.
    """
    spread = parameters.new_lesion_per_year / DAYS_PER_YEAR * shedding(sld_mm, parameters)
    return np.asarray(spread + parameters.new_lesion_per_growth * rise_per_day(sld_mm, grid_day, parameters))


def shedding(sld_mm: "NDArray[np.float64]", parameters: ObservationParameters) -> "NDArray[np.float64]":
    """Say how much a tumour seeds relative to the reference size: as its surface, so the diameter squared."""
    return np.asarray((sld_mm / parameters.os_reference_sld_mm) ** 2)


def rise_per_day(
    sld_mm: "NDArray[np.float64]", grid_day: "NDArray[np.float64]", parameters: ObservationParameters
) -> "NDArray[np.float64]":
    """Compute how fast a tumour grows [sizes at the start per day]; 0 while it shrinks.

    Shapes as for `new_lesion_hazard`; a start below `os_size_floor_mm` counts as that.
    """
    start = np.maximum(sld_mm[:, :1], parameters.os_size_floor_mm)
    return np.maximum(_backwards(sld_mm / start, grid_day), 0.0)


def growth_per_month(
    sld_mm: "NDArray[np.float64]", grid_day: "NDArray[np.float64]", parameters: ObservationParameters
) -> "NDArray[np.float64]":
    """Compute how fast the tumour grows [e-folds of the sum of diameters per month] within `GROWTH_LIMITS`.

    Shapes as for `death_hazard`.
    """
    size = np.log(np.clip(sld_mm, parameters.os_size_floor_mm, parameters.os_size_ceiling_mm))
    return np.asarray(np.clip(_backwards(size, grid_day) * DAYS_PER_YEAR / 12, *GROWTH_LIMITS))


def _backwards(size: "NDArray[np.float64]", grid_day: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Differentiate backwards from each day, so that nothing is known before it happens; 0 on the first."""
    rate = np.zeros_like(size)
    rate[:, 1:] = np.diff(size, axis=1) / np.diff(grid_day)
    return rate


def progressing(
    sld_mm: "NDArray[np.float64]",
    grid_day: "NDArray[np.float64]",
    progression_day: "NDArray[np.float64]",
    later_day: "NDArray[np.float64]",
) -> "NDArray[np.bool_]":
    """Say when a patient has a tumour that present therapy does not hold.

    Parameters
    ----------
    sld_mm : ndarray, shape (n_patients, n_grid) [mm]
        True sum of diameters.
    grid_day : ndarray, shape (n_grid,) [day]
    progression_day, later_day : ndarray, shape (n_patients,) [day]
        Visit that showed progression; first dose of what followed, infinity for none.

    Returns
    -------
    ndarray of bool, shape (n_patients, n_grid)
        From progression on; under later therapy, from the day on which the sum has grown by 20 % and 5 mm
        from its smallest since that therapy began.
    """
    treated_again = grid_day[None, :] >= later_day[:, None]
    nadir = np.minimum.accumulate(np.where(treated_again, sld_mm, np.inf), axis=1)
    grown = treated_again & (sld_mm >= PD_RELATIVE * nadir) & (sld_mm >= nadir + PD_ABSOLUTE_MM)
    again = np.maximum.accumulate(grown, axis=1)
    return np.where(treated_again, again, grid_day[None, :] >= progression_day[:, None])


def lasting_risk(patients: "pd.DataFrame", parameters: ObservationParameters) -> "NDArray[np.float64]":
    """Sum up what a patient brings for good: the log hazard of death relative to the reference patient.

    Parameters
    ----------
    patients : DataFrame
        histology; line, stage, driver_sought (from enrolment) and radiation_gy where they are there.
    parameters : ObservationParameters

    Returns
    -------
    ndarray, shape (n_patients,)
        0 for nonsquamous, first line, stage IV, without a driver that the trial asks for, radiation of at
        most the reference dose.

    Notes
    -----
    Carriers of a driver in a trial that asks for it are safer, by who they are and by what is given against
    it after the trial's own therapy. Where nobody asks they are taken to be like others: in OAK their log
    hazard is -0.18 (standard error 0.15; not all were tested). In RTOG 0617 patients lived shorter after
    74 Gy than after 60 Gy; what more radiation does to heart and lung is in no other term.
    """
    none = np.zeros(len(patients))
    line = patients["line"].to_numpy(float) if "line" in patients else none + 1
    stage_iii = (patients["stage"] == "III").to_numpy(float) if "stage" in patients else none
    driver = patients["driver_sought"].to_numpy(float) if "driver_sought" in patients else none
    gy = patients["radiation_gy"].to_numpy(float) if "radiation_gy" in patients else none
    return np.asarray(
        parameters.os_log_hazard_squamous * (patients["histology"] == "squamous").to_numpy(float)
        + parameters.os_log_hazard_later_line * (line > 1)
        + parameters.os_log_hazard_stage_iii * stage_iii
        + parameters.os_log_hazard_driver * driver
        + parameters.os_log_hazard_per_gy * np.maximum(gy - parameters.os_reference_gy, 0.0)
    )


def passing_risk(
    patients: "pd.DataFrame", grid_day: "NDArray[np.float64]", parameters: ObservationParameters
) -> "NDArray[np.float64]":
    """Say what a patient's condition at the start still does to the log hazard of death.

    Parameters
    ----------
    patients : DataFrame
        ecog, nlr, albumin_g_per_l.
    grid_day : ndarray, shape (n_grid,) [day]
        From the start on.
    parameters : ObservationParameters

    Returns
    -------
    ndarray, shape (n_patients, n_grid)
        0 for ECOG 0 at the reference laboratory values.

    Notes
    -----
    A condition that was found at the start tells less and less of what it is now: that of ECOG 1 is fitted to
    OAK (``scripts/fit_survival.py``). The log-normal model of the two laboratory values falls alike: its
    effects on the hazard at a quarter, half, once and twice the median time are as 1.6, 1, 0.6 and 0.4. Each
    line of therapy begins with a condition of its own.
    """
    found = (
        parameters.os_log_hazard_ecog1 * patients["ecog"].to_numpy(float)
        + parameters.os_log_hazard_per_nlr * (patients["nlr"].to_numpy(float) - parameters.os_reference_nlr)
        + parameters.os_log_hazard_per_albumin
        * (patients["albumin_g_per_l"].to_numpy(float) - parameters.os_reference_albumin)
    )
    month = grid_day * 12 / DAYS_PER_YEAR
    return np.asarray(found[:, None] * np.exp(-month / parameters.os_condition_month))


def death_hazard(
    sld_mm: "NDArray[np.float64]",
    grid_day: "NDArray[np.float64]",
    is_progressing: "NDArray[np.bool_]",
    is_again: "NDArray[np.bool_]",
    patients: "pd.DataFrame",
    parameters: ObservationParameters,
) -> "NDArray[np.float64]":
    """Compute the hazard of death from the present tumour and the patient's baseline risk.

    Parameters
    ----------
    sld_mm : ndarray, shape (n_patients, n_grid) [mm]
        True sum of diameters.
    grid_day : ndarray, shape (n_grid,) [day]
    is_progressing : ndarray of bool, shape (n_patients, n_grid)
        From `progressing`.
    is_again : ndarray of bool, shape (n_patients, n_grid)
        Whether therapy holds a tumour that has progressed before.
    patients : DataFrame
        One row per patient, as for `lasting_risk` and `passing_risk`.
    parameters : ObservationParameters

    Returns
    -------
    ndarray, shape (n_patients, n_grid) [1/day]

    Notes
    -----
    The hazard at each moment rests on the tumour at that moment and on the baseline only, never on what
    comes later, so that there is no immortal time. The effects of size, progression, performance status and
    histology come from the patient-level data of OAK (``scripts/fit_survival.py``), those of albumin and
    neutrophil-to-lymphocyte ratio from a published model of 786 patients (``par:TGIOS.*``). That the effect
    of the baseline size holds for the present size is assumed. The present growth rate stands for what scans
    show late or never: a tumour that grows fast kills before it is seen to progress.
    """
    size = np.log(np.clip(sld_mm, parameters.os_size_floor_mm, parameters.os_size_ceiling_mm))
    log_hazard = (
        lasting_risk(patients, parameters)[:, None]
        + passing_risk(patients, grid_day, parameters)
        + parameters.os_log_hazard_size * (size - np.log(parameters.os_reference_sld_mm))
        + parameters.os_log_hazard_per_growth * growth_per_month(sld_mm, grid_day, parameters)
        + parameters.os_log_hazard_progressing * is_progressing
        + parameters.os_log_hazard_again * is_again
    )
    return np.asarray(parameters.os_hazard_per_year / DAYS_PER_YEAR * np.exp(log_hazard))


def event_day(
    hazard_per_day: "NDArray[np.float64]",
    grid_day: "NDArray[np.float64]",
    threshold: "NDArray[np.float64]",
) -> "NDArray[np.float64]":
    """Find the day on which the cumulative hazard reaches each patient's threshold.

    Parameters
    ----------
    hazard_per_day : ndarray, shape (n_patients, n_grid) [1/day], >= 0
    grid_day : ndarray, shape (n_grid,) [day], increasing from 0
    threshold : ndarray, shape (n_patients,)
        Draws of an Exp(1) variable make the days follow the hazard exactly.

    Returns
    -------
    ndarray, shape (n_patients,) [day]
        Infinity where the event does not come within the grid.

    Examples
    --------
    >>> event_day(np.full((1, 3), 0.1), np.array([0.0, 10.0, 20.0]), np.array([1.5]))
    array([15.])
    """
    cumulative = cumulative_hazard(hazard_per_day, grid_day)
    after = (cumulative >= threshold[:, None]).argmax(axis=1)
    reached = cumulative[:, -1] >= threshold
    right = np.clip(after, 1, len(grid_day) - 1)
    rows = np.arange(len(cumulative))
    low, high = cumulative[rows, right - 1], cumulative[rows, right]
    share = np.divide(threshold - low, high - low, out=np.zeros_like(low), where=high > low)
    return np.where(reached, grid_day[right - 1] + share * (grid_day[right] - grid_day[right - 1]), np.inf)


def cumulative_hazard(
    hazard_per_day: "NDArray[np.float64]", grid_day: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Integrate a hazard from the first day on (trapezoids); shape as `hazard_per_day`."""
    pieces = 0.5 * (hazard_per_day[:, 1:] + hazard_per_day[:, :-1]) * np.diff(grid_day)
    return np.concatenate([np.zeros((len(pieces), 1)), np.cumsum(pieces, axis=1)], axis=1)
