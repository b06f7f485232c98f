"""Intermediate values as unknowns: the same derivatives, fewer entries."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from patient import patient_system
from small import TUMOUR, system

from alarmin.engine.expr import Graph
from alarmin.engine.intermediates import linear_system
from alarmin.engine.linalg import elimination_order, factor_pattern

NAMES = ("x", "y", "z")


def jacobian_of(graph, entries, states, values, env):
    """Put the values in by a dense solver."""
    matrix = np.zeros((states + values, states + values))
    numbers = graph.evaluate(entries.values(), env)
    for place, number in zip(entries, numbers, strict=True):
        matrix[place] = number
    inner = np.eye(values) - matrix[states:, states:]
    return matrix[:states, :states] + matrix[:states, states:] @ np.linalg.solve(
        inner, matrix[states:, :states]
    )


@st.composite
def rates(draw):
    """Rates of three states that share sums, products, saturations and powers."""
    graph = Graph()
    nodes = [*(graph.symbol(name) for name in NAMES), graph.symbol("p"), graph.const(2.0)]
    for _ in range(draw(st.integers(2, 14))):
        a, b = (nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(2))
        made = draw(st.sampled_from(["add", "sub", "mul", "saturate", "power"]))
        if made == "saturate":
            nodes.append(graph.div(a, graph.add(graph.mul(b, b), graph.const(1.0))))
        elif made == "power":
            nodes.append(graph.power(graph.add(graph.mul(a, a), graph.const(0.5)), graph.const(1.3)))
        else:
            nodes.append(getattr(graph, made)(a, b))
    return graph, [nodes[-1 - draw(st.integers(0, len(nodes) - 3))] for _ in NAMES]


@settings(max_examples=150, deadline=None)
@given(rates(), st.tuples(*[st.floats(0.1, 1.5)] * 4))
def test_derivatives_of_rates_are_the_same(case, point):
    graph, nodes = case
    env = dict(zip((*NAMES, "p"), point, strict=True))
    entries, values = linear_system(graph, nodes, NAMES)
    assert {i for i, _ in entries} >= set(range(3, 3 + values))
    found = jacobian_of(graph, entries, 3, values, env)
    expected = [graph.evaluate([graph.derivative(node, name) for name in NAMES], env) for node in nodes]
    size = max(1.0, float(np.abs(expected).max()))
    assert np.allclose(found, np.array(expected, dtype=float), rtol=1e-9, atol=1e-9 * size)


def test_a_value_that_no_state_moves_is_no_unknown():
    """Six states cancel in a value that all rates share."""
    graph, names = Graph(), "uvwxyz"
    p, *states = (graph.symbol(name) for name in ("p", *names))
    value = p
    for state in states:
        rest = graph.mul(graph.sub(graph.const(1.0), state), p)
        value = graph.add(value, graph.add(rest, graph.mul(state, p)))
    rates = [graph.mul(graph.power(value, graph.const(1.3)), state) for state in states]
    entries, values = linear_system(graph, rates, tuple(names))
    assert values == 0
    assert set(entries) == {(i, i) for i in range(len(names))}


def test_condensed_system_is_the_jacobian():
    model = system(TUMOUR)
    graph = model.graph
    entries, values = linear_system(graph, model.rates, model.states, condensed=True)
    slopes = {
        (i, j): graph.derivative(rate, name)
        for i, rate in enumerate(model.rates)
        for j, name in enumerate(model.states)
    }
    assert values == 0
    assert entries == {place: node for place, node in slopes.items() if graph.number(node) != 0.0}


def test_patient_model_needs_fewer_entries():
    model = patient_system("pembrolizumab")
    sizes = []
    for condensed in (True, False):
        entries, values = linear_system(model.graph, model.rates, model.states, condensed=condensed)
        size = len(model.states) + values
        order = elimination_order(size, entries)
        place = {k: i for i, k in enumerate(order)}
        factors = factor_pattern(size, sorted((place[i], place[j]) for i, j in entries))
        sizes.append((len(entries), sum(len(row) for row in factors) - values))
    assert sizes[1][0] < 0.75 * sizes[0][0]
    assert sizes[1][1] < 0.9 * sizes[0][1]
