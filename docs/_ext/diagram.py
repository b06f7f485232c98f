"""Draw a module as an SVG: what flows into what, and what drives or holds back what."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from layout import arrange

__all__ = ["Edge", "Node", "draw"]

_HEIGHT, _GAP_X, _GAP_Y, _MARGIN, _CHAR = 28, 56, 12, 14, 7.4
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
    meaning: str = ""


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
    # Names are wide and low, so the layers stand side by side and are read from left to right.
    places, routes = arrange(list(boxes), links, width=lambda _: _HEIGHT, gap=_GAP_Y)
    top = min(y for y, _ in places.values()) - _HEIGHT / 2 - _MARGIN
    columns = _columns({name: layer for name, (_, layer) in places.items()})
    at = {name: (columns[layer], y - top) for name, (y, layer) in places.items()}
    width = max(x + _width(name) / 2 for name, (x, _) in at.items()) + _MARGIN
    height = max(y for _, y in at.values()) + _HEIGHT / 2 + _MARGIN
    lines = [
        _arrow(edge, [(*at[name], _width(name) / 2 if name in boxes else 0.0) for name in route])
        for edge, route in zip(arrows, routes, strict=True)
    ]
    lines += [_box(node, *at[name]) for name, node in boxes.items()]
    return (
        f'<svg class="module" role="img" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(title)}</title>{_heads()}{''.join(lines)}</svg>"
    )


def _columns(layers: dict[str, int]) -> list[float]:
    """Return the middle of each layer, as far apart as its widest box asks."""
    middles, edge = [], float(_MARGIN)
    for layer in range(max(layers.values()) + 1):
        widest = max(_width(name) for name, its in layers.items() if its == layer)
        middles.append(edge + widest / 2)
        edge += widest + _GAP_X
    return middles


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
        f'<g class="{node.kind}"><title>{escape(node.meaning or node.id)}</title>'
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{_HEIGHT}" rx="{corner}"/>'
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{escape(node.id)}</text></g>'
    )


def _arrow(edge: Edge, points: list[tuple[float, float, float]]) -> str:
    """Draw an arrow through points, each with half the width of the box that stands there."""
    colour, width, dashes = _STYLES[edge.kind]
    shift = 4 if edge.kind == "flow" else -4
    (start_x, start_y, start), (end_x, end_y, end) = points[0], points[-1]
    if start_x == end_x:
        right, bow = start_x + start, max(start_x + start, end_x + end) + 40
        path = (
            f"M{right:.1f},{start_y:.1f} "
            f"C{bow:.1f},{start_y:.1f} {bow:.1f},{end_y:.1f} {end_x + end:.1f},{end_y:.1f}"
        )
    else:
        onward = 1 if start_x < end_x else -1
        stops = [(start_x + onward * start, start_y), *((x, y) for x, y, _ in points[1:-1])]
        stops = [(x, y + shift) for x, y in [*stops, (end_x - onward * end, end_y)]]
        path = f"M{stops[0][0]:.1f},{stops[0][1]:.1f}"
        for (x1, y1), (x2, y2) in itertools.pairwise(stops):
            middle = (x1 + x2) / 2
            path += f" C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x2:.1f},{y2:.1f}"
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash} '
        f'marker-end="url(#{edge.kind})"/>'
    )
