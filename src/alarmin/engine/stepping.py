"""One attempted step of Rodas5P for all lanes, its acceptance, and its dense output, as IR."""

from collections.abc import Callable, Collection, Sequence

from alarmin.engine import rodas5p
from alarmin.engine.ir import Block
from alarmin.engine.layout import Layout

__all__ = ["attempt", "commit", "interpolate"]

SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0
# The estimate is that of the embedded solution of order 4, but the one of order 5 goes on. On models of this
# kind the error that remains is then a few times the tolerance (docs/engine.md has the measurement).
ESTIMATE_WEIGHT = 0.25


def _solve_stage(b: Block, layout: Layout, stage: int) -> None:
    row = (layout.k + stage * layout.states) * b.lanes
    pointer = b.new(f"getelementptr inbounds double, ptr %ws, i64 {row}")
    b.say(f"call void @solve(ptr %ws, ptr {pointer})")


def _prepare_stage(b: Block, layout: Layout, stage: int, inverse_h: str) -> None:
    """Stage state, and sum_j C_ij k_j / h as the beginning of the right-hand side, in one pass."""
    n = layout.states
    a = [b.const(factor) for factor in rodas5p.A[stage]]
    c = [b.mul(b.const(factor), inverse_h) for factor in rodas5p.C[stage]]
    continued = stage >= 6  # these stages only add the last k to the stage state before

    def turn(i: str, ahead: int, _: Sequence[str]) -> Sequence[str]:
        k = [b.load_at("%ws", layout.k + j * n + ahead, i) for j in range(stage)]
        if continued:
            state = b.add(b.load_at("%ws", layout.stage + ahead, i), k[-1])
        else:
            state = b.load_at("%ws", layout.y + ahead, i)
            for factor, value in zip(a, k, strict=True):
                state = b.fma(factor, value, state)
        b.store_at(state, "%ws", layout.stage + ahead, i)
        total = b.mul(c[0], k[0])
        for factor, value in zip(c[1:], k[1:], strict=True):
            total = b.fma(factor, value, total)
        b.store_at(total, "%ws", layout.rhs + ahead, i)
        return ()

    b.loop(n, turn)


def _add_time_slopes(b: Block, layout: Layout, stage: int, h: str, rows: Collection[int]) -> None:
    if not rows or rodas5p.d[stage] == 0.0:
        return
    scale = b.mul(h, b.const(rodas5p.d[stage]))
    for i in rows:
        old = b.load("%ws", layout.rhs + i)
        b.store(b.fma(scale, b.load("%ws", layout.dt + i), old), "%ws", layout.rhs + i)


def _judge(b: Block, layout: Layout) -> None:
    """Write the new state, the error norm (root mean square) and the proposed change of step."""
    n = layout.states
    rtol = b.load("%ws", layout.rtol)

    def turn(i: str, ahead: int, carried: Sequence[str]) -> Sequence[str]:
        total, least = carried
        error = b.load_at("%ws", layout.k + (rodas5p.STAGES - 1) * n + ahead, i)
        new = b.add(b.load_at("%ws", layout.stage + ahead, i), error)
        b.store_at(new, "%ws", layout.y_new + ahead, i)
        old_size = b.intrinsic("fabs", b.load_at("%ws", layout.y + ahead, i))
        new_size = b.intrinsic("fabs", new)
        size = b.select(b.compare("ogt", old_size, new_size), old_size, new_size)
        ratio = b.div(error, b.fma(rtol, size, b.load_at("%ws", layout.atol + ahead, i)))
        room = b.add(new, b.load_at("%ws", layout.slack + ahead, i))
        lower = b.compare("olt", room, least)
        return b.fma(ratio, ratio, total), b.select(lower, room, least)

    total, least = b.loop(n, turn, [b.const(0.0), b.const(0.0)])
    norm = b.intrinsic("sqrt", b.mul(total, b.const(ESTIMATE_WEIGHT**2 / n)))
    power = b.call("vector_exp", b.mul(b.const(-1.0 / rodas5p.ERROR_ORDER), b.call("vector_log", norm)))
    factor = b.mul(b.const(SAFETY), power)
    factor = b.select(b.compare("ogt", factor, b.const(GROW)), b.const(GROW), factor)
    factor = b.select(b.compare("ogt", factor, b.const(SHRINK)), factor, b.const(SHRINK))
    b.store(factor, "%ws", layout.factor)
    # A state below zero beyond its slack refuses the step, whatever the error: minus one tells it apart.
    norm = b.select(b.compare("olt", least, b.const(0.0)), b.const(-1.0), norm)
    b.store(norm, "%ws", layout.error)


