"""The other engines of the benchmark: each runs one patient of a case and returns its recorded states."""

import atexit
import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import libsbml
import numpy as np
from scipy.integrate import odeint

from alarmin.engine import Doses, compile_model, simulate
from alarmin.engine.compile import build, processor
from alarmin.engine.equations import Equations, derive_equations
from alarmin.engine.kernels import EXPORTS, write_kernels
from alarmin.engine.layout import Layout
from alarmin.engine.linear import LinearSystem
from engine_cases import Case, integrated

MAX_STEPS = 50_000  # between two recorded times
Run = Callable[[int, float, float], np.ndarray]
"""Patient, relative and absolute tolerance -> states at the recorded times, in the kind of their ids."""


def peer_file(case: Case) -> str:
    """Return the path of the model as peers can read it.

    Without events, as the doses of a case are given by restarts. MATLAB's exporter uses log2 as if SBML had
    it, and does not list the species that a rate uses.
    """
    document = libsbml.readSBMLFromFile(str(case.path))
    model = document.getModel()
    while model.getNumEvents():
        model.removeEvent(0)
    if "log2" in case.path.read_text() and model.getFunctionDefinition("log2") is None:
        definition = model.createFunctionDefinition()
        definition.setId("log2")
        definition.setMath(libsbml.parseL3Formula("lambda(x, ln(x)/ln(2))"))
    for reaction in model.getListOfReactions():
        law = reaction.getKineticLaw()
        used = {node.getName() for node in _nodes(law.getMath())} if law is not None else set()
        listed = [*reaction.getListOfReactants(), *reaction.getListOfProducts()]
        listed = {item.getSpecies() for item in (*listed, *reaction.getListOfModifiers())}
        for species in model.getListOfSpecies():
            if species.getIdAttribute() in used - listed:
                reaction.createModifier().setSpecies(species.getIdAttribute())
    folder = tempfile.mkdtemp(prefix="peer-model-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / case.path.name
    libsbml.writeSBMLToFile(document, str(path))
    return str(path)


def _nodes(math: libsbml.ASTNode | None) -> list[libsbml.ASTNode]:
    if math is None:
        return []
    return [math, *(node for i in range(math.getNumChildren()) for node in _nodes(math.getChild(i)))]


def segments(case: Case) -> list[tuple[float, float, list[tuple[str, float]], np.ndarray]]:
    """Cut the time at the doses: begin, end, what is given at the beginning, places of recorded times."""
    if case.doses is None:
        return [(case.times[0], case.times[-1], [], np.arange(case.times.size))]
    starts = np.unique(np.concatenate([[case.times[0]], case.doses.time]))
    starts = starts[starts <= case.times[-1]]
    cut = []
    for begin, end in zip(starts, [*starts[1:], np.inf], strict=True):
        given = [
            (str(target), float(amount))
            for time, target, amount in zip(
                case.doses.time, case.doses.target, case.doses.amount, strict=True
            )
            if time == begin
        ]
        places = np.flatnonzero((case.times >= begin) & (case.times < end))
        cut.append((float(begin), float(min(end, case.times[-1])), given, places))
    return cut


def initial_states(case: Case) -> np.ndarray:
    """Return the states of each patient at time 0 before doses, in the order of the system."""
    model = compile_model(
        case.system, parameters=case.parameters, outputs=integrated(case.system), dosed=case.dosed
    )
    nothing = Doses([], [], np.array([], dtype=str), [])
    return simulate(model, case.values, [0.0], doses=nothing).values[:, 0]


def per_amount(case: Case) -> np.ndarray:
    """Return what turns each state into the kind of its id: 1, or 1 over the volume for concentrations."""
    system = case.system
    slopes = [system.graph.derivative(system.observables[name], name) for name in system.states]
    env = dict(zip(system.parameters, system.defaults, strict=True))
    env |= {name: case.values[:, i] for i, name in enumerate(case.parameters)}
    columns = system.graph.evaluate(slopes, env)
    return np.stack([np.broadcast_to(column, len(case.values)) for column in columns], axis=1)


def roadrunner_run(case: Case) -> Run:
    """Return libRoadRunner with CVODE, restarted at each dose."""
    import roadrunner

    runner = roadrunner.RoadRunner(peer_file(case))
    states = list(case.system.states)
    known = case.system.observables
    amounts = [known[s] == known.get(f"amount({s})", known[s]) for s in states]
    shown = [s if amount else f"[{s}]" for s, amount in zip(states, amounts, strict=True)]
    runner.timeCourseSelections = ["time", *shown]
    runner.integrator.maximum_num_steps = MAX_STEPS
    count = len(runner.integrator.getAbsoluteToleranceVector())
    begin_states = initial_states(case)
    parts = segments(case)

    def run(patient: int, rtol: float, atol: float) -> np.ndarray:
        runner.resetAll()
        for name, value in zip(case.parameters, case.values[patient], strict=True):
            if name not in case.system.states:
                runner[name] = float(value)
        for name, value in zip(states, begin_states[patient], strict=True):
            runner[name] = float(value)
        runner.integrator.relative_tolerance = rtol
        found = np.empty((case.times.size, len(states)))
        for begin, end, given, places in parts:
            for target, amount in given:
                runner[target] = runner[target] + amount
            # a scalar would be scaled by the present state at every call (its issue 1349)
            runner.integrator.absolute_tolerance = [atol] * count
            grid = np.unique(np.concatenate([[begin], case.times[places], [end]]))
            rows = (
                np.asarray(runner.simulate(times=grid.tolist()))
                if grid.size > 1
                else np.array([[begin, *(runner[s] for s in shown)]])
            )
            found[places] = rows[np.searchsorted(grid, case.times[places]), 1:]
        return found

    return run


def lsoda_run(case: Case) -> Run:
    """Return SciPy's LSODA (ODEPACK) with our compiled rates and Jacobian, restarted at each dose."""
    equations = derive_equations(
        case.system.with_given(case.parameters),
        parameters=case.parameters,
        outputs=case.system.states,
        dosed=case.dosed,
        condensed=True,
    )
    text, layout = write_kernels(equations, lanes=1, fma=processor().fma)
    text += (
        "define void @rates(ptr %ws) #0 {\nentry:\n  %t = load <1 x double>, ptr %ws, align 8\n"
        "  call void @rates_add(ptr %ws, <1 x double> %t)\n  ret void\n}\n"
    )
    library = build(text, (*EXPORTS, "rates"))
    signature = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    rates, jacobian, prepare = (signature(library.addresses[k]) for k in ("rates", "jacobian", "prepare"))
    work = np.zeros(layout.rows)
    pointer = work.ctypes.data
    work[layout.t_low], work[layout.t_high] = -np.inf, np.inf
    n = layout.states
    stage, rhs, y = (work[a : a + n] for a in (layout.stage, layout.rhs, layout.y))
    dense, (i, j, rows_read, signs) = _entries(equations, layout)
    place = {name: i for i, name in enumerate(equations.states)}
    parts = segments(case)
    back = [place[name] for name in case.system.states]
    scale = per_amount(case)

    def f(state: np.ndarray, t: float) -> np.ndarray:
        work[layout.t] = t
        stage[:] = state
        rhs[:] = 0.0
        rates(pointer)
        return rhs.copy()

    def df(state: np.ndarray, t: float) -> np.ndarray:
        work[layout.t] = t
        y[:] = state
        jacobian(pointer)
        dense[i, j] = work[rows_read] * signs
        return dense

    def run(patient: int, rtol: float, atol: float) -> np.ndarray:
        work[layout.parameters : layout.parameters + layout.varying] = case.values[patient]
        prepare(pointer)
        state = work[layout.y_start : layout.y_start + n].copy()
        found = np.empty((case.times.size, n))
        for begin, end, given, places in parts:
            for target, amount in given:
                state[place[target]] += amount
            grid = np.unique(np.concatenate([[begin], case.times[places], [end]]))
            rows = state[None]
            if grid.size > 1:
                rows, told = odeint(
                    f, state, grid, Dfun=df, rtol=rtol, atol=atol, mxstep=MAX_STEPS, full_output=True
                )
                if told["message"] != "Integration successful.":
                    raise RuntimeError(f"LSODA: {told['message']}")
            found[places] = rows[np.searchsorted(grid, case.times[places])]
            state = rows[-1].copy()
        return found[:, back] * scale[patient]

    run.__dict__["code"] = library  # it must live as long as the functions that point into it
    return run


def _entries(equations: Equations, layout: Layout) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return the Jacobian with its numbers in place, and row, column, place and sign of what is computed."""
    linear = LinearSystem(equations)
    linear.place(layout)
    dense = np.zeros((layout.states, layout.states))
    found = []
    for i, j in sorted(equations.jacobian):
        row, factor = linear.given(i, j)
        if row is None:
            dense[i, j] = factor
        else:
            found.append((i, j, row, factor))
    return dense, tuple(np.array(column) for column in zip(*found, strict=True))


def amici_run(case: Case) -> Run:
    """Return AMICI: C++ made from the model, CVODES with KLU, restarted at each dose."""
    from amici.importers.sbml import SbmlImporter
    from amici.importers.utils import SBMLException

    # its build needs SWIG, which a virtual environment that is not activated hides
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    folder = tempfile.mkdtemp(prefix="amici-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        model = SbmlImporter(peer_file(case)).sbml2amici(
            f"m_{case.name}", folder, generate_sensitivity_code=False, compute_conservation_laws=False
        )
    except (SBMLException, subprocess.CalledProcessError) as error:
        raise RuntimeError(str(error)) from error
    solver = model.create_solver()
    solver.set_max_steps(MAX_STEPS)
    place = {name: i for i, name in enumerate(model.get_state_ids())}
    if missing := set(case.system.states) - place.keys():
        raise RuntimeError(f"AMICI: no states {', '.join(sorted(missing))}")
    ours = [place[name] for name in case.system.states]  # among others that nothing changes
    free = set(model.get_free_parameter_ids())
    begin_states = initial_states(case) * per_amount(case)
    parts = segments(case)

    def run(patient: int, rtol: float, atol: float) -> np.ndarray:
        for name, value in zip(case.parameters, case.values[patient], strict=True):
            if name in free:
                model.set_free_parameter_by_id(name, float(value))
        solver.set_relative_tolerance(rtol)
        solver.set_absolute_tolerance(atol)
        state = np.array(model.get_initial_state())
        state[ours] = begin_states[patient]
        found = np.empty((case.times.size, state.size))
        for begin, end, given, places in parts:
            for target, amount in given:
                state[place[target]] += amount
            grid = np.unique(np.concatenate([[begin], case.times[places], [end]]))
            rows = state[None]
            if grid.size > 1:
                model.set_t0(begin)
                model.set_initial_state(state)
                model.set_timepoints(grid)
                result = model.simulate(solver=solver)
                if result.status != 0:
                    raise RuntimeError(f"AMICI: status {result.status} for patient {patient} of {case.name}")
                rows = np.asarray(result.x)
            found[places] = rows[np.searchsorted(grid, case.times[places])]
            state = rows[-1].copy()
        return found[:, ours]

    return run


def peers() -> dict[str, Callable[[Case], Run]]:
    """Return the peers that are installed."""
    found: dict[str, Callable[[Case], Run]] = {"scipy LSODA": lsoda_run}
    if importlib.util.find_spec("roadrunner"):
        found["libRoadRunner"] = roadrunner_run
    if importlib.util.find_spec("amici"):
        found["AMICI"] = amici_run
    return found
