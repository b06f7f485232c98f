"""Compiled kernels against their slow twins: the graph's evaluator, differences, a dense solver."""

import ctypes
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from patient import patient_system
from small import TUMOUR, system

from alarmin.engine import System, compile_model
from alarmin.engine.expr import UNARY_OPS, Graph
from alarmin.engine.linear import LinearSystem
from alarmin.engine.rodas5p import GAMMA
from alarmin.engine.workers import Tolerances, _workspace

NAMES = ("x", "y", "p")


def kernel(model, name):
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(model.library.addresses[name])


def workspace(model):
    n = model.layout.states
    flat = _workspace(model, Tolerances(1e-6, np.full(n, 1e-9), np.zeros(n), np.full(n, np.inf)))
    rows = flat.reshape(-1, model.lanes)
    rows[model.layout.t_low], rows[model.layout.t_high], rows[model.layout.h] = -np.inf, np.inf, 1.0
    return flat, rows


def leaves(graph):
    return st.one_of(
        st.sampled_from(NAMES).map(graph.symbol),
        st.floats(-3.0, 3.0).map(lambda v: graph.const(round(v, 3))),
    )


def combine(graph, parts):
    two = st.tuples(parts, parts)
    return st.one_of(
        two.map(lambda a: graph.add(*a)),
        two.map(lambda a: graph.sub(*a)),
        two.map(lambda a: graph.mul(*a)),
        two.map(lambda a: graph.div(*a)),
        two.map(lambda a: graph.power(*a)),
        st.tuples(parts, st.integers(-3, 4)).map(lambda a: graph.power(a[0], graph.const(a[1]))),
        st.tuples(st.sampled_from(sorted(UNARY_OPS)), parts).map(lambda a: graph.unary(*a)),
        st.tuples(st.sampled_from(["lt", "le", "eq", "ge", "ne"]), parts, parts, parts, parts).map(
            lambda a: graph.select(getattr(graph, a[0])(a[1], a[2]), a[3], a[4])
        ),
        st.tuples(two, two, two).map(
            lambda a: graph.select(graph.or_(graph.lt(*a[0]), graph.not_(graph.and_(graph.le(*a[1])))), *a[2])
        ),
    )


@st.composite
def expressions(draw):
    graph = Graph()
    return graph, draw(st.recursive(leaves(graph), lambda parts: combine(graph, parts), max_leaves=12))


def system_of(graph, node):
    """A system that records one expression of two states and a parameter."""
    rates = (graph.neg(graph.symbol("x")), graph.neg(graph.symbol("y")))
    starts = tuple(graph.symbol(name) for name in ("x", "y"))
    return System(graph, "one", ("x", "y"), rates, starts, NAMES, (1.0, 1.0, 1.0), {"out": node})


@settings(max_examples=60, deadline=None)
@given(expressions(), st.tuples(*[st.floats(-4.0, 4.0)] * 3))
def test_recorded_variables_equal_the_evaluator(case, point):
    graph, node = case
    model = compile_model(system_of(graph, node), parameters=NAMES, outputs=["out"], lanes=2)
    flat, rows = workspace(model)
    layout = model.layout
    rows[layout.parameters : layout.parameters + 3] = np.array(point)[:, None]
    kernel(model, "prepare")(flat.ctypes.data)
    rows[layout.dense : layout.dense + 2] = rows[layout.y_start : layout.y_start + 2]
    kernel(model, "observe")(flat.ctypes.data)
    (expected,) = graph.evaluate([node], dict(zip(NAMES, point, strict=True)))
    found = rows[layout.out]
    assert found[0] == found[1] or np.isnan(found).all()
    if not np.isfinite(expected):
        # products rearranged may cancel x against 1/x at 0, but not differently from the evaluator
        equations, env = model.equations, dict(zip(NAMES, point, strict=True))
        (rearranged,) = equations.graph.evaluate(equations.recorded, env)
        assert np.isfinite(found[0]) == np.isfinite(rearranged)
        return
    # products and sums are regrouped, and a difference may cancel: compare with how much it can lose
    assume(abs(expected) < 1e12)
    slack = sensitivity(graph, node, point)
    assume(np.isfinite(slack))
    assert np.isclose(found[0], expected, rtol=1e-11, atol=slack)


def sensitivity(graph, node, point):
    """How far the value moves when its arguments and numbers move in the last places."""
    middle = dict(zip(NAMES, point, strict=True))
    moved = []
    for shift in (-1e-13, 1e-13):
        env = {name: value * (1 + shift) + shift for name, value in middle.items()}
        moved.append(graph.evaluate([node], env)[0])
    *parts, value = graph.evaluate(graph.order([node]), middle)
    largest = max((abs(float(part)) for part in parts if np.isfinite(part)), default=1.0)
    with np.errstate(all="ignore"):
        return float(np.abs(np.array(moved) - value).max()) * 100 + 1e-13 * largest


def state_of(model, seed=2):
    """Some positive state, in every lane."""
    return np.random.default_rng(seed).uniform(0.1, 3.0, model.layout.states)


@pytest.fixture(scope="module")
def tumour():
    return compile_model(system(TUMOUR), parameters=["kon", "n"], lanes=4)


