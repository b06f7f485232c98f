"""Formulas as nodes of the graph: stack programs run with function definitions put in place."""

from collections.abc import Callable, Mapping

from alarmin.core import ModelError
from alarmin.engine.expr import Graph
from alarmin.engine.formula import Function, Program
from alarmin.engine.mathfunctions import FOREIGN, OPERATIONS, Args

__all__ = ["lower"]

MAX_CALL_DEPTH = 64
MAX_CALLS = 10_000  # of functions in one formula: two calls in each of 64 functions would be 2**64


def lower(
    program: Program,
    graph: Graph,
    *,
    functions: Mapping[str, Function],
    value: Callable[[str], int],
    rate: Callable[[str], int],
    time: int,
) -> int:
    """Run a program on the graph and return the node of its result.

    Parameters
    ----------
    program : Program
        The formula.
    graph : Graph
        Receives the nodes.
    functions : mapping of str to Function
        Function definitions of the model, put in place of their calls.
    value, rate : callable
        Node of an id, and node of its rate of change.
    time : int
        Node of the time.

    Raises
    ------
    ModelError
        Wrong number of arguments, an undefined function, functions that call themselves.
    """
    return _Lowering(graph, functions, rate, time).run(program, value, 0)


class _Lowering:
    def __init__(
        self, graph: Graph, functions: Mapping[str, Function], rate: Callable[[str], int], time: int
    ) -> None:
        self.graph = graph
        self.functions = functions
        self.rate = rate
        self.time = time
        self.calls: dict[tuple[str, Args], int] = {}

    def run(self, program: Program, value: Callable[[str], int], depth: int) -> int:
        stack: list[int] = []
        for token in program:
            if token.kind == "number":
                stack.append(self.graph.const(token.value))
            elif token.kind == "name":
                stack.append(value(token.text))
            elif token.kind == "time":
                stack.append(self.time)
            elif token.kind == "rate":
                stack.append(self.rate(token.text))
            else:
                args = tuple(stack[len(stack) - token.arity :])
                del stack[len(stack) - token.arity :]
                stack.append(
                    self.call(token.text, args, depth)
                    if token.kind == "call"
                    else self.apply(token.text, args)
                )
        return stack[-1]

    def call(self, name: str, args: Args, depth: int) -> int:
        if name not in self.functions:
            if name in FOREIGN:
                return self.apply(name, args)
            raise ModelError(f"undefined function '{name}'")
        function = self.functions[name]
        if len(args) != len(function.arguments):
            raise ModelError(f"function '{name}' takes {len(function.arguments)} arguments, got {len(args)}")
        if depth == MAX_CALL_DEPTH:
            raise ModelError(
                f"function '{name}' calls itself, or more than {MAX_CALL_DEPTH} others in a chain"
            )
        if len(self.calls) >= MAX_CALLS:
            raise ModelError(
                f"more than {MAX_CALLS:,} function calls within each other; write it out with rules"
            )
        if (name, args) not in self.calls:
            local = dict(zip(function.arguments, args, strict=True))
            self.calls[name, args] = self.run(function.body, local.__getitem__, depth + 1)
        return self.calls[name, args]

    def apply(self, name: str, args: Args) -> int:
        fewest, most, build = OPERATIONS[name]
        if not fewest <= len(args) <= most:
            expected = str(fewest) if most == fewest else f"at least {fewest}"
            raise ModelError(
                f"{name} takes {expected} argument{'' if expected == '1' else 's'}, got {len(args)}"
            )
        return build(self.graph, args)
