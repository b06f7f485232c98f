"""Events that come by hazard: new lesions and death, both driven by the simulated tumour."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.observation_parameters import ObservationParameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DAYS_PER_YEAR", "death_hazard", "event_day", "new_lesion_hazard"]

DAYS_PER_YEAR = 365.25

# Ratio of the standard deviations of a standard normal and a standard Gumbel variable: turns the effect on
# log time of a log-normal survival model into the log hazard of the Weibull model with the same spread.
_NORMAL_TO_GUMBEL = float(np.sqrt(6.0) / np.pi)


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
    Rate = rate at the reference size x size / reference + expected lesions per e-fold of growth x the present
    relative growth (only while growing): what makes the known lesions grow makes unseen ones visible too.
    The form and both rates are assumed.
    """
    per_day = parameters.new_lesion_per_year / DAYS_PER_YEAR
    log_size = np.log(np.maximum(sld_mm, parameters.visible_from_mm))
    growth = np.maximum(np.gradient(log_size, grid_day, axis=1), 0.0)
    spread = per_day * sld_mm / parameters.os_reference_sld_mm
    return np.asarray(spread + parameters.new_lesion_per_growth * growth)


def death_hazard(
    sld_mm: "NDArray[np.float64]",
    has_new_lesion: "NDArray[np.bool_]",
    *,
    ecog: "NDArray[np.float64]",
    nlr: "NDArray[np.float64]",
    albumin_g_per_l: "NDArray[np.float64]",
    parameters: ObservationParameters,
) -> "NDArray[np.float64]":
    """Compute the hazard of death from the present tumour and the patient's baseline risk.

    Parameters
    ----------
    sld_mm : ndarray, shape (n_patients, n_grid) [mm]
        True sum of diameters.
    has_new_lesion : ndarray of bool, shape (n_patients, n_grid)
        Whether a new lesion is there.
    ecog, nlr, albumin_g_per_l : ndarray, shape (n_patients,)
        Baseline performance status, neutrophil-to-lymphocyte ratio, albumin [g/L].
    parameters : ObservationParameters

    Returns
    -------
    ndarray, shape (n_patients, n_grid) [1/day]

    Notes
    -----
    The hazard at each moment rests on the tumour at that moment and on the baseline only, never on what
    comes later, so that there is no immortal time. Effects of size, albumin and neutrophil-to-lymphocyte
    ratio are those of a published log-normal model of survival in 786 NSCLC patients (``par:TGIOS.*``),
    turned into log hazards by the ratio of the spreads of a normal and a Gumbel variable; that the effect
    of the baseline size holds for the present size is assumed.
    """
    log_hazard_per_log_time = -1.0 / (parameters.os_log_sd * _NORMAL_TO_GUMBEL)
    risk = log_hazard_per_log_time * (
        parameters.os_log_time_per_albumin * (albumin_g_per_l - parameters.os_reference_albumin)
        + parameters.os_log_time_per_nlr * (nlr - parameters.os_reference_nlr)
    )
    risk = risk + parameters.os_log_hazard_ecog1 * ecog
    excess_mm = np.minimum(sld_mm, parameters.os_size_ceiling_mm) - parameters.os_reference_sld_mm
    size = log_hazard_per_log_time * parameters.os_log_time_per_mm * excess_mm
    spread = parameters.os_log_hazard_new_lesion * has_new_lesion
    return np.asarray(np.log(2.0) / parameters.os_median_day * np.exp(risk[:, None] + size + spread))


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
    step = np.diff(grid_day)
    pieces = 0.5 * (hazard_per_day[:, 1:] + hazard_per_day[:, :-1]) * step
    cumulative = np.concatenate([np.zeros((len(pieces), 1)), np.cumsum(pieces, axis=1)], axis=1)
    after = (cumulative >= threshold[:, None]).argmax(axis=1)
    reached = cumulative[:, -1] >= threshold
    right = np.clip(after, 1, len(grid_day) - 1)
    rows = np.arange(len(cumulative))
    low, high = cumulative[rows, right - 1], cumulative[rows, right]
    share = np.divide(threshold - low, high - low, out=np.zeros_like(low), where=high > low)
    return np.where(reached, grid_day[right - 1] + share * (grid_day[right] - grid_day[right - 1]), np.inf)
