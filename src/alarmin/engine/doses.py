"""Doses as the user gives them, and as the driver takes them: jumps and changes of rate in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError, unknown_id
from alarmin.engine.driver import BOLUS, RATE

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
        columns: list[NDArray[Any]] = [
            np.asarray(patient, dtype=np.int64),
            np.asarray(time, dtype=float),
            np.asarray(target, dtype=np.str_),
            np.asarray(amount, dtype=float),
            np.asarray(duration, dtype=float),
        ]
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
                f"doses: row {row}: patient {self.patient[row]}, expected 0 to {patients - 1}, or -1 for everyone"
            )
        for name in ("time", "amount", "duration"):
            column = getattr(self, name)
            bad = ~(np.isfinite(column) & (column >= 0.0))
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                found.append(f"doses: row {row}: {name} {column[row]:g}, expected a finite number >= 0")
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


def _input_rates(
    group: NDArray[np.int64], begin: NDArray[np.float64], end: NDArray[np.float64], rate: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Total rate from each beginning and end on, per group (rows sorted by group and beginning).

    Totals are summed anew for each span, in the order of the rows, so that nothing is left over when the
    last infusion ends.
    """
    edges = np.unique(np.stack([np.concatenate([group, group]), np.concatenate([begin, end])]), axis=1)
    edge_group, edge_time = edges[0].astype(np.int64), edges[1]
    total = np.zeros(edge_time.size)
    key = np.stack([edge_group.astype(float), edge_time])
    places = {pair: i for i, pair in enumerate(zip(key[0].tolist(), key[1].tolist(), strict=True))}
    for g, b, e, r in zip(group.tolist(), begin.tolist(), end.tolist(), rate.tolist(), strict=True):
        total[places[float(g), b] : places[float(g), e]] += r
    return edge_group, edge_time, total


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
    place = {name: i for i, name in enumerate(targets)}
    target = np.array([place[str(name)] for name in doses.target], dtype=np.int64)
    columns = [doses.patient, doses.time, target, doses.amount, doses.duration]
    shared = doses.patient == EVERYONE
    if shared.any():
        count = int(shared.sum())
        repeated = [
            np.repeat(np.arange(patients), count),
            *(np.tile(c[shared], patients) for c in columns[1:]),
        ]
        columns = [np.concatenate([c[~shared], r]) for c, r in zip(columns, repeated, strict=True)]
    order = np.lexsort((columns[4], columns[3], columns[1], columns[2], columns[0]))
    patient, time, target, amount, duration = (c[order] for c in columns)
    slow = duration > 0.0
    n_targets = max(len(targets), 1)
    group, at, rate = _input_rates(
        (patient * n_targets + target)[slow],
        time[slow],
        (time + duration)[slow],
        (amount / np.where(slow, duration, 1.0))[slow],
    )
    who = np.concatenate([patient[~slow], group // n_targets])
    when = np.concatenate([time[~slow], at])
    kind = np.repeat(np.array([BOLUS, RATE], dtype=np.int64), [int((~slow).sum()), at.size])
    where = np.concatenate([target[~slow], group % n_targets])
    value = np.concatenate([amount[~slow], rate])
    order = np.lexsort((value, where, kind, when, who))
    first = np.zeros(patients + 1, dtype=np.int64)
    np.cumsum(np.bincount(who, minlength=patients), out=first[1:])
    return Events(first, when[order], kind[order], where[order], value[order])
