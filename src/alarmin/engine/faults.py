"""Which state explains a failed integration."""

import numpy as np
from numba import njit

from alarmin.engine.native import call_kernel
from alarmin.engine.rodas5p import STAGES, A, c
from alarmin.engine.status import Status

__all__ = ["state_at_fault"]

_A = np.array([row + (0.0,) * (STAGES - len(row)) for row in A])
_C = np.array(c)
_NON_FINITE, _NEGATIVE = int(Status.NON_FINITE), int(Status.NEGATIVE)


@njit(nogil=True, _nrt=False)
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
    ws[w.t + lane] += _C[stage] * ws[w.h + lane]
    call_kernel(w.jacobian, pointer)
    for i in range(n):
        if not np.isfinite(ws[w.rhs + i * L + lane]):
            return i
    return -1


@njit(nogil=True, _nrt=False)
def state_at_fault(w, ws, lane, reason, rtol, pointer):  # type: ignore[no-untyped-def]
    """Return the state that explains why the last step of a lane failed; the lane's state is lost.

    Not finite: the first state that is so, or whose rate is at the first stage that is; below zero: the one
    furthest below; otherwise the one with the largest scaled error.
    """
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
