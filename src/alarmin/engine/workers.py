"""Threads that share a list of patients, each with a workspace of its own."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from threading import Thread
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from alarmin.engine.driver import integrate
from alarmin.engine.kernels import EXPORTS
from alarmin.engine.model import Model
from alarmin.engine.records import Results, Schedule, Tape, Where, empty_lanes

__all__ = ["Progress", "Tolerances", "usable_cores", "work_through"]

Floats = NDArray[np.float64]


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


def _where(model: Model) -> Where:
    layout, lanes = model.layout, model.lanes
    first = {
        name: getattr(layout, name) * lanes
        for name in Where._fields
        if name not in (*EXPORTS, "lanes", "states", "varying", "triggers", "outputs", "dosed")
    }
    return Where(
        **{name: model.library.addresses[name] for name in EXPORTS},
        lanes=lanes,
        states=layout.states,
        varying=layout.varying,
        triggers=layout.triggers,
        outputs=layout.outputs,
        dosed=layout.dosed,
        **first,
    )


@dataclass(frozen=True)
class Tolerances:
    """Numbers per state, in the order of elimination.

    Attributes
    ----------
    rtol : float
        Relative tolerance.
    atol, floor, slack : ndarray, shape (n_states,) [unit of the state]
        Absolute tolerance; magnitude below which a state becomes 0; how far below zero it may fall.
    """

    rtol: float
    atol: Floats
    floor: Floats
    slack: Floats


def _workspace(model: Model, tolerances: Tolerances) -> Floats:
    """Zeroed rows aligned to 64 bytes, with the tolerances in place."""
    lanes, layout = model.lanes, model.layout
    raw = np.zeros(layout.rows * lanes + 8)
    shift = (-raw.ctypes.data % 64) // 8
    workspace = raw[shift : shift + layout.rows * lanes]
    rows = workspace.reshape(layout.rows, lanes)
    rows[layout.rtol] = tolerances.rtol
    columns = (
        (layout.atol, tolerances.atol),
        (layout.floor, tolerances.floor),
        (layout.slack, tolerances.slack),
    )
    for first, column in columns:
        rows[first : first + layout.states] = column[:, None]
    return workspace


def usable_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def work_through(
    model: Model,
    patients: NDArray[np.int64],
    tolerances: Tolerances,
    schedule: Schedule,
    tape: Tape,
    results: Results,
    *,
    threads: int | None,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Integrate patients with one driver per thread; return when all are done.

    Parameters
    ----------
    model : Model
        Compiled kernels.
    patients : ndarray of int
        Which patients, in the order in which they are taken.
    tolerances : Tolerances
        Accuracy.
    schedule, tape, results : Schedule, Tape, Results
        For the driver.
    threads : int, optional
        By default the usable cores; never more than there are patients to fill lanes with.
    progress : callable, optional
        Called about ten times a second, and once at the end.

    Raises
    ------
    KeyboardInterrupt
        After all threads have stopped, which takes less than one step.
    """
    where = _where(model)
    counters, stop = np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64)
    errors: list[BaseException] = []

    def work(workspace: Floats) -> None:
        lanes = empty_lanes(model.lanes, model.layout.dosed)
        pointer, shared = workspace.ctypes.data, counters.ctypes.data
        try:
            integrate(where, workspace, pointer, lanes, patients, shared, stop, schedule, tape, results)
        except BaseException as error:  # handed to the caller's thread
            errors.append(error)

    count = max(1, min(threads or usable_cores(), -(-patients.size // model.lanes)))
    workers = [Thread(target=work, args=(_workspace(model, tolerances),), daemon=True) for _ in range(count)]
    try:
        for worker in workers:
            worker.start()
        _watch(workers, counters, patients.size, progress)
    finally:
        stop[0] = 1
        for worker in workers:
            if worker.ident is not None:  # an interruption may come before the last thread has begun
                worker.join()
    if errors:
        raise errors[0]


def _watch(
    workers: Sequence[Thread],
    counters: NDArray[np.int64],
    total: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Wait for the workers and report, at least once; short waits, so that an interruption is seen."""
    began, waiting = monotonic(), True
    while waiting:
        for worker in workers:
            worker.join(0.1 / len(workers))
        waiting = any(worker.is_alive() for worker in workers)
        if progress is not None:
            done, elapsed_s = int(counters[1]), monotonic() - began
            progress(Progress(done, total, elapsed_s, elapsed_s / done * (total - done) if done else nan))
