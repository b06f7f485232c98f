"""Calibration: from published outcomes of several trials back to one weighted population."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.calibration.results import write
    from alarmin.calibration.rounds import Calibration, calibrate
    from alarmin.calibration.start import resume

__all__ = ["Calibration", "calibrate", "resume", "write"]

_HOMES = {
    "Calibration": "rounds",
    "calibrate": "rounds",
    "resume": "start",
    "write": "results",
}


def __getattr__(name: str) -> Any:
    # pandas and SciPy are loaded only when they are needed, so that `import alarmin` stays quick
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
