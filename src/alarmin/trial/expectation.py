"""What a trial expects of each member of the population in each arm: response, progression, survival.

A trial that was run once has chance in it: reading errors, new lesions, deaths. Calibration and prediction
weigh members, so they need each member's own expectation. Scans and the luck with new lesions are repeated a
few times on the same tumour; deaths are not drawn at all, their hazard is integrated.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.core import patient_generators
from alarmin.trial.conduct import DAYS_PER_MONTH
from alarmin.trial.hazards import (
    DAYS_PER_YEAR,
    cumulative_hazard,
    growth_per_month,
    lasting_risk,
    passing_risk,
    progressing,
    rise_per_day,
    shedding,
)
from alarmin.trial.imaging import at_days, occult_lesion, read_lesions, scan_days, targets_of, visit_days
from alarmin.trial.kinetics import LEAST_READINGS, Dynamics, counted_readings, read_dynamics
from alarmin.trial.observation_parameters import ObservationParameters
from alarmin.trial.recist import (
    Response,
    best_overall_response,
    change_from_first,
    overall_response,
    target_response,
    until,
)
from alarmin.trial.unread import unread_lesions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec
    from alarmin.trial.treatment import Treated

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]

__all__ = ["MONTHS", "REPEATS", "Expectation", "Outlook", "expect"]

MONTHS = np.arange(0.0, 61.5, 1.5)
"""Times at which survival is kept [month]."""
REPEATS = 4
"""Scans of one tumour, each with reading errors and new lesions of its own."""
_READING, _NEW_LESION, _TIMING = 111, 112, 113


@dataclass(frozen=True)
class Outlook:
    """Expectation of each patient of one arm under given parameters; r repeats, m entries of `MONTHS`.

    Parameters
    ----------
    responds : ndarray of bool, shape (n, r)
        Best response complete or partial, for one who lives to see it.
    response_month : ndarray, shape (n, r)
        When the response is first seen; infinity for none.
    third_month : ndarray, shape (n,)
        When the third reading is made, the baseline being the first.
    progression_month : ndarray, shape (n, r)
        Visit that shows progression; infinity for none.
    held, again, loose : ndarray, shape (n, r, m)
        Cumulative hazard of death at the reference patient's rate of 1 per year, while the first therapy
        holds the tumour, while a later one does, and while none does (without the factors for that).
    """

    responds: "NDArray[np.bool_]"
    response_month: "Floats"
    third_month: "Floats"
    progression_month: "Floats"
    held: "Singles"
    again: "Singles"
    loose: "Singles"

    def survival(self, risk: "Floats", parameters: ObservationParameters) -> "Floats":
        """Chance to be alive, shape (n, r, m); `risk` from `Expectation.risk`."""
        rate = parameters.os_hazard_per_year * np.exp(risk)
        again = np.float32(np.exp(parameters.os_log_hazard_again))
        loose = np.float32(np.exp(parameters.os_log_hazard_progressing))
        hazard = self.held + again * self.again + loose * self.loose
        return np.asarray(np.exp(-rate[:, None, None] * hazard))

    def response(self, alive: "Floats") -> "Floats":
        """Chance to respond, shape (n,); `alive` as `survival` gives it."""
        month = np.where(self.responds, self.response_month, 0.0)
        return np.asarray((self.responds * _lives(alive, month)).mean(axis=1))

    def read_thrice(self, moved: Dynamics, alive: "Floats") -> "Floats":
        """Chance to have three readings, shape (n, r): alive, and no progression before the third.

        `moved` from `Expectation.dynamics`.
        """
        third = np.broadcast_to(self.third_month[:, None], self.progression_month.shape)
        enough = moved.readings.reshape(third.shape) >= LEAST_READINGS
        return np.asarray(_lives(alive, third) * enough * (self.progression_month >= third))

    def shows(self, moved: Dynamics, statistic: str, threshold: float, alive: "Floats") -> "Floats":
        """Chance to have three readings and to show what `Dynamics.shows` counts, shape (n, r).

        Who dies before the lesion has grown does not show that it grows.
        """
        shape = self.progression_month.shape
        shows = moved.shows(statistic, threshold).reshape(shape)
        chance = self.read_thrice(moved, alive)
        if statistic == "grown_by":
            grown = np.where(shows, moved.grown_month.reshape(shape), 0.0)
            chance = np.where(chance > 0, np.minimum(chance, _lives(alive, grown)), 0.0)
        return np.asarray(shows * chance)

    def alive_at_progression(self, risk: "Floats", parameters: ObservationParameters) -> "Floats":
        """Chance to be alive when progression is seen, shape (n, r); 0 where it never is."""
        rate = parameters.os_hazard_per_year * np.exp(risk)
        alive = np.exp(-rate[:, None] * self.held[:, :, -1])
        return np.asarray(np.where(self.progression_month < MONTHS[-1], alive, 0.0))

    def alive_after_progression(self, month: float, alive: "Floats") -> "Floats":
        """Chance to be alive so many months after progression was seen, shape (n, r); 0 where it never is."""
        seen = self.progression_month < MONTHS[-1]
        later = np.minimum(np.where(seen, self.progression_month, 0.0) + month, MONTHS[-1])
        right = np.clip(np.searchsorted(MONTHS, later), 1, len(MONTHS) - 1)
        share = (later - MONTHS[right - 1]) / (MONTHS[right] - MONTHS[right - 1])
        at = [np.take_along_axis(alive, k[:, :, None], axis=2)[:, :, 0] for k in (right - 1, right)]
        return np.asarray(np.where(seen, (1 - share) * at[0] + share * at[1], 0.0))

    def curve(self, endpoint: str, alive: "Floats") -> "Floats":
        """Chance to be free of the event at each of `MONTHS`, shape (n, m); endpoint pfs or os."""
        if endpoint == "pfs":
            free = self.progression_month[:, :, None] > MONTHS[None, None, :]
            return np.asarray((alive * free).mean(axis=1))
        return np.asarray(alive.mean(axis=1))


@dataclass(frozen=True)
class Expectation:
    """Tumours of the patients of one arm, scanned a few times; v counts visits, g days of the grid.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame
        One row per patient: features.
    grid_day : ndarray, shape (g,) [day]
    planned_day : ndarray, shape (v,) [day]
    day : ndarray, shape (n, v) [day]
        On which each patient came.
    change : ndarray, shape (n, r, v)
        Sum of diameters as read over that of the first scan, less 1.
    target : ndarray of int8, shape (n, r, v)
        Codes of `Response`, without new lesions.
    lesion_change, lesion_target : ndarray, shape (n, r, v)
        The same two of the first lesion alone.
    luck : ndarray, shape (n, r)
        Cumulative hazard at which the first new lesion appears.
    emerged : ndarray of bool, shape (n, v)
        Whether an occult metastasis has become visible.
    tumour_mm : ndarray, shape (n, g) [mm]
        True sum of diameters of the tumour alone, as treated.
    burden, growth : ndarray, shape (n, g)
        Integral of `shedding` [year]; all its growth [sizes at the start]. Both of the tumour as if treatment
        went on.
    later_day : ndarray, shape (n,) [day]
    """

    spec: "TrialSpec"
    patients: "pd.DataFrame"
    grid_day: "Floats"
    planned_day: "Floats"
    day: "Floats"
    change: "Singles"
    target: "NDArray[np.int8]"
    lesion_change: "Singles"
    lesion_target: "NDArray[np.int8]"
    luck: "Floats"
    emerged: "NDArray[np.bool_]"
    tumour_mm: "Singles"
    burden: "Singles"
    growth: "Singles"
    later_day: "Floats"

    def risk(self, parameters: ObservationParameters) -> "Floats":
        """Log hazard of death that each patient brings for good, shape (n,)."""
        return lasting_risk(self.patients, parameters)

    def dynamics(self, outlook: Outlook) -> Dynamics:
        """Sum up how the first target lesion moves, a row per patient and repeat, patient by patient.

        One lesion alone, as published readings of single patients are of one each. For trials in which
        all lesions are read.

        Parameters
        ----------
        outlook : Outlook
            Of these patients. Readings count up to the visit that shows progression, by a new lesion too, and
            to the cutoff: a trial has none later, or reads what another therapy did.
        """
        n, repeats, visits = self.target.shape
        last = np.minimum(outlook.progression_month, self.spec.cutoffs.response_and_pfs) * DAYS_PER_MONTH
        counted = (self.day[:, None, :] <= last[:, :, None] + 1e-6) & (self.target != Response.NE)
        shape = (n * repeats, visits)
        target = self.lesion_target.reshape(shape)
        return read_dynamics(
            np.repeat(self.day, repeats, axis=0),
            self.lesion_change.reshape(shape).astype(float),
            target,
            counted.reshape(shape) & counted_readings(target),
        )

    def outlook(self, parameters: ObservationParameters) -> Outlook:
        """Work out response, progression and the hazard of death under these parameters."""
        n, repeats, visits = self.target.shape
        hazard = (
            np.float32(parameters.new_lesion_per_year) * self.burden
            + np.float32(parameters.new_lesion_per_growth) * self.growth
        )
        at_visit = at_days(hazard[:, :, None], self.grid_day, self.day)[:, :, 0]
        new_lesion = (at_visit[:, None, :] >= self.luck[:, :, None]) | self.emerged[:, None, :]
        overall = overall_response(self.target, new_lesion).reshape(n * repeats, visits)
        progressed = overall == Response.PD
        last = np.where(progressed.any(axis=1), progressed.argmax(axis=1), visits)
        overall = np.where(np.arange(visits)[None, :] <= last[:, None], overall, np.int8(Response.NE))
        rule = self.spec.response
        best = best_overall_response(
            until(overall, self.planned_day, rule.until_week),
            self.planned_day,
            confirmed=rule.confirmed,
            min_confirm_days=rule.min_confirm_days,
            min_stable_days=rule.min_stable_days,
        )
        hit = (overall == Response.PR) | (overall == Response.CR)
        hit[:, 0] = False
        responds = np.isin(best, (Response.CR, Response.PR))
        row = np.repeat(np.arange(n), repeats)
        seen = np.where(responds, self.day[row, hit.argmax(axis=1)], np.inf) / DAYS_PER_MONTH
        never = np.full((n, 1), np.inf)
        days = np.hstack([self.day, never])[row, last].reshape(n, repeats)
        held, again, loose = self._hazard(days, parameters)
        shape = (n, repeats)
        return Outlook(
            responds.reshape(shape),
            seen.reshape(shape),
            self.day[:, 2] / DAYS_PER_MONTH,
            days / DAYS_PER_MONTH,
            held,
            again,
            loose,
        )

    def _hazard(
        self, progression_day: "Floats", parameters: ObservationParameters
    ) -> "tuple[Singles, Singles, Singles]":
        """Cumulative hazard but for what is lasting, each (n, r, m): while held, held again, and not held."""
        floor, ceiling = parameters.os_size_floor_mm, parameters.os_size_ceiling_mm
        size = np.clip(self.tumour_mm, floor, ceiling) / parameters.os_reference_sld_mm
        sld_mm: Any = self.tumour_mm
        growth = growth_per_month(sld_mm, self.grid_day, parameters)
        log_unit: Any = (
            parameters.os_log_hazard_size * np.log(size)
            + parameters.os_log_hazard_per_growth * growth
            + passing_risk(self.patients, self.grid_day, parameters)
        )
        unit = np.exp(log_unit) / DAYS_PER_YEAR
        total = cumulative_hazard(unit, self.grid_day)
        month_day = MONTHS * DAYS_PER_MONTH
        whole = _at(total, self.grid_day, month_day)
        loose = np.empty((*progression_day.shape, len(MONTHS)), dtype=np.float32)
        after = np.empty_like(loose)
        later = np.flatnonzero(np.isfinite(self.later_day))
        for repeat in range(progression_day.shape[1]):
            day = progression_day[:, repeat]
            until_then = at_days(
                total[:, :, None], self.grid_day, np.minimum(day, self.grid_day[-1])[:, None]
            )
            after[:, repeat] = np.maximum(whole - until_then[:, :, 0], 0.0)
            loose[:, repeat] = after[:, repeat]
            if len(later):
                free = progressing(sld_mm[later], self.grid_day, day[later], self.later_day[later])
                part = cumulative_hazard(unit[later] * free, self.grid_day)
                loose[later, repeat] = np.minimum(_at(part, self.grid_day, month_day), after[later, repeat])
        return whole[:, None, :] - after, after - loose, loose


def expect(
    spec: "TrialSpec",
    patients: "pd.DataFrame",
    treated: "Treated",
    *,
    grid_day: "Floats",
    seed: int,
    parameters: ObservationParameters,
) -> Expectation:
    """Scan the tumours of the patients of one arm.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame
        One row per patient, all treated without failure: patient_id and features.
    treated : Treated
        The same patients.
    grid_day : ndarray [day]
    seed : int
    parameters : ObservationParameters
        Those of reading count here.
    """
    numbers = patients["patient_id"].to_numpy()
    planned = treated.planned.values[:, :, :2]
    last = float(grid_day[-1])
    planned_day = visit_days(spec.imaging, last)
    coming = patient_generators(seed, numbers, stream=_TIMING)
    day = scan_days(planned_day, coming, parameters, last)
    seen_mm = at_days(planned, grid_day, day)
    true_mm = np.repeat(targets_of(seen_mm, patients, unread_lesions(spec)), REPEATS, axis=0)
    readers = patient_generators(seed, numbers, stream=_READING)
    # One generator reads all repeats of a patient, one after the other.
    read_mm = read_lesions(true_mm, [reader for reader in readers for _ in range(REPEATS)], parameters)
    luck = np.stack(
        [g.exponential(size=REPEATS) for g in patient_generators(seed, numbers, stream=_NEW_LESION)]
    )
    sld_mm = treated.planned.values[:, :, 2]
    rise = rise_per_day(sld_mm, grid_day, parameters)
    shape = (len(patients), REPEATS, len(planned_day))
    read_sld = read_mm.sum(axis=2).reshape(shape)
    return Expectation(
        spec=spec,
        patients=patients,
        grid_day=grid_day,
        planned_day=planned_day,
        day=day,
        change=change_from_first(read_sld).astype(np.float32),
        target=target_response(read_mm).reshape(shape),
        lesion_change=change_from_first(read_mm[:, :, 0].reshape(shape)).astype(np.float32),
        lesion_target=target_response(read_mm[:, :, :1]).reshape(shape),
        luck=luck,
        emerged=occult_lesion(seen_mm, patients, parameters),
        tumour_mm=treated.tumour_mm.astype(np.float32),
        burden=cumulative_hazard(shedding(sld_mm, parameters) / DAYS_PER_YEAR, grid_day).astype(np.float32),
        growth=cumulative_hazard(rise, grid_day).astype(np.float32),
        later_day=treated.later_day,
    )


def _lives(alive: "Floats", month: "Floats") -> "Floats":
    """Chance to be alive at a month of each repeat, shape (n, r)."""
    at = np.clip(np.searchsorted(MONTHS, month), 0, len(MONTHS) - 1)
    return np.asarray(np.take_along_axis(alive, at[:, :, None], axis=2)[:, :, 0])


def _at(values: "NDArray[np.floating]", grid_day: "Floats", day: "Floats") -> "Singles":
    """Interpolate along the grid; beyond its end the last value holds."""
    right = np.clip(np.searchsorted(grid_day, day), 1, len(grid_day) - 1)
    share = np.clip((day - grid_day[right - 1]) / (grid_day[right] - grid_day[right - 1]), 0.0, 1.0)
    return (values[:, right - 1] * (1 - share) + values[:, right] * share).astype(np.float32)
