"""The provenance record: what made a result, so that it can be made again."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alarmin.report.summary import plain

if TYPE_CHECKING:
    from alarmin.trial import TrialResult

__all__ = ["build_provenance", "file_sha256"]

_PACKAGES = (
    "alarmin", "numpy", "scipy", "numba", "llvmlite", "pandas", "pyarrow", "lifelines", "altair",
    "vl-convert-python", "python-libsbml", "pydantic", "ruamel.yaml",
)  # fmt: skip


def build_provenance(result: "TrialResult", outputs: dict[str, Path], *, when: str) -> dict[str, Any]:
    """Collect versions, seed, settings and checksums.

    Parameters
    ----------
    result : TrialResult
    outputs : dict
        Name -> path of each file written with it.
    when : str
        Time of writing (ISO 8601); kept apart under `run`, with the machine, because only these may differ
        between two runs of the same inputs and seed.

    Returns
    -------
    dict
        Plain values only.
    """
    return {
        "trial": result.spec.trial,
        "seed": result.seed,
        "calibration": result.calibration,
        "specification": result.spec.model_dump(mode="json"),
        "settings": plain(result.settings),
        "versions": {"python": platform.python_version(), **_versions()},
        "inputs_sha256": dict(sorted(result.inputs.items())),
        "outputs_sha256": {name: file_sha256(path) for name, path in sorted(outputs.items())},
        "run": {"written": when, "system": platform.system(), "machine": platform.machine()},
    }


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # optional
    return found
