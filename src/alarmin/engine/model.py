"""A system compiled for this machine."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from alarmin.core import ModelError, unknown_id
from alarmin.engine.compile import Library, build, processor
from alarmin.engine.equations import Equations, derive_equations
from alarmin.engine.kernels import EXPORTS, write_kernels
from alarmin.engine.layout import Layout
from alarmin.engine.system import System

__all__ = ["Model", "compile_model"]


@dataclass(frozen=True)
class Model:
    """Compiled kernels of a system and the names of what they take and give.

    Attributes
    ----------
    system : System
        What was compiled.
    parameters : tuple of str
        Ids whose values are given per patient, in the order of the columns of `values`.
    outputs : tuple of str
        Ids of what is recorded.
    dosed : tuple of str
        Ids of the states that can receive doses.
    lanes : int
        Patients side by side.
    """

    system: System
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    dosed: tuple[str, ...]
    lanes: int
    equations: Equations
    layout: Layout
    library: Library


def _check(system: System, kind: str, ids: Sequence[str], known: Sequence[str]) -> list[str]:
    problems = [unknown_id(kind, name, known) for name in ids if name not in known]
    return problems + [
        f"{kind} '{name}': given {n} times, expected once" for name, n in Counter(ids).items() if n > 1
    ]


def compile_model(
    system: System,
    *,
    parameters: Sequence[str] = (),
    outputs: Sequence[str] | None = None,
    dosed: Sequence[str] = (),
    lanes: int | None = None,
) -> Model:
    """Compile a system for this machine, or take its code from the cache.

    Parameters
    ----------
    system : System
        Model, from `read_sbml`.
    parameters : sequence of str
        Ids that vary between patients; all others keep the model's value and are folded into the code. A
        state's id stands for its initial value, also where the model computes that.
    outputs : sequence of str, optional
        Ids of observables to record; all states by default.
    dosed : sequence of str
        Ids of states that can receive doses; those that the model's own events dose are added.
    lanes : int, optional
        Patients side by side: 1, 2, 4 or 8; by default what the processor's registers hold.

    Returns
    -------
    Model
        For `simulate`.

    Raises
    ------
    ModelError
        One line for each id that the system does not have, with the nearest one; a number of lanes that
        is not offered; a parameter that has no value anywhere.
    """
    recorded = tuple(system.states if outputs is None else outputs)
    own = tuple(dict.fromkeys(dose.target for dose in system.doses if dose.target not in dosed))
    targets = (*dosed, *own)
    problems = _check(system, "parameter", parameters, (*system.parameters, *system.states))
    problems += _check(system, "output", recorded, tuple(system.observables))
    problems += _check(system, "dosed state", targets, system.states)
    if lanes not in (None, 1, 2, 4, 8):
        problems.append(f"lanes: {lanes}, expected 1, 2, 4 or 8")
    if problems:
        raise ModelError(*problems)
    system = system.with_given(parameters)
    target = processor()
    width = lanes or target.lanes
    equations = derive_equations(system, parameters=parameters, outputs=recorded, dosed=targets)
    text, layout = write_kernels(equations, lanes=width, fma=target.fma)
    library = build(text, EXPORTS)
    return Model(system, tuple(parameters), recorded, targets, width, equations, layout, library)
