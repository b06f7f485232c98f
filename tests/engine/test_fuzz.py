"""Mutated models and odd inputs: one clear line or a proper result, never a crash, a hang or a silent NaN."""

import math as m
import re

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sbml_text import (
    assignment,
    compartment,
    compartments,
    event,
    events,
    functions,
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
)

from alarmin.core import AlarminError, ModelError
from alarmin.engine import compile_model, read_sbml, simulate

RICH = sbml(
    functions(f="lambda(x, y, x*y/(1 + x))", g="lambda(x, f(x, 2))")
    + compartments(compartment("c", 2), compartment("d", 0.5))
    + species_list(
        species("A", concentration=1),
        species("B", amount=2, only="true"),
        species("C", where="d", amount=0, boundary="true"),
        species("D", where="d", concentration=3),
    )
    + parameters(parameter("k", 0.5), parameter("p"), parameter("q", 2), parameter("r"), parameter("s", 1))
    + starts(p="k*2 + q", B="p/3")
    + rules(
        assignment("r", "piecewise(k, time < 1, A/2) + log(1 + B)"),
        rate("s", "r - s^1.5"),
        rate("d", "0.1*d"),
        assignment("C", "sin(time)^2"),
    )
    + reactions(
        reaction("R1", reactants=["A"], products=["B"], law="c*k*A*g(C)"),
        reaction("R2", reactants=["B"], products=["D"], law="q*B/(1 + B^2)"),
    )
    + events(event("e", "time > 1", A="A + 3"))
)
TOKENS = [match.span() for match in re.finditer(r"<[^>]*>|\"[^\"]*\"|[A-Za-z_]+|[0-9.]+", RICH)]
ODD = ["NaN", "INF", "-INF", "1e999", "-1", "0", "", "1e-320", "A", "zz", "time", "<cn>1</cn>", "<ci>q</ci>"]
ODD += [
    "<apply/>",
    "<piecewise/>",
    "<math/>",
    "<lambda/>",
    "</apply>",
    "<",
    "&amp;",
    "&lt;",
    "\x00",
    "é",
    "true",
]
# Places where another word still leaves the text well-formed, and what may stand there.
PLACES = {
    r"(?<=<ci> )\w+(?= </ci>)": ["A", "B", "C", "D", "c", "d", "k", "p", "q", "r", "s", "R1", "x", "zz"],
    r"(?<=> )[0-9]+(?= <)": ["0", "1", "2", "3", "-1", "100"],
    r'(?<=(?:alue|size|ount|tion)=")[0-9.]+(?=")': ["0", "-1", "1e300", "1e-300", "NaN", "INF", "5"],
    r"<(?:times|plus|divide|power|sin|minus)/>": ["<times/>", "<plus/>", "<divide/>", "<power/>", "<minus/>"],
}
GENTLE = [(match.span(), words) for place, words in PLACES.items() for match in re.finditer(place, RICH)]


@st.composite
def gentle_mutants(draw):
    """Draw SBML text that is well-formed, with a few ids, numbers and operations exchanged."""
    text = RICH
    changes = draw(st.lists(st.sampled_from(GENTLE), min_size=1, max_size=4, unique_by=lambda g: g[0]))
    for (first, last), words in sorted(changes, reverse=True):
        text = text[:first] + draw(st.sampled_from(words)) + text[last:]
    return text


@st.composite
def mutants(draw):
    """Draw SBML text with a few tokens dropped, doubled, replaced by each other or by something odd."""
    text = RICH
    for _ in range(draw(st.integers(1, 4))):
        first, last = draw(st.sampled_from(TOKENS))
        kind = draw(st.sampled_from(["drop", "double", "swap", "odd", "cut"]))
        if kind == "cut":
            last = draw(st.sampled_from(TOKENS))[1]
        other = draw(st.sampled_from(TOKENS))
        middle = {
            "drop": "",
            "cut": "",
            "double": text[first:last] * 2,
            "swap": text[other[0] : other[1]],
            "odd": draw(st.sampled_from(ODD)),
        }[kind]
        text = text[:first] + middle + text[last:]
    return text


def read_or_refuse(text):
    """Return a system, or None where it is refused in lines that a user can read."""
    try:
        return read_sbml(text).with_given([])
    except ModelError as error:
        problems = error.problems
    assert problems
    assert all(line.strip() and line.isprintable() and len(line) < 500 for line in problems)
    return None


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutants() | gentle_mutants())
def test_mutated_models_are_read_or_refused(text):
    read_or_refuse(text)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(gentle_mutants())
def test_mutated_models_that_are_read_can_be_simulated(text):
    system = read_or_refuse(text)
    if system is None:
        return
    try:
        model = compile_model(system, parameters=[])
    except AlarminError:
        return
    batch = simulate(model, np.zeros((1, 0)), [0.0, 1.0, 2.0], max_steps=1000, threads=1)
    assert not np.isnan(batch.values).any() or batch.failures()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: "<" + b.decode("latin-1")))
def test_arbitrary_text_is_refused(text):
    assert read_or_refuse(text) is None


NUMBERS = st.floats() | st.sampled_from([0.0, -1.0, 1e308, -1e308, 5e-324, m.nan, m.inf])


@settings(max_examples=150, deadline=None)
@given(st.lists(NUMBERS, min_size=5, max_size=5))
def test_any_parameter_value_gives_a_result_or_a_line(values):
    model = compile_model(read_sbml(RICH), parameters=["k", "q", "c", "A", "s"])
    try:
        batch = simulate(model, [values], [0.0, 1.0, 2.0], max_steps=1000, threads=1)
    except AlarminError as error:
        lines = error.problems
    else:
        assert not np.isnan(batch.values).any() or len(batch.failures()) == 1
        return
    assert all("values: patient 0, column" in line for line in lines)
