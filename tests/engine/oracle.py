"""Integrates a system with scipy over the NumPy evaluator: the slow truth that tests compare with."""

import numpy as np
from scipy.integrate import solve_ivp

from alarmin.engine.system import TIME


def integrate(system, outputs, times, *, values=None, rtol=1e-10, atol=1e-14, method="LSODA"):
    """Return outputs at times, shape (n_times, n_outputs), times[0] being where integration starts."""
    graph = system.graph
    parameters = dict(zip(system.parameters, system.defaults, strict=True)) | (values or {})
    initial = np.array(graph.evaluate(system.initial, parameters), dtype=float)
    constants = {name: value for name, value in parameters.items() if name not in system.states}

    def environment(time, state):
        return constants | dict(zip(system.states, state, strict=True)) | {TIME: time}

    def rates(time, state):
        return np.array(graph.evaluate(system.rates, environment(time, state)), dtype=float)

    times = np.asarray(times, dtype=float)
    states = np.zeros((0, len(times)))
    if len(initial):
        step = (times[-1] - times[0]) / max(len(times) - 1, 1)
        solution = solve_ivp(
            rates, (times[0], times[-1]), initial, method, times, rtol=rtol, atol=atol, max_step=step
        )
        if solution.status != 0:
            raise RuntimeError(solution.message)
        states = solution.y
    nodes = [system.observables[name] for name in outputs]
    rows = [graph.evaluate(nodes, environment(t, states[:, i])) for i, t in enumerate(times)]
    return np.array(rows, dtype=float)
