"""Checks of what a caller gives to a simulation; all problems of one argument are listed at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError, unknown_id
from alarmin.engine.doses import Doses, Events, order_events
from alarmin.engine.model import Model

__all__ = [
    "Start",
    "checked_events",
    "checked_start",
    "checked_times",
    "checked_values",
    "negative_slack",
    "numbers",
    "per_state",
]

Floats = NDArray[np.float64]

NEGATIVE_SLACK = 1e3  # times the absolute tolerance
SHOWN = 10
LONGEST = 60


@dataclass(frozen=True)
class Start:
    """Phase before treatment: integrate until a recorded variable crosses a value upwards.

    Attributes
    ----------
    variable : str
        Id of an output of the model.
    values : array, shape (n_patients,) or scalar
        Value at which treatment starts.
    latest : float [time unit of the model]
        Patients who do not get there by then have the status `NOT_STARTED`.
    """

    variable: str
    values: ArrayLike
    latest: float


def numbers(given: Any, name: str) -> Floats:
    """Return an array of doubles, or raise DataError for text, complex numbers and uneven rows."""
    try:
        found = np.asarray(given)
        if found.dtype.kind in "biuf":
            return np.asarray(found, dtype=float, order="C")
        if found.dtype.kind == "O":
            return np.asarray(found.astype(float), order="C")
    except (TypeError, ValueError):
        pass
    raise DataError(f"{name}: {_shown(given)}, expected numbers in rows of equal length")


def _shown(given: Any) -> str:
    text = " ".join(repr(given).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _by_name(model: Model, table: Any) -> Any:
    """Return the columns of a data frame in the order of the model, or raise DataError for wrong names."""
    names = [str(name) for name in table.columns]
    problems = [
        unknown_id("parameter", name, model.parameters, where="values")
        for name in names
        if name not in model.parameters
    ]
    problems += [
        f"values: {'no column' if name not in names else 'more than one column'} '{name}', expected one"
        for name in model.parameters
        if names.count(name) != 1
    ]
    if problems:
        raise DataError(*problems[:SHOWN])
    return table[list(model.parameters)]


def checked_values(model: Model, values: Any) -> Floats:
    """Return the table of parameters, or raise DataError naming column and patient of bad values.

    Columns of a data frame are found by name; those of any other table are in the model's order.
    """
    table = numbers(_by_name(model, values) if hasattr(values, "columns") else values, "values")
    if table.ndim != 2 or table.shape[1] != len(model.parameters):
        raise DataError(
            f"values: shape {table.shape}, expected (patients, {len(model.parameters)}): one column each of "
            + ", ".join(model.parameters[:SHOWN])
            + (", ..." if len(model.parameters) > SHOWN else "")
        )
    sizes = np.array([name in model.system.sizes for name in model.parameters], dtype=bool)
    problems = _bad_cells(model, table, ~np.isfinite(table), "a finite number")
    problems += _bad_cells(model, table, sizes & np.isfinite(table) & (table <= 0.0), "a size above 0")
    if problems:
        raise DataError(*problems)
    return table


def _bad_cells(model: Model, table: Floats, bad: NDArray[np.bool_], expected: str) -> list[str]:
    """Return one line for each column with bad values."""
    problems = []
    for column in np.flatnonzero(bad.any(axis=0)):
        row = int(np.flatnonzero(bad[:, column])[0])
        count = int(bad[:, column].sum())
        more = f" (and {count - 1} more)" if count > 1 else ""
        problems.append(
            f"values: patient {row}, column '{model.parameters[column]}': {table[row, column]:g}{more}, "
            f"expected {expected}"
        )
    return problems


def checked_times(times: ArrayLike) -> Floats:
    """Return the times, or raise DataError if they do not rise from 0 or later."""
    grid = numbers(times, "times")
    if grid.ndim != 1 or grid.size == 0:
        raise DataError(f"times: shape {grid.shape}, expected a list of at least one time")
    bad = ~np.isfinite(grid)
    if bad.any():
        raise DataError(f"times: entry {int(np.flatnonzero(bad)[0])} is not finite")
    if grid[0] < 0.0:
        raise DataError(f"times: first time {grid[0]:g}, expected >= 0 (0 is the start of treatment)")
    falls = np.flatnonzero(np.diff(grid) <= 0.0)
    if falls.size:
        i = int(falls[0])
        raise DataError(f"times: entry {i + 1} is {grid[i + 1]:g} after {grid[i]:g}, expected rising times")
    return grid


def per_state(model: Model, given: ArrayLike | Mapping[str, float], default: float, name: str) -> Floats:
    """Values in the order of the compiled states."""
    states = model.system.states
    if isinstance(given, Mapping):
        problems = [unknown_id("state", key, states, where=name) for key in given if key not in states]
        if problems:
            raise DataError(*problems)
        column = numbers([given.get(state, default) for state in states], name)
    else:
        column = numbers(given, name)
        if column.shape not in ((), (len(states),)):
            raise DataError(
                f"{name}: shape {column.shape}, expected one number or {len(states)}, one per state"
            )
        column = np.broadcast_to(column, (len(states),))
    if not (np.isfinite(column) & (column >= 0.0)).all():
        raise DataError(f"{name}: expected finite numbers >= 0")
    place = {state: i for i, state in enumerate(states)}
    return column[[place[state] for state in model.states]]


def _own_doses(model: Model, values: Floats) -> Doses:
    """Return the doses that the model's events give, for each patient's parameters."""
    system, patients = model.system, values.shape[0]
    env: dict[str, ArrayLike] = dict(zip(system.parameters, system.defaults, strict=True))
    env |= {name: values[:, i] for i, name in enumerate(model.parameters)}
    columns: list[list[NDArray[np.float64]]] = [[], []]
    for dose in system.doses:
        for column, found in zip(columns, system.graph.evaluate([dose.time, dose.amount], env), strict=True):
            column.append(np.broadcast_to(np.asarray(found, dtype=float), (patients,)))
    count = len(system.doses)
    return Doses(
        np.tile(np.arange(patients), count),
        np.concatenate([*columns[0], np.zeros(0)]),
        np.repeat(np.array([dose.target for dose in system.doses], dtype=np.str_), patients),
        np.concatenate([*columns[1], np.zeros(0)]),
    )


def checked_events(model: Model, doses: Doses | None, values: Floats) -> Events:
    """Return the events of the doses, or of the model's own; raise DataError for each kind of mistake."""
    given = _own_doses(model, values) if doses is None else doses
    problems = given.problems(patients=values.shape[0], targets=model.dosed) if doses is not None else []
    if problems:
        raise DataError(*problems)
    return order_events(given, patients=values.shape[0], targets=model.dosed)


