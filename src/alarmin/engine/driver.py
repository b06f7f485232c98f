"""The loop over patients: lanes of one thread, each with its own time, step, doses and next patient.

Compiled once per machine by Numba, for all models: it touches states only through kernels called by
address and through rows of the workspace. It releases the interpreter lock, writes only to its own
workspace and to the rows of its own patients, and shares nothing else between threads but two counters.

Numba's reference counting is off (`_nrt=False`): nothing is allocated here, and counting the arrays of the
arguments at each call took a quarter of the time.

In every function `w` is a `Where`, `ws` the workspace and `pointer` its address, `a` the `Lanes`.
"""

import numpy as np
from numba import njit

from alarmin.engine.faults import state_at_fault
from alarmin.engine.growth import cross, start_gap
from alarmin.engine.native import call_kernel, take
from alarmin.engine.records import BOLUS
from alarmin.engine.status import Status

__all__ = ["integrate"]

_OK, _STEP_LIMIT, _NON_FINITE = int(Status.OK), int(Status.STEP_LIMIT), int(Status.NON_FINITE)
_NEGATIVE, _STEP_SIZE = int(Status.NEGATIVE), int(Status.STEP_SIZE)
_NOT_STARTED, _PAST_START = int(Status.NOT_STARTED), int(Status.PAST_START)
_SHRINK_NEGATIVE, _SHRINK_REJECTED = 0.5, 0.9
_SMALLEST_STEP = 1e-14  # of the horizon
_NEARLY = 1.0 - 1e-12
_NUDGE, _TINY = 1e-15, 1e-300


@njit(nogil=True, _nrt=False)
def _horizon(a, lane, schedule):  # type: ignore[no-untyped-def]
    return schedule.start_latest if a.growing[lane] else schedule.times[-1]


@njit(nogil=True, _nrt=False)
def _observe_now(w, ws, pointer, a, lane):  # type: ignore[no-untyped-def]
    """Evaluate the recorded variables at the present state of a lane."""
    ws[w.t + lane], ws[w.theta + lane] = a.t[lane], 0.0
    for i in range(w.states):
        ws[w.dense + i * w.lanes + lane] = ws[w.y + i * w.lanes + lane]
    call_kernel(w.observe, pointer)


@njit(nogil=True, _nrt=False)
def _record(w, ws, lane, results, patient, place):  # type: ignore[no-untyped-def]
    for v in range(w.outputs):
        results.values[patient, place, v] = ws[w.out + v * w.lanes + lane]


@njit(nogil=True, _nrt=False)
def _admit(w, ws, pointer, a, lane, p, schedule, tape, results):  # type: ignore[no-untyped-def]
    """Bring a patient into a lane."""
    L = w.lanes
    for v in range(w.varying):
        ws[w.parameters + v * L + lane] = schedule.values[p, v]
    call_kernel(w.prepare, pointer)
    a.patient[lane], a.ended[lane] = p, -1
    a.t[lane], a.h[lane] = 0.0, schedule.first_step
    a.place[lane], a.event[lane], a.cursor[lane] = 0, schedule.first[p], 0
    a.rejected[lane], a.settle[lane] = False, True
    a.growing[lane] = schedule.start_output >= 0
    a.learned[lane] = schedule.first_step
    a.jumped[lane] = False
    for i in range(w.dosed):
        ws[w.inputs + i * L + lane] = 0.0
    for i in range(w.states):
        y = ws[w.y_start + i * L + lane]
        ws[w.y + i * L + lane] = y
        if not np.isfinite(y):
            a.ended[lane] = _NON_FINITE
    if tape.of[p] >= 0 and not tape.replay:
        tape.length[tape.of[p]] = 0
        tape.split[tape.of[p]] = 0
    if a.growing[lane] and a.ended[lane] < 0:
        _observe_now(w, ws, pointer, a, lane)
        a.gap[lane] = ws[w.out + schedule.start_output * L + lane] - schedule.start_value[p]
        if a.gap[lane] > 0.0:
            a.ended[lane] = _PAST_START
        elif a.gap[lane] == 0.0:
            a.growing[lane] = False
            results.start_time[p] = 0.0


