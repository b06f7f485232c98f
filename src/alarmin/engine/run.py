"""Simulation of many patients at once."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError, SolverError
from alarmin.engine.arguments import (
    Start,
    checked_events,
    checked_start,
    checked_times,
    checked_values,
    negative_slack,
    numbers,
    per_state,
)
from alarmin.engine.batch import Batch
from alarmin.engine.doses import Doses
from alarmin.engine.model import Model
from alarmin.engine.records import Results, Schedule, Tape
from alarmin.engine.status import Status
from alarmin.engine.workers import Progress, Tolerances, work_through

__all__ = ["simulate"]

FIRST_STEP = 1e-6  # of the horizon
EXTINCT = 1e-100
TAPE_STEPS = 1 << 14
SHOWN = 10


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
    values : array or data frame, shape (n_patients, len(model.parameters))
        Value of each parameter that varies; columns of a data frame are found by their names.
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
    table, grid = checked_values(model, values), checked_times(times)
    patients = table.shape[0]
    problems = []
    relative = numbers(rtol, "rtol")
    if relative.shape or not 0.0 < relative < 1.0:
        problems.append(f"rtol: {rtol}, expected a number between 0 and 1")
    if max_steps < 1:
        problems.append(f"max_steps: {max_steps}, expected at least 1")
    if threads is not None and threads < 1:
        problems.append(f"threads: {threads}, expected at least 1")
    if on_error not in ("status", "raise"):
        problems.append(f"on_error: {on_error!r}, expected 'status' or 'raise'")
    if problems:
        raise DataError(*problems)
    atol_per_state = per_state(model, rtol * 1e-3 if atol is None else atol, rtol * 1e-3, "atol")
    tolerances = Tolerances(
        rtol,
        atol_per_state,
        per_state(model, extinction, EXTINCT, "extinction"),
        negative_slack(model, nonnegative, atol_per_state),
    )
    events = checked_events(model, doses, table)
    output, target, latest = checked_start(model, start, patients)
    place = {state: i for i, state in enumerate(model.states)}
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
        first_step=FIRST_STEP * max(float(grid[-1]), latest, float(np.finfo(float).tiny)),
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
    rounds, tape = _tapes(shared_steps, patients)
    for members, replay in rounds:
        turn = tape._replace(replay=replay)
        work_through(model, members, tolerances, schedule, turn, results, threads=threads, progress=progress)
    at_fault = [model.states[i] if i >= 0 else "" for i in results.failed_state]
    _mark_undefined(model, grid, results, at_fault)
    batch = Batch(
        outputs=model.outputs,
        times=grid,
        values=results.values,
        status=results.status,
        failed_at=results.failed_at,
        failed_state=tuple(at_fault),
        start_time=results.start_time,
        n_steps=results.n_steps,
        n_rejected=results.n_rejected,
    )
    if on_error == "raise" and (failures := batch.failures()):
        raise SolverError(*(str(failure) for failure in failures[:SHOWN]))
    return batch


def _mark_undefined(model: Model, grid: NDArray[np.float64], results: Results, at_fault: list[str]) -> None:
    """Give a status to patients whose states are sound but whose recorded formulas are not (0/0, say)."""
    unclear = np.isnan(results.values).any(axis=(1, 2)) & (results.status == Status.OK)
    for patient in np.flatnonzero(unclear):
        place, output = np.argwhere(np.isnan(results.values[patient]))[0]
        results.status[patient] = int(Status.UNDEFINED)
        results.failed_at[patient] = grid[place]
        at_fault[patient] = model.outputs[output]
