"""A drug of one's own is a data file in a folder; mistakes in it get one line each."""

import re
from pathlib import Path

import pytest

from alarmin.core import DataError
from alarmin.model import assemble_kinetics
from alarmin.therapy import drug, known_drugs, load_regimen, shipped_drugs, substance

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-drug.md"
EXAMPLE = re.search(
    r"```yaml\n(drug: my_kinase_inhibitor\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
)[1]
REGIMEN = """regimen: mine
title: Mine
phases:
  - cycle: 28 day
    cycles: 2
    doses:
      - {drug: my_kinase_inhibitor, dose: 300 mg, every: 12 h}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ALARMIN_DRUGS", str(tmp_path))
    return tmp_path


def save(folder, text, name="my_kinase_inhibitor"):
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_the_example_of_the_how_to_can_be_prescribed(folder):
    save(folder, EXAMPLE)
    assert known_drugs().keys() - shipped_drugs().keys() == {"my_kinase_inhibitor"}
    assert drug("my_kinase_inhibitor").for_patients
    assert "A0_my_kinase_inhibitor" in assemble_kinetics(substance("my_kinase_inhibitor"))
    path = folder.parent / "mine.yaml"
    path.write_text(REGIMEN, encoding="utf-8")
    assert load_regimen(str(path)).drugs == ["my_kinase_inhibitor"]


def test_a_copy_of_every_shipped_drug_is_a_drug_of_ones_own(folder):
    for name, path in shipped_drugs().items():
        text = path.read_text(encoding="utf-8").replace(f"drug: {name}\n", f"drug: my_{name}\n", 1)
        save(folder, text, f"my_{name}")
    for name in shipped_drugs():
        assert drug(f"my_{name}").parameters == drug(name).parameters


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("  ka: {value: 12, unit: per_day, level: assumed}\n", ""),
         r":\d+: parameters.ka: missing, expected a constant in per_day for oral, cytotoxic"),
        (("kill_as: crizotinib", "kill_as: crizotinb"),
         r":\d+: profile.kill_as: unknown drug 'crizotinb'.*crizotinib"),
        (("  ka:", "  kaa:"), r"my_kinase_inhibitor.yaml:10: parameters.kaa: .*kaa.*ka"),
        (("unit: L_per_day", "unit: L_per_h"),
         r"my_kinase_inhibitor.yaml:\d+: parameters.CL.unit: got 'L_per_h', expected 'L_per_day'"),
        (("drug: my_kinase_inhibitor", "drug: other"),
         r"my_kinase_inhibitor.yaml:1: drug: got 'other', expected 'my_kinase_inhibitor'"),
        (("[oral, cytotoxic]", "[swallowed, cytotoxic]"), r":4: properties.0: got 'swallowed'"),
        (("value: 600", "value: -600"), r"my_kinase_inhibitor.yaml:\d+: parameters.CL.value: got -600"),
        (("cycle: 12 h", "cycle: 12 mg"), r"my_kinase_inhibitor.yaml:6: label.cycle: "),
        (("  resistance_t: 5", "  resistance: 30\n  resistance_t: 5"),
         r":\d+: profile: got resistance without tolerated_with, expected one of dna, tubulin, topoiso"),
        (("  resistance_t: 5", "  tolerated_with: taxane\n  resistance_t: 5"),
         r":\d+: profile.tolerated_with: got 'taxane'.*'dna'"),
    ],
)  # fmt: skip
def test_a_mistake_gets_a_line(folder, change, problem):
    assert change[0] in EXAMPLE
    save(folder, EXAMPLE.replace(*change))
    with pytest.raises(DataError, match=problem):
        drug("my_kinase_inhibitor")


def test_a_shipped_drug_is_not_replaced(folder):
    save(folder, EXAMPLE.replace("my_kinase_inhibitor", "cisplatin"), "cisplatin")
    with pytest.raises(DataError, match=r"cisplatin.yaml:1: 'cisplatin' is a shipped drug"):
        drug("carboplatin")


def test_a_folder_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ALARMIN_DRUGS", str(tmp_path / "none"))
    with pytest.raises(DataError, match=r"ALARMIN_DRUGS: .*none' is no folder"):
        drug("carboplatin")
