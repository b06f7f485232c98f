"""Follow the blood of many patients through time, each at a pace of its own, and look at it."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import patient_generators
from alarmin.engine import Doses
from alarmin.therapy import Schedule, drug
from alarmin.therapy.radiotherapy import BLOOD_BEAM
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
    n_visits : int
    seed : int, >= 0
    pretreated : bool or ndarray of bool, shape (n_patients,)

    Attributes
    ----------
    now : ndarray, shape (n_patients,) [day]
        Where each patient stands.
    last : ndarray, shape (n_patients,) [day]
        Last entry of each patient's schedule as planned.
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
        n_visits: int,
        seed: int,
        pretreated: "NDArray[np.bool_] | bool",
    ) -> None:
        n = len(patients)
        known = [source.unit == "mg" and drug(source.name).toxicity.known for source in schedule.sources]
        names = dict.fromkeys(s.name for s, is_known in zip(schedule.sources, known, strict=True) if is_known)
        self.acts = np.array(known, dtype=bool) | [source.target == BLOOD_BEAM for source in schedule.sources]
        self.followed = np.zeros(n, dtype=bool)
        if self.acts.any():
            self.followed[schedule.patient[self.acts[schedule.source]]] = True
            self._blood = Blood(tuple(names), patients, drug_parameters, seed=seed, pretreated=pretreated)
        self._first, self.last = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(self._first, schedule.patient, schedule.day)
        np.maximum.at(self.last, schedule.patient, schedule.day)
        self.now = self._first.copy()
        generators = patient_generators(seed, patients.index, stream=_NOISE)
        span = np.max(self.last - self._first, initial=0.0)
        weeks = 2 * int(span / 7) + 60
        self._noise = np.array([g.standard_normal((weeks, len(COUNTS))) for g in generators])
        self._fever_draw = np.array([g.exponential(size=n_visits + 1) for g in generators])
        self._fever_hazard = np.zeros(n)
        self.lowest = np.full((n, len(COUNTS)), np.inf)
        self._pending = Doses(np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=np.str_), np.zeros(0))
        self._seen: list[tuple[Rows, Floats, Floats, bool]] = []
        # Radiotherapy keeps its days.
        beam = np.array([source.target == BLOOD_BEAM for source in schedule.sources], dtype=bool)
        self.give(schedule, np.flatnonzero(beam[schedule.source]))

    def give(self, schedule: Schedule, entries: "Rows") -> None:
        """Remember what acts on blood among entries of a schedule that are to come."""
        mine = entries[self.acts[schedule.source[entries]]]
        sources = [schedule.sources[number] for number in schedule.source[mine]]
        new = Doses(
            schedule.patient[mine],
            schedule.day[mine],
            np.array([one.target for one in sources], dtype=np.str_),
            schedule.amount[mine] * np.array([one.share for one in sources]),
            np.array([one.infusion_day for one in sources]),
        )
        names = ("patient", "time", "target", "amount", "duration")
        parts = (self._pending, new)
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
        self._see(rows[who], elapsed[who, which], course[who, which + 1], before_dose=False)
        very_low = (course[:, 1:, 0] < _VERY_LOW).sum(axis=1)
        self._fever_hazard[rows] += fixed.fever_per_day * very_low

    def _see(self, rows: "Rows", elapsed: "Floats", true: "Floats", *, before_dose: bool) -> "Floats":
        week = (elapsed // 7).astype(int) % self._noise.shape[1]
        seen = np.asarray(true * np.exp(blood_parameters().seen_log_sd * self._noise[rows, week]))
        np.minimum.at(self.lowest, rows, seen)
        self._seen.append((rows, self._first[rows] + elapsed, seen, before_dose))
        return seen

    def look(self, rows: "Rows") -> "Floats":
        """Look at the blood now, shape (n, len(COUNTS)); infinite for patients who are not followed."""
        found = np.full((len(rows), len(COUNTS)), np.inf)
        followed = self.followed[rows]
        if followed.any():
            mine = rows[followed]
            elapsed = np.floor(self.now[mine] - self._first[mine])
            found[followed] = self._see(mine, elapsed, self._blood.counts[mine], before_dose=True)
        return found

    def fever(self, rows: "Rows", visit: int) -> "Rows":
        """Return which of these patients had fever with neutropenia since they were last asked."""
        hit = rows[self._fever_hazard[rows] > self._fever_draw[rows, visit]]
        self._fever_hazard[rows] = 0.0
        return np.asarray(hit)

    @property
    def status(self) -> "Rows":
        """Whether the blood of each patient could be followed, as `alarmin.engine.Status`."""
        return self._blood.status if self.acts.any() else np.zeros(len(self.now), dtype=np.int64)

    def forget(self, rows: "Rows") -> None:
        """Start anew to note the lowest count."""
        self.lowest[rows] = np.inf

    def counts(self) -> "pd.DataFrame":
        """Return every look: patient, day, before_dose (whether it decided on doses), and `COUNTS`."""
        import pandas as pd

        looks = [(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros((0, len(COUNTS))), False), *self._seen]
        values = np.concatenate([value for _, _, value, _ in looks])
        table = pd.DataFrame(
            {
                "patient": np.concatenate([rows for rows, _, _, _ in looks]),
                "day": np.concatenate([when for _, when, _, _ in looks]),
                "before_dose": np.repeat([dosed for *_, dosed in looks], [len(rows) for rows, *_ in looks]),
                **{name: values[:, column] for column, name in enumerate(COUNTS)},
            }
        )
        # A count of one day has one value, whoever looks; where a dose depended on it, that is what matters.
        table = table.sort_values(["patient", "day", "before_dose"], ignore_index=True)
        return table.drop_duplicates(["patient", "day"], keep="last", ignore_index=True)
