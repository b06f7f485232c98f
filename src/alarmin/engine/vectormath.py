"""Exponential, logarithm and power of vectors, written as LLVM IR.

LLVM turns its own `exp`, `log` and `pow` of vectors into one call of the C library per lane. These versions
keep the lanes together. Argument reduction and series are the classical ones (W. J. Cody and W. Waite,
"Software Manual for the Elementary Functions", 1980; T. J. Dekker, doi:10.1007/BF01397083 for products
without rounding error); the coefficients are Taylor's, so nothing is fitted.
"""

from math import factorial

from alarmin.engine.ir import Block

__all__ = ["vector_functions"]

_LOG2_E = 1.4426950408889634
# ln 2 in two parts: the first has 32 trailing zero bits, so its product with an exponent is exact.
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_ROUNDER = 6755399441055744.0  # 1.5 * 2**52: adding it leaves the nearest integer in the low bits
_TWO52_BITS = 0x4330000000000000
_SPLITTER = 134217729.0  # 2**27 + 1
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_ONE_BITS = 0x3FF0000000000000
_EXP_TERMS = 14
_LOG_TERMS = 12


def _polynomial(b: Block, x: str, coefficients: list[float]) -> str:
    value = b.const(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = b.fma(value, x, b.const(coefficient))
    return value


def _two_product(b: Block, x: str, y: str) -> tuple[str, str]:
    """Product and its rounding error."""
    product = b.mul(x, y)
    if b.has_fma:
        return product, b.fma(x, y, b.neg(product))
    halves = []
    for factor in (x, y):
        scaled = b.mul(factor, b.const(_SPLITTER))
        high = b.sub(scaled, b.sub(scaled, factor))
        halves.append((high, b.sub(factor, high)))
    (xh, xl), (yh, yl) = halves
    error = b.sub(b.mul(xh, yh), product)
    for p, q in ((xh, yl), (xl, yh), (xl, yl)):
        error = b.add(error, b.mul(p, q))
    return product, error


def _two_to(b: Block, rounded: str) -> str:
    """2**n, where `rounded` is n + _ROUNDER."""
    bits = b.integer("add", b.to_bits(rounded), b.const_int(1023))
    return b.from_bits(b.integer("shl", bits, b.const_int(52)))


def _exp_body(b: Block, high: str, low: str | None) -> str:
    """exp(high + low) with |low| tiny; saturates to 0 and infinity, keeps NaN."""
    x = b.select(b.compare("ogt", high, b.const(710.0)), b.const(710.0), high)
    x = b.select(b.compare("olt", x, b.const(-746.0)), b.const(-746.0), x)
    n = b.sub(b.add(b.mul(x, b.const(_LOG2_E)), b.const(_ROUNDER)), b.const(_ROUNDER))
    rest = b.sub(x, b.mul(n, b.const(_LN2_HIGH)))
    tail = b.mul(n, b.const(_LN2_LOW))
    if low is not None:
        tail = b.sub(tail, low)
    r = b.sub(rest, tail)
    # The first two terms are kept out of the series: 1 + (r + r*r*s) loses half a unit in the last place.
    series = _polynomial(b, r, [1.0 / factorial(k) for k in range(2, _EXP_TERMS)])
    power = b.add(b.const(1.0), b.fma(b.mul(r, r), series, r))
    # 2**n as two factors: n may lie outside the range of a double's exponent.
    half = b.add(b.mul(n, b.const(0.5)), b.const(_ROUNDER))
    other = b.add(b.sub(n, b.sub(half, b.const(_ROUNDER))), b.const(_ROUNDER))
    return b.mul(b.mul(power, _two_to(b, half)), _two_to(b, other))


def _log_parts(b: Block, x: str) -> tuple[str, str]:
    """Exponent n and mantissa m with x = 2**n * m, m in [sqrt(1/2), sqrt(2)), for positive finite x."""
    tiny = b.compare("olt", x, b.const(2.2250738585072014e-308))
    scaled = b.select(tiny, b.mul(x, b.const(2.0**54)), x)
    shift = b.select(tiny, b.const(-54.0 - 1023.0), b.const(-1023.0))
    bits = b.to_bits(scaled)
    offset = b.integer("add", bits, b.const_int(_ONE_BITS - _SQRT_HALF_BITS))
    biased = b.integer("lshr", offset, b.const_int(52))
    exponent = b.integer("sub", biased, b.const_int(1023))
    mantissa = b.from_bits(b.integer("sub", bits, b.integer("shl", exponent, b.const_int(52))))
    count = b.sub(b.from_bits(b.integer("or", biased, b.const_int(_TWO52_BITS))), b.const(2.0**52))
    return b.add(count, shift), mantissa


def _log_pair(b: Block, x: str) -> tuple[str, str]:
    """log(x) as an unevaluated sum of two doubles, for positive finite x."""
    n, m = _log_parts(b, x)
    f = b.sub(m, b.const(1.0))
    below = b.add(f, b.const(2.0))
    below_error = b.sub(f, b.sub(below, b.const(2.0)))
    inverse = b.div(b.const(1.0), below)
    s = b.mul(f, inverse)
    product, product_error = _two_product(b, s, below)
    rest = b.sub(b.sub(b.sub(f, product), product_error), b.mul(s, below_error))
    s_low = b.mul(rest, inverse)
    z = b.mul(s, s)
    series = _polynomial(b, z, [2.0 / (2 * k + 1) for k in range(1, _LOG_TERMS)])
    double_s = b.add(s, s)
    tail = b.fma(b.mul(z, s), series, b.add(s_low, s_low))
    whole = b.mul(n, b.const(_LN2_HIGH))
    # Sums without error (Knuth): n*ln2 may be smaller than 2s only when n is 0, where nothing is lost.
    high = b.add(whole, double_s)
    lost = b.add(b.sub(whole, b.sub(high, b.sub(high, whole))), b.sub(double_s, b.sub(high, whole)))
    low = b.add(b.add(lost, tail), b.mul(n, b.const(_LN2_LOW)))
    total = b.add(high, low)
    return total, b.add(b.sub(high, total), low)


def _log_edges(b: Block, x: str, value: str) -> str:
    """Log at 0, below 0, at infinity and at NaN."""
    value = b.select(b.compare("oeq", x, b.const(0.0)), b.const(float("-inf")), value)
    value = b.select(b.compare("olt", x, b.const(0.0)), b.const(float("nan")), value)
    value = b.select(b.compare("oeq", x, b.const(float("inf"))), x, value)
    return b.select(b.compare("uno", x, x), x, value)


def _exp(b: Block) -> str:
    return _exp_body(b, "%x", None)


def _log(b: Block) -> str:
    high, _ = _log_pair(b, "%x")
    return _log_edges(b, "%x", high)


def _pow(b: Block) -> str:
    x, y, one = "%x", "%y", b.const(1.0)
    base = b.intrinsic("fabs", x)
    high, low = _log_pair(b, base)
    high = _log_edges(b, base, high)
    product, error = _two_product(b, y, high)
    error = b.fma(y, low, error)
    # Beyond this the result is 0 or infinity, and the error terms may be infinity minus infinity.
    inside = b.compare("olt", b.intrinsic("fabs", product), b.const(800.0))
    inside = b.logic("and", inside, b.compare("ord", error, error))
    value = _exp_body(b, product, b.select(inside, error, b.const(0.0)))
    half = b.mul(y, b.const(0.5))
    whole = b.compare("oeq", b.intrinsic("floor", y), y)
    odd = b.logic("and", whole, b.compare("one", b.intrinsic("floor", half), half))
    signed = b.select(odd, b.intrinsic("copysign", value, x), value)
    bad = b.logic("and", b.compare("olt", x, b.const(0.0)), b.logic("xor", whole, b.true()))
    bad = b.logic("and", bad, b.compare("one", base, b.const(float("inf"))))
    value = b.select(bad, b.const(float("nan")), signed)
    trivial = b.logic("or", b.compare("oeq", y, b.const(0.0)), b.compare("oeq", x, one))
    endless = b.compare("oeq", b.intrinsic("fabs", y), b.const(float("inf")))
    unit = b.logic("and", b.compare("oeq", x, b.const(-1.0)), endless)
    return b.select(b.logic("or", trivial, unit), one, value)


def vector_functions(*, lanes: int, fma: bool) -> str:
    """Return the IR text of `@vector_exp`, `@vector_log` and `@vector_pow`.

    Parameters
    ----------
    lanes : int
        Width of the vectors.
    fma : bool
        Whether the processor has fused multiply-add.

    Returns
    -------
    str
        Definitions of the three functions and declarations of the intrinsics that kernels use.

    Notes
    -----
    Edge cases follow C (ISO/IEC 9899, annex F): `log(0) = -inf`, `log(x < 0)` is NaN, `pow(x, 0) = 1`,
    negative bases only to whole powers. Subnormal arguments and results are kept. Relative error below
    1e-15 for exp and log, 4e-15 for pow, over the whole domain (`tests/engine/test_vectormath.py`).
    """
    vector = f"<{lanes} x double>"
    text = []
    for name, body, arguments in (
        ("vector_exp", _exp, "%x"),
        ("vector_log", _log, "%x"),
        ("vector_pow", _pow, "%x %y"),
    ):
        block = Block(lanes=lanes, fma=fma)
        block.say(f"ret {vector} {body(block)}")
        text.append(
            block.function(name, ", ".join(f"{vector} {a}" for a in arguments.split()), result=vector)
        )
    for name in ("sqrt", "fabs", "floor", "ceil"):
        text.append(f"declare {vector} @llvm.{name}.v{lanes}f64({vector})\n")
    text.append(f"declare {vector} @llvm.copysign.v{lanes}f64({vector}, {vector})\n")
    text.append(f"declare {vector} @llvm.fma.v{lanes}f64({vector}, {vector}, {vector})\n")
    return "".join(text)
