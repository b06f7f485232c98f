"""Checks of a model before it is assembled: every reference leads somewhere, every target can be set."""

from collections.abc import Iterator

from alarmin.core import nearest, unknown_id
from alarmin.engine.elements import SbmlModel
from alarmin.engine.formula import Program, names_in
from alarmin.engine.mathfunctions import FOREIGN

__all__ = ["find_problems"]


def find_problems(model: SbmlModel) -> Iterator[str]:
    """Yield one line for each reference or target of a model that is at fault.

    Parameters
    ----------
    model : SbmlModel
        The elements of the model.
    """
    yield from _references(model)
    refs = {p.ref for p in model.stoichiometries()}
    settable = model.compartments.keys() | model.species.keys() | model.parameters.keys() | refs
    yield from _targets(model, settable)
    for name, function in model.functions.items():
        yield from _names(function.body, f"function '{name}'", {*function.arguments}, model)
    known = settable | model.reactions.keys()
    for where, program, local in _formulas(model):
        yield from _names(program, where, known | local if local else known, model)


def _references(model: SbmlModel) -> Iterator[str]:
    computed = model.assignments.keys() | model.initial.keys()
    for species, record in model.species.items():
        where = f"species {model.show(species)}"
        home = model.compartments.get(record.compartment)
        if home is None:
            yield unknown_id("compartment", record.compartment, model.compartments, where=where)
        elif home.size == 0.0 and not record.substance_only and record.compartment not in computed:
            shown = model.show(record.compartment)
            yield f"{where}: compartment {shown} has size 0, so there is no concentration; make it positive"
        if record.conversion and record.conversion not in model.parameters:
            yield unknown_id("conversion factor", record.conversion, model.parameters, where=where)
    for reaction, item in model.reactions.items():
        where = f"reaction {model.show(reaction)}"
        for participant in item.participants:
            species = participant.species
            found = model.species.get(species)
            if found is None:
                yield unknown_id("species", species, model.species, where=where)
            elif (species in model.assignments or species in model.rates) and not found.boundary:
                yield (
                    f"{where}: species {model.show(species)} is changed by a reaction and by a rule; "
                    'set its boundaryCondition="true" or remove the rule'
                )


def _targets(model: SbmlModel, settable: set[str]) -> Iterator[str]:
    for kind, formulas in (
        ("assignment rule", model.assignments),
        ("rate rule", model.rates),
        ("initial assignment", model.initial),
    ):
        for target in formulas:
            if target not in settable:
                yield unknown_id("variable", target, settable, where=kind)


def _formulas(model: SbmlModel) -> Iterator[tuple[str, Program, set[str]]]:
    nothing: set[str] = set()
    for target, program in model.assignments.items():
        yield f"assignment rule of {model.show(target)}", program, nothing
    for target, program in model.rates.items():
        yield f"rate rule of {model.show(target)}", program, nothing
    for target, program in model.initial.items():
        yield f"initial assignment of {model.show(target)}", program, nothing
    for reaction, item in model.reactions.items():
        if item.law is not None:
            yield f"reaction {model.show(reaction)}", item.law, set(item.locals)


def _names(program: Program, where: str, known: set[str], model: SbmlModel) -> Iterator[str]:
    """Yield one line for each name of a program that is unknown."""
    seen: set[tuple[str, str]] = set()
    for kind, name in names_in(program):
        if (kind, name) in seen:
            continue
        seen.add((kind, name))
        if kind == "call":
            if name not in model.functions and name not in FOREIGN:
                guess = nearest(name, model.functions)
                hint = f"did you mean '{guess}'?" if guess else "define it, or write it out"
                yield f"{where}: undefined function '{name}'; {hint}"
        elif name not in known:
            yield unknown_id("id", name, known, where=where)
