"""What the reader refuses: one line for each element, with its id and what to do."""

import pytest
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

from alarmin.core import ModelError
from alarmin.engine import document, read_sbml

BOX = compartments(compartment("c"))
TWO = parameters(parameter("p", 1), parameter("q", 2))


def refused(source, **options):
    """Return the lines with which a model is refused."""
    with pytest.raises(ModelError) as caught:
        read_sbml(source, **options)
    assert all(line and "\n" not in line for line in caught.value.problems)
    assert len(caught.value.problems) <= 21
    return caught.value.problems


ELEMENTS = {
    "delay": (
        TWO + rules(assignment("q", "delay(p, 3)")),
        "assignment rule of 'q': delay is not supported; replace it by a formula of the current state",
    ),
    "algebraic rule": (
        TWO + rules(f'<algebraicRule metaid="a1">{math("p + q")}</algebraicRule>'),
        "algebraic rule 'a1': not supported; solve it for one variable and write an assignment rule",
    ),
    "undefined id": (
        parameters(parameter("p", 1), parameter("k_grow", 2)) + rules(rate("p", "k_grwo*p")),
        "rate rule of 'p': unknown id 'k_grwo'; did you mean 'k_grow'?",
    ),
    "undefined function": (
        functions(hill="lambda(x, x)") + TWO + rules(rate("p", "hil(p)")),
        "rate rule of 'p': undefined function 'hil'; did you mean 'hill'?",
    ),
    "global in function": (
        functions(f="lambda(x, x*p)") + TWO,
        "function 'f': unknown id 'p'; known: x",
    ),
    "recursion": (
        functions(f="lambda(x, f(x - 1))") + TWO + rules(rate("p", "f(p)")),
        "rate rule of 'p': function 'f' calls itself, or more than 64 others in a chain",
    ),
    "arguments": (
        functions(f="lambda(x, y, x + y)") + TWO + rules(rate("p", "f(p)")),
        "rate rule of 'p': function 'f' takes 2 arguments, got 1",
    ),
    "rateOf in function": (
        functions(f="lambda(x, rateOf(x))") + TWO,
        "function 'f': rateOf is not supported here; write it where it is called",
    ),
    "rateOf of a rule": (
        TWO + rules(assignment("p", "2"), rate("q", "rateOf(p)")),
        "rateOf(p): not supported for what a rule or reaction computes; write it out",
    ),
    "delay in function": (
        functions(f="lambda(x, delay(x, 1))") + TWO,
        "function 'f': delay is not supported; replace it by a formula of the current state",
    ),
    "too many arguments": (
        TWO + rules(rate("q", "foo(p)")).replace("<ci> foo </ci>", "<sin/><ci> q </ci>"),
        "rate rule of 'q': sin takes 1 argument, got 2",
    ),
    "doubling functions": (
        functions(a="lambda(x, b(x + 1) + b(x*2))", b="lambda(x, a(x + 3) + a(x/2))")
        + TWO
        + rules(rate("p", "a(p)")),
        "rate rule of 'p': function 'a' calls itself, or more than 64 others in a chain",
    ),
    "conversion factor": (
        BOX + species_list(species("A", amount=1, conversionFactor="f")) + TWO,
        "species 'A': unknown conversion factor 'f'; known: p, q",
    ),
    "stoichiometry twice": (
        BOX
        + species_list(species("A", amount=1))
        + parameters(parameter("n", 1))
        + reactions(reaction("r", products=[tag("speciesReference", species="A", id="n", constant="true")])),
        "reaction 'r': stoichiometry id 'n' is given twice; give it an id of its own",
    ),
    "late event": (
        TWO + rules(rate("p", "1")) + events(event("e", "time > 3", delay="p", p="p + 1")),
        "event 'e': its delay depends on the state; give its doses to simulate(doses=...)",
    ),
    "odd trigger": (
        TWO + rules(rate("p", "1")) + events(event("e", "sin(time) > 0.5", p="p + 1")),
        "event 'e': its trigger is no plain comparison of time and constant; give the doses to "
        "simulate(doses=...)",
    ),
    "circle": (
        TWO + rules(assignment("p", "q + 1"), assignment("q", "p + 1")),
        "rules or initial assignments depend on each other in a circle: p -> q -> p; break it with one value",
    ),
    "circle of one": (
        TWO + starts(p="p + 1"),
        "rules or initial assignments depend on each other in a circle: p -> p; break it with one value",
    ),
    "species without compartment": (
        BOX + species_list(species("A", where="cc", amount=1)),
        "species 'A': unknown compartment 'cc'; did you mean 'c'?",
    ),
    "reaction of unknown species": (
        BOX + species_list(species("A", amount=1)) + reactions(reaction("r", reactants=["B"])),
        "reaction 'r': unknown species 'B'; known: A",
    ),
    "rule and reaction": (
        BOX
        + species_list(species("A", amount=1))
        + rules(assignment("A", "1"))
        + reactions(reaction("r", reactants=["A"])),
        "reaction 'r': species 'A' is changed by a reaction and by a rule; set its "
        'boundaryCondition="true" or remove the rule',
    ),
    "two rules": (
        TWO + rules(assignment("p", "1"), rate("p", "2")),
        "rate rule of 'p': its value is given twice; keep one rule or assignment",
    ),
    "same id twice": (
        BOX + parameters(parameter("c", 1)),
        "parameter 'c': is given twice; give every element an id of its own",
    ),
    "negative volume": (
        compartments(compartment("c", -1)),
        "compartment 'c': size -1; expected a positive number",
    ),
    "no volume": (
        compartments(compartment("c", 0)) + species_list(species("A", amount=1)),
        "species 'A': compartment 'c' has size 0, so there is no concentration; make it positive",
    ),
    "no stoichiometry": (
        BOX
        + species_list(species("A", amount=1))
        + reactions(reaction("r", reactants=[tag("speciesReference", species="A", constant="true")])),
        "reaction 'r': no stoichiometry for species 'A'; write one, for example 1",
    ),
    "rule of nothing": (
        TWO + rules(rate("pp", "1")),
        "rate rule: unknown variable 'pp'; did you mean 'p'?",
    ),
    "event on a state": (
        TWO + rules(rate("p", "1")) + events(event("e", "p > 3", p="q")),
        "event 'e': its trigger depends on the state 'p'; leave it out, and where it starts the treatment "
        "use simulate(start=Start(...))",
    ),
    "extinction event": (
        TWO + rules(rate("p", "1")) + events(event("e", "p < 3", p="0*q")),
        "event 'e': sets a state to zero where 'p' crosses a threshold; leave it out, the extinction floor "
        "of simulate does this",
    ),
    "resetting event": (
        TWO + rules(rate("p", "1")) + events(event("e", "time > 3", p="7")),
        "event 'e': sets 'p' rather than adding a fixed amount to it; leave it out, or simulate up to that "
        "time and start again from there",
    ),
    "switching event": (
        TWO + rules(rate("p", "q")) + events(event("e", "time > 3", q="0")),
        "event 'e': sets 'q', which is no state; write it as a piecewise of the time",
    ),
    "counting event": (
        TWO + events(event("e", "time > 3 && q < 5", q="q + 1")),
        "event 'e': its trigger counts with 'q', which events change; leave it out and give the doses to "
        "simulate(doses=...)",
    ),
    "event of unknown id": (
        TWO + rules(rate("p", "1")) + events(event("e", "time > t1", p="p + 1")),
        "event 'e': unknown id 't1'",
    ),
}


