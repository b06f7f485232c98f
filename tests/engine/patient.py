"""The patient model with chosen drugs, as the engine's tests take it."""

from dataclasses import replace
from functools import cache

from alarmin.engine import System, read_sbml
from alarmin.model import Parameter, Substance, assemble
from alarmin.therapy import substance


def by_mouth(name: str, *, half_life_day: float) -> Substance:
    """Return a cytotoxic drug changed into one that is swallowed: assumed kinetics, for tests alone."""
    given = substance(name)
    v1 = next(p.value for p in given.parameters if p.id == "V1")
    changed = {"CL": v1 * 0.6931 / half_life_day}
    kept = tuple(replace(p, value=changed.get(p.id, p.value)) for p in given.parameters)
    added = (
        Parameter(id="ka", value=6.0, unit="per_day", meaning="absorption", level="assumed"),
        Parameter(id="F", value=1.0, unit="unitless", meaning="bioavailability", level="assumed"),
    )
    properties = tuple("oral" if p == "infusion" else p for p in given.properties)
    return Substance(name, properties, (*kept, *added))


@cache
def patient_sbml(*drugs: str | Substance) -> str:
    """Return the SBML of the patient model with these drugs."""
    return assemble("patient", tuple(substance(d) if isinstance(d, str) else d for d in drugs))


def patient_system(*drugs: str | Substance) -> System:
    """Return the patient model with these drugs, read."""
    return read_sbml(patient_sbml(*drugs))