def checked_start(model: Model, start: Start | None, patients: int) -> tuple[int, Floats, float]:
    """Return the place of the start variable (-1 for none), its values and the latest time, checked."""
    if start is None:
        return -1, np.zeros(patients), 0.0
    problems = []
    if start.variable not in model.outputs:
        problems.append(unknown_id("output", start.variable, model.outputs, where="start"))
    values = numbers(start.values, "start")
    if values.shape not in ((), (patients,)):
        problems.append(f"start: {values.shape} values, expected one number or {patients}, one per patient")
    elif not np.isfinite(values).all():
        problems.append("start: a value is not finite")
    if not (np.isfinite(start.latest) and start.latest > 0.0):
        problems.append(f"start: latest {start.latest:g}, expected a finite number > 0")
    if problems:
        raise DataError(*problems)
    column = np.ascontiguousarray(np.broadcast_to(values, (patients,)))
    return model.outputs.index(start.variable), column, float(start.latest)


def negative_slack(model: Model, nonnegative: tuple[str, ...] | None, tolerance: Floats) -> Floats:
    """How far below zero each state may fall: infinitely where its sign is free."""
    states = model.system.states
    if nonnegative is None:
        chosen = {state for state in states if f"amount({state})" in model.system.observables}
    else:
        problems = [
            unknown_id("state", name, states, where="nonnegative")
            for name in nonnegative
            if name not in states
        ]
        if problems:
            raise DataError(*problems)
        chosen = set(nonnegative)
    kept = np.array([state in chosen for state in model.states])
    return np.where(kept, NEGATIVE_SLACK * np.maximum(tolerance, 1e-300), np.inf)
