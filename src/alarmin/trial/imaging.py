"""Imaging: when a patient is scanned and what the reader writes down."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from alarmin.trial.observation_parameters import ObservationParameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.parts import Imaging

__all__ = [
    "at_days",
    "occult_lesion",
    "read_lesions",
    "scan_days",
    "targets_of",
    "visible_metastasis",
    "visit_days",
]


def visit_days(imaging: "Imaging", last_day: float) -> "NDArray[np.float64]":
    """List the days for which scans are planned up to a day, the baseline (day 0) first.

    Parameters
    ----------
    imaging : Imaging
        Weeks of the first scan and between scans; an interval of `then` counts from the last scan before it.
    last_day : float [day]
        No scan later than this.

    Returns
    -------
    ndarray, shape (n_visits,) [day]
    """
    weeks = [0.0]
    week = imaging.first_week
    while 7.0 * week <= last_day + 1e-9:
        weeks.append(week)
        changes = [interval.every_weeks for interval in imaging.then if interval.from_week <= week]
        week += changes[-1] if changes else imaging.every_weeks
    return 7.0 * np.array(weeks)


def scan_days(
    planned_day: "NDArray[np.float64]",
    generators: "Sequence[np.random.Generator]",
    parameters: ObservationParameters,
    last_day: float,
) -> "NDArray[np.float64]":
    """Draw the days on which patients come to be scanned.

    Parameters
    ----------
    planned_day : ndarray, shape (n_visits,) [day]
        From `visit_days`.
    generators : sequence of Generator, length n_patients
        One per patient, used for nothing else.
    parameters : ObservationParameters
        Spread around the planned day; share of scans at any time between.
    last_day : float [day]
        No scan later than this.

    Returns
    -------
    ndarray, shape (n_patients, n_visits) [day]
        In order; the baseline is on day 0.

    Notes
    -----
    Most scans lie within days of the plan. The others (a patient who gets worse is scanned early, one whose
    doses were held late) lie anywhere from the middle of the interval before to the middle of that after.
    """
    before = np.diff(planned_day, prepend=planned_day[0]) / 2
    after = np.append(before[1:], before[-1])
    draws = np.stack([generator.random((2, len(planned_day))) for generator in generators])
    near = parameters.scan_spread_days * ndtri(draws[:, 1])
    off = np.where(
        draws[:, 0] < parameters.scan_off_plan, -before + draws[:, 1] * (before + after), near
    ).clip(-before, after)
    off[:, 0] = 0.0
    return np.asarray(np.minimum(planned_day + off, last_day))


def at_days(
    lesion_mm: "NDArray[np.float64]", grid_day: "NDArray[np.float64]", day: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Interpolate true diameters from the simulated grid to the days of the scans, linearly.

    Parameters
    ----------
    lesion_mm : ndarray, shape (n_patients, n_grid, n_lesions) [mm]
    grid_day : ndarray, shape (n_grid,) [day], increasing
    day : ndarray, shape (n_visits,) or (n_patients, n_visits) [day], inside the grid

    Returns
    -------
    ndarray, shape (n_patients, n_visits, n_lesions) [mm]
    """
    right = np.clip(np.searchsorted(grid_day, day), 1, len(grid_day) - 1)
    share = (day - grid_day[right - 1]) / (grid_day[right] - grid_day[right - 1])
    weight = np.broadcast_to(share, (len(lesion_mm), share.shape[-1]))[:, :, None]
    row = np.arange(len(lesion_mm))[:, None]
    return (1.0 - weight) * lesion_mm[row, right - 1] + weight * lesion_mm[row, right]


def read_lesions(
    true_mm: "NDArray[np.float64]",
    generators: "Sequence[np.random.Generator]",
    parameters: ObservationParameters,
) -> "NDArray[np.float64]":
    """Read the diameters off the scans, with the reader's error.

    Parameters
    ----------
    true_mm : ndarray, shape (n_patients, n_visits, n_lesions) [mm]
    generators : sequence of Generator, length n_patients
        One per patient, used for nothing else.
    parameters : ObservationParameters
        Relative error, size from which a lesion is visible, smallest diameter that is written down.

    Returns
    -------
    ndarray, shape (n_patients, n_visits, n_lesions) [mm]
        To 0.1 mm; 0 for a lesion that is not visible.

    Notes
    -----
    The relative error is log-normal, independent between lesions and visits. Lesions do not hide, merge or
    split.
    """
    shape = true_mm.shape[1:]
    noise = np.stack([generator.standard_normal(shape) for generator in generators])
    read = true_mm * np.exp(parameters.reading_error_relative * noise)
    read = np.maximum(np.round(read, 1), parameters.smallest_reading_mm)
    return np.where(true_mm < parameters.visible_from_mm, 0.0, read)


def targets_of(
    lesion_mm: "NDArray[np.float64]", patients: "pd.DataFrame", unread: tuple[int, ...] = ()
) -> "NDArray[np.float64]":
    """Leave of each patient's lesions the target lesions: in stage III the second is an occult metastasis.

    Parameters
    ----------
    lesion_mm : ndarray, shape (n_patients, n_times, n_lesions) [mm]
    patients : DataFrame
        stage, where it is known.
    unread : tuple of int
        Lesions (1, 2) that the trial does not read, for example because they are irradiated.

    Returns
    -------
    ndarray, shape (n_patients, n_times, n_lesions) [mm]
        0 for what is not a target.
    """
    target = np.ones((len(patients), lesion_mm.shape[2]), dtype=bool)
    if "stage" in patients:
        target[:, 1:] = (patients["stage"] != "III").to_numpy()[:, None]
    target[:, [lesion - 1 for lesion in unread]] = False
    return np.where(target[:, None, :], lesion_mm, 0.0)


def visible_metastasis(
    lesion_mm: "NDArray[np.float64]", patients: "pd.DataFrame", parameters: ObservationParameters
) -> "NDArray[np.bool_]":
    """Say when the occult metastasis of stage III is large enough to be seen; shape (n_patients, n_times)."""
    if "stage" not in patients:
        return np.zeros(lesion_mm.shape[:2], dtype=bool)
    hidden = (patients["stage"] == "III").to_numpy()
    return np.asarray(hidden[:, None] & (lesion_mm[:, :, 1:].max(axis=2) >= parameters.new_lesion_mm))


def occult_lesion(
    lesion_mm: "NDArray[np.float64]", patients: "pd.DataFrame", parameters: ObservationParameters
) -> "NDArray[np.bool_]":
    """Say when an occult metastasis is seen that the first scan did not show; shape (n_patients, n_times)."""
    seen = visible_metastasis(lesion_mm, patients, parameters)
    return np.asarray(seen & ~seen[:, :1])
