"""Expressions as straight-line IR: each shared node is computed once per kernel."""

import math
from collections import Counter
from collections.abc import Callable, Iterable

from alarmin.engine.expr import BOOLEAN_OPS, Graph
from alarmin.engine.ir import Block

__all__ = ["LIBRARY_FUNCTIONS", "Emitter"]

# Functions left to the C library, one call per lane: rare in models of this kind.
LIBRARY_FUNCTIONS = ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
_PREDICATES = {"lt": "olt", "le": "ole", "eq": "oeq"}


class Emitter:
    """Writer of a set of nodes into one block.

    Parameters
    ----------
    graph : Graph
        Holds the nodes.
    block : Block
        Receives the instructions.
    roots : iterable of int
        All nodes that will be asked for; uses are counted over them, so that a product used once can
        become part of a fused multiply-add.
    leaf : callable
        Returns where a node that is not to be computed is found: its row in memory, the name of a ready
        value, or None for a node to compute.
    """

    def __init__(
        self, graph: Graph, block: Block, roots: Iterable[int], leaf: Callable[[int], int | str | None]
    ) -> None:
        self.graph = graph
        self.block = block
        self.leaf = leaf
        self.done: dict[int, str] = {}
        wanted = list(roots)
        self.uses = Counter(wanted)
        for node in graph.order(wanted):
            self.uses.update(graph.args[node])

    def value(self, root: int) -> str:
        """Return the name of the value of a node, writing what is missing."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node in self.done:
                stack.pop()
                continue
            found = self.leaf(node)
            if found is not None:
                self.done[node] = found if isinstance(found, str) else self.block.load("%ws", found)
                continue
            missing = [a for a in self._needs(node) if a not in self.done]
            if missing:
                stack.extend(reversed(missing))
            else:
                self.done[node] = self._write(node)
        return self.done[root]

    def _fuses(self, node: int) -> bool:
        """Whether a term of a sum is a product that nothing else uses."""
        return self.graph.op[node] == "mul" and self.uses[node] == 1 and self.leaf(node) is None

    def _factors(self, node: int) -> tuple[int, ...]:
        """Factors of a product, with a nested product that nothing else uses opened."""
        args = self.graph.args[node]
        if len(args) == 2 and self.graph.op[args[0]] == "const" and self._fuses(args[1]):
            return (args[0], *self.graph.args[args[1]])
        return args

    def _needs(self, node: int) -> list[int]:
        op = self.graph.op[node]
        if op == "mul":
            return list(self._factors(node))
        if op == "add":
            parts = (self._factors(a) if self._fuses(a) else (a,) for a in self.graph.args[node])
            return [p for part in parts for p in part]
        return list(self.graph.args[node])

    def _product(self, factors: Iterable[int]) -> str:
        values = [self.done[f] for f in factors if self.graph.number(f) != -1.0]
        negative = any(self.graph.number(f) == -1.0 for f in factors)
        product = values[0]
        for value in values[1:]:
            product = self.block.mul(product, value)
        return self.block.neg(product) if negative else product

    def _sum(self, terms: tuple[int, ...]) -> str:
        b = self.block
        plain = [t for t in terms if not self._fuses(t)]
        fused = [t for t in terms if self._fuses(t)]
        total = self.done[plain[0]] if plain else self._product(self._factors(fused.pop(0)))
        for term in plain[1:]:
            total = b.add(total, self.done[term])
        for term in fused:
            *first, last = self._factors(term)
            if not first or all(self.graph.number(f) == -1.0 for f in first):
                total = b.sub(total, self.done[last])
            else:
                total = b.fma(self._product(first), self.done[last], total)
        return total

    def _write(self, node: int) -> str:
        b, op = self.block, self.graph.op[node]
        if op == "const":
            number = self.graph.number(node)
            return b.const(0.0 if number is None else number)
        if op == "add":
            return self._sum(self.graph.args[node])
        if op == "mul":
            return self._product(self._factors(node))
        base = self.graph.number(self.graph.args[node][0]) if op == "pow" else None
        if base is not None and base > 0.0:
            exponent = b.mul(self.done[self.graph.args[node][1]], b.const(math.log(base)))
            return b.call("vector_exp", exponent)
        args = [self.done[a] for a in self.graph.args[node]]
        if op in BOOLEAN_OPS:
            return self._boolean(op, args)
        if op == "select":
            return b.select(*args)
        return self._function(op, args)

    def _boolean(self, op: str, args: list[str]) -> str:
        b = self.block
        if op in _PREDICATES:
            return b.compare(_PREDICATES[op], *args)
        if op == "not":
            return b.logic("xor", args[0], b.true())
        value = args[0]
        for other in args[1:]:
            value = b.logic(op, value, other)
        return value

    def _function(self, op: str, args: list[str]) -> str:
        b = self.block
        if op == "rcp":
            return b.div(b.const(1.0), args[0])
        if op in ("exp", "log", "pow"):
            return b.call(f"vector_{op}", *args)
        if op in LIBRARY_FUNCTIONS:
            return b.by_lane(op, args[0])
        return b.intrinsic({"abs": "fabs"}.get(op, op), args[0])
