"""Simulation of many patients: checks, threads, results."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from time import monotonic
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError, SolverError, unknown_id
from alarmin.engine.batch import Batch
from alarmin.engine.doses import Doses, Events, order_events
from alarmin.engine.driver import Results, Schedule, Tape, Where, integrate
from alarmin.engine.kernels import EXPORTS
from alarmin.engine.model import Model
from alarmin.engine.status import Status

__all__ = ["Progress", "Start", "simulate"]

Floats = NDArray[np.float64]

FIRST_STEP = 1e-6  # of the horizon
EXTINCT = 1e-100
NEGATIVE_SLACK = 1e3  # times the absolute tolerance
TAPE_STEPS = 1 << 14
SHOWN = 10


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


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    done, total : int
        Patients.
    elapsed_s : float
        Time since the beginning [s].
    left_s : float
        Expected time to the end [s], NaN before the first patient is done.
    """

    done: int
    total: int
    elapsed_s: float
    left_s: float


def _checked_values(model: Model, values: ArrayLike) -> Floats:
    table = np.ascontiguousarray(values, dtype=float)
    if table.ndim != 2 or table.shape[1] != len(model.parameters):
        raise DataError(
            f"values: shape {table.shape}, expected (patients, {len(model.parameters)}): one column for each of "
            + ", ".join(model.parameters[:SHOWN])
            + (", ..." if len(model.parameters) > SHOWN else "")
        )
    bad = ~np.isfinite(table)
    if bad.any():
        problems = []
        for column in np.flatnonzero(bad.any(axis=0)):
            row = int(np.flatnonzero(bad[:, column])[0])
            count = int(bad[:, column].sum())
            more = f" (and {count - 1} more)" if count > 1 else ""
            problems.append(
                f"values: patient {row}, column '{model.parameters[column]}': {table[row, column]:g}{more}, "
                "expected a finite number"
            )
        raise DataError(*problems)
    return table


def _checked_times(times: ArrayLike) -> Floats:
    grid = np.ascontiguousarray(times, dtype=float)
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


def _per_state(model: Model, given: ArrayLike | Mapping[str, float], default: float, name: str) -> Floats:
    """Values in the order of the compiled states."""
    states = model.system.states
    if isinstance(given, Mapping):
        problems = [unknown_id("state", key, states, where=name) for key in given if key not in states]
        if problems:
            raise DataError(*problems)
        column = np.array([given.get(state, default) for state in states], dtype=float)
    else:
        column = np.asarray(given, dtype=float)
        if column.shape not in ((), (len(states),)):
            raise DataError(
                f"{name}: shape {column.shape}, expected one number or {len(states)}, one per state"
            )
        column = np.broadcast_to(column, (len(states),))
    if not (np.isfinite(column) & (column >= 0.0)).all():
        raise DataError(f"{name}: expected finite numbers >= 0")
    place = {state: i for i, state in enumerate(states)}
    return column[[place[state] for state in model.equations.states]]


def _own_doses(model: Model, values: Floats) -> Doses:
    """The doses that the model's events give, for each patient's parameters."""
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


def _checked_events(model: Model, doses: Doses | None, values: Floats) -> Events:
    given = _own_doses(model, values) if doses is None else doses
    problems = given.problems(patients=values.shape[0], targets=model.dosed) if doses is not None else []
    if problems:
        raise DataError(*problems)
    return order_events(given, patients=values.shape[0], targets=model.dosed)


def _checked_start(model: Model, start: Start | None, patients: int) -> tuple[int, Floats, float]:
    if start is None:
        return -1, np.zeros(patients), 0.0
    problems = []
    if start.variable not in model.outputs:
        problems.append(unknown_id("output", start.variable, model.outputs, where="start"))
    values = np.asarray(start.values, dtype=float)
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


def _where(model: Model) -> Where:
    layout, lanes = model.layout, model.lanes
    first = {
        name: getattr(layout, name) * lanes
        for name in Where._fields
        if name not in (*EXPORTS, "lanes", "states", "varying", "triggers", "outputs", "dosed", "last_k")
    }
    return Where(
        **{name: model.library.addresses[name] for name in EXPORTS},
        lanes=lanes,
        states=layout.states,
        varying=layout.varying,
        triggers=layout.triggers,
        outputs=layout.outputs,
        dosed=layout.dosed,
        last_k=(layout.k + 7 * layout.states) * lanes,
        **first,
    )


