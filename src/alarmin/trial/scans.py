"""All scans of a trial, as if nobody died or was lost: what each would show."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import patient_generators
from alarmin.trial.hazards import event_day, new_lesion_hazard
from alarmin.trial.imaging import at_days, occult_lesion, read_lesions, scan_days, targets_of, visit_days
from alarmin.trial.observation_parameters import ObservationParameters
from alarmin.trial.recist import Response, overall_response, target_response

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.parts import Imaging

__all__ = ["Scans", "scan"]

_READING, _NEW_LESION, _TIMING = 101, 102, 105


@dataclass(frozen=True)
class Scans:
    """Readings of all patients at all visits.

    Parameters
    ----------
    planned_day : ndarray, shape (n_visits,) [day]
    day : ndarray, shape (n_patients, n_visits) [day]
        On which each patient came.
    lesion_mm : ndarray, shape (n_patients, n_visits, n_lesions) [mm]
        As read, with error.
    new_lesion : ndarray of bool, shape (n_patients, n_visits)
    target, overall : ndarray of int8, shape (n_patients, n_visits)
        Codes of `Response`, without and with new lesions.
    new_lesion_day : ndarray, shape (n_patients,) [day]
        When the first new lesion appears by chance; infinity where none does.
    """

    planned_day: "NDArray[np.float64]"
    day: "NDArray[np.float64]"
    lesion_mm: "NDArray[np.float64]"
    new_lesion: "NDArray[np.bool_]"
    target: "NDArray[np.int8]"
    overall: "NDArray[np.int8]"
    new_lesion_day: "NDArray[np.float64]"

    @property
    def progression_day(self) -> "NDArray[np.float64]":
        """Day of the first visit that shows progression, infinity where none does; shape (n_patients,)."""
        progressed = self.overall == Response.PD
        first = self.day[np.arange(len(progressed)), progressed.argmax(axis=1)]
        return np.where(progressed.any(axis=1), first, np.inf)


def scan(
    imaging: "Imaging",
    patients: "pd.DataFrame",
    grid_day: "NDArray[np.float64]",
    lesion_mm: "NDArray[np.float64]",
    tumour_mm: "NDArray[np.float64]",
    seed: int,
    parameters: ObservationParameters,
    unread: tuple[int, ...] = (),
) -> Scans:
    """Scan every patient at every visit of the schedule that the grid holds.

    Parameters
    ----------
    imaging : Imaging
    patients : DataFrame
        patient_id, which picks random numbers, and stage, where it is known.
    grid_day, lesion_mm, tumour_mm
        True diameters on the simulated grid, as for `alarmin.trial.conduct.observe`.
    seed : int
    parameters : ObservationParameters
    unread : tuple of int
        Lesions that are not read.
    """
    numbers = patients["patient_id"].to_numpy()
    last = float(grid_day[-1])
    planned = visit_days(imaging, last)
    day = scan_days(planned, patient_generators(seed, numbers, stream=_TIMING), parameters, last)
    readers = patient_generators(seed, numbers, stream=_READING)
    true_mm = at_days(lesion_mm, grid_day, day)
    read_mm = read_lesions(targets_of(true_mm, patients, unread), readers, parameters)
    spreads = patient_generators(seed, numbers, stream=_NEW_LESION)
    threshold = np.array([generator.exponential() for generator in spreads])
    hazard = new_lesion_hazard(tumour_mm, grid_day, parameters)
    new_lesion_day = event_day(hazard, grid_day, threshold)
    new_lesion = (new_lesion_day[:, None] <= day) | occult_lesion(true_mm, patients, parameters)
    target = target_response(read_mm)
    overall = overall_response(target, new_lesion)
    return Scans(planned, day, read_mm, new_lesion, target, overall, new_lesion_day)
