"""Expressions as one shared graph: what they depend on, their derivatives, their values."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alarmin.engine.algebra import BOOLEAN_OPS, COMPARISONS, UNARY_OPS, Algebra

__all__ = ["BOOLEAN_OPS", "UNARY_OPS", "Graph"]


class Graph(Algebra):
    """Hash-consed expression graph; a node is an index, and its arguments have smaller indices.

    Operations are ``const``, ``symbol``, ``add`` and ``mul`` (two or more arguments, sorted), ``pow``,
    ``select`` (condition, value if true, value otherwise), the keys of `UNARY_OPS` and `BOOLEAN_OPS`.
    A quotient is a product with ``rcp``, a difference is a sum with a product of -1. A constant factor
    stands alone in front: ``mul(const, rest)``, so that fluxes are shared whatever their stoichiometry.
    Conditions of ``select`` and arguments of ``and``, ``or``, ``not`` are boolean nodes, never constants.

    Attributes
    ----------
    op : list of str
        Operation of each node.
    args : list of tuple of int
        Arguments of each node.
    value : list
        Number of a ``const``, name of a ``symbol``, None otherwise.

    Examples
    --------
    >>> graph = Graph()
    >>> x = graph.symbol("x")
    >>> slope = graph.derivative(graph.power(x, graph.const(3.0)), "x")
    >>> float(graph.evaluate([slope], {"x": 2.0})[0])
    12.0
    """

    def __init__(self) -> None:
        super().__init__()
        self._symbols: dict[int, frozenset[str]] = {}
        self._derivatives: dict[str, dict[int, int]] = {}

    def order(self, nodes: Iterable[int]) -> list[int]:
        """Return all nodes that `nodes` need, arguments before users."""
        needed: set[int] = set()
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if node not in needed:
                needed.add(node)
                stack.extend(self.args[node])
        return sorted(needed)

    def symbols(self, node: int) -> frozenset[str]:
        """Return the names that a node depends on."""
        found = self._symbols.get(node)
        if found is not None:
            return found
        for part in self.order([node]):
            if part not in self._symbols:
                own = {str(self.value[part])} if self.op[part] == "symbol" else set()
                self._symbols[part] = frozenset(own).union(*(self._symbols[a] for a in self.args[part]))
        return self._symbols[node]

    def substitute(self, nodes: Iterable[int], values: Mapping[str, int]) -> list[int]:
        """Return the nodes with symbols replaced, simplified again (an exponent fixed at 2 is a square).

        Parameters
        ----------
        nodes : iterable of int
            What to rebuild.
        values : mapping of str to int
            Node for each name to replace; other symbols stay.
        """
        wanted = list(nodes)
        built: dict[int, int] = {}
        for node in self.order(wanted):
            if self.op[node] == "symbol":
                built[node] = values.get(str(self.value[node]), node)
            else:
                built[node] = self.rebuild(node, [built[a] for a in self.args[node]])
        return [built[node] for node in wanted]

    def transplant(self, nodes: Iterable[int], into: "Graph", values: Mapping[str, float]) -> list[int]:
        """Return the nodes made again in another graph, with numbers for some of the symbols.

        Parameters
        ----------
        nodes : iterable of int
            What to make again.
        into : Graph
            Receives the nodes. In an empty graph they are numbered the same whatever was done with this one
            before, and the order of terms follows the numbers.
        values : mapping of str to float
            Number for each name to replace; other symbols stay.
        """
        wanted = list(nodes)
        built: dict[int, int] = {}
        for node in self.order(wanted):
            if self.op[node] == "symbol":
                name = str(self.value[node])
                built[node] = into.const(values[name]) if name in values else into.symbol(name)
            elif self.op[node] == "const":
                built[node] = into.const(float(self.value[node] or 0.0))
            else:
                built[node] = into.operation(self.op[node], [built[a] for a in self.args[node]])
        return [built[node] for node in wanted]

    def rebuild(self, node: int, args: list[int]) -> int:
        """Return the operation of a node over other arguments, simplified."""
        return node if tuple(args) == self.args[node] else self.operation(self.op[node], args)

    def operation(self, op: str, args: list[int]) -> int:
        """Return the operation `op` of arguments, simplified."""
        if op in UNARY_OPS:
            return self.rcp(args[0]) if op == "rcp" else self.unary(op, args[0])
        build: dict[str, Callable[..., int]] = {
            "add": self.add,
            "mul": self.mul,
            "pow": self.power,
            "select": self.select,
            "lt": self.lt,
            "le": self.le,
            "eq": self.eq,
            "and": self.and_,
            "or": self.or_,
            "not": self.not_,
        }
        return build[op](*args)

    def derivative(self, node: int, name: str) -> int:
        """Return d node / d name; a ``select`` is differentiated branch by branch, a step has slope 0."""
        memo = self._derivatives.setdefault(name, {})
        if node not in memo:
            zero = self.const(0.0)
            for part in self.order([node]):
                if part not in memo:
                    memo[part] = self._derive(part, memo) if name in self.symbols(part) else zero
        return memo[node]

    def _derive(self, node: int, memo: Mapping[int, int]) -> int:
        op, args = self.op[node], self.args[node]
        if op == "symbol":
            return self.const(1.0)
        if op == "add":
            return self.add(*(memo[a] for a in args))
        if op == "mul":
            terms = [self.mul(*args[:i], memo[a], *args[i + 1 :]) for i, a in enumerate(args)]
            return self.add(*terms)
        if op == "select":
            return self.select(args[0], memo[args[1]], memo[args[2]])
        if op == "pow":
            return self._derive_power(node, memo)
        if op in BOOLEAN_OPS:
            return self.const(0.0)
        return self.mul(self._slope(op, args[0], node), memo[args[0]])

    def _derive_power(self, node: int, memo: Mapping[int, int]) -> int:
        base, exponent = self.args[node]
        # x**(y-1) rather than x**y/x: a Hill term has a finite slope where its concentration is zero.
        lower = self.power(base, self.sub(exponent, self.const(1.0)))
        by_base = self.mul(exponent, lower, memo[base])
        if self.number(memo[exponent]) == 0.0:
            return by_base
        return self.add(by_base, self.mul(node, self.log(base), memo[exponent]))

    def _slope(self, op: str, x: int, value: int) -> int:
        """Return the derivative of unary `op` at x, where its value is the node `value`."""
        one = self.const(1.0)
        square = self.mul(x, x)
        slopes: dict[str, Callable[[], int]] = {
            "rcp": lambda: self.neg(self.mul(value, value)),
            "sqrt": lambda: self.mul(self.const(0.5), self.rcp(value)),
            "exp": lambda: value,
            "log": lambda: self.rcp(x),
            "abs": lambda: self.select(self.lt(x, self.const(0.0)), self.const(-1.0), one),
            "floor": lambda: self.const(0.0),
            "ceil": lambda: self.const(0.0),
            "sin": lambda: self.unary("cos", x),
            "cos": lambda: self.neg(self.unary("sin", x)),
            "tan": lambda: self.add(one, self.mul(value, value)),
            "asin": lambda: self.rcp(self.sqrt(self.sub(one, square))),
            "acos": lambda: self.neg(self.rcp(self.sqrt(self.sub(one, square)))),
            "atan": lambda: self.rcp(self.add(one, square)),
            "sinh": lambda: self.unary("cosh", x),
            "cosh": lambda: self.unary("sinh", x),
            "tanh": lambda: self.sub(one, self.mul(value, value)),
        }
        return slopes[op]()

    def evaluate(self, nodes: Iterable[int], env: Mapping[str, Any]) -> list[Any]:
        """Evaluate nodes with NumPy, one operation at a time: the slow reference of the compiled kernels.

        Parameters
        ----------
        nodes : iterable of int
            What to evaluate.
        env : mapping of str to float or ndarray
            Values of the symbols; arrays must broadcast together.

        Returns
        -------
        list of float or ndarray
            One value per node; invalid operations give NaN or infinity as in IEEE 754.
        """
        wanted = list(nodes)
        results: dict[int, Any] = {}
        with np.errstate(all="ignore"):
            for node in self.order(wanted):
                results[node] = self._apply(node, [results[a] for a in self.args[node]], env)
        return [results[node] for node in wanted]

    def _apply(self, node: int, values: list[Any], env: Mapping[str, Any]) -> Any:  # noqa: C901
        op = self.op[node]
        if op == "const":
            return self.value[node]
        if op == "symbol":
            return np.asarray(env[str(self.value[node])], dtype=float)[()]
        if op == "add":
            return sum(values[1:], values[0])
        if op == "mul":
            product = values[0]
            for value in values[1:]:
                product = product * value
            return product
        if op == "select":
            chosen: NDArray[np.float64] = np.where(values[0], values[1], values[2])
            return chosen[()]
        if op == "pow":
            return np.power(values[0], values[1])
        if op in COMPARISONS:
            return COMPARISONS[op](values[0], values[1])
        if op == "not":
            return np.logical_not(values[0])
        if op in BOOLEAN_OPS:
            connect: Any = np.logical_and if op == "and" else np.logical_or
            return connect.reduce(np.broadcast_arrays(*values), axis=0)[()]
        return UNARY_OPS[op](values[0])