def attempt(new_block: Callable[[], Block], layout: Layout, *, time_slopes: Collection[int]) -> str:
    """Return the IR of one attempted step of all lanes from y at t over h.

    Parameters
    ----------
    new_block : callable
        Makes an empty block.
    layout : Layout
        Rows of the workspace.
    time_slopes : collection of int
        States whose rates have a derivative with respect to explicit time.

    Returns
    -------
    str
        Function `attempt`: reads y, t, h; writes y_new, the stages k, `error` (the norm; NaN where
        something is not finite; -1 where a state fell below zero) and `factor`.
    """
    b = new_block()
    h, t = b.load("%ws", layout.h), b.load("%ws", layout.t)
    inverse_h = b.div(b.const(1.0), h)
    b.say("call void @jacobian(ptr %ws)")
    b.say("call void @factor(ptr %ws)")
    _add_time_slopes(b, layout, 0, h, time_slopes)
    _solve_stage(b, layout, 0)
    for stage in range(1, rodas5p.STAGES):
        _prepare_stage(b, layout, stage, inverse_h)
        _add_time_slopes(b, layout, stage, h, time_slopes)
        time = b.fma(b.const(rodas5p.c[stage]), h, t)
        b.say(f"call void @rates_add(ptr %ws, {b.vector} {time})")
        _solve_stage(b, layout, stage)
    _judge(b, layout)
    b.say("ret void")
    return b.function("attempt", "ptr %ws", linkage="")


def commit(new_block: Callable[[], Block], layout: Layout) -> str:
    """Return the IR of `commit`: lanes whose mask is positive take y_new, with extinct states set to 0."""
    b = new_block()
    zero = b.const(0.0)
    taken = b.compare("ogt", b.load("%ws", layout.mask), zero)

    def turn(i: str, ahead: int, _: Sequence[str]) -> Sequence[str]:
        new = b.load_at("%ws", layout.y_new + ahead, i)
        extinct = b.compare("olt", b.intrinsic("fabs", new), b.load_at("%ws", layout.floor + ahead, i))
        new = b.select(extinct, zero, new)
        b.store_at(b.select(taken, new, b.load_at("%ws", layout.y + ahead, i)), "%ws", layout.y + ahead, i)
        return ()

    b.loop(layout.states, turn)
    b.say("ret void")
    return b.function("commit", "ptr %ws", linkage="")


def interpolate(new_block: Callable[[], Block], layout: Layout, states: Sequence[int], *, name: str) -> str:
    """Return the IR that writes at least the given states at t + theta h into `dense`.

    The weights of the stages are polynomials of theta, computed once for all states.
    """
    b = new_block()
    theta = b.load("%ws", layout.theta)
    rest = b.sub(b.const(1.0), theta)
    bump = b.mul(theta, rest)
    weights = []
    for first, second, third in zip(*rodas5p.H, strict=True):
        inner = b.fma(theta, b.const(third), b.const(second))
        weights.append(b.mul(bump, b.fma(theta, inner, b.const(first))))

    def turn(i: str, ahead: int, _: Sequence[str]) -> Sequence[str]:
        value = b.mul(rest, b.load_at("%ws", layout.y + ahead, i))
        value = b.fma(theta, b.load_at("%ws", layout.y_new + ahead, i), value)
        for j, weight in enumerate(weights):
            value = b.fma(weight, b.load_at("%ws", layout.k + j * layout.states + ahead, i), value)
        b.store_at(value, "%ws", layout.dense + ahead, i)
        return ()

    if len(states) > layout.states // 2:
        b.loop(layout.states, turn)
    else:
        for i in states:
            turn("0", i, ())
    b.say("ret void")
    return b.function(name, "ptr %ws", linkage="")
