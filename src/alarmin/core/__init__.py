"""What every room shares and what knows nothing of any other room: errors, ids, units, seeds, files."""

from alarmin.core.errors import (
    AlarminError,
    DataError,
    EvidenceError,
    ModelError,
    SolverError,
    UnitError,
)
from alarmin.core.ids import nearest, unknown_id
from alarmin.core.seeds import patient_generators

__all__ = [
    "AlarminError",
    "DataError",
    "EvidenceError",
    "ModelError",
    "SolverError",
    "UnitError",
    "nearest",
    "patient_generators",
    "unknown_id",
]
