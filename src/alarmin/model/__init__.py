"""The mechanism: Antimony modules, parameters with their sources, and their assembly for three settings."""

from alarmin.model.assembly import Substance, assemble
from alarmin.model.parameters import Knob, Parameter, knobs, parameters
from alarmin.model.tables import settings, unit_labels

__all__ = ["Knob", "Parameter", "Substance", "assemble", "knobs", "parameters", "settings", "unit_labels"]
