"""Places for the boxes of a diagram: layers by longest path, order by barycentre, room for every arrow."""

import itertools
from collections.abc import Callable, Sequence

__all__ = ["arrange"]

Link = tuple[str, str]
_CROSSING = "\0"  # begins the name of a place where an arrow passes a layer


def arrange(
    names: list[str], links: Sequence[Link], *, width: Callable[[str], float], gap: float
) -> tuple[dict[str, tuple[float, int]], list[list[str]]]:
    """Find a place for each name.

    Parameters
    ----------
    names : list of str
    links : sequence of (source, target)
    width : callable
        Width of a name's box.
    gap : float
        Smallest distance between boxes.

    Returns
    -------
    places : dict
        Name, or place where an arrow passes -> middle of the box and number of the layer (0 = top).
    routes : list of list of str
        For each link the places that its arrow goes through, both ends included.
    """

    def size(name: str) -> float:
        return 8.0 if name.startswith(_CROSSING) else width(name)

    routes, layers = _routes(_depths(names, links), links)
    steps = [step for route in routes for step in itertools.pairwise(route)]
    near = _neighbours(steps)
    layers = _order(layers, near)
    x = _across(layers, near, size, gap)
    return {name: (x[name], depth) for depth, layer in enumerate(layers) for name in layer}, routes


def _depths(names: list[str], links: Sequence[Link]) -> dict[str, int]:
    """Put each name one layer below the lowest of its sources; arrows that close a circle do not count."""
    following: dict[str, list[str]] = {name: [] for name in names}
    for source, target in links:
        following[source].append(target)
    entered = {target for _, target in links}
    forward = _without_circles(sorted(names, key=lambda name: name in entered), following)
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            depth[target] = max(depth[target], depth[source] + 1)
    for name in names:
        if name not in entered:  # a beginning stands right above what it first leads to
            depth[name] = min(depth[target] for target in following[name]) - 1
    first = min(depth.values())
    return {name: level - first for name, level in depth.items()}


def _without_circles(names: list[str], following: dict[str, list[str]]) -> set[Link]:
    forward: set[Link] = set()
    state: dict[str, str] = {}

    def visit(name: str) -> None:
        state[name] = "open"
        for target in following[name]:
            if state.get(target) != "open":
                forward.add((name, target))
            if target not in state:
                visit(target)
        state[name] = "done"

    for name in names:
        if name not in state:
            visit(name)
    return forward


def _routes(depth: dict[str, int], links: Sequence[Link]) -> tuple[list[list[str]], list[list[str]]]:
    """Give every arrow a place of its own in each layer that it crosses."""
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, level in depth.items():
        layers[level].append(name)
    routes: list[list[str]] = []
    for number, (source, target) in enumerate(links):
        low, high = sorted((depth[source], depth[target]))
        between = [f"{_CROSSING}{number}:{level}" for level in range(low + 1, high)]
        for level, name in enumerate(between, start=low + 1):
            layers[level].append(name)
        if depth[source] > depth[target]:
            between.reverse()
        routes.append([source, *between, target])
    return routes, layers


def _neighbours(steps: list[Link]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for one, other in steps:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    return near


def _order(layers: list[list[str]], near: dict[str, list[str]]) -> list[list[str]]:
    for _ in range(16):
        where = {name: (i + 0.5) / len(layer) for layer in layers for i, name in enumerate(layer)}

        def middle(name: str, where: dict[str, float] = where) -> float:
            others = [where[other] for other in near.get(name, [])]
            return sum(others) / len(others) if others else where[name]

        layers = [sorted(layer, key=middle) for layer in layers]
    return layers


def _across(
    layers: list[list[str]], near: dict[str, list[str]], size: Callable[[str], float], gap: float
) -> dict[str, float]:
    """Place each box near what it is linked to, without overlap."""
    x: dict[str, float] = {}
    for layer in layers:
        at = -sum(size(name) + gap for name in layer) / 2
        for name in layer:
            x[name] = at + size(name) / 2
            at += size(name) + gap
    for _ in range(30):
        for layer in layers:
            others = [near.get(name, [name]) for name in layer]
            wanted = [sum(x[name] for name in linked) / len(linked) for linked in others]
            apart = [(size(a) + size(b)) / 2 + gap for a, b in itertools.pairwise(layer)]
            for name, place in zip(layer, _spaced(wanted, apart), strict=True):
                x[name] = place
    return x


def _spaced(wanted: list[float], apart: list[float]) -> list[float]:
    """Move boxes apart until none overlap, half from the left and half from the right."""
    rightward, leftward = list(wanted), list(wanted)
    for i, gap in enumerate(apart, start=1):
        rightward[i] = max(rightward[i], rightward[i - 1] + gap)
    for i in range(len(apart) - 1, -1, -1):
        leftward[i] = min(leftward[i], leftward[i + 1] - apart[i])
    return [(a + b) / 2 for a, b in zip(rightward, leftward, strict=True)]
