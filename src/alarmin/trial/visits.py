"""When the blood of each patient is looked at before doses, and which doses each look decides on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.therapy import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Visits", "plan_visits"]


@dataclass(frozen=True)
class Visits:
    """Looks at the blood, by their number in each patient.

    Parameters
    ----------
    day : ndarray, shape (n_patients, n_visits) [day]
        As planned; infinity where a patient has no more.
    regimen : ndarray of int, shape (n_patients, n_visits)
        Place in `Schedule.regimens`.
    opens : ndarray of bool, shape (n_patients, n_visits)
        Whether a cycle begins.
    entries : list of ndarray of int
        For each number of a visit, the entries of the schedule that it decides on: those from its day on, up
        to the next visit of that patient.
    """

    day: "Floats"
    regimen: "Rows"
    opens: "NDArray[np.bool_]"
    entries: "list[Rows]"


def plan_visits(schedule: Schedule, n_patients: int) -> Visits:
    """Find the visits: the first drug of each cycle, and each dose before which a rule wants a look."""
    drugs = np.array([source.unit == "mg" for source in schedule.sources], dtype=bool)
    given = np.flatnonzero(drugs[schedule.source]) if len(drugs) else np.zeros(0, dtype=np.int64)
    if not len(given):
        empty = np.zeros((n_patients, 0))
        return Visits(empty, empty.astype(np.int64), empty.astype(bool), [])
    patient, day = schedule.patient[given], schedule.day[given]
    cycles = np.stack([patient, schedule.regimen[given], schedule.phase[given], schedule.cycle[given]])
    _, cycle = np.unique(cycles, axis=1, return_inverse=True)
    first = np.full(cycle.max() + 1, np.inf)
    np.minimum.at(first, cycle, day)
    begins = day == first[cycle]
    looked = begins | _looked_at_each_dose(schedule)[schedule.regimen, schedule.source][given]
    # Entries are sorted by patient and day, so the visit of an entry is the last look up to it.
    which = np.flatnonzero(looked)
    new = np.ones(len(which), dtype=bool)
    new[1:] = (patient[which][1:] != patient[which][:-1]) | (day[which][1:] != day[which][:-1])
    opening = np.zeros(int(new.sum()), dtype=bool)
    np.logical_or.at(opening, np.cumsum(new) - 1, begins[which])
    which = which[new]
    start = np.searchsorted(patient[which], np.arange(n_patients))
    number = np.arange(len(which)) - start[patient[which]]
    most = int(number.max()) + 1
    planned = np.full((n_patients, most), np.inf)
    planned[patient[which], number] = day[which]
    regimen = np.zeros((n_patients, most), dtype=np.int64)
    regimen[patient[which], number] = schedule.regimen[given][which]
    opens = np.zeros((n_patients, most), dtype=bool)
    opens[patient[which], number] = opening
    of_entry = number[np.searchsorted(which, np.arange(len(given)), side="right") - 1]
    # Entries of one day that stand before the first looked-at entry of that day belong to the same visit.
    same_day = np.searchsorted(which, np.arange(len(given)), side="left")
    ahead = (same_day < len(which)) & ~looked
    nearest = which[np.minimum(same_day, len(which) - 1)]
    ahead &= (patient[nearest] == patient) & (day[nearest] == day)
    of_entry = np.where(ahead, number[np.minimum(same_day, len(which) - 1)], of_entry)
    order = np.argsort(of_entry, kind="stable")
    edges = np.searchsorted(of_entry[order], np.arange(most + 1))
    return Visits(planned, regimen, opens, [given[order[edges[k] : edges[k + 1]]] for k in range(most)])


def _looked_at_each_dose(schedule: Schedule) -> "NDArray[np.bool_]":
    """Say for each regimen and source whether a rule wants the blood looked at before each dose."""
    wanted = np.zeros((len(schedule.regimens), len(schedule.sources)), dtype=bool)
    for place, regimen in enumerate(schedule.regimens):
        for rule in regimen.rules:
            if rule.hold is not None and rule.hold.look == "dose":
                wanted[place] |= [s.unit == "mg" and rule.covers(s.name) for s in schedule.sources]
    return wanted
