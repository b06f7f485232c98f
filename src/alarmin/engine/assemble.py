"""Elements of a model to a system of equations: who depends on whom, and each quantity as a node."""

from collections.abc import Callable, Iterable
from math import nan

from alarmin.core import ModelError
from alarmin.engine.elements import Participant, SbmlModel, Species
from alarmin.engine.expr import Graph
from alarmin.engine.formula import Program, names_in
from alarmin.engine.lowering import lower
from alarmin.engine.system import TIME

__all__ = ["Assembler", "Key"]

Key = tuple[str, str]


class _MissingError(Exception):
    def __init__(self, keys: list[Key]) -> None:
        self.keys = keys


class Assembler:
    """Builds the nodes of a checked model, each after those that it needs.

    A key is (kind, id). Kinds: ``value`` of an id in formulas, ``start`` the same at time 0 over parameters,
    ``amount`` and ``amount start`` of a species, ``rate`` of change of a value, ``rate start``,
    ``amount rate`` of a species that reactions change.

    Attributes
    ----------
    graph : Graph
        Receives the nodes.
    states : dict of str to None
        Ids of the integrated variables, in order.
    problems : list of str
        One line for each formula that cannot be built.
    """

    def __init__(self, model: SbmlModel, dosed: Iterable[str] = ()) -> None:
        self.model = model
        self.graph = Graph()
        self.problems: list[str] = []
        self.nodes: dict[Key, int] = {}
        self.refs = {p.ref: p for p in model.stoichiometries()}
        self.reactions_of: dict[str, list[tuple[Participant, str]]] = {}
        for reaction_id, reaction in model.reactions.items():
            for participant in reaction.participants:
                self.reactions_of.setdefault(participant.species, []).append((participant, reaction_id))
        forced = set(dosed)
        self.states: dict[str, None] = {
            s: None
            for s in model.species
            if self.is_reacting(s) or self.is_held(s) or (s in forced and self.is_free(s))
        }
        self.states |= dict.fromkeys(model.rates)
        self._build: dict[str, Callable[[str], int]] = {
            "value": self._value,
            "start": self._start,
            "amount": self._amount,
            "amount start": self._amount_start,
            "rate": self._rate,
            "rate start": self._rate_start,
            "amount rate": self._amount_rate,
        }

    # --- kinds of quantities ------------------------------------------------------------------------

    def is_free(self, element: str) -> bool:
        """Return whether no rule gives the value of an id over time."""
        return element not in self.model.assignments and element not in self.model.rates

    def is_reacting(self, species: str) -> bool:
        """Return whether reactions change a species."""
        record = self.model.species[species]
        changes = species in self.reactions_of and not (record.boundary or record.constant)
        return changes and self.is_free(species)

    def is_held(self, species: str) -> bool:
        """Return whether a species keeps the amount that its concentration meant in a computed volume."""
        record = self.model.species[species]
        computed = not self.is_free(record.compartment) or record.compartment in self.model.initial
        given = record.initial_is_concentration and species not in self.model.initial
        return self.is_free(species) and given and computed

    def has_own_number(self, element: str) -> bool:
        """Return whether an id has a parameter: its constant value, or its value at time 0."""
        return element not in self.model.assignments and element not in self.model.initial

    # --- resolution ---------------------------------------------------------------------------------

    def node(self, kind: str, element: str) -> int:
        """Return the node of a quantity, building first what it needs.

        Raises
        ------
        ModelError
            The quantity depends on itself.
        """
        stack: list[Key] = [(kind, element)]
        waiting: dict[Key, None] = {}
        while stack:
            key = stack[-1]
            if key in self.nodes:
                stack.pop()
                continue
            try:
                self.nodes[key] = self.graph.arithmetic(self._build[key[0]](key[1]))
                waiting.pop(key, None)
            except _MissingError as missing:
                waiting[key] = None
                for needed in missing.keys:
                    if needed in waiting:
                        raise ModelError(_circle(list(waiting), needed)) from None
                stack.extend(missing.keys)
        return self.nodes[kind, element]

    def need(self, *keys: Key) -> list[int]:
        """Return nodes that exist, or put off the current one until they do."""
        missing = [key for key in keys if key not in self.nodes]
        if missing:
            raise _MissingError(missing)
        return [self.nodes[key] for key in keys]

    def formula(self, program: Program, where: str, *, at_start: bool = False, reaction: str = "") -> int:
        """Return the node of a formula, over states or (at_start) over parameters alone."""
        local = self.model.reactions[reaction].locals if reaction else {}
        value, rate = ("start", "rate start") if at_start else ("value", "rate")
        kinds = {"name": value, "rate": rate}
        self.need(
            *((kinds[k], n) for k, n in names_in(program) if k in kinds and (k == "rate" or n not in local))
        )

        def look_up(name: str) -> int:
            return self.graph.symbol(f"{reaction}.{name}") if name in local else self.nodes[value, name]

        try:
            return lower(
                program,
                self.graph,
                functions=self.model.functions,
                value=look_up,
                rate=lambda name: self.nodes[rate, name],
                time=self.graph.const(0.0) if at_start else self.graph.symbol(TIME),
            )
        except ModelError as error:
            self.problems.extend(f"{where}: {line}" for line in error.problems)
            return self.graph.const(nan)

    def frozen(self, element: str, start: int) -> int:
        """Return a constant whose value is computed at time 0.

        Where that takes the initial value of a state, whose name means its current value elsewhere, the
        constant becomes a state that does not change.
        """
        if self.graph.symbols(start).isdisjoint(self.states):
            return start
        self.states[element] = None
        return self.graph.symbol(element)

    # --- builders -----------------------------------------------------------------------------------

    def _value(self, element: str) -> int:
        model, graph = self.model, self.graph
        if element in model.reactions:
            return self._flux(element)
        if element in model.assignments:
            return self.formula(model.assignments[element], f"assignment rule of {model.show(element)}")
        if element in model.rates:
            return graph.symbol(element)
        if element in model.species:
            return self._in_kind(element, "amount", "value")
        if element in model.initial:
            return self.frozen(element, *self.need(("start", element)))
        return graph.symbol(element)

    def _start(self, element: str) -> int:
        model, graph = self.model, self.graph
        if element in model.reactions:
            return self._flux(element, at_start=True)
        if element in model.assignments:
            where = f"assignment rule of {model.show(element)}"
            return self.formula(model.assignments[element], where, at_start=True)
        if element in model.initial:
            where = f"initial assignment of {model.show(element)}"
            return self.formula(model.initial[element], where, at_start=True)
        species = model.species.get(element)
        if species is None or species.initial_is_concentration != species.substance_only:
            return graph.symbol(element)  # given in the kind that formulas mean
        return self._in_kind(element, "amount start", "start")

    def _in_kind(self, species: str, amount: str, size: str) -> int:
        """Return an amount in the kind that formulas mean: as it is, or divided by the volume."""
        record = self.model.species[species]
        if record.substance_only:
            return self.need((amount, species))[0]
        return self.graph.div(*self.need((amount, species), (size, record.compartment)))

    def _flux(self, reaction: str, *, at_start: bool = False) -> int:
        law = self.model.reactions[reaction].law
        if law is None:
            return self.graph.const(0.0)
        where = f"reaction {self.model.show(reaction)}"
        return self.formula(law, where, at_start=at_start, reaction=reaction)

    def _amount(self, species: str) -> int:
        record = self.model.species[species]
        if not self.is_free(species):
            if record.substance_only:
                return self.need(("value", species))[0]
            return self.graph.mul(*self.need(("value", species), ("value", record.compartment)))
        if species in self.states:
            return self.graph.symbol(species)
        return self.frozen(species, *self.need(("amount start", species)))

    def _amount_start(self, species: str) -> int:
        record = self.model.species[species]
        if self.has_own_number(species):
            own, by_concentration = self.graph.symbol(species), record.initial_is_concentration
        else:
            own, by_concentration = self.need(("start", species))[0], not record.substance_only
        return self.graph.mul(own, *self.need(("start", record.compartment))) if by_concentration else own

    def _amount_rate(self, species: str) -> int:
        record = self.model.species[species]
        terms = []
        for participant, reaction in self.reactions_of.get(species, []):
            sign = self.graph.const(participant.sign)
            if participant.ref:
                stoichiometry = self.need(("value", participant.ref))[0]
            else:
                stoichiometry = self.graph.const(participant.stoichiometry)
            terms.append(self.graph.mul(sign, stoichiometry, *self.need(("value", reaction))))
        factor = self.need(("value", record.conversion)) if record.conversion else []
        return self.graph.mul(*factor, self.graph.add(*terms))

    def _rate(self, element: str) -> int:
        model, graph = self.model, self.graph
        if element in model.rates:
            return self.formula(model.rates[element], f"rate rule of {model.show(element)}")
        if element in model.assignments or element in model.reactions:
            self.problems.append(
                f"rateOf({element}): not supported for what a rule or reaction computes; write it out"
            )
            return graph.const(nan)
        species = model.species.get(element)
        if species is None:
            return graph.const(0.0)
        amount_rate = (
            self.need(("amount rate", element))[0] if self.is_reacting(element) else graph.const(0.0)
        )
        if species.substance_only:
            return amount_rate
        return self._concentration_rate(element, species, amount_rate)

    def _concentration_rate(self, element: str, species: Species, amount_rate: int) -> int:
        """Return d(amount/volume)/dt by the quotient rule."""
        value, size, growth = self.need(
            ("value", element), ("value", species.compartment), ("rate", species.compartment)
        )
        change = self.graph.sub(amount_rate, self.graph.mul(value, growth))
        return self.graph.div(change, size)

    def _rate_start(self, element: str) -> int:
        rate = self.need(("rate", element))[0]
        states = sorted(self.graph.symbols(rate) & self.states.keys())
        start = self.need(*(self.start_key(state) for state in states))
        values = dict(zip(states, start, strict=True)) | {TIME: self.graph.const(0.0)}
        return self.graph.substitute([rate], values)[0]

    # --- states -------------------------------------------------------------------------------------

    def start_key(self, state: str) -> Key:
        """Return the key of the initial value of a state in the state's own unit."""
        by_amount = state in self.model.species and state not in self.model.rates
        return ("amount start" if by_amount else "start", state)

    def state_rate(self, state: str) -> int:
        """Return d(state)/dt, zero for what only keeps its initial value."""
        if state in self.model.rates:
            return self.node("rate", state)
        if state in self.model.species and self.is_reacting(state):
            return self.node("amount rate", state)
        return self.graph.const(0.0)


def _circle(waiting: list[Key], again: Key) -> str:
    path = [element for _, element in waiting[waiting.index(again) :]]
    shown = [e for i, e in enumerate([*path, again[1]]) if i == 0 or e != ([*path, again[1]])[i - 1]]
    arrow = " -> ".join(shown if len(shown) > 1 else shown * 2)
    return f"rules or initial assignments depend on each other in a circle: {arrow}; break it with one value"
