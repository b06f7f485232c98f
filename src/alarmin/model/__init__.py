"""The mechanism: Antimony modules, parameters with their sources, and the assembled SBML."""

from pathlib import Path

from alarmin.model.parameters import Parameter, parameters
from alarmin.model.tables import unit_labels

__all__ = ["Parameter", "parameters", "sbml_path", "unit_labels"]


def sbml_path(name: str = "patient") -> Path:
    """Return the assembled SBML file of a setting."""
    return Path(__file__).parent / "sbml" / f"{name}.xml"
