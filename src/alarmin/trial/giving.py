"""Give every patient of a trial the regimen of their arm, held and reduced as its rules say."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alarmin.engine import Doses
from alarmin.therapy import Regimen, Schedule, join, schedule
from alarmin.trial.administer import Administered, administered

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Course", "Part", "before", "give", "of_patients"]


class Part(NamedTuple):
    """What patients of one regimen were to get, and what they got.

    Parameters
    ----------
    rows : ndarray of int
        Row of each patient among all patients.
    planned : Schedule
    given : Administered
        In both a patient's number is the place in `rows`.
    """

    rows: "Rows"
    planned: Schedule
    given: Administered


@dataclass(frozen=True)
class Course:
    """What all patients of a trial were given, and what it cost them.

    Parameters
    ----------
    doses : Doses
        What the model of the tumour receives; a patient's number is the row among all patients.
    parts : tuple of Part
    status : ndarray of int, shape (n_patients,)
        `alarmin.engine.Status` of the blood of each patient.
    """

    doses: Doses
    parts: tuple[Part, ...]
    status: "Rows"


def give(
    regimens: Mapping[str, Regimen],
    own: "NDArray[np.object_]",
    patients: "pd.DataFrame",
    drug_parameters: "pd.DataFrame",
    *,
    seed: int,
    pretreated: "NDArray[np.bool_]",
    start_day: "Floats | float" = 0.0,
    progression_day: "Floats | float" = np.inf,
    from_day: "Floats | float" = -np.inf,
    stop_day: float = np.inf,
) -> Course:
    """Give patients their regimens.

    Parameters
    ----------
    regimens : dict
        Name -> regimen.
    own : ndarray of str, shape (n_patients,)
        Name of each patient's regimen; empty for none.
    patients, drug_parameters : DataFrame
        As for `alarmin.trial.administer.administered`.
    seed : int, >= 0
    pretreated : ndarray of bool, shape (n_patients,)
        Who had therapy before.
    start_day, progression_day : float or ndarray of shape (n_patients,) [day]
        As for `alarmin.therapy.schedule`; nobody starts at infinity.
    from_day : float or ndarray of shape (n_patients,) [day]
        What a calendar plans before this day is left out.
    stop_day : float [day]
        Nothing is given from here on.
    """
    n = len(patients)
    start, end, begin = (
        np.broadcast_to(np.asarray(day, float), (n,)) for day in (start_day, progression_day, from_day)
    )
    parts: list[Part] = []
    status = np.zeros(n, dtype=np.int64)
    for name, regimen in regimens.items():
        rows = np.flatnonzero((own == name) & np.isfinite(start))
        mine = patients.iloc[rows]
        plan = schedule(
            regimen,
            mine,
            start_day=start[rows],
            stop_day=stop_day,
            progression_day=end[rows],
            seed=seed,
        )
        plan = _entries(plan, plan.day >= begin[rows][plan.patient])
        if len(plan.day):
            given = administered(
                plan,
                mine,
                drug_parameters.iloc[rows],
                seed=seed,
                stop_day=stop_day,
                pretreated=pretreated[rows],
            )
            parts.append(Part(rows, plan, given))
            status[rows] = given.status
    nothing = Doses(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0, dtype=np.str_), np.zeros(0))
    each = [replace(given.doses(), patient=rows[given.schedule.patient]) for rows, _, given in parts]
    return Course(join(nothing, *each), tuple(parts), status)


def before(doses: Doses, day: "Floats") -> Doses:
    """Return the doses that each patient gets before a day of their own."""
    return _doses(doses, doses.time < day[doses.patient])


def of_patients(doses: Doses, rows: "Rows") -> Doses:
    """Return the doses of some patients, who are numbered by their place in `rows` (rising)."""
    mine = _doses(doses, np.isin(doses.patient, rows))
    return replace(mine, patient=np.searchsorted(rows, mine.patient))


def _doses(doses: Doses, kept: "NDArray[np.bool_]") -> Doses:
    names = ("patient", "time", "target", "amount", "duration")
    return Doses(**{name: getattr(doses, name)[kept] for name in names})


def _entries(plan: Schedule, kept: "NDArray[np.bool_]") -> Schedule:
    columns = ("patient", "day", "source", "regimen", "phase", "cycle", "amount")
    return replace(plan, **{name: getattr(plan, name)[kept] for name in columns})
