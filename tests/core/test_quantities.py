"""Quantities with units."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarmin.core import UnitError
from alarmin.core.quantities import quantity


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("0.2 g", "mg", 200.0),
        ("30 min", "day", 30 / 1440),
        ("3 week", "day", 21.0),
        ("500 mg/m2", "mg/m**2", 500.0),
        ("2 mg/kg", "mg/kg", 2.0),
        ("2 g/kg", "mg/kg", 2000.0),
        ("1e3 ug", "mg", 1.0),
        ("8 Gy", "Gy", 8.0),
        ("800 cGy", "Gy", 8.0),
    ],
)
def test_quantities_are_converted(text, unit, expected):
    assert quantity(text, unit) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("200", "mg", "got '200' without a unit"),
        ("5 %", "mg/kg", "got '5 %' without a unit"),
        ("200 mL", "mg", "got '200 mL', expected a quantity in mg"),
        ("mg 200", "mg", "cannot read 'mg 200'"),
        ("200 mgg", "mg", "cannot read '200 mgg'"),
        ("", "mg", "cannot read ''"),
        ("200 mg; import os", "mg", "cannot read '200 mg; import os'"),
        ("200 __import__('os')", "mg", "cannot read"),
    ],
)
def test_what_is_no_quantity_is_refused(text, unit, expected):
    with pytest.raises(UnitError) as caught:
        quantity(text, unit, where="mine.yaml:3: dose")
    assert str(caught.value).startswith("mine.yaml:3: dose: ")
    assert expected in str(caught.value)


@settings(deadline=None)
@given(st.text(max_size=25))
def test_any_text_is_read_or_refused(text):
    try:
        value = quantity(text, "mg")
    except UnitError:
        return
    assert isinstance(value, float)


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), st.sampled_from(["ng", "ug", "mg", "g", "kg"]))
def test_there_and_back_again(value, unit):
    there = quantity(f"{value!r} {unit}", "mg")
    assert quantity(f"{there!r} mg", unit) == pytest.approx(value, rel=1e-12)
