"""Reading SBML into a system of ordinary differential equations."""

import hashlib
import os
from itertools import chain, islice
from typing import Literal

from alarmin.core import ModelError
from alarmin.engine.assemble import Assembler
from alarmin.engine.check import find_problems
from alarmin.engine.document import open_model
from alarmin.engine.elements import SbmlModel, read_elements
from alarmin.engine.events import recast
from alarmin.engine.system import System

__all__ = ["read_sbml"]

MAX_LINE = 400
MAX_PROBLEMS = 20


def read_sbml(source: str | os.PathLike[str], *, events: Literal["refuse", "skip"] = "refuse") -> System:
    """Read an SBML model (Level 3, or Level 1 and 2 by upgrade) as differential equations.

    Parameters
    ----------
    source : str or path
        A file of at most 50 MB, or the SBML text itself.
    events : {"refuse", "skip"}, default "refuse"
        Events at a fixed time that add a fixed amount become doses (`System.doses`). What to do with all
        others: raise, or leave them out and list them in `System.skipped`.

    Returns
    -------
    System
        States, rates, initial values, parameters and observables.

    Raises
    ------
    ModelError
        One line for each element that is malformed, undefined or not supported: algebraic rules, delays,
        fast reactions, required packages, events that are no doses.

    Notes
    -----
    Amounts are the integrated variables, so concentrations follow changing volumes. A compartment of no
    dimensions and no size counts as 1. A reaction, rule or assignment without formula does nothing. The
    functions log2, log10, min and max are known even where the model leaves them undefined.
    """
    try:
        document, source_model, text = open_model(source)
        model = read_elements(source_model)
        del document  # it owns source_model
        # Not all of thousands: the search for what each id was meant to be takes its time.
        problems = list(islice(chain(model.problems, find_problems(model)), MAX_PROBLEMS + 1))
        if problems:
            raise ModelError(*problems)
        system = _assemble(model, skip=events == "skip")
    except ModelError as error:
        raise ModelError(*_readable(error.problems)) from None
    # Not an argument: a system changed afterwards by `dataclasses.replace` is no longer that of the text.
    source_digest = hashlib.blake2b(f"{events}\0{text}".encode()).hexdigest()
    object.__setattr__(system, "source", source_digest)
    return system


def _readable(problems: tuple[str, ...]) -> list[str]:
    """Return different problems, each on one line, whatever names of the model stand in it."""
    shown = problems if len(problems) <= MAX_PROBLEMS else (*problems[:MAX_PROBLEMS], "and more problems")
    lines = (" ".join(text if text.isprintable() else repr(text) for text in p.split()) for p in shown)
    return list(dict.fromkeys(line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}..." for line in lines))


def _assemble(model: SbmlModel, *, skip: bool) -> System:
    assembler = Assembler(model, dosed={target for event in model.events for target, _ in event.targets})
    observables = _observables(model, assembler)
    defaults = _defaults(model, assembler)
    doses, refused = recast(model, assembler, defaults)
    if refused and not skip:
        assembler.problems.extend(refused)
    # After the observables: a constant that is computed from initial values may have become a state.
    states = tuple(assembler.states)
    rates = tuple(assembler.state_rate(state) for state in states)
    initial = tuple(assembler.node(*assembler.start_key(state)) for state in states)
    if assembler.problems:
        raise ModelError(*assembler.problems)
    return System(
        graph=assembler.graph,
        name=model.name,
        states=states,
        rates=rates,
        initial=initial,
        parameters=tuple(defaults),
        defaults=tuple(defaults.values()),
        observables=observables,
        sizes=frozenset(defaults.keys() & model.compartments.keys()),
        names=model.names,
        doses=doses,
        skipped=tuple(refused),
    )


def _observables(model: SbmlModel, assembler: Assembler) -> dict[str, int]:
    ids = [*model.species, *model.compartments, *model.parameters, *assembler.refs, *model.reactions]
    nodes = {element: assembler.node("value", element) for element in ids}
    for species, record in model.species.items():
        amount = assembler.node("amount", species)
        nodes[f"amount({species})"] = amount
        size = assembler.node("value", record.compartment)
        nodes[f"concentration({species})"] = assembler.graph.div(amount, size)
    return nodes


def _defaults(model: SbmlModel, assembler: Assembler) -> dict[str, float]:
    """Return the value of every parameter: constants and values at time 0 that the model gives as numbers."""
    values = dict(model.parameters)
    for element, compartment in model.compartments.items():
        point = compartment.size != compartment.size and compartment.dimensions == 0.0
        values[element] = 1.0 if point else compartment.size
    values |= {element: species.initial for element, species in model.species.items()}
    values |= {ref: participant.stoichiometry for ref, participant in assembler.refs.items()}
    own = {element: value for element, value in values.items() if assembler.has_own_number(element)}
    for reaction, item in model.reactions.items():
        own |= {f"{reaction}.{name}": value for name, value in item.locals.items()}
    return own
