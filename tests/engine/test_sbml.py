"""Reading SBML: what each element means, against closed forms."""

import math as m

import numpy as np
import pytest
from oracle import integrate
from sbml_text import (
    assignment,
    compartment,
    compartments,
    event,
    events,
    functions,
    math,
    parameter,
    parameters,
    rate,
    reaction,
    reactions,
    rules,
    sbml,
    species,
    species_list,
    starts,
    tag,
)

from alarmin.engine import compile_model, read_sbml
from alarmin.engine.formula import AVOGADRO

TIMES = np.linspace(0.0, 4.0, 5)
ONE_BOX = compartments(compartment("c", 2.0))
DECAY = reactions(reaction("r", reactants=["A"], law="k*A*c"))


def run(text, *outputs, **values):
    """Return each output over TIMES."""
    system = read_sbml(text).with_given(list(values))
    return integrate(system, outputs, TIMES, values=values).T


def decaying(**species_attributes):
    a = species("A", **species_attributes)
    return sbml(ONE_BOX + species_list(a) + parameters(parameter("k", 0.5)) + DECAY)


def test_a_species_is_a_concentration_in_formulas_and_an_amount_inside():
    system = read_sbml(decaying(concentration=3.0))
    assert system.states == ("A",)
    a, amount, concentration = run(decaying(concentration=3.0), "A", "amount(A)", "concentration(A)")
    np.testing.assert_allclose(a, 3.0 * np.exp(-0.5 * TIMES), rtol=1e-8)
    np.testing.assert_allclose(amount, 2.0 * a, rtol=1e-14)
    np.testing.assert_allclose(concentration, a, rtol=1e-14)


def test_only_substance_units_make_it_an_amount():
    a, concentration = run(decaying(amount=3.0, only="true"), "A", "concentration(A)")
    np.testing.assert_allclose(a, 3.0 * np.exp(-0.5 * 2.0 * TIMES), rtol=1e-8)  # the law is k*A*c
    np.testing.assert_allclose(concentration, a / 2.0, rtol=1e-14)


def test_initial_value_is_a_parameter_in_the_kind_that_the_model_gives():
    system = read_sbml(decaying(amount=3.0))
    assert dict(zip(system.parameters, system.defaults, strict=True)) == {"c": 2.0, "k": 0.5, "A": 3.0}
    (by_amount,) = run(decaying(amount=3.0), "A", c=4.0)
    (by_concentration,) = run(decaying(concentration=3.0), "A", c=4.0)
    assert by_amount[0] == 0.75
    assert by_concentration[0] == pytest.approx(3.0, rel=1e-15)


@pytest.mark.parametrize("kind", [{"boundary": "true"}, {"constant": "true", "boundary": "true"}])
def test_boundary_and_constant_species_are_no_states(kind):
    system = read_sbml(decaying(concentration=3.0, **kind))
    assert system.states == ()
    assert "A" in system.parameters
    (a,) = run(decaying(concentration=3.0, **kind), "A")
    assert (a == 3.0).all()


@pytest.mark.parametrize("volume", [rate("c", "0.5*c"), assignment("c", "2*exp(0.5*time)")])
def test_concentration_falls_as_the_volume_grows(volume):
    idle = reactions(reaction("r", reactants=["A"], products=["A"], law="k*A"))
    text = sbml(
        ONE_BOX
        + species_list(species("A", concentration=3.0))
        + parameters(parameter("k", 1))
        + rules(volume)
        + idle
    )
    a, amount, size = run(text, "A", "amount(A)", "c")
    np.testing.assert_allclose(size, 2.0 * np.exp(0.5 * TIMES), rtol=1e-8)
    np.testing.assert_allclose(amount, 6.0, rtol=1e-12)
    np.testing.assert_allclose(a, 3.0 * np.exp(-0.5 * TIMES), rtol=1e-8)


def test_constant_species_dilutes_too():
    a = species("A", concentration=3.0, constant="true", boundary="true")
    text = sbml(ONE_BOX + species_list(a) + rules(rate("c", "0.5*c")))
    np.testing.assert_allclose(run(text, "A")[0], 3.0 * np.exp(-0.5 * TIMES), rtol=1e-8)


