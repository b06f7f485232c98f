"""What the front end hands to the compiler: a system of ordinary differential equations as one graph."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isnan, nan

from alarmin.core import ModelError, unknown_id
from alarmin.engine.expr import Graph

__all__ = ["TIME", "EventDose", "System"]

TIME = "<time>"  # no valid SBML id, so a model may have an element called "time"
IDLE = "<idle>"


@dataclass(frozen=True)
class EventDose:
    """A time-triggered event of the model that adds to one state.

    Attributes
    ----------
    event : str
        Id of the event.
    target : str
        Id of the state that receives the dose.
    time : int
        Node of the time of the dose, over parameters.
    amount : int
        Node of what is added, in the unit of the state, over parameters.
    """

    event: str
    target: str
    time: int
    amount: int


@dataclass(frozen=True)
class System:
    """Ordinary differential equations with named states, parameters and observables.

    Attributes
    ----------
    graph : Graph
        Holds every node below.
    name : str
        Name of the model.
    states : tuple of str
        Integrated variables: amounts of species; concentrations of species that a rate rule gives as
        concentration; parameters, compartments and stoichiometries with a rate rule in their own unit.
    rates : tuple of int
        Nodes of d(state)/dt over states, parameters and `TIME`.
    initial : tuple of int
        Nodes of the states at time 0 over parameters. A state whose initial value is a plain number has
        a parameter of its own name for it, in the kind that the model gives (amount or concentration).
    parameters : tuple of str
        Constants and initial values. A name that is also a state means the state in `rates` and
        `observables`, and its initial value in `initial` and in the nodes of `doses`.
    defaults : tuple of float
        Their values in the model, NaN where the model gives none.
    observables : dict of str to int
        Whatever can be recorded, by id: species in the kind their id has in formulas, ``amount(S)``,
        ``concentration(S)``, compartments, parameters, targets of rules, fluxes of reactions.
    sizes : frozenset of str
        Parameters that are sizes of compartments, so must be above 0.
    names : dict of str to str
        Human names of ids, where the model gives them.
    doses : tuple of EventDose
        Events of the model that are doses; times are model times.
    skipped : tuple of str
        One line for each event that was left out on request, with what to do instead.
    """

    graph: Graph
    name: str
    states: tuple[str, ...]
    rates: tuple[int, ...]
    initial: tuple[int, ...]
    parameters: tuple[str, ...]
    defaults: tuple[float, ...]
    observables: dict[str, int]
    sizes: frozenset[str] = frozenset()
    names: dict[str, str] = field(default_factory=dict)
    doses: tuple[EventDose, ...] = ()
    skipped: tuple[str, ...] = ()
    source: str = field(default="", init=False, compare=False)

    @cached_property
    def digest(self) -> str:
        """Return a digest of everything that a compiler sees: of the SBML text where that is known."""
        if self.source:
            return self.source
        graph = self.graph
        observed = sorted(self.observables.items())
        doses = [(dose.target, dose.time, dose.amount) for dose in self.doses]
        roots = [*self.rates, *self.initial, *self.observables.values()]
        roots += [node for _, *nodes in doses for node in nodes]
        nodes = [(node, graph.op[node], graph.args[node], graph.value[node]) for node in graph.order(roots)]
        parts = (
            self.states,
            self.rates,
            self.initial,
            self.parameters,
            self.defaults,
            observed,
            doses,
            nodes,
        )
        return hashlib.blake2b(repr(parts).encode()).hexdigest()

    def label(self, element: str) -> str:
        """Return the human name of an id, or the id itself where the model names nothing."""
        return self.names.get(element) or element

    def with_given(self, parameters: Collection[str]) -> "System":
        """Return the system in which values of these parameters come from outside the model.

        A state whose initial value the model computes becomes a parameter too when it is named here; its
        value is then the state itself, in the state's own unit.

        Parameters
        ----------
        parameters : collection of str
            Ids of parameters and states.

        Raises
        ------
        ModelError
            One line for each id that is unknown.
        """
        starts = [s for s in self.states if s in parameters and s not in self.parameters]
        initial = (
            self.graph.symbol(state) if state in starts else node
            for state, node in zip(self.states, self.initial, strict=True)
        )
        system = replace(
            self,
            initial=tuple(initial),
            parameters=(*self.parameters, *starts),
            defaults=(*self.defaults, *(nan for _ in starts)),
        )
        problems = [
            unknown_id("parameter", p, system.parameters) for p in parameters if p not in system.parameters
        ]
        if problems:
            raise ModelError(*problems)
        return system if system.states else system._with_idle_state()

    def _with_idle_state(self) -> "System":
        """Return the system with one state that stays 0: rules alone are simulated like all else."""
        zero = self.graph.const(0.0)
        return replace(self, states=(IDLE,), rates=(zero,), initial=(zero,))

    def check_values(self, given: Collection[str]) -> None:
        """Raise ModelError, one line for each parameter that has no value, is not given and is used."""
        states = set(self.states)
        doses = (node for dose in self.doses for node in (dose.time, dose.amount))
        moving = frozenset[str]().union(*(self.graph.symbols(node) for node in self.rates)) - states
        fixed = frozenset[str]().union(*(self.graph.symbols(node) for node in (*self.initial, *doses)))
        problems = []
        for parameter, value in zip(self.parameters, self.defaults, strict=True):
            if isnan(value) and parameter in moving | fixed and parameter not in given:
                what = "initial value" if parameter in states else "value"
                problems.append(
                    f"'{parameter}': no {what} in the model; set one there or give a column of it"
                )
        if problems:
            raise ModelError(*problems)
