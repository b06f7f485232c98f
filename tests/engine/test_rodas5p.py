"""The coefficients have the order and the stability they are published with."""

import numpy as np
import pytest

from alarmin.engine import rodas5p as method


def step(f, jacobian, slope, t, y, h):
    """One step written out from the definition; returns the solution, the error estimate and the stages."""
    w = np.eye(y.size) / (method.GAMMA * h) - jacobian(t, y)
    k = []
    for i in range(method.STAGES):
        u = y + sum((a * kj for a, kj in zip(method.A[i], k, strict=True)), np.zeros_like(y))
        c = sum((c * kj for c, kj in zip(method.C[i], k, strict=True)), np.zeros_like(y)) / h
        k.append(np.linalg.solve(w, f(t + method.c[i] * h, u) + c + h * method.d[i] * slope(t, y)))
    return u + k[-1], k[-1], k


def interpolate(y, new, k, theta):
    p = [sum(h * kj for h, kj in zip(row, k, strict=True)) for row in method.H]
    return (1 - theta) * y + theta * (new + (1 - theta) * (p[0] + theta * (p[1] + theta * p[2])))


# y1' = -y1**2 + cos(t) - ..., built so that y = (1/(1+t), sin t) exactly; nonlinear, coupled and with time
def rates(t, y):
    return np.array(
        [-(y[0] ** 2) + (y[1] - np.sin(t)) * y[0], np.cos(t) * (1 + t) * y[0] + (y[1] ** 2 - np.sin(t) ** 2)]
    )


def jacobian(t, y):
    return np.array([[-2 * y[0] + y[1] - np.sin(t), y[0]], [np.cos(t) * (1 + t), 2 * y[1]]])


def slope(t, y):
    return np.array([-np.cos(t) * y[0], (np.cos(t) - np.sin(t) * (1 + t)) * y[0] - 2 * np.sin(t) * np.cos(t)])


def exact(t):
    return np.array([1 / (1 + t), np.sin(t)])


def error_after(steps, *, dense):
    y, h, worst = exact(0.0), 1.0 / steps, 0.0
    for i in range(steps):
        new, _, k = step(rates, jacobian, slope, i * h, y, h)
        if dense:
            worst = max(
                worst, *(np.abs(interpolate(y, new, k, th) - exact((i + th) * h)).max() for th in (0.3, 0.7))
            )
        y = new
    return worst if dense else np.abs(y - exact(1.0)).max()


@pytest.mark.parametrize(("dense", "order"), [(False, 5), (True, 4)])
def test_order(dense, order):
    errors = [error_after(steps, dense=dense) for steps in (8, 16, 32)]
    found = np.log2(np.divide(errors[:-1], errors[1:]))
    assert found[-1] > order - 0.25, (errors, found)


def test_error_estimate_has_order_four():
    sizes = []
    for h in (0.1, 0.05, 0.025):
        _, estimate, _ = step(rates, jacobian, slope, 0.2, exact(0.2), h)
        sizes.append(np.abs(estimate).max())
    assert np.log2(sizes[1] / sizes[2]) == pytest.approx(method.ERROR_ORDER, abs=0.3)


def test_it_damps_the_stiffest_parts_in_one_step():
    y = np.array([1.0])
    new, _, _ = step(lambda t, u: -1e9 * u, lambda t, u: np.array([[-1e9]]), lambda t, u: 0 * u, 0.0, y, 1.0)
    assert abs(new[0]) < 1e-6


def test_dense_output_meets_both_ends():
    y = exact(0.0)
    new, _, k = step(rates, jacobian, slope, 0.0, y, 0.1)
    assert np.array_equal(interpolate(y, new, k, 0.0), y)
    assert np.allclose(interpolate(y, new, k, 1.0), new, rtol=1e-15)
