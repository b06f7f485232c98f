"""What the driver is given and what it fills: plain arrays that Numba can take."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BOLUS", "RATE", "Lanes", "Results", "Schedule", "Tape", "Where", "empty_lanes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BOLUS, RATE = 0, 1


class Where(NamedTuple):
    """Addresses of kernels and first elements of the sections of a workspace."""

    prepare: int
    attempt: int
    commit: int
    dense_recorded: int
    dense_all: int
    observe: int
    jacobian: int
    lanes: int
    states: int
    varying: int
    triggers: int
    outputs: int
    dosed: int
    t: int
    h: int
    t_low: int
    t_high: int
    theta: int
    factor: int
    error: int
    mask: int
    parameters: int
    trigger_at: int
    inputs: int
    y: int
    y_new: int
    rhs: int
    k: int
    dense: int
    out: int
    y_start: int
    atol: int
    slack: int


class Schedule(NamedTuple):
    """What is asked for. Events of patient p are `first[p] : first[p + 1]`, in the order of time."""

    values: Floats
    times: Floats
    first: Ints
    event_time: Floats
    event_kind: Ints
    event_target: Ints
    event_value: Floats
    dose_state: Ints
    start_output: int
    start_value: Floats
    start_latest: float
    first_step: float
    max_steps: int
    rtol: float


class Results(NamedTuple):
    """What is written: one row per patient."""

    values: Floats
    status: Ints
    failed_at: Floats
    failed_state: Ints
    start_time: Floats
    n_steps: Ints
    n_rejected: Ints


class Tape(NamedTuple):
    """Steps of some patients, written on a first run and followed by others on a second one.

    `of` gives the row of each patient, -1 for none. A row of `time` holds the ends of the steps: those before
    treatment up to `split`, then those of treatment up to `length`.
    """

    of: Ints
    replay: bool
    time: Floats
    length: Ints
    split: Ints


class Lanes(NamedTuple):
    """State of the lanes of one thread.

    `patient` is -1 for an empty lane; `ended` is -1 while a patient is under way, then a status. `limit` is
    how far the next step may go; `settle` says that it must be found anew. `h` is the step that the tolerance
    allows and `h_used` the one taken, shorter where `cut`. `learned` holds, for each kind of jump (bolus into
    a state, change of its input rate, switch of a condition), the step that went well after the last one;
    `jumped` marks the kinds since the last accepted step.
    """

    patient: Ints
    ended: Ints
    t: Floats
    h: Floats
    h_used: Floats
    t_new: Floats
    limit: Floats
    gap: Floats
    event: Ints
    place: Ints
    cursor: Ints
    growing: Flags
    accepted: Flags
    cut: Flags
    follow: Flags
    rejected: Flags
    settle: Flags
    learned: Floats
    jumped: Flags


def empty_lanes(lanes: int, dosed: int) -> Lanes:
    """Return lanes without patients."""
    kinds = 2 * dosed + 1

    def floats() -> Floats:
        return np.zeros(lanes)

    def flags() -> Flags:
        return np.zeros(lanes, dtype=np.bool_)

    def ints() -> Ints:
        return np.zeros(lanes, dtype=np.int64)

    return Lanes(
        patient=np.full(lanes, -1, dtype=np.int64),
        ended=np.full(lanes, -1, dtype=np.int64),
        t=floats(),
        h=floats(),
        h_used=np.ones(lanes),
        t_new=floats(),
        limit=floats(),
        gap=floats(),
        event=ints(),
        place=ints(),
        cursor=ints(),
        growing=flags(),
        accepted=flags(),
        cut=flags(),
        follow=flags(),
        rejected=flags(),
        settle=flags(),
        learned=np.zeros((lanes, kinds)),
        jumped=np.zeros((lanes, kinds), dtype=np.bool_),
    )
