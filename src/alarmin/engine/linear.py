"""The linear system of a step as IR: where its entries lie, its factors, its solution.

The factors are those of J - I/(gamma h), with the rows of intermediate values as they are in
`intermediates.py`, minus 1 on their diagonal. Neither L nor U is divided by the pivots: an entry that
elimination leaves alone then stays what it was, so that equal entries share a row of the workspace, entries
over parameters alone are read where those are, and numbers are part of the code. Of each pivot minus its
inverse is kept.
"""

from typing import NamedTuple

from alarmin.engine.equations import Equations
from alarmin.engine.ir import Block
from alarmin.engine.layout import Layout, parameter_rows
from alarmin.engine.rodas5p import GAMMA
from alarmin.engine.system import TIME

__all__ = ["Entry", "LinearSystem"]


class Entry(NamedTuple):
    """An entry of the system or its factors: `factor` times a row of the workspace, or `factor` alone."""

    row: int | None
    factor: float


class LinearSystem:
    """Places of the entries, and the code that factors and solves.

    Parameters
    ----------
    equations : Equations
        What is solved.
    """

    def __init__(self, equations: Equations) -> None:
        self.eq = equations
        self.rows = equations.factor_rows
        self._moving = frozenset(equations.states) | {TIME}
        self.lower = [[k for k in columns if k < i] for i, columns in enumerate(self.rows)]
        self.upper = [[j for j in columns if j > i] for i, columns in enumerate(self.rows)]
        self.changed = {
            (i, j) for i, below in enumerate(self.lower) for k in below for j in self.upper[k]
        } | {(i, i) for i, state in enumerate(equations.pivots) if state >= 0 or (i, i) in equations.jacobian}
        self._own: dict[tuple[int, int], int] = {}
        self._shared: dict[int, int] = {}
        size = len(self.rows)
        for i in range(size):
            self._take(i, self.lower[i])
            if (i, i) in self.changed:
                self._own[i, i] = self.size
        for i in reversed(range(size)):
            self._take(i, self.upper[i][::-1])

    @property
    def size(self) -> int:
        """Number of rows of the workspace."""
        return len(self._own) + len(self._shared)

    def _take(self, i: int, columns: list[int]) -> None:
        """Give places to entries in the order in which `solve` reads them."""
        for j in columns:
            if (i, j) in self.changed:
                self._own[i, j] = self.size
            elif self._moves(core := self._core(i, j)[1]) and core not in self._shared:
                self._shared[core] = self.size

    def _moves(self, node: int) -> bool:
        return bool(self.eq.graph.symbols(node) & self._moving)

    def _core(self, i: int, j: int) -> tuple[float, int]:
        """Return an entry as a sign and a node, so that those that differ in sign alone can share a row."""
        node = self.eq.jacobian[i, j]
        factor, rest = self.eq.graph.split(node)
        return (
            (factor, rest) if self._moves(node) and rest is not None and abs(factor) == 1.0 else (1.0, node)
        )

    def place(self, layout: Layout) -> None:
        """Say where the rows of the system begin, and where nodes over parameters alone lie."""
        self._first, self._parameter_rows = layout.lu, parameter_rows(self.eq, layout)

    def given(self, i: int, j: int) -> Entry:
        """Return where an entry of the system is found, before factoring."""
        sign, core = self._core(i, j)
        number = self.eq.graph.number(core)
        if number is not None:
            return Entry(None, sign * number)
        if not self._moves(core):
            return Entry(self._parameter_rows[core], sign)
        if (i, j) in self._own:
            return Entry(self._first + self._own[i, j], 1.0)
        return Entry(self._first + self._shared[core], sign)

    def factored(self, i: int, j: int) -> Entry:
        """Return where an entry of the factors is found; on the diagonal minus the inverse of the pivot."""
        if (i, j) in self._own:
            return Entry(self._first + self._own[i, j], 1.0)
        return Entry(None, 1.0) if i == j else self.given(i, j)

    def computed(self, i: int) -> list[tuple[int, int]]:
        """Return the moving entries of row i of the system: where to store each, and its node."""
        stored = []
        for j in self.rows[i]:
            if (i, j) not in self.eq.jacobian or not self._moves(self.eq.jacobian[i, j]):
                continue
            core = self.eq.jacobian[i, j] if (i, j) in self._own else self._core(i, j)[1]
            row = self.given(i, j).row
            assert row is not None  # numbers do not move
            stored.append((row, core))
        return stored

    def factor(self, b: Block, h: int) -> str:
        """Write `factor`: the factors of the system, row by row; `h` is the row of the step."""
        shift = b.div(b.const(-1.0 / GAMMA), b.load("%ws", h))
        for i, columns in enumerate(self.rows):
            row = {j: _value(b, self.given(i, j)) for j in columns if (i, j) in self.eq.jacobian}
            diagonal = shift if self.eq.pivots[i] >= 0 else b.const(-1.0)
            row[i] = b.add(row[i], diagonal) if i in row else diagonal
            for k in self.lower[i]:
                scale = _times(b, self.factored(k, k), row[k], None)  # minus the multiplier
                for j in self.upper[k]:
                    row[j] = _times(b, self.factored(k, j), scale, row.get(j))
            for j in columns:
                if j != i and (i, j) in self._own:
                    b.store(row[j], "%ws", self._first + self._own[i, j])
            if (i, i) in self._own:
                b.store(b.div(b.const(-1.0), row[i]), "%ws", self._first + self._own[i, i])
        b.say("ret void")
        return b.function("factor", "ptr %ws")

    def solve(self, b: Block, rhs: int) -> str:
        """Write `solve`: stage k = (I/(gamma h) - J)^-1 rhs, where `rhs` is its first row."""
        size = len(self.rows)
        used_below = {k for below in self.lower for k in below}
        y: list[
            str | None
        ] = []  # the solution with L; then, where rows below use it, times minus the inverse
        for i in range(size):
            state = self.eq.pivots[i]
            value = b.load("%ws", rhs + state) if state >= 0 else None
            for k in self.lower[i]:
                value = value if (other := y[k]) is None else _times(b, self.factored(i, k), other, value)
            if i in used_below and value is not None:
                value = _times(b, self.factored(i, i), value, None)
            y.append(value)
        x = [""] * size
        for i in reversed(range(size)):
            inverse = self.factored(i, i)
            apart = i in used_below and inverse.row is not None  # y was multiplied already
            value = None if apart else y[i]
            for j in reversed(self.upper[i]):  # what was found last is used last, so that nothing waits
                value = _times(b, self.factored(i, j), x[j], value)
            if apart and value is None:
                value = y[i]
            elif value is not None:
                value = _times(b, inverse, value, y[i] if apart else None)
            assert value is not None  # a value that depends on no state is no unknown
            x[i] = value
            if self.eq.pivots[i] >= 0:
                b.store(value, "%k", self.eq.pivots[i])
        b.say("ret void")
        return b.function("solve", "ptr %ws, ptr %k")


def _value(b: Block, entry: Entry) -> str:
    if entry.row is None:
        return b.const(entry.factor)
    value = b.load("%ws", entry.row)
    return value if entry.factor == 1.0 else b.neg(value)


def _times(b: Block, entry: Entry, x: str, total: str | None) -> str:
    """Return the entry times x, added to the total if there is one."""
    if entry.row is None and abs(entry.factor) == 1.0:
        if total is None:
            return x if entry.factor == 1.0 else b.neg(x)
        return b.add(total, x) if entry.factor == 1.0 else b.sub(total, x)
    value = _value(b, entry)
    return b.mul(value, x) if total is None else b.fma(value, x, total)
