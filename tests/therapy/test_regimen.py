"""Regimens as users write them: notations that mean the same, and one line for every mistake."""

import re
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarmin.core import DataError, UnitError
from alarmin.therapy import load_regimen
from alarmin.therapy.notation import read_amount

GOOD = """\
    regimen: mine
    title: A regimen of my own
    phases:
      - cycle: 21 day
        cycles: 4
        doses:
          - {drug: pemetrexed, dose: 500 mg/m2, day: 1, infusion: 10 min}
          - {drug: cisplatin, dose: 75 mg/m2, day: 1, infusion: 120 min}
      - cycle: 3 week
        cycles: 2
        doses:
          - {drug: pembrolizumab, dose: 200 mg, day: [1, 8]}
    """


@pytest.fixture
def write(tmp_path):
    """Write a regimen and give its path."""

    def to_file(text):
        path = tmp_path / "mine.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return str(path)

    return to_file


def problems(path):
    with pytest.raises(DataError) as caught:
        load_regimen(path)
    return caught.value.problems


def test_a_regimen_of_ones_own_is_read(write):
    regimen = load_regimen(write(GOOD))
    assert regimen.drugs == ["pemetrexed", "cisplatin", "pembrolizumab"]
    assert [phase.cycle_day for phase in regimen.phases] == [21.0, 21.0]
    assert regimen.phases[1].doses[0].days_in(21.0) == (1, 8)
    assert regimen.phases[0].doses[0].infusion_day == pytest.approx(10 / 1440)
    assert regimen.phases[1].doses[0].infusion_day == 0.0


@pytest.mark.parametrize(
    ("good", "bad", "expected"),
    [
        ("200 mg", "-200 mg", "12: phases.1.doses.0.dose: got '-200 mg', expected a dose above zero"),
        ("200 mg", "0 mg", "12: phases.1.doses.0.dose: got '0 mg', expected a dose above zero"),
        ("200 mg", "nan mg", "12: phases.1.doses.0.dose: got 'nan mg', expected a dose above zero"),
        ("200 mg", "inf mg", "12: phases.1.doses.0.dose: got 'inf mg', expected a dose above zero"),
        ("200 mg", "200", "12: phases.1.doses.0.dose: got 200, expected a valid string"),
        ("200 mg", "200 mL", "12: phases.1.doses.0.dose: got '200 mL', expected a dose in mg, mg/kg"),
        ("200 mg", "200 mg/L", "got '200 mg/L', expected a dose in mg, mg/kg, mg/m2 or AUC"),
        ("200 mg", "5 %", "got '5 %', expected a dose in mg, mg/kg, mg/m2 or AUC"),
        ("200 mg", "two mg", "got 'two mg', expected a dose in mg, mg/kg, mg/m2 or AUC"),
        ("200 mg", "AUC five", "got 'AUC five', expected a dose in mg"),
        ("200 mg", "AUC -5", "got 'AUC -5', expected a dose above zero"),
        ("200 mg", "20 g", "got '20 g' of pembrolizumab, expected at most 2000 mg"),
        ("drug: cisplatin", "drug: cisplatn", "unknown drug 'cisplatn'; did you mean 'cisplatin'?"),
        ("drug: cisplatin", "drug: aspirin", "8: phases.0.doses.1.drug: unknown drug 'aspirin'; "),
        ("3 week", "3 mg", "9: phases.1.cycle: got '3 mg', expected a quantity in day"),
        ("3 week", "-3 week", "9: phases.1.cycle: got '-3 week', expected a time above zero"),
        ("3 week", "21", "9: phases.1.cycle: got 21, expected a valid string"),
        ("10 min", "-10 min", "7: phases.0.doses.0.infusion: got '-10 min', expected a time of zero or more"),
        ("10 min", "10 mg", "7: phases.0.doses.0.infusion: got '10 mg', expected a quantity in day"),
        ("cycles: 2", "cycles: 0", "10: phases.1.cycles: got 0, expected"),
        ("cycles: 2", "cycles: many", "10: phases.1.cycles: got 'many', expected 1 to 1000 cycles"),
        ("cycles: 2", "cycle_s: 2", "10: phases.1.cycle_s: unknown field; did you mean 'cycles'?"),
        ("day: [1, 8]", "day: [1, 0]", "12: phases.1.doses.0.day"),
        ("title:", "titel:", "2: titel: unknown field; did you mean 'title'?"),
        ("regimen: mine", "regimen: ../mine", "1: regimen: got '../mine', expected"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_where_it_stands(write, good, bad, expected):
    assert good in GOOD
    found = problems(write(GOOD.replace(good, bad, 1)))
    assert any(expected in line for line in found), found
    assert all(re.match(r"mine\.yaml:\d+: ", line) and "\n" not in line for line in found)


def test_all_mistakes_are_listed_at_once_in_the_order_of_the_file(write):
    text = GOOD.replace("cisplatin", "cisplatn").replace("200 mg", "-1 mg").replace("cycles: 4", "cycles: x")
    found = problems(write(text))
    lines = [int(line.split(":")[1]) for line in found]
    assert lines == sorted(lines)
    assert set(lines) == {5, 8, 12}


def test_an_unknown_regimen_names_the_nearest():
    with pytest.raises(DataError, match="did you mean 'pembrolizumab-q3w'"):
        load_regimen("pembrolizumab-q2w")


def test_a_missing_file_is_named():
    with pytest.raises(DataError, match=r"nowhere\.yaml: no such file"):
        load_regimen("nowhere.yaml")


@settings(deadline=None, max_examples=20)
@given(st.floats(0.01, 5000.0))
def test_equal_notations_are_equal_doses(mg):
    forms = [f"{mg!r} mg", f"{mg / 1000!r} g", f"{mg * 1000!r} ug"]
    assert [read_amount(form).magnitude for form in forms] == pytest.approx([mg] * 3)
    assert {read_amount(form).scale for form in forms} == {"flat"}
    per_surface = [read_amount(f"{mg!r} {unit}") for unit in ("mg/m2", "mg/m**2", "mg/m^2")]
    assert all(a.scale == "per_m2" and a.magnitude == pytest.approx(mg) for a in per_surface)
    per_weight = read_amount(f"{mg!r} mg/kg")
    assert (per_weight.scale, per_weight.magnitude) == ("per_kg", pytest.approx(mg))
    assert read_amount(f"AUC {mg!r}") == read_amount(f"AUC{mg!r}")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_dose_or_a_unit_error(text):
    try:
        amount = read_amount(text)
    except UnitError:
        return
    assert amount.magnitude > 0.0
