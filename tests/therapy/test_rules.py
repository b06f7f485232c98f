"""Rules for holding and reducing doses: what they say, and what is wrong with them."""

import contextlib
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarmin.core import DataError, UnitError
from alarmin.therapy import load_regimen
from alarmin.therapy.rules import read_count, read_event

GOOD = """\
    regimen: mine
    title: Mine
    phases:
      - {cycle: 21 day, cycles: 4, doses: [{drug: docetaxel, dose: 75 mg/m2, day: 1}]}
    rules:
      - drugs: [docetaxel]
        hold: {neutrophils_below: 1500 /mm3, haemoglobin_below: 8 g/dL, for_at_most: 3 week}
        reduce:
          - {after: [febrile neutropenia, neutropenia grade 4], to: [80 %, 0.6]}
        stop_after: pneumonitis grade 2
    """


@pytest.fixture
def load(tmp_path):
    def loaded(text):
        path = tmp_path / "mine.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return load_regimen(str(path))

    return loaded


def test_a_rule_is_read(load):
    (rule,) = load(GOOD).rules
    assert rule.covers("docetaxel")
    assert not rule.covers("cisplatin")
    assert rule.hold.lowest == {"neutrophils": 1.5, "haemoglobin": 80.0}
    assert (rule.hold.again_after_day, rule.hold.for_at_most_day, rule.hold.look) == (7.0, 21.0, "cycle")
    assert rule.reduce[0].shares == (0.8, 0.6)
    assert rule.reduce[0].events == (("febrile neutropenia", 3), ("neutropenia", 4))
    assert rule.stopping == (("pneumonitis", 2),)


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        ("[docetaxel]\n", "[doxetaxel]\n", "6: rules.0.drugs.0: unknown drug of this regimen 'doxetaxel'"),
        ("1500 /mm3", "1500", "7: rules.0.hold.neutrophils_below: got 1500, expected a valid string"),
        ("1500 /mm3", "1500 mg", "got '1500 mg', expected a count such as '1.5 1e9/L'"),
        ("8 g/dL", "8 mmol", "got '8 mmol', expected a quantity in g/L"),
        ("3 week", "0 week", "7: rules.0.hold.for_at_most: got '0 week', expected a time above zero"),
        ("neutropenia grade 4", "neutropenia grade 6", "got grade '6' of neutropenia, expected 1 to 5"),
        ("neutropenia grade 4", "neutropenea grade 4", "'neutropenea'; did you mean 'neutropenia'?"),
        ("[80 %, 0.6]", "[60 %, 80 %]", "9: rules.0.reduce.0: to: got ['60 %', '80 %'], expected shares"),
        ("[80 %, 0.6]", "[180 %]", "got '180 %', expected more than 0 and at most 100 %"),
        ("neutrophils_below: 1500 /mm3, haemoglobin_below: 8 g/dL, ", "", "got no value to look at"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_where_it_stands(load, good, bad, expected):
    assert good in GOOD
    with pytest.raises(DataError) as caught:
        load(GOOD.replace(good, bad, 1))
    assert any(expected in line for line in caught.value.problems), caught.value.problems
    assert all("\n" not in line and line.startswith("mine.yaml:") for line in caught.value.problems)


@given(st.integers(1, 10**6))
def test_counts_in_every_unit_are_the_same(per_mm3):
    thousand = per_mm3 / 1000
    forms = [f"{per_mm3} /mm3", f"{per_mm3} /uL", f"{thousand!r} 1e9/L", f"{thousand!r} 10^9/L"]
    assert [read_count(form) for form in forms] == pytest.approx([thousand] * 4)


@given(st.text(max_size=20))
def test_any_text_is_a_count_or_a_unit_error(text):
    with contextlib.suppress(UnitError):
        assert read_count(text) > 0


def test_an_event_without_a_grade_is_a_severe_one():
    assert read_event("febrile neutropenia") == ("febrile neutropenia", 3)
    assert read_event("any grade 2") == ("any", 2)
