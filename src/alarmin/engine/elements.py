"""The elements of an SBML model as plain records, so that libSBML is needed nowhere else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf, nan
from typing import Any

from alarmin.core import ModelError
from alarmin.engine.formula import Function, Program, read_formula

__all__ = ["Compartment", "Event", "Participant", "Reaction", "SbmlModel", "Species", "read_elements"]


@dataclass(frozen=True)
class Compartment:
    """A compartment; `size` is NaN where the model gives none."""

    size: float
    dimensions: float


@dataclass(frozen=True)
class Species:
    """A species; `initial` is an amount or a concentration, NaN where the model gives none."""

    compartment: str
    initial: float
    initial_is_concentration: bool
    substance_only: bool
    boundary: bool
    constant: bool
    conversion: str


@dataclass(frozen=True)
class Participant:
    """A species in a reaction: consumed (`sign` -1) or made (+1); `ref` is the id of its stoichiometry."""

    species: str
    sign: float
    stoichiometry: float
    ref: str


@dataclass(frozen=True)
class Reaction:
    """A reaction; `law` is None where the model gives no rate, then it does not run."""

    participants: tuple[Participant, ...]
    law: Program | None
    locals: dict[str, float]


@dataclass(frozen=True)
class Event:
    """An event: `targets` are (id, value) of its assignments."""

    id: str
    trigger: Program | None
    delay: Program | None
    at_start: bool
    targets: tuple[tuple[str, Program], ...]


@dataclass
class SbmlModel:
    """Everything of an SBML model that bears on its simulation, and what cannot be used in `problems`."""

    name: str = ""
    compartments: dict[str, Compartment] = field(default_factory=dict)
    species: dict[str, Species] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=dict)
    reactions: dict[str, Reaction] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    assignments: dict[str, Program] = field(default_factory=dict)
    rates: dict[str, Program] = field(default_factory=dict)
    initial: dict[str, Program] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def stoichiometries(self) -> Iterator[Participant]:
        """Yield the participants whose stoichiometry has an id."""
        for reaction in self.reactions.values():
            yield from (p for p in reaction.participants if p.ref)

    def show(self, element: str) -> str:
        """Return an id in quotes, with its human name if it has another."""
        name = self.names.get(element)
        return f"'{element}' ({name})" if name else f"'{element}'"


def read_elements(source: Any) -> SbmlModel:
    """Copy a libSBML model (Level 3) into plain records.

    Parameters
    ----------
    source : libsbml.Model
        The model.
    """
    return _Reader(source).model


class _Reader:
    def __init__(self, source: Any) -> None:
        self.model = SbmlModel(name=source.getName() or source.getId())
        self.conversion = source.getConversionFactor()
        self.seen: set[str] = set()
        for item in _items(source.getListOfFunctionDefinitions()):
            self.read(self.function, "function", item)
        for item in _items(source.getListOfCompartments()):
            self.read(self.compartment, "compartment", item)
        for item in _items(source.getListOfSpecies()):
            self.read(self.species, "species", item)
        for item in _items(source.getListOfParameters()):
            self.read(self.parameter, "parameter", item)
        for item in _items(source.getListOfReactions()):
            self.read(self.reaction, "reaction", item)
        for item in _items(source.getListOfRules()):
            self.rule(item)
        for item in _items(source.getListOfInitialAssignments()):
            self.initial_assignment(item)
        for number, item in enumerate(_items(source.getListOfEvents())):
            self.event(item, number)

    def read(self, reader: Callable[[Any, str], None], kind: str, item: Any) -> None:
        element = item.getIdAttribute()
        if not element or element in self.seen:
            reason = "is given twice" if element else "has no id"
            self.model.problems.append(f"{kind} '{element}': {reason}; give every element an id of its own")
            return
        self.seen.add(element)
        if item.getName() and item.getName() != element:
            self.model.names[element] = item.getName()
        reader(item, element)

    def formula(self, item: Any, where: str) -> Program | None:
        """Return the formula of an element, None if it has none (which Level 3 Version 2 allows)."""
        tree = item.getMath()
        if tree is None:
            return None
        try:
            return read_formula(tree)
        except ModelError as error:
            self.model.problems.extend(f"{where}: {line}" for line in error.problems)
            return None

    def function(self, item: Any, element: str) -> None:
        arguments = tuple(item.getArgument(i).getName() or "" for i in range(item.getNumArguments()))
        body = item.getBody()
        if body is None:
            return
        try:
            program = read_formula(body)
        except ModelError as error:
            self.model.problems.extend(f"function '{element}': {line}" for line in error.problems)
            return
        if any(token.kind == "rate" for token in program):
            self.model.problems.append(
                f"function '{element}': rateOf is not supported here; write it where it is called"
            )
            return
        self.model.functions[element] = Function(arguments, program)

    def compartment(self, item: Any, element: str) -> None:
        size = item.getSize() if item.isSetSize() else nan
        dimensions = item.getSpatialDimensionsAsDouble() if item.isSetSpatialDimensions() else 3.0
        if size < 0.0:
            self.model.problems.append(
                f"compartment {self.model.show(element)}: size {size:g}; expected a positive number"
            )
        self.model.compartments[element] = Compartment(size, dimensions)

    def species(self, item: Any, element: str) -> None:
        by_concentration = item.isSetInitialConcentration()
        initial = item.getInitialConcentration() if by_concentration else nan
        if item.isSetInitialAmount():
            initial = item.getInitialAmount()
        self.model.species[element] = Species(
            compartment=item.getCompartment(),
            initial=initial,
            initial_is_concentration=by_concentration,
            substance_only=item.getHasOnlySubstanceUnits(),
            boundary=item.getBoundaryCondition(),
            constant=item.getConstant(),
            conversion=item.getConversionFactor() or self.conversion,
        )

    def parameter(self, item: Any, element: str) -> None:
        self.model.parameters[element] = item.getValue() if item.isSetValue() else nan

    def reaction(self, item: Any, element: str) -> None:
        where = f"reaction {self.model.show(element)}"
        participants = [self.participant(ref, -1.0, where) for ref in _items(item.getListOfReactants())]
        participants += [self.participant(ref, 1.0, where) for ref in _items(item.getListOfProducts())]
        law, constants = None, {}
        if item.isSetKineticLaw():
            kinetics = item.getKineticLaw()
            law = self.formula(kinetics, where)
            for local in _items(kinetics.getListOfLocalParameters()):
                constants[local.getIdAttribute()] = local.getValue() if local.isSetValue() else nan
        self.model.reactions[element] = Reaction(tuple(participants), law, constants)

    def participant(self, item: Any, sign: float, where: str) -> Participant:
        ref = item.getIdAttribute()
        if ref and ref in self.seen:
            self.model.problems.append(
                f"{where}: stoichiometry id '{ref}' is given twice; give it an id of its own"
            )
        self.seen.add(ref)
        value = item.getStoichiometry() if item.isSetStoichiometry() else nan
        if not ref and not -inf < value < inf:
            self.model.problems.append(
                f"{where}: no stoichiometry for species '{item.getSpecies()}'; write one, for example 1"
            )
        return Participant(item.getSpecies(), sign, value, ref)

    def rule(self, item: Any) -> None:
        if item.isAlgebraic():
            if item.getMath() is not None:
                self.model.problems.append(
                    f"algebraic rule '{item.getMetaId() or item.getIdAttribute()}': "
                    "not supported; solve it for one variable and write an assignment rule"
                )
            return
        kind = "assignment rule" if item.isAssignment() else "rate rule"
        formulas = self.model.assignments if item.isAssignment() else self.model.rates
        self.target(item, item.getVariable(), kind, formulas, (self.model.assignments, self.model.rates))

    def initial_assignment(self, item: Any) -> None:
        taken = (self.model.initial, self.model.assignments)
        self.target(item, item.getSymbol(), "initial assignment", self.model.initial, taken)

    def target(
        self,
        item: Any,
        target: str,
        kind: str,
        formulas: dict[str, Program],
        taken: tuple[dict[str, Program], ...],
    ) -> None:
        where = f"{kind} of {self.model.show(target)}"
        program = self.formula(item, where)
        if any(target in other for other in taken):
            self.model.problems.append(f"{where}: its value is given twice; keep one rule or assignment")
        elif program is not None:
            formulas[target] = program

    def event(self, item: Any, number: int) -> None:
        element = item.getIdAttribute() or f"(number {number + 1}, no id)"
        if item.getName() and item.getName() != element:
            self.model.names[element] = item.getName()
        where = f"event {self.model.show(element)}"
        targets = []
        for assignment in _items(item.getListOfEventAssignments()):
            program = self.formula(assignment, where)
            if program is not None:
                targets.append((assignment.getVariable(), program))
        trigger = item.getTrigger()
        condition = self.formula(trigger, where) if trigger is not None else None
        delay = self.formula(item.getDelay(), where) if item.isSetDelay() else None
        at_start = trigger is not None and trigger.isSetInitialValue() and not trigger.getInitialValue()
        self.model.events.append(Event(element, condition, delay, at_start, tuple(targets)))


def _items(elements: Any) -> list[Any]:
    return [elements.get(i) for i in range(elements.size())]
