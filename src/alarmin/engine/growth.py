"""The phase before treatment: find when the start variable reaches its value."""

from numba import njit

from alarmin.engine.native import call_kernel

__all__ = ["cross", "start_gap"]

_TURNS = 60
_CLOSE = 1e-14


@njit(nogil=True, _nrt=False)
def start_gap(w, ws, pointer, lane, theta, output, target):  # type: ignore[no-untyped-def]
    """Return the start variable minus its target at a place within the last step, left in `dense`."""
    ws[w.theta + lane] = theta
    call_kernel(w.dense_all, pointer)
    call_kernel(w.observe, pointer)
    return ws[w.out + output * w.lanes + lane] - target


@njit(nogil=True, _nrt=False)
def cross(w, ws, pointer, lane, output, target, gap_low, gap_high):  # type: ignore[no-untyped-def]
    """Return the place within the last step where the start variable reaches its target; state in `dense`.

    Regula falsi in the Illinois variant (M. Dowell and P. Jarratt 1971, doi:10.1007/BF01934364).
    """
    low, high, theta, side = 0.0, 1.0, 1.0, 0
    for _ in range(_TURNS):
        theta = low + (high - low) * gap_low / (gap_low - gap_high)
        if not low < theta < high:
            theta = 0.5 * (low + high)
        gap = start_gap(w, ws, pointer, lane, theta, output, target)
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
        if high - low < _CLOSE or abs(gap) <= _CLOSE * abs(target):
            break
    return theta