@njit(nogil=True, _nrt=False)
def _jump(a, lane, kind):  # type: ignore[no-untyped-def]
    """Begin with the step that went well after the last jump of this kind."""
    a.jumped[lane, kind] = True
    a.h[lane] = min(a.h[lane], a.learned[lane, kind])


@njit(nogil=True, _nrt=False)
def _give(w, ws, a, lane, schedule, now):  # type: ignore[no-untyped-def]
    """Give the doses that are due, and say when the next ones are."""
    L, p = w.lanes, a.patient[lane]
    e, last = a.event[lane], schedule.first[p + 1]
    while e < last and schedule.event_time[e] <= now:
        target = schedule.event_target[e]
        if schedule.event_kind[e] == BOLUS:
            ws[w.y + schedule.dose_state[target] * L + lane] += schedule.event_value[e]
            _jump(a, lane, target)
        else:
            ws[w.inputs + target * L + lane] = schedule.event_value[e]
            _jump(a, lane, w.dosed + target)
        e += 1
    a.event[lane] = e
    return schedule.event_time[e] if e < last else np.inf


@njit(nogil=True, _nrt=False)
def _settle(w, ws, a, lane, schedule):  # type: ignore[no-untyped-def]
    """Doses and switches at the present time, and how far the next step may go."""
    a.settle[lane] = False
    horizon = _horizon(a, lane, schedule)
    # what lies closer ahead than the smallest step is taken as now
    now = a.t[lane] + _SMALLEST_STEP * horizon
    limit = horizon
    if not a.growing[lane]:
        limit = min(horizon, _give(w, ws, a, lane, schedule, now))
    ws[w.t_low + lane], ws[w.t_high + lane] = -np.inf, np.inf
    for k in range(w.triggers):
        switch = ws[w.trigger_at + k * w.lanes + lane]
        margin = _NUDGE * abs(switch) + _TINY
        if a.t[lane] <= switch <= now:
            ws[w.t_low + lane] = switch + margin
            _jump(a, lane, 2 * w.dosed)
        elif now < switch <= limit:
            limit = switch
            ws[w.t_high + lane] = switch - margin
    a.limit[lane] = limit
    if not a.growing[lane] and now >= horizon:
        a.ended[lane] = _OK


@njit(nogil=True, _nrt=False)
def _dismiss(w, ws, pointer, a, lane, schedule, results):  # type: ignore[no-untyped-def]
    """Write how a patient ended, and empty the lane."""
    p, reason = a.patient[lane], a.ended[lane]
    if reason == _OK:
        _observe_now(w, ws, pointer, a, lane)
        _record(w, ws, lane, results, p, schedule.times.size - 1)
    else:
        results.failed_at[p] = a.t[lane]
        if reason < _NOT_STARTED:
            results.failed_state[p] = state_at_fault(w, ws, lane, reason, schedule.rtol, pointer)
    results.status[p] = reason
    a.patient[lane] = -1
    # An empty lane goes on stepping from where it is: a harmless state keeps that free of surprises.
    ws[w.h + lane] = 1.0


@njit(nogil=True, _nrt=False)
def _choose_step(w, ws, a, lane, tape):  # type: ignore[no-untyped-def]
    """Step that the tolerance allows, cut where something is due; recorded times never shorten it."""
    left = a.limit[lane] - a.t[lane]
    a.cut[lane], a.follow[lane] = False, False
    if tape.replay:
        k = tape.of[a.patient[lane]]
        a.follow[lane] = a.cursor[lane] < (tape.split[k] if a.growing[lane] else tape.length[k])
    if a.follow[lane]:
        a.t_new[lane] = min(tape.time[k, a.cursor[lane]], a.limit[lane])
        a.h_used[lane] = a.t_new[lane] - a.t[lane]
    elif a.h[lane] >= left * _NEARLY:
        a.h_used[lane], a.t_new[lane], a.cut[lane] = left, a.limit[lane], True
    else:
        a.cut[lane] = a.h[lane] > 0.5 * left  # two equal steps rather than one and a sliver
        a.h_used[lane] = 0.5 * left if a.cut[lane] else a.h[lane]
        a.t_new[lane] = a.t[lane] + a.h_used[lane]
    ws[w.t + lane], ws[w.h + lane] = a.t[lane], a.h_used[lane]


