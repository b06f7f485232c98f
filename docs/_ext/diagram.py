"""Draw a module as an SVG: what flows into what, and what drives or holds back what."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from layout import arrange

__all__ = ["Edge", "Node", "draw"]

_HEIGHT, _GAP_X, _GAP_Y, _MARGIN, _CHAR = 32, 20, 52, 14, 7.4
_STYLES = {
    "flow": ("#1f2933", "2.2", ""),
    "drives": ("#0072b2", "1.4", ""),
    "holds": ("#d55e00", "1.4", "5 3"),
    "acts": ("#7b8794", "1.4", "2 3"),
}


@dataclass(frozen=True)
class Node:
    """A box: `kind` is state, assigned (worked out from others) or outside (of another module)."""

    id: str
    kind: str


@dataclass(frozen=True)
class Edge:
    """An arrow: `kind` is flow (matter moves), drives, holds (back) or acts (sign depends on the state)."""

    source: str
    target: str
    kind: str


def draw(nodes: Iterable[Node], edges: Iterable[Edge], *, title: str) -> str:
    """Return the SVG text of a diagram.

    Parameters
    ----------
    nodes : iterable of Node
    edges : iterable of Edge
        Between these nodes.
    title : str
        Read out by screen readers.
    """
    boxes = {node.id: node for node in nodes}
    arrows = [edge for edge in dict.fromkeys(edges) if edge.source != edge.target]
    links = [(edge.source, edge.target) for edge in arrows]
    places, routes = arrange(list(boxes), links, width=_width, gap=_GAP_X)
    left = min(x - _width(name) / 2 for name, (x, _) in places.items()) - _MARGIN
    right = max(x + _width(name) / 2 for name, (x, _) in places.items()) + _MARGIN
    at = {name: (x - left, _MARGIN + _HEIGHT / 2 + n * (_HEIGHT + _GAP_Y)) for name, (x, n) in places.items()}
    height = max(y for _, y in at.values()) + _HEIGHT / 2 + _MARGIN
    lines = [_arrow(edge, [at[name] for name in route]) for edge, route in zip(arrows, routes, strict=True)]
    lines += [_box(node, *at[name]) for name, node in boxes.items()]
    return (
        f'<svg class="module" role="img" viewBox="0 0 {right - left:.0f} {height:.0f}" '
        f'style="max-width:{right - left:.0f}px" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>{_heads()}{''.join(lines)}</svg>"
    )


def _heads() -> str:
    heads = []
    for kind, (colour, *_rest) in _STYLES.items():
        shape = (
            f'<path d="M5,0 V8" stroke="{colour}" stroke-width="2"/>'
            if kind == "holds"
            else f'<path d="M0,0 L8,4 L0,8 z" fill="{colour}"/>'
        )
        heads.append(
            f'<marker id="{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" '
            f'markerUnits="userSpaceOnUse" orient="auto">{shape}</marker>'
        )
    return f"<defs>{''.join(heads)}</defs>"


def _width(name: str) -> float:
    return max(46.0, 18 + _CHAR * len(name))


def _box(node: Node, x: float, y: float) -> str:
    width = _width(node.id)
    left, top = x - width / 2, y - _HEIGHT / 2
    corner = _HEIGHT / 2 if node.kind == "assigned" else 5
    return (
        f'<g class="{node.kind}">'
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_HEIGHT}" rx="{corner}"/>'
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{escape(node.id)}</text></g>'
    )


def _arrow(edge: Edge, points: list[tuple[float, float]]) -> str:
    colour, width, dashes = _STYLES[edge.kind]
    shift = 6 if edge.kind == "flow" else -6
    points = [(x + shift, y) for x, y in points]
    (start_x, start_y), (end_x, end_y) = points[0], points[-1]
    if start_y == end_y:
        top, bow = start_y - _HEIGHT / 2, start_y - 45
        path = (
            f"M{start_x:.1f},{top:.1f} C{start_x:.1f},{bow:.1f} {end_x:.1f},{bow:.1f} {end_x:.1f},{top:.1f}"
        )
    else:
        half = _HEIGHT / 2 if start_y < end_y else -_HEIGHT / 2
        points = [(start_x, start_y + half), *points[1:-1], (end_x, end_y - half)]
        path = f"M{start_x:.1f},{start_y + half:.1f}"
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            middle = (y1 + y2) / 2
            path += f" C{x1:.1f},{middle:.1f} {x2:.1f},{middle:.1f} {x2:.1f},{y2:.1f}"
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash} '
        f'marker-end="url(#{edge.kind})"/>'
    )
