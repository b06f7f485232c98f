"""A system compiled for this machine."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from alarmin.core import ModelError, unknown_id
from alarmin.engine.compile import Library, build, cache_key, load, processor
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
    states : tuple of str
        Ids of the states in the order of elimination, which is that of the workspace.
    fingerprint : str
        Digest of all formulas: the same for any lanes and machine.
    """

    system: System
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    dosed: tuple[str, ...]
    lanes: int
    states: tuple[str, ...]
    fingerprint: str
    layout: Layout
    library: Library

    @cached_property
    def equations(self) -> Equations:
        """What was compiled, derived anew when the code came from the cache."""
        return derive_equations(
            self.system, parameters=self.parameters, outputs=self.outputs, dosed=self.dosed
        )


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
    width = lanes or processor().lanes
    key = cache_key(system.digest, tuple(parameters), recorded, targets, width)
    system = system.with_given(parameters)
    found = load(key, EXPORTS)
    if found is None:
        note, library = _compile(system, tuple(parameters), recorded, targets, width, key)
    else:
        note, library = found
    kept = json.loads(note)
    return Model(
        system,
        tuple(parameters),
        recorded,
        targets,
        width,
        states=tuple(kept["states"]),
        fingerprint=kept["fingerprint"],
        layout=Layout(**kept["layout"]),
        library=library,
    )


def _compile(
    system: System,
    parameters: tuple[str, ...],
    outputs: tuple[str, ...],
    dosed: tuple[str, ...],
    lanes: int,
    key: str,
) -> tuple[str, Library]:
    """Return the code, kept under a key, and a note of what must be known to run it."""
    system.check_values(parameters)
    equations = derive_equations(system, parameters=parameters, outputs=outputs, dosed=dosed)
    text, layout = write_kernels(equations, lanes=lanes, fma=processor().fma)
    kept = {
        "states": equations.states,
        "fingerprint": equations.fingerprint(),
        "layout": asdict(layout),
    }
    note = json.dumps(kept)
    return note, build(text, EXPORTS, key=key, note=note)
