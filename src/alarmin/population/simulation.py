"""The patient model on the engine: assembled for the drugs in use, compiled once per set of columns."""

from functools import cache

from alarmin.engine import Model, System, compile_model, read_sbml
from alarmin.model import assemble
from alarmin.therapy import BEAMS, drug, substance

__all__ = ["LINES", "compiled", "states", "system"]

LINES = "Lines"
"""State that counts the lines of therapy that a tumour outgrew: those before a trial, and the first in it."""


@cache
def system(drugs: tuple[str, ...]) -> System:
    """Assemble and read the patient model with these drugs."""
    return read_sbml(assemble("patient", tuple(substance(name) for name in drugs)))


def states() -> tuple[str, ...]:
    """Return the ids of the states of a patient without drugs."""
    return system(()).states


@cache
def compiled(columns: tuple[str, ...], outputs: tuple[str, ...], drugs: tuple[str, ...] = ()) -> Model:
    """Compile the patient model for these columns, outputs and drugs.

    Columns that the model with these drugs does not have (those of antibodies, say) are left out;
    `Model.parameters` says which remain.
    """
    has = system(drugs)
    parameters = [name for name in columns if name in has.parameters or name in has.states]
    dosed = (LINES, *BEAMS, *(drug(name).dosed_into for name in drugs))
    return compile_model(has, parameters=parameters, outputs=outputs, dosed=dosed)