@njit(nogil=True, _nrt=False)
def _accept(a, lane, factor):  # type: ignore[no-untyped-def]
    if a.rejected[lane] and factor > 1.0:
        factor = 1.0
    proposed = a.h_used[lane] * factor
    for kind in range(a.learned.shape[1]):
        if a.jumped[lane, kind]:
            a.jumped[lane, kind] = False
            if not a.cut[lane] or proposed > a.learned[lane, kind]:
                a.learned[lane, kind] = proposed
    # a step that was cut says nothing against the uncut one
    if not a.cut[lane] or factor < 1.0 or proposed > a.h[lane]:
        a.h[lane] = proposed
    a.rejected[lane] = False


@njit(nogil=True, _nrt=False)
def _reject(a, lane, error, factor, schedule, tape):  # type: ignore[no-untyped-def]
    a.rejected[lane] = True
    a.h[lane] = a.h_used[lane] * (_SHRINK_NEGATIVE if error == -1.0 else min(factor, _SHRINK_REJECTED))
    if a.follow[lane]:
        a.cursor[lane] = tape.length[tape.of[a.patient[lane]]]  # from here on steps of its own
    if a.h[lane] < _SMALLEST_STEP * _horizon(a, lane, schedule):
        if error == -1.0:
            a.ended[lane] = _NEGATIVE
        elif error <= np.inf:
            a.ended[lane] = _STEP_SIZE
        else:
            a.ended[lane] = _NON_FINITE


@njit(nogil=True, _nrt=False)
def _judge(w, ws, a, lane, schedule, tape, results):  # type: ignore[no-untyped-def]
    """Accept or refuse the attempted step of a lane."""
    a.accepted[lane] = False
    ws[w.mask + lane] = 0.0
    p = a.patient[lane]
    if p < 0:
        return
    results.n_steps[p] += 1
    error, factor = ws[w.error + lane], ws[w.factor + lane]
    if 0.0 <= error <= 1.0 or (a.follow[lane] and 0.0 <= error < np.inf):
        a.accepted[lane] = True
        ws[w.mask + lane] = 1.0
        _accept(a, lane, factor)
    else:
        results.n_rejected[p] += 1
        _reject(a, lane, error, factor, schedule, tape)
    finished = a.accepted[lane] and not a.growing[lane] and a.t_new[lane] >= schedule.times[-1]
    if a.ended[lane] < 0 and not finished and results.n_steps[p] >= schedule.max_steps:
        a.ended[lane] = _STEP_LIMIT


@njit(nogil=True, _nrt=False)
def _record_passed(w, ws, pointer, a, schedule, results):  # type: ignore[no-untyped-def]
    """Record the times within accepted steps; a time at the end of a step waits for the doses there."""
    times = schedule.times
    while True:
        waiting = False
        for lane in range(w.lanes):
            if a.accepted[lane] and not a.growing[lane] and times[a.place[lane]] < a.t_new[lane]:
                waiting = True
                ws[w.theta + lane] = (times[a.place[lane]] - a.t[lane]) / a.h_used[lane]
        if not waiting:
            return
        call_kernel(w.dense_recorded, pointer)
        call_kernel(w.observe, pointer)
        for lane in range(w.lanes):
            if a.accepted[lane] and not a.growing[lane] and times[a.place[lane]] < a.t_new[lane]:
                _record(w, ws, lane, results, a.patient[lane], a.place[lane])
                a.place[lane] += 1


