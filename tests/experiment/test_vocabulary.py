"""Therapies and knobs in words: what is written is read back, and garbage is refused in words."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarmin.experiment.vocabulary import NO_DRUG, Given, parse_knobs, parse_therapy
from alarmin.model import knobs
from alarmin.therapy import shipped_drugs

AGENTS = [*shipped_drugs(), *NO_DRUG]
NUMBER = st.integers(0, 999).map(lambda n: n / 10)
DAYS = st.lists(st.integers(0, 60).map(float), min_size=1, max_size=4).map(tuple)
ITEM = st.builds(Given, st.sampled_from([*AGENTS, "radiation"]), NUMBER, DAYS)
GENES = [knob for knob in knobs() if knob.kind == "gene"]
WORDS = st.sampled_from(["radiation", "Gy", "x3", "@8", "+", ",", "cisplatin", "knockout:", "TLR4", ";", " "])


def written(item):
    days = ",".join(f"{day:g}" for day in item.days)
    if item.agent == "radiation":
        return f"radiation {item.dose:g} Gy @{days}"
    return f"{item.agent} x{item.dose:g} @{days}"


@given(st.lists(ITEM, min_size=1, max_size=4))
def test_a_therapy_is_read_back_as_written(items):
    assert parse_therapy(" + ".join(map(written, items))) == tuple(items)


def test_dose_and_day_have_usual_values():
    assert parse_therapy("cisplatin") == (Given("cisplatin", 3.0, (8.0,)),)


@pytest.mark.parametrize(("action", "value"), [("knockout", 0.0), ("block", 0.05), ("overexpress", 5.0)])
@given(st.lists(st.sampled_from(GENES), min_size=1, max_size=5, unique=True))
@settings(max_examples=25)
def test_knobs_are_read_back_as_written(action, value, genes):
    text = "; ".join(f"{action}:{knob.symbol}@{knob.scope}" for knob in genes)
    assert parse_knobs(text) == {knob.id: value for knob in genes}


def test_without_a_scope_a_gene_is_turned_wherever_it_is():
    assert parse_knobs("knockout:STING1") == {"g_STING1_t": 0.0, "g_STING1_h": 0.0}


def test_depletion_of_a_cell_that_is_a_factor_takes_it_away_and_others_get_an_antibody():
    assert parse_knobs("deplete:dendritic") == {"g_DC": 0.0}
    assert parse_knobs("deplete:CD8") == {"deplete_CD8": 1.0}


@pytest.mark.parametrize("knob", knobs(), ids=lambda knob: knob.id)
def test_every_knob_can_be_turned(knob):
    action = {"gene": "knockout", "recombinant": "add"}.get(knob.kind, "deplete")
    values = parse_knobs(f"{action}:{knob.symbol}@{knob.scope}")
    assert values[knob.id] != knob.rest


@pytest.mark.parametrize("parse", [parse_therapy, parse_knobs])
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=8).map("".join)))
def test_whatever_is_written_it_is_read_or_refused(parse, text):
    with contextlib.suppress(ValueError):
        assert isinstance(parse(text), tuple | dict)


@pytest.mark.parametrize(
    ("parse", "text", "hint"),
    [
        (parse_therapy, "oxaliplatn x3", "oxaliplatin"),
        (parse_therapy, "radiation 8", "AGENT xDOSE"),
        (parse_therapy, "radiation 800 Gy", "at most 100"),
        (parse_therapy, "cisplatin x1.2.3", "expected a number"),
        (parse_knobs, "knokout:TLR4", "knockout"),
        (parse_knobs, "knockout:TLR44", "TLR4"),
        (parse_knobs, "knockout:TLR4@tumour", "TLR4@host"),
        (parse_knobs, "deplete:CD9", "CD8"),
        (parse_knobs, "add:???", "CALR"),
    ],
)
def test_the_nearest_choice_or_what_was_expected_is_named(parse, text, hint):
    with pytest.raises(ValueError, match=hint.replace("?", "")):
        parse(text)
