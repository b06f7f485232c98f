"""Making expressions: equal subexpressions are one node, constants are folded on the way in."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["BOOLEAN_OPS", "COMPARISONS", "UNARY_OPS", "Algebra"]

Key = tuple[str, tuple[int, ...], float | str | None]

BOOLEAN_OPS = frozenset({"lt", "le", "eq", "and", "or", "not"})
UNARY_OPS: Mapping[str, Callable[[Any], Any]] = {
    "rcp": np.reciprocal,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {"lt": np.less, "le": np.less_equal, "eq": np.equal}
_LARGEST_PRODUCT = 64  # integer powers up to this are products of squares, above it `pow`


class Algebra:
    """The nodes of a `Graph` and the operations that make them, in the normal form that `Graph` describes."""

    def __init__(self) -> None:
        self.op: list[str] = []
        self.args: list[tuple[int, ...]] = []
        self.value: list[float | str | None] = []
        self._index: dict[Key, int] = {}

    def _node(self, op: str, args: tuple[int, ...] = (), value: float | str | None = None) -> int:
        key = (op, args, value)
        found = self._index.get(key)
        if found is None:
            found = self._index[key] = len(self.op)
            self.op.append(op)
            self.args.append(args)
            self.value.append(value)
        return found

    # --- leaves -------------------------------------------------------------------------------------

    def const(self, value: float) -> int:
        """Return the node of a number."""
        number = float(value)
        # NaN differs from itself and -0.0 equals 0.0: both would confuse the table of nodes.
        return self._node("const", (), math.nan if math.isnan(number) else number + 0.0)

    def symbol(self, name: str) -> int:
        """Return the node of a state, a parameter or the time."""
        return self._node("symbol", (), name)

    def number(self, node: int) -> float | None:
        """Return the value of a constant node, None for any other node."""
        value = self.value[node]
        return value if self.op[node] == "const" and isinstance(value, float) else None

    # --- arithmetic ---------------------------------------------------------------------------------

    def arithmetic(self, node: int) -> int:
        """Return the node as a number: 1 where it is true, 0 where it is false."""
        if self.op[node] in BOOLEAN_OPS:
            return self._node("select", (node, self.const(1.0), self.const(0.0)))
        return node

    def split(self, node: int) -> tuple[float, int | None]:
        """Return a node as (constant factor, rest); the rest of a plain constant is None."""
        number = self.number(node)
        if number is not None:
            return number, None
        if self.op[node] == "mul":
            factor = self.number(self.args[node][0])
            if factor is not None:
                return factor, self.args[node][1]
        return 1.0, node

    def add(self, *nodes: int) -> int:
        """Return the sum; equal terms are collected."""
        constant = 0.0
        terms: dict[int, float] = {}
        for node in nodes:
            factor, rest = self.split(self.arithmetic(node))
            if rest is None:
                constant += factor
            else:
                terms[rest] = terms.get(rest, 0.0) + factor
        parts = sorted(self.mul(self.const(factor), rest) for rest, factor in terms.items() if factor != 0.0)
        if constant != 0.0 or not parts:
            parts.append(self.const(constant))
        return parts[0] if len(parts) == 1 else self._node("add", tuple(sorted(parts)))

    def mul(self, *nodes: int) -> int:
        """Return the product; x times 1/x cancels, and a zero factor makes the product zero."""
        factor = 1.0
        rest: list[int] = []
        for node in nodes:
            number, core = self.split(self.arithmetic(node))
            factor *= number
            if core is not None:
                rest.append(core)
        if factor == 0.0 or math.isnan(factor):
            return self.const(factor)
        rest = self._cancel(rest)
        if not rest:
            return self.const(factor)
        core = rest[0] if len(rest) == 1 else self._node("mul", tuple(sorted(rest)))
        return core if factor == 1.0 else self._node("mul", (self.const(factor), core))

    def _cancel(self, factors: list[int]) -> list[int]:
        """Cancel reciprocals against factors, looking one product deep, and only open what cancels."""
        inner = [self.args[node] if self.op[node] == "mul" else (node,) for node in factors]
        found = [part for parts in inner for part in parts if self.op[part] == "rcp"]
        if not found:
            return factors
        reciprocals = Counter(found)
        counts = Counter(part for parts in inner for part in parts)
        gone: Counter[int] = Counter()
        for reciprocal, count in reciprocals.items():
            target = self.args[reciprocal][0]
            pairs = min(count, counts[target])
            if pairs:
                gone[reciprocal] += pairs
                gone[target] += pairs
        kept: list[int] = []
        for node, parts in zip(factors, inner, strict=True):
            left = [part for part in parts if not self._take(gone, part)]
            kept.extend(left if len(left) < len(parts) else [node])
        return kept

    @staticmethod
    def _take(gone: Counter[int], part: int) -> bool:
        """Take one occurrence of a part off those that are to go; return whether there was one."""
        if gone[part] <= 0:
            return False
        gone[part] -= 1
        return True

    def neg(self, node: int) -> int:
        """Return minus the node."""
        return self.mul(self.const(-1.0), node)

    def sub(self, a: int, b: int) -> int:
        """Return a - b."""
        return self.add(a, self.neg(b))

    def div(self, a: int, b: int) -> int:
        """Return a / b."""
        return self.mul(a, self.rcp(b))

    def rcp(self, node: int) -> int:
        """Return 1 / node."""
        node = self.arithmetic(node)
        factor, rest = self.split(node)
        if rest is None:
            return self.unary("rcp", node)
        if factor != 1.0:
            return self.mul(self.unary("rcp", self.const(factor)), self.rcp(rest))
        return self.args[node][0] if self.op[node] == "rcp" else self.unary("rcp", node)

    def power(self, base: int, exponent: int) -> int:
        """Return base ** exponent; integer and half-integer exponents become products and roots."""
        base, exponent = self.arithmetic(base), self.arithmetic(exponent)
        value, number = self.number(base), self.number(exponent)
        if number is not None and value is not None:
            with np.errstate(all="ignore"):
                return self.const(float(np.power(value, number)))
        if number is None or abs(number) > _LARGEST_PRODUCT or not (2.0 * number).is_integer():
            return self.const(1.0) if value == 1.0 else self._node("pow", (base, exponent))
        if number < 0.0:
            return self.rcp(self.power(base, self.const(-number)))
        whole, half = divmod(number, 1.0)
        result = self._integer_power(base, int(whole))
        return self.mul(result, self.unary("sqrt", base)) if half else result

    def _integer_power(self, base: int, exponent: int) -> int:
        if exponent == 0:
            return self.const(1.0)
        square = self._integer_power(base, exponent // 2)
        square = self.mul(square, square)
        return self.mul(square, base) if exponent % 2 else square

    def unary(self, op: str, node: int) -> int:
        """Return the function `op` (a key of `UNARY_OPS`) of a node."""
        node = self.arithmetic(node)
        number = self.number(node)
        if number is None:
            return self._node(op, (node,))
        with np.errstate(all="ignore"):
            return self.const(float(UNARY_OPS[op](np.float64(number))))

    def sqrt(self, node: int) -> int:
        """Return the square root."""
        return self.unary("sqrt", node)

    def exp(self, node: int) -> int:
        """Return e ** node."""
        return self.unary("exp", node)

    def log(self, node: int) -> int:
        """Return the natural logarithm."""
        return self.unary("log", node)

    # --- conditions ---------------------------------------------------------------------------------

    def _condition(self, node: int) -> int:
        if self.op[node] in BOOLEAN_OPS:
            return node
        number = self.number(node)
        return self.not_(self.eq(node, self.const(0.0))) if number is None else self.const(number != 0.0)

    def _compare(self, op: str, a: int, b: int) -> int:
        a, b = self.arithmetic(a), self.arithmetic(b)
        x, y = self.number(a), self.number(b)
        if x is not None and y is not None:
            return self.const(bool(COMPARISONS[op](x, y)))
        return self._node(op, (a, b))

    def lt(self, a: int, b: int) -> int:
        """Return a < b."""
        return self._compare("lt", a, b)

    def le(self, a: int, b: int) -> int:
        """Return a <= b."""
        return self._compare("le", a, b)

    def gt(self, a: int, b: int) -> int:
        """Return a > b, as b < a."""
        return self.lt(b, a)

    def ge(self, a: int, b: int) -> int:
        """Return a >= b, as b <= a."""
        return self.le(b, a)

    def eq(self, a: int, b: int) -> int:
        """Return a == b."""
        return self._compare("eq", min(a, b), max(a, b))

    def ne(self, a: int, b: int) -> int:
        """Return not a == b."""
        return self.not_(self.eq(a, b))

    def not_(self, node: int) -> int:
        """Return the negation."""
        node = self._condition(node)
        number = self.number(node)
        if number is not None:
            return self.const(number == 0.0)
        return self.args[node][0] if self.op[node] == "not" else self._node("not", (node,))

    def _connect(self, op: str, nodes: Iterable[int], absorbing: float) -> int:
        conditions = {self._condition(node) for node in nodes}
        numbers = {node for node in conditions if self.number(node) is not None}
        if any(self.number(node) == absorbing for node in numbers):
            return self.const(absorbing)
        rest = sorted(conditions - numbers)
        if not rest:
            return self.const(1.0 - absorbing)
        return rest[0] if len(rest) == 1 else self._node(op, tuple(rest))

    def and_(self, *nodes: int) -> int:
        """Return whether all are true (true of none)."""
        return self._connect("and", nodes, 0.0)

    def or_(self, *nodes: int) -> int:
        """Return whether any is true (false of none)."""
        return self._connect("or", nodes, 1.0)

    def xor(self, a: int, b: int) -> int:
        """Return whether exactly one of two is true."""
        return self.or_(self.and_(a, self.not_(b)), self.and_(b, self.not_(a)))

    def select(self, condition: int, a: int, b: int) -> int:
        """Return a where the condition holds, else b."""
        condition = self._condition(condition)
        a, b = self.arithmetic(a), self.arithmetic(b)
        number = self.number(condition)
        if number is not None:
            return a if number else b
        if self.op[condition] == "not":
            condition, a, b = self.args[condition][0], b, a
        return a if a == b else self._node("select", (condition, a, b))
