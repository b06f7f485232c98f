"""The functions of MathML in terms of the few operations of the graph."""

import math
from collections.abc import Callable
from itertools import pairwise

from alarmin.engine.expr import Graph

__all__ = ["FOREIGN", "OPERATIONS", "Args"]

LARGEST_FACTORIAL = 170  # 171! is no double

Args = tuple[int, ...]


def _chain(compare: Callable[[Graph, int, int], int]) -> Callable[[Graph, Args], int]:
    """Make a comparison of many out of one of two: a < b < c."""
    return lambda g, a: g.and_(*(compare(g, x, y) for x, y in pairwise(a)))


def _unary(name: str) -> Callable[[Graph, Args], int]:
    return lambda g, a: g.unary(name, a[0])


def _of_reciprocal(name: str) -> Callable[[Graph, Args], int]:
    """Return f(1/x): arcsec from arccos and so on."""
    return lambda g, a: OPERATIONS[name][2](g, (g.rcp(a[0]),))


def _reciprocal_of(name: str) -> Callable[[Graph, Args], int]:
    return lambda g, a: g.rcp(g.unary(name, a[0]))


def _minus(g: Graph, a: Args) -> int:
    return g.neg(a[0]) if len(a) == 1 else g.sub(a[0], a[1])


def _root(g: Graph, a: Args) -> int:
    return g.sqrt(a[0]) if len(a) == 1 else g.power(a[1], g.rcp(a[0]))


def _log(g: Graph, a: Args) -> int:
    base = g.const(10.0) if len(a) == 1 else a[0]
    return g.div(g.log(a[-1]), g.log(base))


def _piecewise(g: Graph, a: Args) -> int:
    result = a[-1] if len(a) % 2 else g.const(math.nan)
    for position in range(len(a) // 2 * 2 - 2, -1, -2):
        result = g.select(a[position + 1], a[position], result)
    return result


def _xor(g: Graph, a: Args) -> int:
    result = g.const(0.0)
    for node in a:
        result = g.xor(result, node)
    return result


def _extreme(compare: Callable[[Graph, int, int], int]) -> Callable[[Graph, Args], int]:
    def extreme(g: Graph, a: Args) -> int:
        result = a[0]
        for node in a[1:]:
            result = g.select(compare(g, node, result), node, result)
        return result

    return extreme


def _quotient(g: Graph, a: Args) -> int:
    ratio = g.div(a[0], a[1])
    return g.select(g.lt(ratio, g.const(0.0)), g.unary("ceil", ratio), g.unary("floor", ratio))


def _factorial(g: Graph, a: Args) -> int:
    """Return n!; NaN where the argument is no integer from 0 to 170."""
    result = g.const(math.nan)
    for n in range(LARGEST_FACTORIAL, -1, -1):
        result = g.select(g.eq(a[0], g.const(n)), g.const(float(math.factorial(n))), result)
    return result


def _asinh(g: Graph, a: Args) -> int:
    size = g.unary(
        "abs", a[0]
    )  # of the size: log(x + sqrt(x*x + 1)) loses all digits where x is very negative
    root = g.sqrt(g.add(g.mul(size, size), g.const(1.0)))
    value = g.log(g.add(size, root))
    return g.select(g.lt(a[0], g.const(0.0)), g.neg(value), value)


def _acosh(g: Graph, a: Args) -> int:
    one = g.const(1.0)
    return g.log(g.add(a[0], g.mul(g.sqrt(g.sub(a[0], one)), g.sqrt(g.add(a[0], one)))))


def _atanh(g: Graph, a: Args) -> int:
    one = g.const(1.0)
    return g.mul(g.const(0.5), g.log(g.div(g.add(one, a[0]), g.sub(one, a[0]))))


_ANY = 10**9
OPERATIONS: dict[str, tuple[int, int, Callable[[Graph, Args], int]]] = {
    "plus": (0, _ANY, lambda g, a: g.add(*a)),
    "times": (0, _ANY, lambda g, a: g.mul(*a)),
    "minus": (1, 2, _minus),
    "reciprocal": (1, 1, lambda g, a: g.rcp(a[0])),
    "power": (2, 2, lambda g, a: g.power(a[0], a[1])),
    "root": (1, 2, _root),
    "log": (1, 2, _log),
    "log2": (1, 1, lambda g, a: _log(g, (g.const(2.0), a[0]))),
    "log10": (1, 1, _log),
    "piecewise": (1, _ANY, _piecewise),
    "eq": (2, _ANY, _chain(Graph.eq)),
    "neq": (2, 2, lambda g, a: g.ne(a[0], a[1])),
    "lt": (2, _ANY, _chain(Graph.lt)),
    "gt": (2, _ANY, _chain(Graph.gt)),
    "leq": (2, _ANY, _chain(Graph.le)),
    "geq": (2, _ANY, _chain(Graph.ge)),
    "and": (0, _ANY, lambda g, a: g.and_(*a)),
    "or": (0, _ANY, lambda g, a: g.or_(*a)),
    "xor": (0, _ANY, _xor),
    "not": (1, 1, lambda g, a: g.not_(a[0])),
    "implies": (2, 2, lambda g, a: g.or_(g.not_(a[0]), a[1])),
    "min": (1, _ANY, _extreme(Graph.lt)),
    "max": (1, _ANY, _extreme(Graph.gt)),
    "quotient": (2, 2, _quotient),
    "rem": (2, 2, lambda g, a: g.sub(a[0], g.mul(a[1], _quotient(g, a)))),
    "factorial": (1, 1, _factorial),
    "ln": (1, 1, _unary("log")),
    "ceiling": (1, 1, _unary("ceil")),
    "arcsin": (1, 1, _unary("asin")),
    "arccos": (1, 1, _unary("acos")),
    "arctan": (1, 1, _unary("atan")),
    "sec": (1, 1, _reciprocal_of("cos")),
    "csc": (1, 1, _reciprocal_of("sin")),
    "cot": (1, 1, _reciprocal_of("tan")),
    "sech": (1, 1, _reciprocal_of("cosh")),
    "csch": (1, 1, _reciprocal_of("sinh")),
    "coth": (1, 1, _reciprocal_of("tanh")),
    "arcsinh": (1, 1, _asinh),
    "arccosh": (1, 1, _acosh),
    "arctanh": (1, 1, _atanh),
    "arcsec": (1, 1, _of_reciprocal("arccos")),
    "arccsc": (1, 1, _of_reciprocal("arcsin")),
    "arccot": (1, 1, _of_reciprocal("arctan")),
    "arcsech": (1, 1, _of_reciprocal("arccosh")),
    "arccsch": (1, 1, _of_reciprocal("arcsinh")),
    "arccoth": (1, 1, _of_reciprocal("arctanh")),
}
OPERATIONS |= {
    name: (1, 1, _unary(name))
    for name in ("abs", "exp", "floor", "sin", "cos", "tan", "sinh", "cosh", "tanh")
}
# Functions that other tools write as if SBML had them; MATLAB's exporter leaves log2 undefined.
FOREIGN = frozenset({"log2", "log10", "min", "max"})
