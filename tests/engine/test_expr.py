"""The expression graph: sharing, folding, derivatives, evaluation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alarmin.engine.expr import BOOLEAN_OPS, Graph

STEP = 1e-20
SMOOTH = ("exp", "log", "sin", "cos", "tan", "sqrt", "atan", "sinh", "cosh", "tanh", "rcp")


@pytest.fixture
def graph():
    return Graph()


def value(graph, node, **env):
    return float(graph.evaluate([node], env)[0])


def test_equal_expressions_are_one_node(graph):
    x, y = graph.symbol("x"), graph.symbol("y")
    assert graph.mul(x, y) == graph.mul(y, x)
    assert graph.add(x, y, x) == graph.add(graph.mul(graph.const(2), x), y)
    assert graph.sub(graph.mul(x, y), graph.mul(y, x)) == graph.const(0)


def test_stoichiometry_keeps_the_flux_shared(graph):
    flux = graph.mul(graph.symbol("k"), graph.symbol("a"))
    lost = graph.mul(graph.const(-2), flux)
    assert graph.op[lost] == "mul"
    assert graph.args[lost] == (graph.const(-2), flux)


def test_volume_cancels_out_of_a_rate_by_concentration(graph):
    amount, volume, k = (graph.symbol(name) for name in ("a", "v", "k"))
    concentration = graph.div(amount, volume)
    assert graph.mul(volume, k, concentration) == graph.mul(k, amount)
    assert graph.mul(graph.mul(volume, k), concentration) == graph.mul(k, amount)


@pytest.mark.parametrize(
    ("exponent", "used"), [(2.0, {"mul"}), (-1.0, {"rcp"}), (0.5, {"sqrt"}), (2.3, {"pow"})]
)
def test_simple_powers_need_no_pow(graph, exponent, used):
    node = graph.power(graph.symbol("x"), graph.const(exponent))
    assert {graph.op[n] for n in graph.order([node])} - {"symbol", "const"} == used
    assert value(graph, node, x=1.7) == pytest.approx(1.7**exponent, rel=1e-15)


def test_constants_fold_with_the_rules_of_floating_point(graph):
    zero = graph.const(0.0)
    assert graph.number(graph.rcp(zero)) == math.inf
    assert math.isnan(graph.number(graph.mul(zero, graph.rcp(zero))))
    assert math.isnan(graph.number(graph.log(graph.const(-1.0))))
    assert graph.const(-0.0) == zero
    assert graph.const(math.nan) == graph.const(float("nan"))


def test_conditions_fold_and_swap(graph):
    x, one, two = graph.symbol("x"), graph.const(1), graph.const(2)
    assert graph.select(graph.lt(one, two), x, two) == x
    assert graph.select(graph.ne(x, one), one, two) == graph.select(graph.eq(x, one), two, one)
    assert graph.and_(graph.lt(x, one), graph.const(0)) == graph.const(0)
    assert graph.or_() == graph.const(0)
    assert graph.and_() == graph.const(1)


def test_truth_values_and_numbers_mix(graph):
    x, one = graph.symbol("x"), graph.const(1)
    counted = graph.add(graph.lt(x, one), one)
    assert [value(graph, counted, x=v) for v in (0, 2)] == [2, 1]
    chosen = graph.select(x, one, graph.const(5))
    assert [value(graph, chosen, x=v) for v in (0, -3)] == [5, 1]


def test_hill_slope_is_finite_where_nothing_is_bound(graph):
    x, n = graph.symbol("x"), graph.symbol("n")
    slope = graph.derivative(graph.power(x, n), "x")
    assert value(graph, slope, x=0.0, n=1.7) == 0.0


def test_exponent_differentiates_too(graph):
    node = graph.derivative(graph.power(graph.symbol("x"), graph.symbol("n")), "n")
    assert value(graph, node, x=2.0, n=3.0) == pytest.approx(8 * math.log(2))


def test_piecewise_differentiates_branch_by_branch(graph):
    x = graph.symbol("x")
    node = graph.select(graph.lt(x, graph.const(1)), graph.mul(x, x), graph.exp(x))
    slope = graph.derivative(node, "x")
    assert value(graph, slope, x=0.5) == 1.0
    assert value(graph, slope, x=2.0) == pytest.approx(math.exp(2))


def test_substitution_simplifies_again(graph):
    node = graph.power(graph.symbol("x"), graph.symbol("n"))
    (square,) = graph.substitute([node], {"n": graph.const(2.0)})
    assert graph.op[square] == "mul"
    assert graph.symbols(square) == {"x"}


def test_evaluation_broadcasts(graph):
    node = graph.add(graph.symbol("x"), graph.symbol("y"))
    got = graph.evaluate([node], {"x": np.ones((3, 1)), "y": np.arange(4.0)})[0]
    assert got.shape == (3, 4)


def test_a_chain_of_many_thousand_nodes_needs_no_recursion(graph):
    node = graph.symbol("x")
    for i in range(10_000):
        node = graph.sqrt(graph.add(node, graph.const(i)))
    assert graph.symbols(node) == {"x"}
    assert math.isfinite(value(graph, graph.derivative(node, "x"), x=1.0))


def expressions():
    """Draw recipes: nested tuples of operation and arguments."""
    leaves = st.sampled_from(["x", "y"]) | st.floats(-3, 3, allow_nan=False).map(lambda v: round(v, 3))

    def extend(inner):
        unary = st.tuples(st.sampled_from(SMOOTH), inner)
        binary = st.tuples(st.sampled_from(["add", "mul", "sub", "div"]), inner, inner)
        power = st.tuples(st.just("power"), inner, st.sampled_from([2.0, 3.0, -1.0, 0.5, 1.5, 1.37]))
        choice = st.tuples(st.just("select"), inner, inner, inner)
        return unary | binary | power | choice

    return st.recursive(leaves, extend, max_leaves=8)


def build(graph, recipe):
    if isinstance(recipe, str):
        return graph.symbol(recipe)
    if isinstance(recipe, float):
        return graph.const(recipe)
    name, *parts = recipe
    nodes = [build(graph, part) for part in parts]
    if name == "select":
        return graph.select(graph.lt(nodes[0], graph.const(0.5)), nodes[1], nodes[2])
    return graph.unary(name, *nodes) if name in SMOOTH else getattr(graph, name)(*nodes)


def compute(recipe, env):
    """Evaluate a recipe with NumPy directly, in complex numbers if the symbols are complex."""
    if isinstance(recipe, str):
        return env[recipe]
    if isinstance(recipe, float):
        return type(env["x"])(recipe)
    name, *parts = recipe
    values = [compute(part, env) for part in parts]
    if any(not 1e-6 < abs(value) < 1e6 for value in values):
        return np.nan * values[0]  # where rounding alone decides
    if name == "select":
        if abs(values[0].imag) > 1e-9 or abs(values[0].real - 0.5) < 1e-9:
            return np.nan * values[0]
        return values[1] if values[0].real < 0.5 else values[2]
    functions = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": np.divide,
        "power": lambda a, b: np.exp(b * np.log(a)) if b == 1.37 else a**b,
        "rcp": lambda a: np.divide(1.0, a),
        "atan": np.arctan,
    }
    return functions.get(name, getattr(np, name, None))(*values)


POINTS = st.floats(0.1, 3.0)


@settings(max_examples=300, deadline=None)
@given(expressions(), POINTS, POINTS)
def test_evaluator_agrees_with_plain_arithmetic(recipe, x, y):
    graph = Graph()
    with np.errstate(all="ignore"):
        expected = float(compute(recipe, {"x": np.float64(x), "y": np.float64(y)}))
    assume(abs(expected) < 1e6)
    assert value(graph, build(graph, recipe), x=x, y=y) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(max_examples=300, deadline=None)
@given(expressions(), POINTS, POINTS)
def test_derivative_agrees_with_the_complex_step(recipe, x, y):
    graph = Graph()
    with np.errstate(all="ignore"):
        shifted = complex(compute(recipe, {"x": np.complex128(x + 1j * STEP), "y": np.complex128(y)}))
    expected = shifted.imag / STEP
    node = build(graph, recipe)
    got = value(graph, graph.derivative(node, "x"), x=x, y=y)
    real = value(graph, node, x=x, y=y)
    assume(all(math.isfinite(v) and abs(v) < 1e6 for v in (expected, got, real, shifted.real)))
    assume(abs(shifted.real - real) < 1e-6 * (1 + abs(real)))
    assert got == pytest.approx(expected, rel=1e-5, abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(expressions(), POINTS, POINTS)
def test_substituting_constants_is_computing(recipe, x, y):
    graph = Graph()
    node = build(graph, recipe)
    (folded,) = graph.substitute([node], {"x": graph.const(x), "y": graph.const(y)})
    assert graph.op[folded] not in BOOLEAN_OPS
    with np.errstate(all="ignore"):
        expected = float(compute(recipe, {"x": np.float64(x), "y": np.float64(y)}))
    assume(abs(expected) < 1e6)
    assert graph.number(folded) == pytest.approx(expected, rel=1e-6, abs=1e-6)
