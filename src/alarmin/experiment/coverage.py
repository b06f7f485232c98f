"""What of the map of published entities the model carries, and why the rest is context only."""

from dataclasses import dataclass

from alarmin.evidence.rows_map import Entity
from alarmin.evidence.tables import load_table
from alarmin.experiment.table import presets
from alarmin.model import knobs, parameters, settings
from alarmin.therapy import shipped_drugs

__all__ = ["KINDS", "Covered", "coverage"]

KINDS = ("knob", "drug", "parameter", "cell line", "context only", "open")


@dataclass(frozen=True)
class Covered:
    """How the model carries one entity.

    Parameters
    ----------
    id, name : str
        Of the entity.
    kind : str
        knob (experiments can turn it), drug, parameter (it is a figure of the model), cell line (of wells and
        mice), context only, or open (nothing says how it is carried or why not; must not occur).
    by : tuple of str
        Knobs, drugs or parameters that stand for it.
    reason : str
        Why it is context only.
    """

    id: str
    name: str
    kind: str
    by: tuple[str, ...]
    reason: str


def coverage() -> tuple[Covered, ...]:
    """Go through every entity of the evidence; a second name for another is carried as that one."""
    entities = {entity.id: entity for entity in load_table(Entity)}
    known = {
        "knob": {knob.id for knob in knobs()},
        "drug": set(shipped_drugs()),
        "parameter": {p.id for setting in settings() for p in parameters(setting)},
    }
    return tuple(_covered(entity, entities, known) for entity in entities.values())


def _covered(entity: Entity, entities: dict[str, Entity], known: dict[str, set[str]]) -> Covered:
    carrier = entities[entity.same_as] if entity.same_as else entity
    name = entity.symbol or entity.name
    if carrier.name in presets("cells"):
        return Covered(entity.id, name, "cell line", (carrier.name,), "")
    kinds = [kind for kind, ids in known.items() if ids & set(carrier.knobs)]
    lost = [by for by in carrier.knobs if not any(by in ids for ids in known.values())]
    if lost or not (kinds or carrier.context_only):
        return Covered(entity.id, name, "open", tuple(lost), "")
    if kinds:
        return Covered(entity.id, name, kinds[0], tuple(carrier.knobs), "")
    return Covered(entity.id, name, "context only", (), carrier.context_only or "")
