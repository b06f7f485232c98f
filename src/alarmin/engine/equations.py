"""From a system to what is compiled: fixed values folded in, states in order of elimination, Jacobian."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alarmin.engine.expr import Graph
from alarmin.engine.intermediates import linear_system
from alarmin.engine.linalg import elimination_order, factor_pattern
from alarmin.engine.regroup import regroup
from alarmin.engine.system import TIME, System

__all__ = ["Equations", "derive_equations"]

_COMPARISONS = ("lt", "le", "eq")


@dataclass(frozen=True)
class Equations:
    """Nodes of everything the kernels compute; states are in the order of elimination.

    Attributes
    ----------
    graph : Graph
        Holds the nodes; a graph of its own, so that formulas do not depend on what else was compiled.
    states : tuple of str
        Ids in the order of elimination.
    parameters : tuple of str
        Ids of the parameters that vary.
    outputs, dosed : tuple of str
        Ids of recorded variables and of states that receive doses.
    rates, initial, recorded : tuple of int
        Nodes of the rates, of the initial state, of the recorded variables.
    pivots : tuple of int
        Which state each row and column of the linear system stands for, in the order of elimination; -1 where
        it is an intermediate value (`intermediates.py`).
    jacobian : dict of (int, int) to int
        Nodes of the entries of the linear system that are not identically zero.
    time_slopes : dict of int to int
        Nodes of the derivatives of rates with respect to explicit time.
    derived : tuple of int
        Nodes over parameters alone that rates, Jacobian and recorded variables use.
    triggers : tuple of int
        Nodes over parameters: times at which a condition on time alone switches.
    factor_rows : sequence of tuple of int
        Columns of each row of the LU factors of the linear system.
    """

    graph: Graph
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    dosed: tuple[str, ...]
    rates: tuple[int, ...]
    initial: tuple[int, ...]
    recorded: tuple[int, ...]
    pivots: tuple[int, ...]
    jacobian: dict[tuple[int, int], int]
    time_slopes: dict[int, int]
    derived: tuple[int, ...]
    triggers: tuple[int, ...]
    factor_rows: Sequence[tuple[int, ...]]

    def fingerprint(self) -> str:
        """Return a digest of all formulas: the same for any lanes and machine."""
        graph = self.graph
        digest = hashlib.sha256(repr((self.states, self.parameters, self.outputs, self.dosed)).encode())
        numbers: dict[int, int] = {}
        for node in graph.order([*self.rates, *self.initial, *self.recorded]):
            numbers[node] = len(numbers)
            args = [numbers[a] for a in graph.args[node]]
            digest.update(repr((graph.op[node], args, graph.value[node])).encode())
        roots = (self.rates, self.initial, self.recorded)
        digest.update(repr([[numbers[node] for node in nodes] for nodes in roots]).encode())
        return digest.hexdigest()


def _stored(graph: Graph, roots: Iterable[int], moving: frozenset[str]) -> tuple[int, ...]:
    """Largest subexpressions without states and time that are more than a number or a symbol."""
    found: dict[int, None] = {}
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if graph.op[node] in ("const", "symbol"):
            continue
        if graph.symbols(node) & moving or graph.op[node] in ("and", "or", "not", *_COMPARISONS):
            stack.extend(graph.args[node])
        else:
            found[node] = None
    return tuple(sorted(found))


def _switch_times(graph: Graph, roots: Iterable[int], states: frozenset[str]) -> tuple[int, ...]:
    """Return the times at which comparisons linear in time and free of states change their truth."""
    zero = graph.const(0.0)
    found: dict[int, None] = {}
    for node in graph.order(roots):
        names = graph.symbols(node)
        if graph.op[node] not in _COMPARISONS or TIME not in names or names & states:
            continue
        gap = graph.sub(*graph.args[node])
        slope = graph.derivative(gap, TIME)
        if TIME in graph.symbols(slope) or graph.number(slope) == 0.0:
            continue
        (at_zero,) = graph.substitute([gap], {TIME: zero})
        found[graph.neg(graph.div(at_zero, slope))] = None
    return tuple(found)


def derive_equations(
    system: System,
    *,
    parameters: Sequence[str],
    outputs: Sequence[str],
    dosed: Sequence[str],
    condensed: bool = False,
) -> Equations:
    """Fold fixed parameters into the expressions, differentiate, and order the states.

    Parameters
    ----------
    system : System
        Model.
    parameters, outputs, dosed : sequence of str
        Ids, already checked.
    condensed : bool
        Whether the linear system is the Jacobian itself, without intermediate values.

    Returns
    -------
    Equations
        What is compiled.
    """
    graph = Graph()
    states = frozenset(system.states)
    fixed = {
        name: value
        for name, value in zip(system.parameters, system.defaults, strict=True)
        if name not in parameters
    }
    moving_fixed = {name: value for name, value in fixed.items() if name not in states}
    rates = system.graph.transplant(system.rates, graph, moving_fixed)
    initial = system.graph.transplant(system.initial, graph, fixed)
    observed = [system.observables[name] for name in outputs]
    recorded = system.graph.transplant(observed, graph, moving_fixed)
    entries, values = linear_system(graph, rates, system.states, condensed=condensed)
    sequence = elimination_order(len(rates) + values, entries)
    position = {i: place for place, i in enumerate(sequence)}
    jacobian = {(position[i], position[j]): entry for (i, j), entry in entries.items()}
    order = [i for i in sequence if i < len(rates)]
    rank = {i: k for k, i in enumerate(order)}
    rates = [rates[i] for i in order]
    slopes = {i: graph.derivative(rate, TIME) for i, rate in enumerate(rates) if TIME in graph.symbols(rate)}
    slopes = {i: node for i, node in slopes.items() if graph.number(node) != 0.0}
    triggers = _switch_times(graph, rates, states)
    moving = states | {TIME}
    roots = regroup(graph, [*rates, *jacobian.values(), *slopes.values(), *recorded], moving)
    parts = iter(roots)
    rates = [next(parts) for _ in rates]
    jacobian = {place: next(parts) for place in jacobian}
    slopes = {i: next(parts) for i in slopes}
    recorded = list(parts)
    return Equations(
        graph=graph,
        states=tuple(system.states[i] for i in order),
        parameters=tuple(parameters),
        outputs=tuple(outputs),
        dosed=tuple(dosed),
        rates=tuple(rates),
        initial=tuple(initial[i] for i in order),
        recorded=tuple(recorded),
        pivots=tuple(rank.get(i, -1) for i in sequence),
        jacobian=jacobian,
        time_slopes=slopes,
        derived=_stored(graph, roots, moving),
        triggers=triggers,
        factor_rows=factor_pattern(len(sequence), sorted(jacobian)),
    )
