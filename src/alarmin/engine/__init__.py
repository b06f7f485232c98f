"""Room `engine`: any SBML model, many parameter sets, at once. Knows no biology.

>>> from alarmin.engine import read_sbml, compile_model, simulate  # doctest: +SKIP
>>> model = compile_model(read_sbml("model.xml"), parameters=["k"], outputs=["A"])  # doctest: +SKIP
>>> batch = simulate(model, [[0.1], [0.2]], times=[0, 1, 2])  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.engine.arguments import Start
    from alarmin.engine.batch import Batch, Failure
    from alarmin.engine.differences import Gradients, gradients
    from alarmin.engine.doses import Doses
    from alarmin.engine.model import Model, compile_model
    from alarmin.engine.run import simulate
    from alarmin.engine.sbml import read_sbml
    from alarmin.engine.status import Status
    from alarmin.engine.stream import simulate_to_parquet
    from alarmin.engine.system import System
    from alarmin.engine.workers import Progress

__all__ = [
    "Batch",
    "Doses",
    "Failure",
    "Gradients",
    "Model",
    "Progress",
    "Start",
    "Status",
    "System",
    "compile_model",
    "gradients",
    "read_sbml",
    "simulate",
    "simulate_to_parquet",
]

_HOMES = {
    "Batch": "batch",
    "Doses": "doses",
    "Failure": "batch",
    "Gradients": "differences",
    "Model": "model",
    "Progress": "workers",
    "Start": "arguments",
    "Status": "status",
    "System": "system",
    "compile_model": "model",
    "gradients": "differences",
    "read_sbml": "sbml",
    "simulate": "run",
    "simulate_to_parquet": "stream",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: Numba, LLVM and libSBML take most of a second."""
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
