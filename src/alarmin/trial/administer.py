"""What patients are really given: doses held, reduced and stopped by their blood and by adverse events."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from alarmin.engine import Doses
from alarmin.therapy import Rule, Schedule
from alarmin.trial.grades import COUNT_EVENTS, grade
from alarmin.trial.incidents import draw_incidents
from alarmin.trial.visits import plan_visits
from alarmin.trial.watch import Watch

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["FEVER", "Administered", "administered"]

FEVER = "febrile neutropenia"
_COLUMN = {"neutrophils": 0, "platelets": 1, "haemoglobin": 2, "lymphocytes": 3}
_LAST_DAY = 28
"""Days after the last visit for which counts are followed."""


@dataclass(frozen=True)
class Administered:
    """What was given, and what it cost.

    Parameters
    ----------
    schedule : Schedule
        As given: entries that were delayed or reduced are changed, those that were left out are gone.
    counts : DataFrame
        patient (row), day, before_dose, and `alarmin.trial.blood.COUNTS` as the laboratory reports them:
        weekly, and before doses.
    events : DataFrame
        patient, event, grade, day, begin: febrile neutropenia (begin is NaN) and what comes at a rate, from
        `alarmin.trial.incidents.draw_incidents`.
    changes : DataFrame
        patient, day, drug, change (held, omitted, reduced, stopped).
    status : ndarray of int, shape (n_patients,)
        `alarmin.engine.Status` of the blood of each patient.
    """

    schedule: Schedule
    counts: "pd.DataFrame"
    events: "pd.DataFrame"
    changes: "pd.DataFrame"
    status: "Rows"

    def doses(self) -> Doses:
        """Return what the model of the tumour receives."""
        return self.schedule.doses()


def administered(
    schedule: Schedule,
    patients: "pd.DataFrame",
    drug_parameters: "pd.DataFrame",
    *,
    seed: int,
    stop_day: "Floats | float" = np.inf,
    pretreated: "NDArray[np.bool_] | bool" = False,
) -> Administered:
    """Give a schedule to patients as a protocol would: look at the blood, then give, hold, reduce or stop.

    Parameters
    ----------
    schedule : Schedule
    patients : DataFrame
        Features, one row per patient of the schedule; the index picks the random numbers of each.
    drug_parameters : DataFrame
        From `alarmin.population.draw_drugs`, one row per patient in the same order.
    seed : int, >= 0
    stop_day : float or ndarray of shape (n_patients,) [day]
        A dose that a delay has pushed to this day or later is not given.
    pretreated : bool or ndarray of bool, shape (n_patients,)
        Whether patients had therapy before.

    Notes
    -----
    A delay moves all later drugs of the same regimen with it; radiotherapy and surgery keep their days.
    Counts start from the patient's own values; what was given before day 0 is not remembered.
    """
    course = _Course(schedule, patients, drug_parameters, seed=seed, pretreated=pretreated)
    for number in range(course.visits.day.shape[1]):
        course.visit(number)
    course.finish()
    return course.result(np.broadcast_to(np.asarray(stop_day, float), (len(patients),)))


class _Course:
    """Walks through the visits of all patients at once."""

    def __init__(
        self,
        schedule: Schedule,
        patients: "pd.DataFrame",
        drug_parameters: "pd.DataFrame",
        *,
        seed: int,
        pretreated: "NDArray[np.bool_] | bool",
    ) -> None:
        self.schedule, n = schedule, len(patients)
        self.visits = plan_visits(schedule, n)
        self.watch = Watch(
            schedule,
            patients,
            drug_parameters,
            n_visits=self.visits.day.shape[1],
            seed=seed,
            pretreated=pretreated,
        )
        self.incidents = draw_incidents(schedule, patients, seed=seed)
        self.reacted_until = np.full(n, -np.inf)
        self.shift = np.zeros(n)
        self.share = np.ones((n, len(schedule.sources)))
        self.stopped = np.zeros((n, len(schedule.sources)), dtype=bool)
        self.steps: dict[tuple[int, int, int], Rows] = {}
        self.day, self.amount = schedule.day.copy(), schedule.amount.copy()
        self.kept = np.ones(len(schedule.day), dtype=bool)
        self.fevers: list[tuple[Rows, Floats]] = []
        self.changed: list[tuple[Rows, Floats, int, str]] = []

    def visit(self, number: int) -> None:
        """Bring everybody to this visit, look, decide, and give."""
        planned, regimen = self.visits.day[:, number], self.visits.regimen[:, number]
        rows = np.flatnonzero(np.isfinite(planned))
        if number:
            self.shift[rows[regimen[rows] != self.visits.regimen[rows, number - 1]]] = 0.0
        away = planned[rows] + self.shift[rows] - self.watch.now[rows]
        self.watch.pass_days(rows, np.maximum(np.floor(away), 0).astype(np.int64))
        if number:
            self._react(rows, regimen, number)
        entries = self.visits.entries[number]
        due = np.zeros_like(self.stopped)
        due[self.schedule.patient[entries], self.schedule.source[entries]] = True
        omitted = self._hold(rows, regimen, self.visits.opens[:, number], due)
        self.shift[rows] = np.maximum(self.shift[rows], self.watch.now[rows] - planned[rows])
        self._give(entries, omitted)

    def finish(self) -> None:
        """Follow the counts after the last visit."""
        rows = np.flatnonzero(self.watch.followed)
        left = np.maximum(self.watch.last[rows] - self.watch.now[rows], 0.0)
        self.watch.pass_days(rows, np.ceil(left).astype(np.int64) + _LAST_DAY)
        self._note_fever(rows, self.visits.day.shape[1])

    def _note_fever(self, rows: "Rows", number: int) -> "Rows":
        hit = self.watch.fever(rows, number)
        self.fevers.append((hit, self.watch.now[hit]))
        return hit

    def _react(self, rows: "Rows", regimen: "Rows", number: int) -> None:
        """Reduce or stop drugs for what happened since the last visit."""
        grades = grade(self.watch.lowest)
        happened = {name: grades[:, column] for column, name in enumerate(COUNT_EVENTS)}
        happened[FEVER] = np.zeros(len(self.shift), dtype=np.int64)
        happened[FEVER][self._note_fever(rows, number)] = 3
        who = self.incidents["patient"].to_numpy(np.int64)
        day = self.incidents["day"].to_numpy(float)
        recent = self.incidents[(day > self.reacted_until[who]) & (day <= self.watch.now[who])]
        for event, group in recent.groupby("event"):
            worst = happened.setdefault(str(event), np.zeros(len(self.shift), dtype=np.int64))
            np.maximum.at(worst, group["patient"].to_numpy(int), group["grade"].to_numpy(int))
        happened["any"] = np.max(list(happened.values()), axis=0)
        for place, one in enumerate(self.schedule.regimens):
            mine = rows[regimen[rows] == place]
            for rule_number, rule in enumerate(one.rules):
                self._apply(mine, place, rule_number, rule, happened)
        self.watch.forget(rows)
        self.reacted_until[rows] = self.watch.now[rows]

    def _apply(
        self, rows: "Rows", place: int, rule_number: int, rule: Rule, happened: "dict[str, Rows]"
    ) -> None:
        def had(events: "tuple[tuple[str, int], ...]") -> "NDArray[np.bool_]":
            none = np.zeros(len(self.shift), dtype=np.int64)
            return np.asarray(
                np.any([happened.get(name, none)[rows] >= least for name, least in events], axis=0)
            )

        covered = self._covered(rule)
        if rule.stopping:
            self._stop(rows[had(rule.stopping)], covered)
        for number, reduction in enumerate(rule.reduce):
            count = self.steps.setdefault(
                (place, rule_number, number), np.zeros(len(self.shift), dtype=np.int64)
            )
            hit = rows[had(reduction.events)]
            count[hit] += 1
            self._stop(hit[count[hit] > len(reduction.shares)], covered)
            left = hit[count[hit] <= len(reduction.shares)]
            shares = np.array(reduction.shares)[count[left] - 1]
            for source in covered:
                lower = shares < self.share[left, source]
                self.share[left[lower], source] = shares[lower]
                self.changed.append((left[lower], self.watch.now[left[lower]], source, "reduced"))

    def _covered(self, rule: Rule) -> "Rows":
        covers = [source.unit == "mg" and rule.covers(source.name) for source in self.schedule.sources]
        return np.flatnonzero(covers)

    def _stop(self, rows: "Rows", sources: "Rows") -> None:
        for source in sources:
            new = rows[~self.stopped[rows, source]]
            self.stopped[new, source] = True
            self.changed.append((new, self.watch.now[new], int(source), "stopped"))

    def _hold(
        self, rows: "Rows", regimen: "Rows", opens: "NDArray[np.bool_]", due: "NDArray[np.bool_]"
    ) -> "NDArray[np.bool_]":
        """Wait until the blood allows the cycle, or stop the drugs for which it does not in time.

        Returns the drugs of each patient that are left out on this day.
        """
        waited = np.zeros(len(self.shift))
        omitted = np.zeros_like(self.stopped)
        waiting = rows
        while len(waiting):
            seen = self.watch.look(waiting)
            omitted[waiting] = False
            delay = np.zeros(len(waiting))
            for place, one in enumerate(self.schedule.regimens):
                for rule in one.rules:
                    if rule.hold is None:
                        continue
                    covered = self._covered(rule)
                    open_ = (due[waiting] & ~self.stopped[waiting])[:, covered].any(axis=1)
                    low = np.any([seen[:, _COLUMN[k]] < v for k, v in rule.hold.lowest.items()], axis=0)
                    failing = (regimen[waiting] == place) & open_ & low
                    if rule.hold.look == "dose":
                        omitted[np.ix_(waiting[failing], covered)] = True
                        continue
                    failing &= opens[waiting]
                    step = rule.hold.again_after_day
                    late = failing & (waited[waiting] + step > rule.hold.for_at_most_day)
                    self._stop(waiting[late], covered)
                    held = failing & ~late
                    delay[held] = np.where(delay[held] > 0, np.minimum(delay[held], step), step)
                    for source in covered:
                        self.changed.append(
                            (waiting[held], self.watch.now[waiting[held]], int(source), "held")
                        )
            again = delay > 0
            waiting, days = waiting[again], np.ceil(delay[again]).astype(np.int64)
            self.watch.pass_days(waiting, days)
            waited[waiting] += days
        return omitted

    def _give(self, entries: "Rows", omitted: "NDArray[np.bool_]") -> None:
        who, source = self.schedule.patient[entries], self.schedule.source[entries]
        self.day[entries] = self.schedule.day[entries] + self.shift[who]
        self.amount[entries] = self.schedule.amount[entries] * self.share[who, source]
        today = self.day[entries] < self.watch.now[who] + 1
        left_out = omitted[who, source] & today & ~self.stopped[who, source]
        for number in np.unique(source[left_out]):
            mine = who[left_out & (source == number)]
            self.changed.append((mine, self.watch.now[mine], int(number), "omitted"))
        self.kept[entries] = ~(self.stopped[who, source] | left_out)
        now = replace(self.schedule, day=self.day, amount=self.amount)
        self.watch.give(now, entries[self.kept[entries]])

    def result(self, stop_day: "Floats") -> Administered:
        """Collect what was given, seen, suffered and changed."""
        import pandas as pd

        pushed = (self.schedule.day < stop_day[self.schedule.patient]) & (
            self.day >= stop_day[self.schedule.patient]
        )
        kept = np.flatnonzero(self.kept & ~pushed)
        order = kept[np.lexsort((self.schedule.source[kept], self.day[kept], self.schedule.patient[kept]))]
        columns = ("patient", "source", "regimen", "phase", "cycle")
        given = replace(
            self.schedule,
            day=self.day[order],
            amount=self.amount[order],
            **{name: getattr(self.schedule, name)[order] for name in columns},
        )
        fevers = pd.DataFrame(
            {
                "patient": np.concatenate([np.zeros(0, dtype=int), *(rows for rows, _ in self.fevers)]),
                "event": FEVER,
                "grade": 3,
                "day": np.concatenate([np.zeros(0), *(day for _, day in self.fevers)]),
                "begin": np.nan,
            }
        )
        events = pd.concat([part for part in (fevers, self.incidents) if len(part)] or [fevers])
        names = [source.name for source in self.schedule.sources]
        counts = [len(rows) for rows, _, _, _ in self.changed]
        drugs = np.array([names[source] for _, _, source, _ in self.changed], dtype=object)
        kinds = np.array([change for *_, change in self.changed], dtype=object)
        changes = pd.DataFrame(
            {
                "patient": np.concatenate([np.zeros(0, dtype=int), *(rows for rows, *_ in self.changed)]),
                "day": np.concatenate([np.zeros(0), *(day for _, day, _, _ in self.changed)]),
                "drug": np.repeat(drugs, counts),
                "change": np.repeat(kinds, counts),
            }
        )
        return Administered(
            schedule=given,
            counts=self.watch.counts(),
            events=events.sort_values(["patient", "day", "event"], ignore_index=True),
            changes=changes.sort_values(["patient", "day", "drug"], kind="stable", ignore_index=True),
            status=self.watch.status,
        )