def _workspace(model: Model, rtol: float, atol: Floats, floor: Floats, slack: Floats) -> Floats:
    """Zeroed rows aligned to 64 bytes, with the tolerances in place."""
    lanes, layout = model.lanes, model.layout
    raw = np.zeros(layout.rows * lanes + 8)
    shift = (-raw.ctypes.data % 64) // 8
    workspace = raw[shift : shift + layout.rows * lanes]
    rows = workspace.reshape(layout.rows, lanes)
    rows[layout.rtol] = rtol
    for first, column in ((layout.atol, atol), (layout.floor, floor), (layout.slack, slack)):
        rows[first : first + layout.states] = column[:, None]
    return workspace


class _Run:
    """One call of the driver per thread, with shared counters."""

    def __init__(self, patients: NDArray[np.int64], threads: int) -> None:
        self.patients = patients
        self.threads = threads
        self.counters = np.zeros(2, dtype=np.int64)
        self.stop = np.zeros(1, dtype=np.int64)
        self.errors: list[BaseException] = []

    def work(self, where: Where, workspace: Floats, schedule: Schedule, tape: Tape, results: Results) -> None:
        try:
            integrate(
                where,
                workspace,
                workspace.ctypes.data,
                self.patients,
                self.counters,
                self.counters.ctypes.data,
                self.stop,
                schedule,
                tape,
                results,
            )
        except BaseException as error:  # handed to the caller's thread
            self.errors.append(error)

    def go(self, make: Callable[[], tuple[object, ...]], progress: Callable[[Progress], None] | None) -> None:
        """Run all threads to the end; on an interruption stop them before it goes on."""
        began = monotonic()
        workers = [Thread(target=self.work, args=make(), daemon=True) for _ in range(self.threads)]
        try:
            for worker in workers:
                worker.start()
            while any(worker.is_alive() for worker in workers):
                for worker in workers:
                    worker.join(0.1 / len(workers))
                if progress is not None:
                    self._report(progress, monotonic() - began)
        finally:
            self.stop[0] = 1
            for worker in workers:
                if worker.ident is not None:
                    worker.join()
        if self.errors:
            raise self.errors[0]

    def _report(self, progress: Callable[[Progress], None], elapsed_s: float) -> None:
        done, total = int(self.counters[1]), self.patients.size
        left_s = elapsed_s / done * (total - done) if done else float("nan")
        progress(Progress(done, total, elapsed_s, left_s))


