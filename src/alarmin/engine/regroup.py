"""Products rearranged: factors that depend on parameters alone meet and are computed once per patient."""

from collections import Counter
from collections.abc import Iterable

from alarmin.engine.expr import Graph

__all__ = ["regroup"]


def regroup(graph: Graph, nodes: Iterable[int], moving: frozenset[str]) -> list[int]:
    """Return the nodes with the constant factors of each product gathered into one.

    Parameters
    ----------
    graph : Graph
        Holds the nodes and receives the new ones.
    nodes : iterable of int
        What will be computed together.
    moving : frozenset of str
        Names that change during an integration.

    Returns
    -------
    list of int
        Equal expressions: `(k1 * x) * (k2 * y)` becomes `(k1 * k2) * x * y`. A product that several
        expressions share stays as it is, so that it is still computed once.
    """
    roots = list(nodes)
    order = graph.order(roots)
    uses = Counter(roots)
    for node in order:
        uses.update(graph.args[node])
    built: dict[int, int] = {}

    def factors(node: int) -> list[int]:
        found = []
        for arg in graph.args[node]:
            if graph.op[arg] == "mul" and uses[arg] == 1:
                found += factors(arg)
            else:
                found.append(arg)
        return found

    for node in order:
        if graph.op[node] == "mul" and graph.symbols(node) & moving:
            parts = factors(node)
            still = [built[part] for part in parts if not graph.symbols(part) & moving]
            rest = [built[part] for part in parts if graph.symbols(part) & moving]
            built[node] = graph.mul(graph.mul(*still), *rest) if still else graph.mul(*rest)
        else:
            built[node] = graph.rebuild(node, [built[arg] for arg in graph.args[node]])
    return [built[node] for node in roots]
