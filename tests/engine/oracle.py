"""Integrates a system with scipy over the NumPy evaluator: the slow truth that tests compare with."""

import numpy as np
from scipy.integrate import solve_ivp

from alarmin.engine.system import TIME


def integrate(system, outputs, times, *, values=None, rtol=1e-10, atol=1e-14, method="LSODA"):
    """Return outputs at times, shape (n_times, n_outputs), times[0] being where integration starts."""
    graph = system.graph
    parameters = dict(zip(system.parameters, system.defaults, strict=True)) | (values or {})
    initial = np.array(graph.evaluate(system.initial, parameters), dtype=float)
    fixed = {name: graph.const(value) for name, value in parameters.items() if name not in system.states}
    right_hand_side = graph.substitute(system.rates, fixed)
    slopes = {
        (row, column): graph.derivative(rate, state)
        for row, rate in enumerate(right_hand_side)
        for column, state in enumerate(system.states)
        if state in graph.symbols(rate)
    }

    def environment(time, state):
        return dict(zip(system.states, state, strict=True)) | {TIME: time}

    def rates(time, state):
        return np.array(graph.evaluate(right_hand_side, environment(time, state)), dtype=float)

    def jacobian(time, state):
        matrix = np.zeros((len(state), len(state)))
        for place, slope in zip(
            slopes, graph.evaluate(slopes.values(), environment(time, state)), strict=True
        ):
            matrix[place] = slope
        return matrix

    times = np.asarray(times, dtype=float)
    states = np.zeros((0, len(times)))
    if len(initial):
        span, step = (times[0], times[-1]), (times[-1] - times[0]) / max(len(times) - 1, 1)
        tolerances = {"rtol": rtol, "atol": atol}
        solution = solve_ivp(rates, span, initial, method, times, jac=jacobian, max_step=step, **tolerances)
        if solution.status != 0:
            raise RuntimeError(solution.message)
        states = solution.y
    nodes = graph.substitute([system.observables[name] for name in outputs], fixed)
    rows = [graph.evaluate(nodes, environment(t, states[:, i])) for i, t in enumerate(times)]
    return np.array(rows, dtype=float)