def run_at(model, y, values):
    flat, rows = workspace(model)
    layout = model.layout
    rows[layout.parameters : layout.parameters + layout.varying] = np.array(values)[:, None]
    kernel(model, "prepare")(flat.ctypes.data)
    rows[layout.y : layout.y + layout.states] = y[:, None]
    return flat, rows


def test_rates_and_jacobian(tumour):
    sys_, y = tumour.system, state_of(tumour)
    flat, rows = run_at(tumour, y, [40.0, 1.7])
    kernel(tumour, "jacobian")(flat.ctypes.data)
    layout, states = tumour.layout, tumour.equations.states
    env = dict(zip(sys_.parameters, sys_.defaults, strict=True)) | dict(zip(states, y, strict=True))
    rate_of = dict(zip(sys_.states, sys_.rates, strict=True))
    expected = np.array(sys_.graph.evaluate([rate_of[name] for name in states], env))
    assert np.allclose(rows[layout.rhs : layout.rhs + layout.states, 0], expected, rtol=1e-13)
    found = condensed(tumour, rows[:, 0])
    for j, name in enumerate(states):
        h = 1e-6 * y[j]
        high, low = (
            np.array(sys_.graph.evaluate([rate_of[s] for s in states], env | {name: y[j] + side * h}))
            for side in (1, -1)
        )
        assert np.allclose(found[:, j], (high - low) / (2 * h), rtol=1e-6, atol=1e-7), name


def condensed(model, lane):
    """The Jacobian from the entries of the linear system: intermediate values put in by a dense solver."""
    linear = LinearSystem(model.equations)
    linear.place(model.layout)
    pivots = np.array(model.equations.pivots)
    matrix = np.zeros((pivots.size, pivots.size))
    for i, j in model.equations.jacobian:
        row, factor = linear.given(i, j)
        matrix[i, j] = factor if row is None else factor * lane[row]
    states = np.array([np.flatnonzero(pivots == k)[0] for k in range(model.layout.states)])
    values = np.flatnonzero(pivots < 0)
    inner = np.eye(values.size) - matrix[np.ix_(values, values)]
    through = np.linalg.solve(inner, matrix[np.ix_(values, states)])
    return matrix[np.ix_(states, states)] + matrix[np.ix_(states, values)] @ through


@pytest.mark.parametrize("make", [lambda: system(TUMOUR), lambda: patient_system("pembrolizumab")])
def test_first_stage_solves_its_system_at_any_step(make):
    """No pivot is chosen while running: the residual shows whether the order of elimination is sound."""
    model = compile_model(make(), lanes=1)
    layout, n = model.layout, model.layout.states
    flat, rows = run_at(model, np.zeros(n), [])
    rows[layout.y : layout.y + n] = rows[layout.y_start : layout.y_start + n]
    for h in 10.0 ** np.arange(-8, 5):
        kernel(model, "jacobian")(flat.ctypes.data)
        jacobian, rates = condensed(model, rows[:, 0]), rows[layout.rhs : layout.rhs + n, 0].copy()
        rows[layout.h] = h
        kernel(model, "attempt")(flat.ctypes.data)
        k = rows[layout.k : layout.k + n, 0]
        matrix = np.eye(n) / (GAMMA * h) - jacobian
        size = np.abs(matrix) @ np.abs(k) + np.abs(rates)
        assert (np.abs(matrix @ k - rates) <= 1e-13 * size).all(), h


def test_one_step_equals_the_method_written_out(tumour):
    sys.path.insert(0, str(Path(__file__).parent))
    from test_rodas5p import interpolate, step

    sys_, y, h = tumour.system, state_of(tumour), 0.05
    states, layout = tumour.equations.states, tumour.layout
    rate_of = dict(zip(sys_.states, sys_.rates, strict=True))
    nodes = [rate_of[name] for name in states]
    slopes = [[sys_.graph.derivative(node, name) for name in states] for node in nodes]
    base = dict(zip(sys_.parameters, sys_.defaults, strict=True))

    def f(t, u):
        return np.array(sys_.graph.evaluate(nodes, base | dict(zip(states, u, strict=True))))

    def jacobian(t, u):
        env = base | dict(zip(states, u, strict=True))
        return np.array([sys_.graph.evaluate(row, env) for row in slopes], dtype=float)

    new, estimate, k = step(f, jacobian, lambda t, u: np.zeros_like(u), 0.0, y, h)
    flat, rows = run_at(tumour, y, [40.0, 1.7])
    rows[layout.h], rows[layout.theta] = h, [0.0, 0.25, 0.5, 1.0]
    kernel(tumour, "attempt")(flat.ctypes.data)
    kernel(tumour, "dense_all")(flat.ctypes.data)
    n = layout.states
    assert np.allclose(rows[layout.y_new : layout.y_new + n, 0], new, rtol=1e-10)
    assert np.allclose(rows[layout.k + 7 * n : layout.k + 8 * n, 0], estimate, rtol=1e-6, atol=1e-11)
    for lane, theta in enumerate([0.0, 0.25, 0.5, 1.0]):
        found = rows[layout.dense : layout.dense + n, lane]
        assert np.allclose(found, interpolate(y, new, k, theta), rtol=1e-9, atol=1e-12)
