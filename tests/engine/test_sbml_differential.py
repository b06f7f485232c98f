"""Random models read and integrated here agree with libRoadRunner."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from alarmin.engine import compile_model, read_sbml, simulate

libsbml = pytest.importorskip("libsbml")
roadrunner = pytest.importorskip("roadrunner")

NUMBERS = st.sampled_from([0.3, 0.5, 1.0, 1.7, 2.0, 3.0])


def formula(draw, names):
    """Draw a positive, gently varying formula of the names."""
    shapes = ["{k}*{a}", "{k}*{a}*{b}", "{k}*{a}/({b}+1)", "{k}*{a}^1.5/(1+{a}^1.5)", "{k}+{a}/10"]
    shapes += ["piecewise({k}, {a} < 2, {b})", "{k}*exp(-{a})", "{k}*time/(1+time)+{b}/5", "f({a}, {b})"]
    a, b = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    return draw(st.sampled_from(shapes)).format(a=a, b=b, k=draw(NUMBERS))


@st.composite
def models(draw):
    """Draw SBML text with species of every kind in compartments of every kind."""
    document = libsbml.SBMLDocument(3, 2)
    model = document.createModel()
    model.setId("random")

    def put(item, text):
        item.setMath(libsbml.parseL3Formula(text))

    put_function = model.createFunctionDefinition()
    put_function.setId("f")
    put(put_function, "lambda(x, y, x*y/(1+x+y))")

    for name in ("k1", "k2", "k3"):
        parameter = model.createParameter()
        parameter.setId(name)
        parameter.setConstant(False)
        parameter.setValue(draw(NUMBERS))
    if draw(st.booleans()):
        model.setConversionFactor("factor")
    parameter = model.createParameter()
    parameter.setId("factor")
    parameter.setConstant(True)
    parameter.setValue(draw(NUMBERS))

    size_kinds = draw(st.lists(st.sampled_from(["plain", "rate", "rule", "start"]), min_size=1, max_size=2))
    for i, kind in enumerate(size_kinds):
        compartment = model.createCompartment()
        compartment.setId(f"c{i}")
        compartment.setConstant(False)
        compartment.setSpatialDimensions(3)
        compartment.setSize(draw(NUMBERS))
        if kind == "rate":
            rule = model.createRateRule()
            rule.setVariable(f"c{i}")
            put(rule, f"c{i}*{draw(st.sampled_from([0.1, -0.2]))}")
        elif kind == "rule":
            rule = model.createAssignmentRule()
            rule.setVariable(f"c{i}")
            put(rule, "1 + k1/10 + time/5")
        elif kind == "start":
            start = model.createInitialAssignment()
            start.setSymbol(f"c{i}")
            put(start, "k1*2")

    species_kinds = draw(
        st.lists(st.sampled_from(["plain", "boundary", "rate", "rule", "constant"]), min_size=2, max_size=5)
    )
    names = [f"s{i}" for i in range(len(species_kinds))]
    for name, kind in zip(names, species_kinds, strict=True):
        species = model.createSpecies()
        species.setId(name)
        where = draw(st.integers(0, len(size_kinds) - 1))
        species.setCompartment(f"c{where}")
        # libRoadRunner lets such a rule change the amount; SBML says that it changes the concentration.
        unclear = kind == "rate" and size_kinds[where] == "rule"
        species.setHasOnlySubstanceUnits(unclear or draw(st.booleans()))
        species.setBoundaryCondition(kind != "plain")
        species.setConstant(kind == "constant")
        if draw(st.booleans()):
            species.setInitialAmount(draw(NUMBERS))
        else:
            species.setInitialConcentration(draw(NUMBERS))
        if draw(st.booleans()):
            species.setConversionFactor("factor")
        if kind == "rate":
            rule = model.createRateRule()
            rule.setVariable(name)
            put(rule, formula(draw, [*names, "k1"]) + f" - {name}")
        elif kind == "rule":
            rule = model.createAssignmentRule()
            rule.setVariable(name)
            put(rule, formula(draw, ["k1", "k2"]))
        elif draw(st.booleans()):
            start = model.createInitialAssignment()
            start.setSymbol(name)
            put(start, formula(draw, ["k1", "k2"]))
    rule = model.createRateRule()
    rule.setVariable("k2")
    put(rule, formula(draw, names) + " - k2")
    if draw(st.booleans()):
        rule = model.createAssignmentRule()
        rule.setVariable("k3")
        put(rule, formula(draw, [*names, "k1", "k2"]))

    changed = [n for n, kind in zip(names, species_kinds, strict=True) if kind != "constant"] or ["k1"]
    for i in range(draw(st.integers(1, 3))):
        reaction = model.createReaction()
        reaction.setId(f"r{i}")
        reaction.setReversible(False)
        if changed == ["k1"]:
            break
        reactant = draw(st.sampled_from(changed))
        product = draw(st.sampled_from(changed))
        for item, target in ((reaction.createReactant(), reactant), (reaction.createProduct(), product)):
            item.setSpecies(target)
            item.setConstant(True)
            item.setStoichiometry(draw(st.sampled_from([1.0, 2.0, 0.5])))
        law = reaction.createKineticLaw()
        local = law.createLocalParameter()
        local.setId("k1")
        local.setValue(draw(NUMBERS))
        put(law, f"k1*{reactant}/(1+{reactant})*{formula(draw, [*names, 'k3'])}/10")
    return libsbml.writeSBMLToString(document)


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