@pytest.mark.parametrize(("body", "line"), ELEMENTS.values(), ids=ELEMENTS.keys())
def test_one_line_names_the_element(body, line):
    assert refused(sbml(body)) == (line,)


def test_functions_that_double_the_formula_at_every_call():
    chain = {f"f{i}": f"lambda(x, f{i - 1}(x + 1) + f{i - 1}(x*2))" for i in range(1, 25)}
    body = functions(f0="lambda(x, sin(x))", **chain) + TWO + rules(rate("p", "f24(p)"))
    (line,) = refused(sbml(body))
    assert line.startswith("rate rule of 'p': more than 10,000 function calls")


def test_fast_reaction():
    slow, fast = (
        reaction(r, reactants=["A"], fast=f'fast="{f}"') for r, f in (("r", "false"), ("s", "true"))
    )
    body = (
        BOX.replace("/>", ' units="litre"/>') + species_list(species("A", amount=1)) + reactions(slow, fast)
    )
    assert refused(sbml(body, version=1)) == (
        "reaction 's': fast reactions are not supported; give it a large rate, or remove fast=\"true\"",
    )


def test_all_problems_at_once():
    body = TWO + rules(rate("p", "x1"), rate("q", "delay(p, 1)")) + starts(zz="1")
    assert len(refused(sbml(body))) == 3


