"""Events of a model: those that are doses at fixed times, and a line of advice for each other one."""

from collections.abc import Iterator, Mapping

from alarmin.core import ModelError
from alarmin.engine.assemble import Assembler
from alarmin.engine.elements import Event, SbmlModel
from alarmin.engine.formula import Program, names_in
from alarmin.engine.system import TIME, EventDose

__all__ = ["recast"]


class _RefusedError(Exception):
    """Why an event is no dose, and what to do instead."""

    def __init__(self, why: str) -> None:
        self.why = why


def recast(
    model: SbmlModel, assembler: Assembler, defaults: Mapping[str, float]
) -> tuple[tuple[EventDose, ...], list[str]]:
    """Express events as doses where that is exact.

    Parameters
    ----------
    model : SbmlModel
        Holds the events.
    assembler : Assembler
        Builds their formulas.
    defaults : mapping of str to float
        Values of the parameters in the model.

    Returns
    -------
    doses : tuple of EventDose
        Events of which the time and the amount added depend on parameters alone.
    refused : list of str
        One line for each other event: what it is and what to do instead.
    """
    doses: list[EventDose] = []
    refused: list[str] = []
    for event in model.events:
        if event.trigger is None or not event.targets:
            continue
        try:
            doses.extend(_Reader(model, assembler, event, defaults).doses())
        except _RefusedError as reason:
            refused.append(f"event {model.show(event.id)}: {reason.why}")
        except ModelError as error:
            refused.extend(f"event {model.show(event.id)}: {line}" for line in error.problems)
    return tuple(doses), refused


class _Reader:
    def __init__(
        self, model: SbmlModel, assembler: Assembler, event: Event, defaults: Mapping[str, float]
    ) -> None:
        self.model = model
        self.assembler = assembler
        self.graph = assembler.graph
        self.event = event
        self.defaults = defaults

    def doses(self) -> Iterator[EventDose]:
        time = self.time()
        if time is None:
            return
        for target, program in self.event.targets:
            yield EventDose(self.event.id, target, time, self.added(target, program))

    def formula(self, program: Program) -> int:
        known = self.model.compartments.keys() | self.model.species.keys() | self.model.parameters.keys()
        known |= self.model.reactions.keys() | self.assembler.refs.keys()
        for kind, name in names_in(program):
            if kind != "call" and name not in known:
                raise ModelError(f"unknown id '{name}'")
            if kind != "call":
                self.assembler.node("rate" if kind == "rate" else "value", name)
        return self.assembler.formula(program, f"event {self.model.show(self.event.id)}")

    def is_constant(self, node: int) -> bool:
        return self.graph.symbols(node).isdisjoint(self.assembler.states.keys() | {TIME})

    def time(self) -> int | None:
        """Return the node of the time at which the trigger turns true, None if it never does."""
        graph = self.graph
        trigger = self.formula(self.event.trigger or ())
        if graph.op[trigger] not in ("le", "lt"):
            raise _RefusedError(self.advice(trigger))
        margin = graph.sub(graph.args[trigger][1], graph.args[trigger][0])  # true where positive
        slope = graph.number(graph.derivative(margin, TIME))
        offset = graph.substitute([margin], {TIME: graph.const(0.0)})[0]
        if slope is None or slope <= 0.0 or not self.is_constant(offset):
            raise _RefusedError(self.advice(trigger))
        time = graph.mul(graph.const(-1.0 / slope), offset)
        first = self.default(time)
        if first < 0.0 or (first == 0.0 and not self.event.at_start):
            return None  # true from the beginning, so it never turns true
        if self.event.delay is not None:
            time = graph.add(time, self.formula(self.event.delay))
            if not self.is_constant(time):
                raise _RefusedError("its delay depends on the state; give its doses to simulate(doses=...)")
        return time

    def default(self, node: int) -> float:
        """Return the value of a node over parameters, as the model gives them."""
        return float(self.graph.evaluate([node], self.defaults)[0])

    def added(self, target: str, program: Program) -> int:
        """Return the node of what the event adds to a state, in the unit of the state."""
        if target not in self.assembler.states:
            raise _RefusedError(
                f"sets {self.model.show(target)}, which is no state; write it as a piecewise of the time"
            )
        species = self.model.species.get(target)
        change = self.graph.sub(self.formula(program), self.assembler.node("value", target))
        if species is not None and not species.substance_only and target not in self.model.rates:
            change = self.graph.mul(change, self.assembler.node("value", species.compartment))
        moving = self.graph.symbols(change) & (self.assembler.states.keys() | {TIME})
        zero = self.graph.const(0.0)
        if any(self.graph.derivative(change, name) != zero for name in moving):
            raise _RefusedError(
                f"sets {self.model.show(target)} rather than adding a fixed amount to it; "
                "leave it out, or simulate up to that time and start again from there"
            )
        return self.graph.substitute([change], dict.fromkeys(moving, zero))[0]

    def advice(self, trigger: int) -> str:
        """Say what to do instead of an event that is not triggered by the time alone."""
        counters = {target for event in self.model.events for target, _ in event.targets}
        used = self.graph.symbols(trigger)
        counted = sorted(used & (counters - self.assembler.states.keys()))
        states = sorted(used & self.assembler.states.keys())
        if counted:
            return (
                f"its trigger counts with {self.model.show(counted[0])}, which events change; "
                "leave it out and give the doses to simulate(doses=...)"
            )
        if states and self.sets_zero():
            return (
                f"sets a state to zero where {self.model.show(states[0])} crosses a threshold; "
                "leave it out, the extinction floor of simulate does this"
            )
        if states:
            return (
                f"its trigger depends on the state {self.model.show(states[0])}; leave it out, "
                "and where it starts the treatment use simulate(start=Start(...))"
            )
        return (
            "its trigger is no plain comparison of time and constant; give the doses to simulate(doses=...)"
        )

    def sets_zero(self) -> bool:
        """Return whether all that the event sets is zero by default."""
        return all(self.value_or_none(program) == 0.0 for _, program in self.event.targets)

    def value_or_none(self, program: Program) -> float | None:
        node = self.formula(program)
        return self.default(node) if self.is_constant(node) else None
