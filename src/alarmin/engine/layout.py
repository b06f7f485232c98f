"""Where everything lies in the workspace of a driver: rows of one double per lane."""

from collections.abc import Sequence
from dataclasses import dataclass

from alarmin.engine.equations import Equations
from alarmin.engine.rodas5p import STAGES

__all__ = ["Layout", "lay_out", "parameter_rows"]


@dataclass(frozen=True)
class Layout:
    """First row of each section of the workspace. A row holds one double per lane.

    Attributes
    ----------
    states, varying, derived, triggers, outputs, dosed, entries : int
        Sizes: states, parameters that vary, values that depend on parameters alone, times at which a
        condition on time switches, recorded and dosed variables, entries of the factors.
    t, h, t_low, t_high, theta, rtol, factor, error, mask : int
        Scalars: time, step, limits of the time that conditions see, place within the step, relative
        tolerance, proposed change of step, error norm, acceptance.
    parameters, derived_at, trigger_at, inputs, y, y_new, stage, rhs, k, dt, lu, dense, out, y_start : int
        Arrays. `y` holds the state at the beginning of the step, `k` the eight stages one after another.
    atol, floor, slack : int
        Per state: absolute tolerance, extinction floor, how far below zero is accepted.
    rows : int
        Rows in all.
    """

    states: int
    varying: int
    derived: int
    triggers: int
    outputs: int
    dosed: int
    entries: int
    t: int
    h: int
    t_low: int
    t_high: int
    theta: int
    rtol: int
    factor: int
    error: int
    mask: int
    parameters: int
    derived_at: int
    trigger_at: int
    inputs: int
    y: int
    y_new: int
    stage: int
    rhs: int
    k: int
    dt: int
    lu: int
    dense: int
    out: int
    y_start: int
    atol: int
    floor: int
    slack: int
    rows: int


_SCALARS = ("t", "h", "t_low", "t_high", "theta", "rtol", "factor", "error", "mask")


def lay_out(
    *, states: int, varying: int, derived: int, triggers: int, outputs: int, dosed: int, entries: int
) -> Layout:
    """Return the layout for the given sizes."""
    sections: Sequence[tuple[str, int]] = [
        *((name, 1) for name in _SCALARS),
        ("parameters", varying),
        ("derived_at", derived),
        ("trigger_at", triggers),
        ("inputs", dosed),
        ("y", states),
        ("y_new", states),
        ("stage", states),
        ("rhs", states),
        ("k", STAGES * states),
        ("dt", states),
        ("lu", entries),
        ("dense", states),
        ("out", outputs),
        ("y_start", states),
        ("atol", states),
        ("floor", states),
        ("slack", states),
    ]
    offsets: dict[str, int] = {}
    row = 0
    for name, size in sections:
        offsets[name] = row
        row += size
    return Layout(
        states=states,
        varying=varying,
        derived=derived,
        triggers=triggers,
        outputs=outputs,
        dosed=dosed,
        entries=entries,
        rows=row,
        **offsets,
    )


def parameter_rows(equations: Equations, layout: Layout) -> dict[int, int]:
    """Return the row of each node over parameters alone that is kept: varying parameters, derived values."""
    symbols = (equations.graph.symbol(name) for name in equations.parameters)
    return {
        **{node: layout.parameters + i for i, node in enumerate(symbols)},
        **{node: layout.derived_at + i for i, node in enumerate(equations.derived)},
    }