def test_thousands_of_problems_are_not_all_listed():
    lines = [rate(f"p{i}", f"p{i} + nowhere{i}") for i in range(2000)]
    body = parameters(*(parameter(f"p{i}", 1) for i in range(2000))) + rules(*lines)
    problems = refused(sbml(body))
    assert len(problems) == 21
    assert problems[-1] == "and more problems"


def test_skipped_events_are_listed():
    body = (
        TWO + rules(rate("p", "1")) + events(event("e", "time > 3", p="7"), event("d", "time > 3", p="p + 2"))
    )
    system = read_sbml(sbml(body), events="skip")
    assert [dose.event for dose in system.doses] == ["d"]
    assert len(system.skipped) == 1
    assert system.skipped[0].startswith("event 'e': sets 'p'")


def test_package_in_use():
    comp = 'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"'
    assert read_sbml(sbml(TWO, root=comp)).parameters == ("p", "q")
    lines = refused(sbml(TWO + "<comp:listOfPorts/>", root=comp))
    assert lines == ("SBML text: package 'comp' is not supported; flatten the model or export it without",)


def test_file_that_is_not_there(tmp_path):
    (line,) = refused(tmp_path / "none.xml")
    assert line.endswith("none.xml: cannot be read (No such file or directory); expected a path or SBML text")


def test_folder_and_odd_names(tmp_path):
    assert "cannot be read" in refused(tmp_path)[0]
    assert "cannot be read" in refused("a\0b")[0]
    assert len(refused("x" * 100_000)[0]) < 400


@pytest.mark.parametrize("source", [None, 3, b"<sbml/>"])
def test_neither_path_nor_text(source):
    assert list(refused(source)) == [f"{source!r}: cannot be read; expected a path or SBML text"]


def test_not_xml_and_not_sbml():
    assert (
        refused("<sbml><model>")[0]
        == "SBML text: line 1: malformed XML (no element found); repair or export again"
    )
    assert "line 1" in refused("<html></html>")[0]
    assert refused(sbml("").replace('<model id="m"></model>', ""))[0].startswith("SBML text:")


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "m.xml"
    path.write_bytes(sbml(TWO).encode().replace(b'id="p"', b'id="\xff"'))
    (line,) = refused(path)
    assert "is not UTF-8" in line


def test_entities_are_refused_before_they_expand():
    bomb = '<!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + sbml(TWO)
    (line,) = refused(bomb)
    assert line == "SBML text: has a document type declaration (entities); remove it, SBML has none"


def test_nesting_that_would_overflow_the_stack():
    deep = "<apply><abs/>" * 20_000 + "<cn>1</cn>" + "</apply>" * 20_000
    rule = f'<rateRule variable="p"><math xmlns="http://www.w3.org/1998/Math/MathML">{deep}</math></rateRule>'
    (line,) = refused(sbml(TWO + rules(rule)))
    assert "nested more than 1,000 deep" in line


def test_huge_files(tmp_path, monkeypatch):
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(document.MAX_BYTES + 1)
    assert refused(path)[0].startswith("huge.xml: 50,000,001 bytes; expected at most 50,000,000")
    monkeypatch.setattr(document, "MAX_BYTES", 100)
    assert "expected at most 100" in refused(sbml(TWO))[0]


def test_unknown_parameters_name_the_nearest():
    with pytest.raises(ModelError, match="unknown parameter 'pp'; did you mean 'p'"):
        read_sbml(sbml(TWO)).with_given(["pp"])