def test_rate_rule_of_a_species_is_in_its_own_kind():
    a = species("A", amount=6.0, boundary="true")
    text = sbml(ONE_BOX + species_list(a) + rules(rate("A", "-0.5*A")))
    concentration, amount = run(text, "A", "amount(A)")
    np.testing.assert_allclose(concentration, 3.0 * np.exp(-0.5 * TIMES), rtol=1e-8)
    np.testing.assert_allclose(amount, 2.0 * concentration, rtol=1e-14)


@pytest.mark.parametrize(("own", "expected"), [({}, 10.0), ({"conversionFactor": "g"}, 100.0)])
def test_conversion_factors_scale_what_reactions_do(own, expected):
    text = sbml(
        ONE_BOX
        + species_list(species("A", amount=0.0, **own))
        + parameters(parameter("f", 10), parameter("g", 100))
        + reactions(reaction("r", products=["A"], law="1"))
    ).replace('<model id="m"', '<model id="m" conversionFactor="f"')
    np.testing.assert_allclose(run(text, "amount(A)")[0], expected * TIMES, rtol=1e-10)


def test_stoichiometry_can_follow_a_rule():
    made = tag("speciesReference", species="A", id="n", constant="false")
    text = sbml(
        ONE_BOX
        + species_list(species("A", amount=0.0))
        + rules(assignment("n", "2*time"))
        + reactions(reaction("r", products=[made], law="1"))
    )
    amount, n = run(text, "amount(A)", "n")
    np.testing.assert_allclose(amount, TIMES**2, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(n, 2 * TIMES)


def test_stoichiometry_with_an_id_is_a_parameter():
    made = tag("speciesReference", species="A", id="n", stoichiometry=3, constant="true")
    text = sbml(ONE_BOX + species_list(species("A", amount=0.0)) + reactions(reaction("r", products=[made])))
    np.testing.assert_allclose(run(text, "amount(A)")[0], 3 * TIMES, rtol=1e-10)
    np.testing.assert_allclose(run(text, "amount(A)", n=5.0)[0], 5 * TIMES, rtol=1e-10)


def test_stoichiometry_formula_of_level_2():
    made = f"<stoichiometryMath>{math('k*2')}</stoichiometryMath>"
    made = f'<speciesReference species="A">{made}</speciesReference>'
    text = sbml(
        '<listOfCompartments><compartment id="c"  size="1"/></listOfCompartments>'
        '<listOfSpecies><species id="A" compartment="c" initialAmount="0"/></listOfSpecies>'
        '<listOfParameters><parameter id="k" value="3"/></listOfParameters>'
        f'<listOfReactions><reaction id="r"><listOfProducts>{made}</listOfProducts>'
        f"<kineticLaw>{math('1')}</kineticLaw></reaction></listOfReactions>",
        level=2,
        version=4,
    )
    np.testing.assert_allclose(run(text, "amount(A)")[0], 6 * TIMES, rtol=1e-10)


def test_local_parameters_hide_global_ones():
    local = "<listOfLocalParameters>" + tag("localParameter", id="k", value=0.25) + "</listOfLocalParameters>"
    text = sbml(
        ONE_BOX
        + species_list(species("A", concentration=1.0))
        + parameters(parameter("k", 99))
        + reactions(reaction("r", reactants=["A"], law="k*A*c", local=local))
    )
    assert "r.k" in read_sbml(text).parameters
    np.testing.assert_allclose(run(text, "A")[0], np.exp(-0.25 * TIMES), rtol=1e-8)
    np.testing.assert_allclose(run(text, "A", **{"r.k": 1.0})[0], np.exp(-TIMES), rtol=1e-8)


def test_rules_and_initial_assignments_are_put_in_order():
    text = sbml(
        parameters(*(parameter(p) for p in "abcde"), parameter("z", 2))
        + starts(a="b + 1", c="z*d")
        + rules(
            assignment("d", "e*10"),
            assignment("e", "z + time"),
            assignment("b", "d"),
            rate("a", "e"),
            rate("z", "0"),
        )
    )
    assert read_sbml(text).states == ("a", "z", "c")  # c keeps what it was at time 0
    a, b, c = run(text, "a", "b", "c")
    np.testing.assert_allclose(b, 10 * (2 + TIMES))
    np.testing.assert_allclose(a, 21 + 2 * TIMES + TIMES**2 / 2, rtol=1e-9)
    np.testing.assert_allclose(c, 2 * 20)


def test_a_long_chain_of_rules_needs_no_recursion():
    count = 3000
    chain = [assignment(f"p{i}", f"p{i + 1} + 1") for i in range(count)]
    text = sbml(
        parameters(*(parameter(f"p{i}") for i in range(count)), parameter(f"p{count}", 0)) + rules(*chain)
    )
    assert run(text, "p0")[0][0] == count


def test_an_initial_value_that_the_model_computes_can_be_given():
    text = sbml(
        ONE_BOX + species_list(species("A")) + parameters(parameter("k", 0.5)) + starts(A="3 + k") + DECAY
    )
    assert "A" not in read_sbml(text).parameters
    assert run(text, "A")[0][0] == 3.5
    assert run(text, "amount(A)", A=10.0)[0][0] == 10.0


def test_functions_are_put_in_place():
    text = sbml(
        functions(half="lambda(x, x/2)", hill="lambda(x, n, half(x)^n/(1 + half(x)^n))")
        + parameters(parameter("p"), parameter("x", 6))
        + rules(assignment("p", "hill(x, 2)"))
    )
    assert run(text, "p")[0][0] == pytest.approx(0.9)


def test_names_beside_machine_made_ids():
    system = read_sbml(sbml(parameters(parameter("mw17", 1, name="k_on"), parameter("k", 1))))
    assert [system.label(p) for p in ("mw17", "k")] == ["k_on", "k"]


def test_rate_of_follows_volume_and_reactions():
    text = sbml(
        ONE_BOX
        + species_list(species("A", concentration=3.0))
        + parameters(parameter("k", 0.5), parameter("v"))
        + rules(rate("c", "0.1*c"), assignment("v", "rateOf(A)"))
        + DECAY
    )
    a, v = run(text, "A", "v")
    np.testing.assert_allclose(v, -0.6 * a, rtol=1e-9)


def test_rate_of_all_kinds_and_at_the_start():
    text = sbml(
        ONE_BOX
        + species_list(
            species("A", concentration=3.0),
            species("N", amount=4.0, only="true"),
            species("F", concentration=1.0, boundary="true"),
        )
        + parameters(parameter("k", 0.5), *(parameter(p) for p in "uvwxyz"), parameter("s", 7))
        + starts(u="rateOf(A)", w="r*2", y="rateOf(s)*10")
        + rules(
            rate("c", "0.1*c"),
            rate("s", "k*s"),
            assignment("v", "rateOf(N)"),
            assignment("x", "rateOf(F) + rateOf(k)"),
            assignment("z", "rateOf(s)"),
        )
        + reactions(reaction("r", reactants=["A"], products=["N"], law="k*A*c"))
    )
    u, v, w, x, y, z, s, flux, f = run(text, "u", "v", "w", "x", "y", "z", "s", "r", "F")
    np.testing.assert_allclose(u, -0.6 * 3.0)
    np.testing.assert_allclose(v, flux)
    np.testing.assert_allclose(w, 2 * 0.5 * 3.0 * 2.0)
    np.testing.assert_allclose(x, -0.1 * f, rtol=1e-9)
    np.testing.assert_allclose(y, 35.0)
    np.testing.assert_allclose(z, 0.5 * s)


def test_reaction_without_law_does_not_run():
    still = '<reaction id="r" reversible="false"/>'
    system = read_sbml(sbml(ONE_BOX + species_list(species("A", amount=1)) + reactions(still)))
    assert system.graph.number(system.observables["r"]) == 0.0


SYMBOLS = [
    ("avogadro", AVOGADRO),
    ("pi", m.pi),
    ("exponentiale", m.e),
    ("1e-3 + 2.5e10", 25_000_000_000.001),
    ("factorial(5)", 120),
    ("ceil(1.2) + floor(-1.2)", 0),
    ("quotient(-7, 2)", -3),
    ("rem(-7, 2)", -1),
    ("max(1, 3, 2) - min(4, 2, 9)", 1),
    ("log10(1000) + log(8, 2)", 3 + m.log(2, 8)),
    ("root(3, 27)", 3),
    ("arcsinh(-1000)", m.asinh(-1000)),
    ("arccosh(2)", m.acosh(2)),
    ("arctanh(0.3)", m.atanh(0.3)),
    ("arcsec(2) + arccsc(2) + arccot(2)", m.acos(0.5) + m.asin(0.5) + m.atan(0.5)),
    ("sec(1) + csc(1) + cot(1)", 1 / m.cos(1) + 1 / m.sin(1) + 1 / m.tan(1)),
    ("sech(1) + csch(1) + coth(1)", 1 / m.cosh(1) + 1 / m.sinh(1) + 1 / m.tanh(1)),
    ("arcsech(0.5) + arccsch(2) + arccoth(2)", m.acosh(2) + m.asinh(0.5) + m.atanh(0.5)),
    ("piecewise(1, x > 5, 2, x > 2, 3)", 2),
    ("not(x < 5) || x == 3", 1),
    ("5/10 + x*(7/x)", 7.5),
    ("(x < 5) + (x >= 3) + (x != 3)", 2),
    ("xor(true, false, true) + implies(false, false)", 1),
    ("x < 5 < 7 && !(x == 4)", 1),
    ("log2(8) + max(1, 2)", 5),
    ("-x^2", -9),
    ("10 - 3 - 2 - (4 - 1)", 2),
    ("24/2/3/(4/2)", 2),
]


@pytest.mark.parametrize(("formula", "expected"), SYMBOLS)
def test_functions_and_symbols_of_mathml(formula, expected):
    text = sbml(parameters(parameter("p"), parameter("x", 3)) + rules(assignment("p", formula)))
    assert run(text, "p")[0][0] == pytest.approx(expected, rel=1e-14)


def test_rational_numbers():
    text = sbml(parameters(parameter("p")) + rules(assignment("p", "(1/3)")))
    assert "rational" in text
    assert run(text, "p")[0][0] == 1 / 3


def test_elements_may_be_called_like_symbols():
    names = ("time", "pi", "avogadro", "inf", "true")
    text = sbml(parameters(*(parameter(n, i) for i, n in enumerate(names)), parameter("x", 0)))
    assert [run(text, n)[0][0] for n in names] == [0, 1, 2, 3, 4]


def test_what_has_no_formula_does_nothing():
    text = sbml(
        parameters(parameter("p", 3), parameter("q", 4))
        + '<listOfInitialAssignments><initialAssignment symbol="p"/></listOfInitialAssignments>'
        + '<listOfRules><assignmentRule variable="q"/></listOfRules>'
        + '<listOfEvents><event id="e" useValuesFromTriggerTime="true"/></listOfEvents>'
    )
    assert [run(text, p)[0][0] for p in "pq"] == [3, 4]


def test_missing_values_are_named_only_where_they_matter():
    unused = sbml(parameters(parameter("p"), parameter("q", 1)) + rules(rate("q", "1")))
    assert compile_model(read_sbml(unused)).system.states == ("q",)
    used = sbml(parameters(parameter("p"), parameter("q")) + rules(rate("q", "p")))
    with pytest.raises(ValueError, match=r"'p': no value.*\n'q': no initial value"):
        compile_model(read_sbml(used))
    assert read_sbml(used).with_given(["p", "q"]).defaults[0] != 0


def test_time_triggered_event_that_adds_is_a_dose():
    text = decaying(concentration=3.0).replace(
        "</model>",
        events(
            event("once", "time > k*4", A="A + 5"),
            event("late", "5 < 2*time", delay="1", A="5 + A"),
            event("first", "time >= 0", at_start="false", A="A + 1"),
            event("never", "time >= 0", A="A + 1"),
        )
        + "</model>",
    )
    system = read_sbml(text)
    values = dict(zip(system.parameters, system.defaults, strict=True))
    got = [(d.event, d.target, *system.graph.evaluate([d.time, d.amount], values)) for d in system.doses]
    assert got == [("once", "A", 2.0, 10.0), ("late", "A", 3.5, 10.0), ("first", "A", 0.0, 2.0)]


def test_levels_before_3_are_upgraded():
    text = (
        '<sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model name="m">'
        '<listOfCompartments><compartment name="c" volume="2"/></listOfCompartments>'
        '<listOfSpecies><species name="A" compartment="c" initialAmount="6"/></listOfSpecies>'
        '<listOfParameters><parameter name="k" value="0.5"/></listOfParameters>'
        '<listOfReactions><reaction name="r" reversible="false"><listOfReactants>'
        '<speciesReference species="A"/></listOfReactants><kineticLaw formula="k*A*c"/>'
        "</reaction></listOfReactions></model></sbml>"
    )
    np.testing.assert_allclose(run(text, "A")[0], 3.0 * np.exp(-0.5 * TIMES), rtol=1e-8)
