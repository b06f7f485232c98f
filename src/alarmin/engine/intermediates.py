"""Intermediate values as unknowns of the linear system, where that makes it sparser.

A rate that depends on many states through one value, the volume of a lesion say, gives a full block of the
Jacobian: every rate that uses the value times every state in it. With the change of that value as an unknown
of its own the block becomes one column and one row. The solution for the states is the same.

Which values to keep is the question of vertex elimination in differentiation (A. Griewank and A. Walther,
"Evaluating Derivatives", 2nd ed., SIAM 2008, doi:10.1137/1.9780898717761), asked of the system that is then
factored rather than of the Jacobian.
"""

import heapq
from collections.abc import Iterable, Sequence

from alarmin.engine.expr import BOOLEAN_OPS, Graph

__all__ = ["linear_system"]

_WORTH = 1  # a value is kept if it saves more entries than this: it costs a pivot


class _Links:
    """Which unknown depends directly on which: rows and columns of the linearised computation."""

    def __init__(self, size: int) -> None:
        self.rows: list[set[int]] = [set() for _ in range(size)]
        self.columns: list[set[int]] = [set() for _ in range(size)]

    def add(self, i: int, j: int) -> None:
        self.rows[i].add(j)
        self.columns[j].add(i)

    def cost(self, k: int, states: int) -> int:
        """How many entries more there are without unknown k; the diagonal of a state is there anyhow."""
        new = sum(
            j not in self.rows[i] and not (i == j < states) for i in self.columns[k] for j in self.rows[k]
        )
        return new - len(self.rows[k]) - len(self.columns[k])

    def remove(self, k: int) -> set[int]:
        """Put what k depends on in its place; return the unknowns whose cost may have changed."""
        rows, columns = self.rows[k], self.columns[k]
        for j in rows:
            self.columns[j].discard(k)
        for i in columns:
            self.rows[i].discard(k)
            for j in rows:
                self.add(i, j)
        self.rows[k], self.columns[k] = set(), set()
        touched = rows | columns
        return touched.union(*(self.rows[i] for i in columns), *(self.columns[j] for j in rows))


def _kept(graph: Graph, rates: Sequence[int], states: Sequence[str]) -> list[int]:
    """Return the nodes that are worth an unknown of their own."""
    moving = frozenset(states)
    place = {name: i for i, name in enumerate(states)}
    nodes = [
        node
        for node in graph.order(rates)
        if graph.op[node] not in BOOLEAN_OPS and graph.symbols(node) & moving and graph.op[node] != "symbol"
    ]
    unknown = {node: len(states) + k for k, node in enumerate(nodes)}
    unknown |= {graph.symbol(name): i for name, i in place.items()}
    links = _Links(len(states) + len(nodes))
    for node in nodes:
        for arg in graph.args[node]:
            if arg in unknown:
                links.add(unknown[node], unknown[arg])
    for i, rate in enumerate(rates):
        if rate in unknown:
            links.add(i, unknown[rate])
    costs = {k: links.cost(k, len(states)) for k in range(len(states), len(states) + len(nodes))}
    queue = [(cost, k) for k, cost in costs.items()]
    heapq.heapify(queue)
    while queue and queue[0][0] <= _WORTH:
        cost, k = heapq.heappop(queue)
        if costs.get(k) != cost:
            continue
        del costs[k]
        for other in sorted(links.remove(k)):
            if other in costs and (new := links.cost(other, len(states))) != costs[other]:
                costs[other] = new
                heapq.heappush(queue, (new, other))
    return [nodes[k - len(states)] for k in sorted(costs)]


def _cut(graph: Graph, roots: Iterable[int], names: dict[int, str]) -> dict[int, int]:
    """Return each node that `roots` need over the named nodes as symbols."""
    built: dict[int, int] = {}
    for node in graph.order(roots):
        args = [graph.symbol(names[arg]) if arg in names else built[arg] for arg in graph.args[node]]
        built[node] = graph.rebuild(node, args)
    return built


def linear_system(
    graph: Graph, rates: Sequence[int], states: Sequence[str], *, condensed: bool = False
) -> tuple[dict[tuple[int, int], int], int]:
    """Return the derivatives of rates and kept intermediate values, and how many values were kept.

    Parameters
    ----------
    graph : Graph
        Holds the nodes and receives the new ones.
    rates : sequence of int
        Rate of each state.
    states : sequence of str
        Ids of the states.
    condensed : bool
        Whether to keep no intermediate value: the entries are then those of the Jacobian.

    Returns
    -------
    dict of (int, int) to int
        Nodes of the entries that are not identically zero. Unknowns are the changes of the states and, after
        them, those of the intermediate values. Row i of a state holds the derivatives of its rate, the row of
        a value those of its formula; each with respect to states and values as if these were independent.
    int
        Number of intermediate values.
    """
    kept = [] if condensed else _kept(graph, rates, states)
    entries, whole = _entries(graph, rates, states, kept)
    while still := {k for k in range(len(kept)) if not any(i == len(states) + k for i, _ in entries)}:
        # What cancels out of a value's formula depends on no state: such a value is no unknown.
        kept = [node for k, node in enumerate(kept) if k not in still]
        entries, whole = _entries(graph, rates, states, kept)
    return dict(zip(entries, whole, strict=True)), len(kept)


def _entries(
    graph: Graph, rates: Sequence[int], states: Sequence[str], kept: Sequence[int]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Return places and nodes of the entries that are not identically zero."""
    names = {node: f"<value {k}>" for k, node in enumerate(kept)}
    built = _cut(graph, rates, names)
    formulas = [graph.symbol(names[rate]) if rate in names else built[rate] for rate in rates]
    formulas += [built[node] for node in kept]
    unknowns = [*states, *names.values()]
    index = {name: i for i, name in enumerate(unknowns)}
    entries = {}
    for i, formula in enumerate(formulas):
        # In the order of the unknowns: that of a set differs between processes, and with it the rounding.
        for j in sorted(index[name] for name in graph.symbols(formula) if name in index):
            entry = graph.derivative(formula, unknowns[j])
            if graph.number(entry) != 0.0:
                entries[i, j] = entry
    whole = graph.substitute(entries.values(), {name: node for node, name in names.items()})
    return list(entries), list(whole)