def _usable_cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _tapes(
    shared_steps: ArrayLike | None, patients: int
) -> tuple[list[tuple[NDArray[np.int64], bool]], Tape]:
    """Which patients run first and which follow, and the empty tape."""
    everyone = np.arange(patients)
    if shared_steps is None:
        none = np.full(patients, -1, dtype=np.int64)
        tape = Tape(none, False, np.zeros((1, 1)), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
        return [(everyone, False)], tape
    groups = np.asarray(shared_steps)
    if groups.shape != (patients,):
        raise DataError(f"shared_steps: shape {groups.shape}, expected ({patients},), a group per patient")
    _, leaders, of = np.unique(groups, return_index=True, return_inverse=True)
    count = leaders.size
    tape = Tape(
        of.astype(np.int64),
        False,
        np.zeros((count, TAPE_STEPS)),
        np.zeros(count, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
    )
    followers = np.setdiff1d(everyone, leaders)
    return [(leaders.astype(np.int64), False), (followers, True)], tape


def simulate(
    model: Model,
    values: ArrayLike,
    times: ArrayLike,
    *,
    doses: Doses | None = None,
    start: Start | None = None,
    rtol: float = 1e-6,
    atol: ArrayLike | Mapping[str, float] | None = None,
    extinction: ArrayLike | Mapping[str, float] = EXTINCT,
    nonnegative: tuple[str, ...] | None = None,
    threads: int | None = None,
    max_steps: int = 100_000,
    progress: Callable[[Progress], None] | None = None,
    on_error: Literal["status", "raise"] = "status",
    shared_steps: ArrayLike | None = None,
) -> Batch:
    """Simulate patients that differ in parameters and doses.

    Parameters
    ----------
    model : Model
        From `compile_model`.
    values : array, shape (n_patients, len(model.parameters))
        Value of each parameter that varies.
    times : array, shape (n_times,) [time unit of the model]
        Rising times to record, counted from the start of treatment, first >= 0.
    doses : Doses, optional
        Doses; without them the model's own.
    start : Start, optional
        Phase before treatment. Treatment starts at time 0; the growth phase counts its own time from 0.
    rtol : float
        Relative tolerance of one step, root mean square over states.
    atol : float, array per state or dict, optional
        Absolute tolerance in units of the states; `rtol / 1000` by default.
    extinction : float, array per state or dict
        A state whose magnitude falls below this at the end of a step becomes 0.
    nonnegative : tuple of str, optional
        States that must not fall below zero by more than 1000 times `atol`; all species by default.
    threads : int, optional
        Threads; by default as many as there are cores, and no more than there are patients for.
    max_steps : int
        Attempted steps per patient before it fails with `STEP_LIMIT`.
    progress : callable, optional
        Called about ten times a second with a `Progress`.
    on_error : {"status", "raise"}
        Whether a patient who fails is a status or an exception.
    shared_steps : array of int, shape (n_patients,), optional
        Patients of one group take the steps of its first member, so that their differences are smooth.

    Returns
    -------
    Batch
        Bit for bit the same for any order of patients and doses, any number of lanes and threads.

    Raises
    ------
    DataError
        Values, times, doses or tolerances that are malformed; one line for each problem.
    SolverError
        With `on_error="raise"`, one line for each of the first ten patients who failed.
    """
    table, grid = _checked_values(model, values), _checked_times(times)
    patients = table.shape[0]
    if not (np.isfinite(rtol) and 0.0 < rtol < 1.0):
        raise DataError(f"rtol: {rtol:g}, expected a number between 0 and 1")
    if max_steps < 1:
        raise DataError(f"max_steps: {max_steps}, expected at least 1")
    tolerance = _per_state(model, rtol * 1e-3 if atol is None else atol, rtol * 1e-3, "atol")
    floor = _per_state(model, extinction, EXTINCT, "extinction")
    slack = _slack(model, nonnegative, tolerance)
    events = _checked_events(model, doses, table)
    output, target, latest = _checked_start(model, start, patients)
    place = {state: i for i, state in enumerate(model.equations.states)}
    schedule = Schedule(
        values=table,
        times=grid,
        first=events.first,
        event_time=events.time,
        event_kind=events.kind,
        event_target=events.target,
        event_value=events.value,
        dose_state=np.array([place[name] for name in model.dosed], dtype=np.int64),
        start_output=output,
        start_value=target,
        start_latest=latest,
        first_step=FIRST_STEP * max(float(grid[-1]), latest, np.finfo(float).tiny),
        max_steps=max_steps,
        rtol=rtol,
    )
    results = Results(
        values=np.full((patients, grid.size, len(model.outputs)), np.nan),
        status=np.full(patients, int(Status.INTERRUPTED), dtype=np.int64),
        failed_at=np.full(patients, np.nan),
        failed_state=np.full(patients, -1, dtype=np.int64),
        start_time=np.full(patients, np.nan),
        n_steps=np.zeros(patients, dtype=np.int64),
        n_rejected=np.zeros(patients, dtype=np.int64),
    )
    where = _where(model)
    rounds, tape = _tapes(shared_steps, patients)
    for members, replay in rounds:
        wanted = threads or _usable_cores()
        run = _Run(members, max(1, min(wanted, -(-members.size // model.lanes))))
        turn = tape._replace(replay=replay)
        run.go(
            lambda t=turn: (where, _workspace(model, rtol, tolerance, floor, slack), schedule, t, results),
            progress,
        )
    batch = Batch(
        outputs=model.outputs,
        times=grid,
        values=results.values,
        status=results.status,
        failed_at=results.failed_at,
        failed_state=tuple(model.equations.states[i] if i >= 0 else "" for i in results.failed_state),
        start_time=results.start_time,
        n_steps=results.n_steps,
        n_rejected=results.n_rejected,
    )
    if on_error == "raise" and (failures := batch.failures()):
        raise SolverError(*(str(failure) for failure in failures[:SHOWN]))
    return batch


def _slack(model: Model, nonnegative: tuple[str, ...] | None, tolerance: Floats) -> Floats:
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
    kept = np.array([state in chosen for state in model.equations.states])
    return np.where(kept, NEGATIVE_SLACK * np.maximum(tolerance, 1e-300), np.inf)
