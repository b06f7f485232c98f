"""The IR module of one model: everything that touches states, as functions of one workspace."""

from collections.abc import Callable, Iterable, Sequence

from alarmin.engine.codegen import LIBRARY_FUNCTIONS, Emitter
from alarmin.engine.equations import Equations
from alarmin.engine.ir import Block
from alarmin.engine.layout import Layout, lay_out, parameter_rows
from alarmin.engine.linear import LinearSystem
from alarmin.engine.stepping import attempt, commit, interpolate
from alarmin.engine.system import TIME
from alarmin.engine.vectormath import vector_functions

__all__ = ["EXPORTS", "write_kernels"]

EXPORTS = ("prepare", "attempt", "commit", "dense_recorded", "dense_all", "observe", "jacobian")


class _Writer:
    """Writes the functions of one model."""

    def __init__(self, equations: Equations, *, lanes: int, fma: bool) -> None:
        self.eq = equations
        self.lanes = lanes
        self.fma = fma
        self.linear = LinearSystem(equations)
        self.layout = lay_out(
            states=len(equations.states),
            varying=len(equations.parameters),
            derived=len(equations.derived),
            triggers=len(equations.triggers),
            outputs=len(equations.outputs),
            dosed=len(equations.dosed),
            entries=self.linear.size,
        )
        self.position = {name: i for i, name in enumerate(equations.states)}
        self.dose_row = {self.position[name]: i for i, name in enumerate(equations.dosed)}
        self.linear.place(self.layout)
        self.parameter_rows = parameter_rows(equations, self.layout)

    def block(self) -> Block:
        return Block(lanes=self.lanes, fma=self.fma)

    def _leaf(self, state_rows: int | None, time: str | None) -> Callable[[int], int | str | None]:
        graph = self.eq.graph

        def leaf(node: int) -> int | str | None:
            if graph.op[node] != "symbol":
                return self.parameter_rows.get(node) if state_rows is not None else None
            name = str(graph.value[node])
            if name == TIME and time is not None:
                return time
            if state_rows is not None and name in self.position:
                return state_rows + self.position[name]
            return self.parameter_rows[node]

        return leaf

    def _emitter(self, b: Block, roots: Iterable[int], state_rows: int | None, time: str | None) -> Emitter:
        return Emitter(self.eq.graph, b, roots, self._leaf(state_rows, time))

    def _clamped(self, b: Block, time: str) -> str:
        """Time as conditions see it: a step that ends at a switch must not look beyond it."""
        low, high = b.load("%ws", self.layout.t_low), b.load("%ws", self.layout.t_high)
        time = b.select(b.compare("olt", time, low), low, time)
        return b.select(b.compare("ogt", time, high), high, time)

    def prepare(self) -> str:
        """Write what depends on parameters alone: once per patient."""
        b, eq, layout = self.block(), self.eq, self.layout
        emit = self._emitter(b, [*eq.derived, *eq.triggers, *eq.initial], None, b.const(0.0))
        for rows, nodes in (
            (layout.derived_at, eq.derived),
            (layout.trigger_at, eq.triggers),
            (layout.y_start, eq.initial),
        ):
            for i, node in enumerate(nodes):
                b.store(emit.value(node), "%ws", rows + i)
        b.say("ret void")
        return b.function("prepare", "ptr %ws", linkage="")

    def _with_input(self, b: Block, i: int, rate: str) -> str:
        if i not in self.dose_row:
            return rate
        return b.add(rate, b.load("%ws", self.layout.inputs + self.dose_row[i]))

    def rates_add(self) -> str:
        """Rhs += rates at the stage."""
        b, eq, layout = self.block(), self.eq, self.layout
        emit = self._emitter(b, eq.rates, layout.stage, self._clamped(b, "%time") if self.has_time else None)
        for i, node in enumerate(eq.rates):
            rate = self._with_input(b, i, emit.value(node))
            b.store(b.add(b.load("%ws", layout.rhs + i), rate), "%ws", layout.rhs + i)
        b.say("ret void")
        return b.function("rates_add", f"ptr %ws, {b.vector} %time")

    @property
    def has_time(self) -> bool:
        """Whether rates depend on explicit time."""
        graph = self.eq.graph
        return any(TIME in graph.symbols(node) for node in self.eq.rates)

    def jacobian(self) -> str:
        """Rates into rhs and the entries of the linear system, at the step's beginning."""
        b, eq, layout = self.block(), self.eq, self.layout
        stored = [self.linear.computed(i) for i in range(len(eq.pivots))]
        nodes = (node for row in stored for _, node in row)
        time = self._clamped(b, b.load("%ws", layout.t)) if self.has_time else None
        emit = self._emitter(b, [*eq.rates, *nodes, *eq.time_slopes.values()], layout.y, time)
        for state, row in zip(eq.pivots, stored, strict=True):
            if state >= 0:
                b.store(self._with_input(b, state, emit.value(eq.rates[state])), "%ws", layout.rhs + state)
            for place, node in row:
                b.store(emit.value(node), "%ws", place)
            if state in eq.time_slopes:
                b.store(emit.value(eq.time_slopes[state]), "%ws", layout.dt + state)
        b.say("ret void")
        return b.function("jacobian", "ptr %ws", linkage="")

    def observe(self) -> str:
        """Write the recorded variables at the interpolated state."""
        b, eq, layout = self.block(), self.eq, self.layout
        time = b.fma(b.load("%ws", layout.theta), b.load("%ws", layout.h), b.load("%ws", layout.t))
        emit = self._emitter(b, eq.recorded, layout.dense, self._clamped(b, time))
        for i, node in enumerate(eq.recorded):
            b.store(emit.value(node), "%ws", layout.out + i)
        b.say("ret void")
        return b.function("observe", "ptr %ws", linkage="")

    def recorded_states(self) -> Sequence[int]:
        """Positions of the states that recorded variables need."""
        graph = self.eq.graph
        names = frozenset[str]().union(*(graph.symbols(node) for node in self.eq.recorded))
        return sorted(self.position[name] for name in names if name in self.position)


def write_kernels(equations: Equations, *, lanes: int, fma: bool) -> tuple[str, Layout]:
    """Return the IR text of a model and the layout of its workspace.

    Parameters
    ----------
    equations : Equations
        What to compute.
    lanes : int
        Patients side by side.
    fma : bool
        Whether the processor has fused multiply-add.

    Returns
    -------
    str
        IR module whose functions are named in `EXPORTS`; each takes a pointer to the workspace.
    Layout
        Rows of the workspace.
    """
    w = _Writer(equations, lanes=lanes, fma=fma)
    layout = w.layout
    parts = [
        vector_functions(lanes=lanes, fma=fma),
        "".join(f"declare double @{name}(double)\n" for name in LIBRARY_FUNCTIONS),
        w.prepare(),
        w.rates_add(),
        w.jacobian(),
        w.linear.factor(w.block(), layout.h),
        w.linear.solve(w.block(), layout.rhs),
        w.observe(),
        attempt(w.block, layout, time_slopes=sorted(equations.time_slopes)),
        commit(w.block, layout),
        interpolate(w.block, layout, w.recorded_states(), name="dense_recorded"),
        interpolate(w.block, layout, range(layout.states), name="dense_all"),
        "attributes #0 = { nounwind }\n",
    ]
    return "".join(parts), layout
