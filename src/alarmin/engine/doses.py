"""Doses as the user gives them, and as the driver takes them: jumps and changes of rate in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError, unknown_id
from alarmin.engine.records import BOLUS, RATE

__all__ = ["Doses", "Events", "order_events"]

EVERYONE = -1


@dataclass(frozen=True)
class Doses:
    """Doses of a batch as flat columns of equal length, in any order.

    Attributes
    ----------
    patient : ndarray of int
        Row of the patient in `values`; -1 gives the dose to everyone.
    time : ndarray [time unit of the model]
        When the dose begins, counted from the start of treatment, >= 0.
    target : ndarray of str
        Id of the state that receives it.
    amount : ndarray [unit of the state; amount of substance for species]
        How much in all, >= 0.
    duration : ndarray [time unit of the model]
        0 for a bolus; otherwise the length of a zero-order infusion. Overlapping infusions add up.
    """

    patient: NDArray[np.int64]
    time: NDArray[np.float64]
    target: NDArray[np.str_]
    amount: NDArray[np.float64]
    duration: NDArray[np.float64]

    def __init__(
        self,
        patient: ArrayLike,
        time: ArrayLike,
        target: Sequence[str] | NDArray[np.str_] | str,
        amount: ArrayLike,
        duration: ArrayLike = 0.0,
    ) -> None:
        """Take scalars or arrays that broadcast together."""
        columns: tuple[NDArray[Any], ...] = (
            np.asarray(patient, dtype=np.int64),
            np.asarray(time, dtype=float),
            np.asarray(target, dtype=np.str_),
            np.asarray(amount, dtype=float),
            np.asarray(duration, dtype=float),
        )
        try:
            columns = np.broadcast_arrays(*columns)
        except ValueError:
            shapes = ", ".join(str(c.shape) for c in columns)
            raise DataError(f"doses: columns of different lengths ({shapes}), expected equal ones") from None
        names = ("patient", "time", "target", "amount", "duration")
        for name, column in zip(names, columns, strict=True):
            object.__setattr__(self, name, np.atleast_1d(column))

    def problems(self, *, patients: int, targets: Sequence[str]) -> list[str]:
        """Return one line for each kind of mistake, with the first row that shows it."""
        found = []
        for target in sorted(set(self.target.tolist()) - set(targets)):
            found.append("doses: " + unknown_id("dosed state", str(target), targets))
        bad = (self.patient < EVERYONE) | (self.patient >= patients)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            found.append(
                f"doses: row {row}: patient {self.patient[row]}, "
                f"expected 0 to {patients - 1}, or -1 for everyone"
            )
        for name in ("time", "amount", "duration"):
            column = getattr(self, name)
            bad = ~(np.isfinite(column) & (column >= 0.0))
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                found.append(f"doses: row {row}: {name} {column[row]:g}, expected a finite number >= 0")
        with np.errstate(over="ignore"):
            rate = np.divide(
                self.amount, self.duration, out=np.zeros_like(self.amount), where=self.duration > 0.0
            )
        if not found and not np.isfinite(rate).all():
            row = int(np.flatnonzero(~np.isfinite(rate))[0])
            found.append(f"doses: row {row}: duration {self.duration[row]:g} is too short for a finite rate")
        return found


@dataclass(frozen=True)
class Events:
    """Jumps of states and changes of input rates; those of patient p are `first[p] : first[p + 1]`.

    Attributes
    ----------
    first : ndarray of int, shape (n_patients + 1,)
        First event of each patient.
    time : ndarray
        When, rising within a patient.
    kind : ndarray of int
        `BOLUS` (add `value` to the state) or `RATE` (the input rate is `value` from now on).
    target : ndarray of int
        Place of the state among the dosed ones.
    value : ndarray
        Amount, or rate.
    """

    first: NDArray[np.int64]
    time: NDArray[np.float64]
    kind: NDArray[np.int64]
    target: NDArray[np.int64]
    value: NDArray[np.float64]


def _edges(
    group: NDArray[np.int64], begin: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the distinct beginnings and ends of each group, in order."""
    who, when = np.concatenate([group, group]), np.concatenate([begin, end])
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    new = np.ones(who.size, dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (when[1:] != when[:-1])
    return who[new], when[new]


@njit(cache=True)
def _add_rates(who, when, total, group, begin, end, rate):  # type: ignore[no-untyped-def]
    """Add each infusion to the total rate at the edges that it spans; all are sorted by group and time.

    Totals are summed anew for each span, in the order of the infusions, so that nothing is left over when
    the last one ends.
    """
    first = 0
    for row in range(group.size):
        while who[first] < group[row] or (who[first] == group[row] and when[first] < begin[row]):
            first += 1
        place = first
        while place < who.size and who[place] == group[row] and when[place] < end[row]:
            total[place] += rate[row]
            place += 1


def _for_each(doses: Doses, patients: int) -> list[NDArray[np.int64]]:
    """Rows of the dose table and the patient that each goes to, doses for everyone spread out."""
    shared = np.flatnonzero(doses.patient == EVERYONE)
    own = np.flatnonzero(doses.patient != EVERYONE)
    row = np.concatenate([own, np.tile(shared, patients)])
    patient = np.concatenate([doses.patient[own], np.repeat(np.arange(patients), shared.size)])
    return [row, patient]


def order_events(doses: Doses, *, patients: int, targets: Sequence[str]) -> Events:
    """Return the events of checked doses.

    Parameters
    ----------
    doses : Doses
        Checked doses.
    patients : int
        Number of patients.
    targets : sequence of str
        Dosed states.

    Returns
    -------
    Events
        The same for any order of the rows of `doses`.
    """
    names, inverse = np.unique(doses.target, return_inverse=True)
    place = {name: i for i, name in enumerate(targets)}
    targets_of = np.array([place[str(name)] for name in names], dtype=np.int64)[inverse]
    row, patient = _for_each(doses, patients)
    time, target = doses.time[row], targets_of[row]
    amount, duration = doses.amount[row], doses.duration[row]
    order = np.lexsort((duration, amount, time, target, patient))
    time, target, amount, duration, patient = (
        time[order],
        target[order],
        amount[order],
        duration[order],
        patient[order],
    )
    slow = duration > 0.0
    fast = ~slow
    width = max(len(targets), 1)
    begin, length = time[slow], duration[slow]
    infused = patient[slow] * width + target[slow]
    group, at = _edges(infused, begin, begin + length)
    rate = np.zeros(at.size)
    _add_rates(group, at, rate, infused, begin, begin + length, amount[slow] / length)
    who = np.concatenate([patient[fast], group // width])
    when = np.concatenate([time[fast], at])
    kind = np.concatenate([np.full(int(fast.sum()), BOLUS), np.full(at.size, RATE)])
    where = np.concatenate([target[fast], group % width])
    value = np.concatenate([amount[fast], rate])
    order = np.lexsort((value, where, kind, when, who))
    first = np.zeros(patients + 1, dtype=np.int64)
    np.cumsum(np.bincount(who, minlength=patients), out=first[1:])
    return Events(first, when[order], kind[order], where[order], value[order])