@njit(nogil=True, _nrt=False)
def _grow(w, ws, pointer, a, lane, schedule, tape, results):  # type: ignore[no-untyped-def]
    """Begin treatment where the start variable reached its value within the last step."""
    p, k = a.patient[lane], tape.of[a.patient[lane]]
    output, target = schedule.start_output, schedule.start_value[p]
    gap = start_gap(w, ws, pointer, lane, 1.0, output, target)
    if k >= 0 and not tape.replay:
        _write_tape(tape, k, a.t_new[lane])
        tape.split[k] = tape.length[k]
    if gap < 0.0 or np.isnan(gap):
        a.gap[lane] = gap
        if a.t_new[lane] >= schedule.start_latest:
            a.ended[lane] = _NOT_STARTED
        return
    theta = cross(w, ws, pointer, lane, output, target, a.gap[lane], gap)
    for i in range(w.states):
        ws[w.y + i * w.lanes + lane] = ws[w.dense + i * w.lanes + lane]
    results.start_time[p] = a.t[lane] + theta * a.h_used[lane]
    a.growing[lane], a.accepted[lane], a.settle[lane] = False, False, True
    ws[w.mask + lane] = 0.0
    a.t[lane] = 0.0
    a.h[lane] = min(a.h[lane], schedule.first_step)
    if tape.replay:
        a.cursor[lane] = tape.split[k]


@njit(nogil=True, _nrt=False)
def _write_tape(tape, k, time):  # type: ignore[no-untyped-def]
    if tape.length[k] < tape.time.shape[1]:
        tape.time[k, tape.length[k]] = time
        tape.length[k] += 1


@njit(nogil=True, _nrt=False)
def _advance(a, lane, tape):  # type: ignore[no-untyped-def]
    a.t[lane] = a.t_new[lane]
    a.settle[lane] = a.t[lane] >= a.limit[lane]
    a.cursor[lane] += 1
    k = tape.of[a.patient[lane]]
    if k >= 0 and not tape.replay and not a.growing[lane]:
        _write_tape(tape, k, a.t[lane])


@njit(nogil=True, _nrt=False)
def _fill(w, ws, pointer, a, patients, counters, schedule, tape, results):  # type: ignore[no-untyped-def]
    """Fill empty lanes, settle, dismiss who has ended, until every lane is under way or no one is left."""
    active = 0
    for lane in range(w.lanes):
        while True:
            if a.patient[lane] < 0:
                at = take(counters)
                if at >= patients.size:
                    break
                _admit(w, ws, pointer, a, lane, patients[at], schedule, tape, results)
            if a.settle[lane] and a.ended[lane] < 0:
                _settle(w, ws, a, lane, schedule)
            if a.ended[lane] < 0:
                active += 1
                break
            _dismiss(w, ws, pointer, a, lane, schedule, results)
            take(counters + 8)
    return active


@njit(cache=True, nogil=True, _nrt=False)
def integrate(w, ws, pointer, a, patients, counters, stop, schedule, tape, results):  # type: ignore[no-untyped-def]  # noqa: C901
    """Integrate patients until the shared counter runs past the list or `stop` is set.

    Parameters
    ----------
    w : Where
        Kernels and workspace sections, in elements.
    ws : ndarray, shape (rows * lanes,)
        Workspace of this thread, aligned to 64 bytes.
    pointer : int
        Address of `ws`.
    a : Lanes
        Empty lanes.
    patients : ndarray of int
        Patients to take, in this order.
    counters : int
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
    for lane in range(w.lanes):
        ws[w.h + lane] = 1.0
    while stop[0] == 0:
        if _fill(w, ws, pointer, a, patients, counters, schedule, tape, results) == 0:
            break
        for lane in range(w.lanes):
            if a.patient[lane] >= 0:
                _choose_step(w, ws, a, lane, tape)
        call_kernel(w.attempt, pointer)
        for lane in range(w.lanes):
            _judge(w, ws, a, lane, schedule, tape, results)
        _record_passed(w, ws, pointer, a, schedule, results)
        for lane in range(w.lanes):
            if a.accepted[lane] and a.growing[lane]:
                _grow(w, ws, pointer, a, lane, schedule, tape, results)
        call_kernel(w.commit, pointer)
        for lane in range(w.lanes):
            if a.accepted[lane]:
                _advance(a, lane, tape)
