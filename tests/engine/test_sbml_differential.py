"""Random models read and integrated here agree with libRoadRunner."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sbml_text import (
    compartment,
    compartments,
    event,
    events,
    parameter,
    parameters,
    reaction,
    reactions,
    sbml,
    species,
    species_list,
)

from alarmin.engine import compile_model, read_sbml, simulate

libsbml = pytest.importorskip("libsbml")
roadrunner = pytest.importorskip("roadrunner")

NUMBERS = st.sampled_from([0.3, 0.5, 1.0, 1.7, 2.0, 3.0])
SPECIES_KINDS = ["plain", "boundary", "rate", "rule", "constant"]


def formula(draw, names):
    """Draw a positive, gently varying formula of the names."""
    shapes = ["{k}*{a}", "{k}*{a}*{b}", "{k}*{a}/({b}+1)", "{k}*{a}^1.5/(1+{a}^1.5)", "{k}+{a}/10"]
    shapes += ["piecewise({k}, {a} < 2, {b})", "{k}*exp(-{a})", "{k}*time/(1+time)+{b}/5", "f({a}, {b})"]
    a, b = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    return draw(st.sampled_from(shapes)).format(a=a, b=b, k=draw(NUMBERS))


class Writer:
    """Writes a random model with libSBML."""

    def __init__(self, draw):
        self.draw = draw
        self.document = libsbml.SBMLDocument(3, 2)
        self.model = self.document.createModel()
        self.model.setId("random")

    def put(self, item, text):
        item.setMath(libsbml.parseL3Formula(text))

    def rate(self, target, text):
        rule = self.model.createRateRule()
        rule.setVariable(target)
        self.put(rule, text)

    def rule(self, target, text):
        rule = self.model.createAssignmentRule()
        rule.setVariable(target)
        self.put(rule, text)

    def start(self, target, text):
        start = self.model.createInitialAssignment()
        start.setSymbol(target)
        self.put(start, text)

    def parameter(self, name, *, constant=False):
        parameter = self.model.createParameter()
        parameter.setId(name)
        parameter.setConstant(constant)
        parameter.setValue(self.draw(NUMBERS))

    def compartment(self, name, kind):
        compartment = self.model.createCompartment()
        compartment.setId(name)
        compartment.setConstant(False)
        compartment.setSpatialDimensions(3)
        compartment.setSize(self.draw(NUMBERS))
        if kind == "rate":
            self.rate(name, f"{name}*{self.draw(st.sampled_from([0.1, -0.2]))}")
        elif kind == "rule":
            self.rule(name, "1 + k1/10 + time/5")
        elif kind == "start":
            self.start(name, "k1*2")

    def species(self, name, kind, size_kinds, names):
        species = self.model.createSpecies()
        species.setId(name)
        where = self.draw(st.integers(0, len(size_kinds) - 1))
        species.setCompartment(f"c{where}")
        # libRoadRunner lets such a rule change the amount; SBML says that it changes the concentration.
        unclear = kind == "rate" and size_kinds[where] == "rule"
        species.setHasOnlySubstanceUnits(unclear or self.draw(st.booleans()))
        species.setBoundaryCondition(kind != "plain")
        species.setConstant(kind == "constant")
        if self.draw(st.booleans()):
            species.setInitialAmount(self.draw(NUMBERS))
        else:
            species.setInitialConcentration(self.draw(NUMBERS))
        if self.draw(st.booleans()):
            species.setConversionFactor("factor")
        if kind == "rate":
            self.rate(name, formula(self.draw, [*names, "k1"]) + f" - {name}")
        elif kind == "rule":
            self.rule(name, formula(self.draw, ["k1", "k2"]))
        elif self.draw(st.booleans()):
            self.start(name, formula(self.draw, ["k1", "k2"]))

    def reaction(self, name, changed, names):
        reaction = self.model.createReaction()
        reaction.setId(name)
        reaction.setReversible(False)
        reactant = self.draw(st.sampled_from(changed))
        product = self.draw(st.sampled_from(changed))
        for item, target in ((reaction.createReactant(), reactant), (reaction.createProduct(), product)):
            item.setSpecies(target)
            item.setConstant(True)
            item.setStoichiometry(self.draw(st.sampled_from([1.0, 2.0, 0.5])))
        law = reaction.createKineticLaw()
        local = law.createLocalParameter()
        local.setId("k1")
        local.setValue(self.draw(NUMBERS))
        self.put(law, f"k1*{reactant}/(1+{reactant})*{formula(self.draw, [*names, 'k3'])}/10")


@st.composite
def models(draw):
    """Draw SBML text with species of every kind in compartments of every kind."""
    writer = Writer(draw)
    function = writer.model.createFunctionDefinition()
    function.setId("f")
    writer.put(function, "lambda(x, y, x*y/(1+x+y))")
    for name in ("k1", "k2", "k3"):
        writer.parameter(name)
    writer.parameter("factor", constant=True)
    if draw(st.booleans()):
        writer.model.setConversionFactor("factor")
    size_kinds = draw(st.lists(st.sampled_from(["plain", "rate", "rule", "start"]), min_size=1, max_size=2))
    for i, kind in enumerate(size_kinds):
        writer.compartment(f"c{i}", kind)
    kinds = draw(st.lists(st.sampled_from(SPECIES_KINDS), min_size=2, max_size=5))
    names = [f"s{i}" for i in range(len(kinds))]
    for name, kind in zip(names, kinds, strict=True):
        writer.species(name, kind, size_kinds, names)
    writer.rate("k2", formula(draw, names) + " - k2")
    if draw(st.booleans()):
        writer.rule("k3", formula(draw, [*names, "k1", "k2"]))
    changed = [name for name, kind in zip(names, kinds, strict=True) if kind != "constant"]
    for i in range(draw(st.integers(1, 3)) if changed else 0):
        writer.reaction(f"r{i}", changed, names)
    return libsbml.writeSBMLToString(writer.document)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_random_models_agree_with_libroadrunner(text):
    times = np.linspace(0.0, 2.0, 5)
    system = read_sbml(text)
    species = [f"s{i}" for i in range(5) if f"s{i}" in system.observables]
    outputs = [*species, *(f"amount({s})" for s in species), "k2", "k3", "c0"]
    model = compile_model(system, parameters=[], outputs=outputs)
    batch = simulate(model, np.zeros((1, 0)), times, rtol=1e-9, nonnegative=(), max_steps=10_000)
    got = batch.values[0]
    assume(np.isfinite(got).all() and abs(got).max() < 1e4)
    peer = roadrunner.RoadRunner(text)
    peer.integrator.relative_tolerance = 1e-10
    peer.integrator.absolute_tolerance = 1e-12
    own_kind = [s if is_amount(text, s) else f"[{s}]" for s in species]
    peer.timeCourseSelections = ["time", *own_kind, *species, "k2", "k3", "c0"]
    expected = np.array(peer.simulate(0, 2, 5))[:, 1:]
    np.testing.assert_allclose(got, expected, rtol=2e-6, atol=1e-8)


def is_amount(text, species):
    document = libsbml.readSBMLFromString(text)
    return document.getModel().getSpecies(species).getHasOnlySubstanceUnits()


def test_doses_of_the_model_agree_with_its_events_in_libroadrunner():
    text = sbml(
        compartments(compartment("c", 2))
        + species_list(species("A", concentration=3), species("B", amount=1, only="true"))
        + parameters(parameter("k", 0.5), parameter("dose", 5))
        + reactions(reaction("r", reactants=["A"], products=["B"], law="k*A*c"))
        + events(
            event("first", "time > k*3", A="A + dose"),
            event("second", "2*time >= 5", A="A + 1", B="dose + B + 1"),
        )
    )
    times = np.linspace(0.0, 4.0, 9)
    model = compile_model(read_sbml(text), parameters=["k", "dose"], outputs=["A", "B"])
    batch = simulate(model, [[0.5, 5.0], [1.1, 2.0]], times, rtol=1e-9)
    for patient, (k, dose) in enumerate([(0.5, 5.0), (1.1, 2.0)]):
        peer = roadrunner.RoadRunner(text)
        peer.integrator.relative_tolerance = 1e-10
        peer.setValue("k", k)
        peer.setValue("dose", dose)
        peer.timeCourseSelections = ["[A]", "B"]
        expected = np.array(peer.simulate(0.0, 4.0, 9))
        moments = np.isin(times, [1.5, 2.5])  # at the moment of an event either side is right
        np.testing.assert_allclose(batch.values[patient][~moments], expected[~moments], rtol=1e-6)
