"""Vector exp, log and pow against extended precision, over the whole domain and at its edges."""

import ctypes

import numpy as np
import pytest

from alarmin.engine.compile import build, processor
from alarmin.engine.ir import Block
from alarmin.engine.vectormath import vector_functions

WIDTHS = [(1, True), (2, True), (4, True), (8, True), (4, False)]
SPECIAL = np.array(
    [0.0, 1.0, 2.0, 0.5, 3.0, 7.5, 1e308, 1e-310, 5e-324, 2.0**53, 2.0**53 + 2, 1e16, np.inf, np.nan]
)
SPECIAL = np.concatenate([SPECIAL, -SPECIAL])
needs_extended = pytest.mark.skipif(
    np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision on this platform to compare with"
)


def aligned(size):
    raw = np.zeros(size + 8)
    shift = (-raw.ctypes.data % 64) // 8
    return raw[shift : shift + size]


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda p: f"{p[0]}-{'fma' if p[1] else 'plain'}")
def functions(request):
    """The three functions of one width, callable on arrays."""
    lanes, fma = request.param
    if fma and not processor().fma:
        pytest.skip("no fused multiply-add here")
    text = vector_functions(lanes=lanes, fma=fma)
    for name, count in (("exp", 1), ("log", 1), ("pow", 2)):
        block = Block(lanes=lanes, fma=fma)
        arguments = [block.load("%ws", row) for row in range(count)]
        block.store(block.call(f"vector_{name}", *arguments), "%ws", 2)
        block.say("ret void")
        text += block.function(f"run_{name}", "ptr %ws", linkage="")
    library = build(text + "attributes #0 = { nounwind }\n", ("run_exp", "run_log", "run_pow"))
    rows = aligned(3 * lanes).reshape(3, lanes)

    def caller(name):
        kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.addresses[f"run_{name}"])

        def apply(*arguments):
            result = np.empty_like(arguments[0])
            for begin in range(0, result.size, lanes):
                size = min(lanes, result.size - begin)
                for row, argument in zip(rows, arguments, strict=False):
                    row[:size] = argument[begin : begin + size]
                kernel(rows.ctypes.data)
                result[begin : begin + size] = rows[2, :size]
            return result

        return apply

    # the library must outlive its functions
    return {name: caller(name) for name in ("exp", "log", "pow")} | {"library": library}


def relative_error(found, exact):
    normal = np.isfinite(exact) & (np.abs(exact) > np.finfo(float).tiny)
    return float(np.max(np.abs((found - exact)[normal] / exact[normal])))


@needs_extended
def test_accuracy_over_the_domain(functions):
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [rng.uniform(-745, 709.7, 4000), rng.uniform(-1, 1, 2000), rng.normal(size=500) * 1e-9]
    )
    assert relative_error(functions["exp"](x), np.exp(x.astype(np.longdouble))) < 1e-15
    x = np.concatenate(
        [10 ** rng.uniform(-323, 308, 4000), rng.uniform(0.5, 2, 3000), 1 + rng.normal(size=500) * 1e-9]
    )
    assert relative_error(functions["log"](x), np.log(x.astype(np.longdouble))) < 1e-15
    x, y = 10 ** rng.uniform(-20, 20, 6000), rng.uniform(-15, 15, 6000)
    # extended precision loses up to 11 bits to the exponent: its own error bounds what can be asserted
    exact = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
    assert relative_error(functions["pow"](x, y), exact) < 1e-15


def same(found, expected):
    return np.where(np.isnan(expected), np.isnan(found), np.isclose(found, expected, rtol=1e-15, atol=1e-320))


def test_edges_follow_c(functions):
    with np.errstate(all="ignore"):
        assert same(functions["exp"](SPECIAL), np.exp(SPECIAL)).all()
        assert same(functions["log"](SPECIAL), np.log(SPECIAL)).all()
        x, y = (a.ravel() for a in np.meshgrid(SPECIAL, SPECIAL))
        found, expected = functions["pow"](x, y), np.power(x, y)
    assert same(found, expected).all()
    signed = ~np.isnan(expected)
    assert np.array_equal(np.signbit(found[signed]), np.signbit(expected[signed]))


@pytest.mark.parametrize("x", [710.5, 709.782712893384, -745.2, -708.5])
def test_exp_at_the_ends_of_its_range(functions, x):
    with np.errstate(all="ignore"):
        assert same(functions["exp"](np.array([x])), np.exp(np.array([x]))).all()
