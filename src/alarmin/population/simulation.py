"""The patient model on the engine: compiled once per set of columns, run on many patients."""

from functools import cache

from alarmin.engine import Model, System, compile_model, read_sbml
from alarmin.model import sbml_path

__all__ = ["compiled", "states", "system"]


@cache
def system() -> System:
    """Read the patient model."""
    return read_sbml(sbml_path("patient"))


def states() -> tuple[str, ...]:
    """Return the ids of the model's states."""
    return system().states


@cache
def compiled(parameters: tuple[str, ...], outputs: tuple[str, ...], dosed: tuple[str, ...] = ()) -> Model:
    """Compile the patient model for these columns, outputs and dosed states."""
    return compile_model(system(), parameters=parameters, outputs=outputs, dosed=dosed)
