"""The loop over patients: lanes of one thread, each with its own time, step, doses and next patient.

Compiled once per machine by Numba, for all models: it touches states only through kernels called by
address and through rows of the workspace. It releases the interpreter lock, writes only to its own
workspace and to the rows of its own patients, and shares nothing else between threads but two counters.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from alarmin.engine.native import call_kernel, take
from alarmin.engine.rodas5p import STAGES, A, c

__all__ = ["BOLUS", "RATE", "Results", "Schedule", "Tape", "Where", "integrate"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BOLUS, RATE = 0, 1
_OK, _STEP_LIMIT, _NON_FINITE, _NEGATIVE, _STEP_SIZE, _NOT_STARTED, _PAST_START = range(7)
_SHRINK_NEGATIVE = 0.5
_SMALLEST_STEP = 1e-14  # of the horizon
_ROOT_TURNS = 60
_A = np.array([row + (0.0,) * (STAGES - len(row)) for row in A])
_C_TIME = np.array(c)


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

    values: NDArray[np.float64]
    status: Ints
    failed_at: Floats
    failed_state: Ints
    start_time: Floats
    n_steps: Ints
    n_rejected: Ints


class Tape(NamedTuple):
    """Steps of some patients, written on a first run and followed by others on a second one."""

    of: Ints
    replay: bool
    time: NDArray[np.float64]
    length: Ints
    split: Ints


@njit(cache=True, nogil=True)
def _blow_up(w, ws, lane, pointer):  # type: ignore[no-untyped-def]
    """First state whose rate is not finite where the failed step looked, or -1. Overwrites the lane."""
    L, n = w.lanes, w.states
    stage = 0
    while stage < STAGES - 1:
        finite = True
        for i in range(n):
            if not np.isfinite(ws[w.k + (stage * n + i) * L + lane]):
                finite = False
        if not finite:
            break
        stage += 1
    for i in range(n):
        for j in range(stage):
            ws[w.y + i * L + lane] += _A[stage, j] * ws[w.k + (j * n + i) * L + lane]
    ws[w.t + lane] += _C_TIME[stage] * ws[w.h + lane]
    call_kernel(w.jacobian, pointer)
    for i in range(n):
        if not np.isfinite(ws[w.rhs + i * L + lane]):
            return i
    return -1


@njit(cache=True, nogil=True)
def _fault(w, ws, lane, reason, rtol, pointer):  # type: ignore[no-untyped-def]
    """State that explains a failure."""
    L, n = w.lanes, w.states
    if reason == _NON_FINITE:
        for i in range(n):
            if not np.isfinite(ws[w.y + i * L + lane]):
                return i
        found = _blow_up(w, ws, lane, pointer)
        if found >= 0:
            return found
    worst, found = -1.0, 0
    for i in range(n):
        at = i * L + lane
        scale = ws[w.atol + at] + rtol * abs(ws[w.y + at])
        if reason == _NEGATIVE:
            size = -(ws[w.y_new + at] + ws[w.slack + at])
        elif reason == _NON_FINITE:
            size = abs(ws[w.rhs + at]) / scale
        else:
            size = abs(ws[w.k + (STAGES - 1) * n * L + at]) / scale
        if size > worst:
            worst, found = size, i
    return found


@njit(cache=True, nogil=True)
def _record(w, ws, lane, results, patient, place):  # type: ignore[no-untyped-def]
    for v in range(w.outputs):
        results.values[patient, place, v] = ws[w.out + v * w.lanes + lane]


@njit(cache=True, nogil=True)
def _start_gap(w, ws, pointer, lane, theta, output, target):  # type: ignore[no-untyped-def]
    """Start variable minus its target at a place within the step."""
    ws[w.theta + lane] = theta
    call_kernel(w.dense_all, pointer)
    call_kernel(w.observe, pointer)
    return ws[w.out + output * w.lanes + lane] - target


@njit(cache=True, nogil=True)
def _crossing(w, ws, pointer, lane, output, target, gap_low, gap_high):  # type: ignore[no-untyped-def]
    """Place within the step where the start variable reaches its target (Illinois rule)."""
    low, high, theta, side = 0.0, 1.0, 1.0, 0
    for _ in range(_ROOT_TURNS):
        theta = low + (high - low) * gap_low / (gap_low - gap_high)
        if not low < theta < high:
            theta = 0.5 * (low + high)
        gap = _start_gap(w, ws, pointer, lane, theta, output, target)
        if gap >= 0.0:
            high, gap_high = theta, gap
            if side == 1:
                gap_low *= 0.5
            side = 1
        else:
            low, gap_low = theta, gap
            if side == -1:
                gap_high *= 0.5
            side = -1
        if high - low < 1e-14 or abs(gap) <= 1e-14 * abs(target):
            break
    return theta


@njit(cache=True, nogil=True)
def integrate(w, ws, pointer, patients, counter_pointer, stop, schedule, tape, results):  # type: ignore[no-untyped-def]  # noqa: C901
    """Integrate patients until the shared counter runs past the list or `stop` is set.

    Parameters
    ----------
    w : Where
        Kernels and workspace sections, in elements.
    ws : ndarray, shape (rows * lanes,)
        Workspace of this thread, aligned to 64 bytes.
    pointer : int
        Address of `ws`.
    patients : ndarray of int
        Patients to take, in this order.
    counter_pointer : int
        Address of two shared 64-bit counters: next place in `patients`, patients done.
    stop : ndarray of int, shape (1,)
        Set by another thread to end early.
    schedule : Schedule
        What to do.
    tape : Tape
        Steps to write or to follow.
    results : Results
        Receives what is found.
    """
    L, n = w.lanes, w.states
    times, n_times = schedule.times, schedule.times.size
    t_end = times[n_times - 1]
    n_learned = 2 * w.dosed + 1
    patient = np.full(L, -1, dtype=np.int64)
    t, h, h_used, t_new, limit = np.zeros(L), np.ones(L), np.ones(L), np.zeros(L), np.zeros(L)
    growing, accepted, cut = np.zeros(L, np.bool_), np.zeros(L, np.bool_), np.zeros(L, np.bool_)
    rejected_last, want = np.zeros(L, np.bool_), np.zeros(L, np.bool_)
    event, place, cursor = np.zeros(L, np.int64), np.zeros(L, np.int64), np.zeros(L, np.int64)
    gap = np.zeros(L)
    learned = np.zeros((L, n_learned))
    restarted = np.zeros((L, n_learned), np.bool_)
    settle = np.zeros(L, np.bool_)
    ended = np.full(L, -1, dtype=np.int64)
    empty, active = False, 0
    for lane in range(L):
        ws[w.h + lane] = 1.0
        ended[lane] = -2
    while True:
        # --- lanes without a patient take the next one
        for lane in range(L):
            while patient[lane] < 0 and not empty:
                at = take(counter_pointer)
                if at >= patients.size:
                    empty = True
                    break
                p = patients[at]
                patient[lane] = p
                active += 1
                for v in range(w.varying):
                    ws[w.parameters + v * L + lane] = schedule.values[p, v]
                call_kernel(w.prepare, pointer)
                for i in range(n):
                    ws[w.y + i * L + lane] = ws[w.y_start + i * L + lane]
                for i in range(w.dosed):
                    ws[w.inputs + i * L + lane] = 0.0
                t[lane], place[lane], event[lane], cursor[lane] = 0.0, 0, schedule.first[p], 0
                h[lane] = schedule.first_step
                rejected_last[lane] = False
                for k in range(n_learned):
                    learned[lane, k] = schedule.first_step
                    restarted[lane, k] = False
                settle[lane] = True
                ended[lane] = -1
                growing[lane] = schedule.start_output >= 0
                if tape.of[p] >= 0 and not tape.replay:
                    tape.length[tape.of[p]] = 0
                    tape.split[tape.of[p]] = 0
                for i in range(n):
                    if not np.isfinite(ws[w.y + i * L + lane]):
                        ended[lane] = _NON_FINITE
                if growing[lane] and ended[lane] < 0:
                    ws[w.t + lane], ws[w.theta + lane] = 0.0, 0.0
                    for i in range(n):
                        ws[w.dense + i * L + lane] = ws[w.y + i * L + lane]
                    call_kernel(w.observe, pointer)
                    gap[lane] = ws[w.out + schedule.start_output * L + lane] - schedule.start_value[p]
                    if gap[lane] > 0.0:
                        ended[lane] = _PAST_START
                    elif gap[lane] == 0.0:
                        growing[lane] = False
                        results.start_time[p] = 0.0
        if active == 0 or stop[0] != 0:
            break
        # --- doses and switches at the present time, and how far the next step may go
        for lane in range(L):
            if patient[lane] < 0 or not settle[lane] or ended[lane] >= 0:
                continue
            settle[lane] = False
            # What lies closer ahead than the smallest step is taken as now.
            now = t[lane] + _SMALLEST_STEP * (schedule.start_latest if growing[lane] else t_end)
            if growing[lane]:
                limit[lane] = schedule.start_latest
            else:
                p = patient[lane]
                last = schedule.first[p + 1]
                while event[lane] < last and schedule.event_time[event[lane]] <= now:
                    e = event[lane]
                    target = schedule.event_target[e]
                    if schedule.event_kind[e] == BOLUS:
                        ws[w.y + schedule.dose_state[target] * L + lane] += schedule.event_value[e]
                        restarted[lane, target] = True
                        h[lane] = min(h[lane], learned[lane, target])
                    else:
                        ws[w.inputs + target * L + lane] = schedule.event_value[e]
                        restarted[lane, w.dosed + target] = True
                        h[lane] = min(h[lane], learned[lane, w.dosed + target])
                    event[lane] = e + 1
                limit[lane] = t_end
                if event[lane] < last:
                    limit[lane] = min(t_end, schedule.event_time[event[lane]])
            ws[w.t_low + lane], ws[w.t_high + lane] = -np.inf, np.inf
            for k in range(w.triggers):
                switch = ws[w.trigger_at + k * L + lane]
                if t[lane] <= switch <= now:
                    ws[w.t_low + lane] = switch + 1e-15 * abs(switch) + 1e-300
                    restarted[lane, n_learned - 1] = True
                    h[lane] = min(h[lane], learned[lane, n_learned - 1])
                elif now < switch <= limit[lane]:
                    limit[lane] = switch
                    ws[w.t_high + lane] = switch - 1e-15 * abs(switch) - 1e-300
            if not growing[lane] and now >= t_end:
                ended[lane] = _OK
        # --- patients that are at their end
        n_final = 0
        for lane in range(L):
            if patient[lane] >= 0 and ended[lane] == _OK:
                n_final += 1
                ws[w.t + lane], ws[w.theta + lane] = t[lane], 0.0
                for i in range(n):
                    ws[w.dense + i * L + lane] = ws[w.y + i * L + lane]
        if n_final > 0:
            call_kernel(w.observe, pointer)
        n_ended = 0
        for lane in range(L):
            if patient[lane] < 0 or ended[lane] < 0:
                continue
            p = patient[lane]
            if ended[lane] == _OK:
                _record(w, ws, lane, results, p, n_times - 1)
            else:
                results.failed_at[p] = t[lane]
                if ended[lane] < _NOT_STARTED:
                    results.failed_state[p] = _fault(w, ws, lane, ended[lane], schedule.rtol, pointer)
            results.status[p] = ended[lane]
            patient[lane] = -1
            n_ended += 1
            active -= 1
            take(counter_pointer + 8)
        if n_ended > 0:
            # An idle lane keeps stepping at its last state: a unit step keeps it finite and harmless.
            continue
        # --- one attempted step of all lanes
        for lane in range(L):
            if patient[lane] < 0:
                continue
            left = limit[lane] - t[lane]
            cut[lane] = False
            follow = False
            if tape.replay:
                k = tape.of[patient[lane]]
                stop_at = tape.split[k] if growing[lane] else tape.length[k]
                follow = cursor[lane] < stop_at
            if follow:
                t_new[lane] = min(tape.time[k, cursor[lane]], limit[lane])
                h_used[lane] = t_new[lane] - t[lane]
            elif h[lane] >= left * (1.0 - 1e-12):
                h_used[lane], t_new[lane], cut[lane] = left, limit[lane], True
            elif h[lane] > 0.5 * left:
                # two equal steps rather than one and a sliver
                h_used[lane], cut[lane] = 0.5 * left, True
                t_new[lane] = t[lane] + h_used[lane]
            else:
                h_used[lane] = h[lane]
                t_new[lane] = t[lane] + h[lane]
            want[lane] = follow
            ws[w.t + lane], ws[w.h + lane] = t[lane], h_used[lane]
        call_kernel(w.attempt, pointer)
        for lane in range(L):
            accepted[lane] = False
            ws[w.mask + lane] = 0.0
            if patient[lane] < 0:
                continue
            p = patient[lane]
            results.n_steps[p] += 1
            error, factor = ws[w.error + lane], ws[w.factor + lane]
            if (error >= 0.0 and error <= 1.0) or (want[lane] and error >= 0.0 and error < np.inf):
                accepted[lane] = True
                ws[w.mask + lane] = 1.0
                if rejected_last[lane] and factor > 1.0:
                    factor = 1.0
                proposed = h_used[lane] * factor
                for k in range(n_learned):
                    if restarted[lane, k]:
                        restarted[lane, k] = False
                        if not cut[lane] or proposed > learned[lane, k]:
                            learned[lane, k] = proposed
                if not cut[lane] or factor < 1.0 or proposed > h[lane]:
                    h[lane] = proposed
                rejected_last[lane] = False
            else:
                results.n_rejected[p] += 1
                rejected_last[lane] = True
                h[lane] = h_used[lane] * (_SHRINK_NEGATIVE if error == -1.0 else min(factor, 0.9))
                if want[lane]:
                    cursor[lane] = tape.length[tape.of[p]]
                if h[lane] < _SMALLEST_STEP * (schedule.start_latest if growing[lane] else t_end):
                    if error == -1.0:
                        ended[lane] = _NEGATIVE
                    elif error <= np.inf:
                        ended[lane] = _STEP_SIZE
                    else:
                        ended[lane] = _NON_FINITE
            unfinished = growing[lane] or not accepted[lane] or t_new[lane] < t_end
            if ended[lane] < 0 and unfinished and results.n_steps[p] >= schedule.max_steps:
                ended[lane] = _STEP_LIMIT
        # --- recorded times within the accepted steps; a time at the end of a step waits for its doses
        while True:
            n_want = 0
            for lane in range(L):
                want[lane] = False
                if accepted[lane] and not growing[lane] and place[lane] < n_times:
                    want[lane] = times[place[lane]] < t_new[lane]
                if want[lane]:
                    n_want += 1
                    ws[w.theta + lane] = (times[place[lane]] - t[lane]) / h_used[lane]
            if n_want == 0:
                break
            call_kernel(w.dense_recorded, pointer)
            call_kernel(w.observe, pointer)
            for lane in range(L):
                if want[lane]:
                    _record(w, ws, lane, results, patient[lane], place[lane])
                    place[lane] += 1
        # --- patients who wait for their start
        for lane in range(L):
            if not (accepted[lane] and growing[lane]):
                continue
            p = patient[lane]
            target = schedule.start_value[p]
            new = _start_gap(w, ws, pointer, lane, 1.0, schedule.start_output, target)
            k = tape.of[p]
            if k >= 0 and not tape.replay and tape.length[k] < tape.time.shape[1]:
                tape.time[k, tape.length[k]] = t_new[lane]
                tape.length[k] += 1
                tape.split[k] = tape.length[k]
            if new >= 0.0:
                theta = _crossing(w, ws, pointer, lane, schedule.start_output, target, gap[lane], new)
                for i in range(n):
                    ws[w.y + i * L + lane] = ws[w.dense + i * L + lane]
                results.start_time[p] = t[lane] + theta * h_used[lane]
                growing[lane], accepted[lane], settle[lane] = False, False, True
                ws[w.mask + lane] = 0.0
                t[lane] = 0.0
                h[lane] = min(h[lane], schedule.first_step)
                if k >= 0 and tape.replay:
                    cursor[lane] = tape.split[k]
                if ended[lane] == _STEP_LIMIT:
                    ended[lane] = -1
                continue
            gap[lane] = new
            if t_new[lane] >= schedule.start_latest:
                ended[lane] = _NOT_STARTED
        call_kernel(w.commit, pointer)
        for lane in range(L):
            if not accepted[lane]:
                continue
            t[lane] = t_new[lane]
            settle[lane] = t[lane] >= limit[lane]
            k = tape.of[patient[lane]]
            if k >= 0:
                cursor[lane] += 1
                if not tape.replay and not growing[lane] and tape.length[k] < tape.time.shape[1]:
                    tape.time[k, tape.length[k]] = t[lane]
                    tape.length[k] += 1
