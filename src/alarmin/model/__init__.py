"""The mechanism: Antimony modules, parameters with their sources, and their assembly for three settings."""

from alarmin.model.assembly import Substance, assemble, assemble_kinetics
from alarmin.model.parameters import Knob, Parameter, knobs, parameters
from alarmin.model.tables import EFFECTS, KINETICS, drug_constants, settings, unit_labels

__all__ = [
    "EFFECTS",
    "KINETICS",
    "Knob",
    "Parameter",
    "Substance",
    "assemble",
    "assemble_kinetics",
    "drug_constants",
    "knobs",
    "parameters",
    "settings",
    "unit_labels",
]
