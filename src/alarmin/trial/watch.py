"""Follow the blood of many patients through time, each at a pace of its own, and look at it."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import patient_generators
from alarmin.engine import Doses
from alarmin.therapy import Schedule, drug
from alarmin.trial.blood import COUNTS, Blood, blood_parameters

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Watch"]

_NOISE = 120  # stream of the random numbers of counts and fever
_VERY_LOW = 0.5
"""Neutrophils below which fever threatens [1e9/L]."""


class Watch:
    """Clock, blood and laboratory of each patient.

    Parameters
    ----------
    schedule : Schedule
    patients, drug_parameters : DataFrame
        As for `administered`.
    start_day : ndarray, shape (n_patients,) [day]
    n_visits : int
    seed : int, >= 0
    pretreated : bool

    Attributes
    ----------
    now : ndarray, shape (n_patients,) [day]
        Where each patient stands.
    lowest : ndarray, shape (n_patients, len(COUNTS))
        Lowest count seen since the last call of `forget`.
    acts : ndarray of bool, shape (n_sources,)
        Which sources act on blood; patients who get none of them are not followed.
    """

    def __init__(
        self,
        schedule: Schedule,
        patients: "pd.DataFrame",
        drug_parameters: "pd.DataFrame",
        *,
        start_day: "Floats",
        n_visits: int,
        seed: int,
        pretreated: bool,
    ) -> None:
        n = len(patients)
        acts = [source.unit == "mg" and drug(source.name).toxicity.known for source in schedule.sources]
        names = dict.fromkeys(s.name for s, act in zip(schedule.sources, acts, strict=True) if act)
        self.acts = np.array(acts, dtype=bool)
        self.followed = np.zeros(n, dtype=bool)
        if names:
            self.followed[schedule.patient[self.acts[schedule.source]]] = True
            self._blood = Blood(tuple(names), patients, drug_parameters, seed=seed, pretreated=pretreated)
        self._first, self.now = start_day.copy(), start_day.copy()
        generators = patient_generators(seed, patients.index, stream=_NOISE)
        span = schedule.day.max(initial=0.0) - np.min(start_day, initial=np.inf, where=np.isfinite(start_day))
        weeks = 2 * int(max(span, 0.0) / 7) + 60
        self._noise = np.array([g.standard_normal((weeks, len(COUNTS))) for g in generators])
        self._fever_draw = np.array([g.exponential(size=n_visits + 1) for g in generators])
        self._fever_hazard = np.zeros(n)
        self.lowest = np.full((n, len(COUNTS)), np.inf)
        self._pending = Doses(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=np.str_), np.zeros(0))
        self._seen: list[tuple[Rows, Floats, Floats]] = []

    def give(self, doses: Doses) -> None:
        """Remember doses on days that are to come."""
        names = ("patient", "time", "target", "amount", "duration")
        parts = (self._pending, doses)
        self._pending = Doses(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def pass_days(self, rows: "Rows", days: "Rows") -> None:
        """Let time pass for some patients, with the doses that fall into it."""
        going = (days > 0) & self.followed[rows]
        if going.any():
            self._follow(rows[going], days[going])
        self.now[rows] += days

    def _follow(self, rows: "Rows", days: "Rows") -> None:
        place = np.full(len(self.now), -1)
        place[rows] = np.arange(len(rows))
        pending, mine = self._pending, place[self._pending.patient] >= 0
        who = pending.patient[mine]
        since = np.maximum(pending.time[mine] - self.now[who], 0.0)
        course = self._blood.advance(
            rows,
            days,
            Doses(place[who], since, pending.target[mine], pending.amount[mine], pending.duration[mine]),
        )
        self._pending = Doses(
            pending.patient[~mine],
            pending.time[~mine],
            pending.target[~mine],
            pending.amount[~mine],
            pending.duration[~mine],
        )
        fixed = blood_parameters()
        elapsed = np.floor(self.now[rows] - self._first[rows])[:, None] + np.arange(1.0, course.shape[1])
        due = (elapsed % fixed.look_every_day == 0) & np.isfinite(course[:, 1:, 0])
        who, which = np.nonzero(due)
        self._see(rows[who], elapsed[who, which], course[who, which + 1])
        very_low = (course[:, 1:, 0] < _VERY_LOW).sum(axis=1)
        self._fever_hazard[rows] += fixed.fever_per_day * very_low

    def _see(self, rows: "Rows", elapsed: "Floats", true: "Floats") -> "Floats":
        week = (elapsed // 7).astype(int) % self._noise.shape[1]
        seen = np.asarray(true * np.exp(blood_parameters().seen_log_sd * self._noise[rows, week]))
        np.minimum.at(self.lowest, rows, seen)
        self._seen.append((rows, self._first[rows] + elapsed, seen))
        return seen

    def look(self, rows: "Rows") -> "Floats":
        """Look at the blood now, shape (n, len(COUNTS)); infinite for patients who are not followed."""
        found = np.full((len(rows), len(COUNTS)), np.inf)
        followed = self.followed[rows]
        if followed.any():
            mine = rows[followed]
            elapsed = np.floor(self.now[mine] - self._first[mine])
            found[followed] = self._see(mine, elapsed, self._blood.counts[mine])
        return found

    def fever(self, rows: "Rows", visit: int) -> "Rows":
        """Return which of these patients had fever with neutropenia since they were last asked."""
        hit = rows[self._fever_hazard[rows] > self._fever_draw[rows, visit]]
        self._fever_hazard[rows] = 0.0
        return np.asarray(hit)

    def forget(self, rows: "Rows") -> None:
        """Start anew to note the lowest count."""
        self.lowest[rows] = np.inf

    def counts(self) -> "pd.DataFrame":
        """Return every look: patient, day and `COUNTS`."""
        import pandas as pd

        patient = np.concatenate([np.zeros(0, dtype=np.int64), *(rows for rows, _, _ in self._seen)])
        day = np.concatenate([np.zeros(0), *(when for _, when, _ in self._seen)])
        values = np.concatenate([np.zeros((0, len(COUNTS))), *(value for _, _, value in self._seen)])
        table = pd.DataFrame({"patient": patient, "day": day})
        for column, name in enumerate(COUNTS):
            table[name] = values[:, column]
        return table.drop_duplicates(["patient", "day"]).sort_values(["patient", "day"], ignore_index=True)
