"""`alarmin regimen`: the list, the table and the picture, and one line for each mistake."""

import csv

import pytest
from typer.testing import CliRunner

from alarmin.cli.main import app
from alarmin.core import AlarminError
from alarmin.therapy import shipped_regimens

runner = CliRunner()


def shown(*words):
    result = runner.invoke(app, ["regimen", "show", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words):
    with pytest.raises(AlarminError) as caught:
        runner.invoke(app, ["regimen", "show", *words], catch_exceptions=False)
    return caught.value.problems


def test_the_list_has_every_regimen_and_can_be_narrowed():
    every = runner.invoke(app, ["regimen", "list"]).output
    assert all(f"\n{name}" in every for name in shipped_regimens())
    some = runner.invoke(app, ["regimen", "list", "ramucirumab"]).output.splitlines()
    assert [line.split()[0] for line in some] == ["id", "ramucirumab-docetaxel"]


def test_amounts_are_those_of_the_patient():
    body = ("--weight", "80", "--height", "180", "--crcl", "90", "--days", "30")
    lines = [line.split() for line in shown("carboplatin-pemetrexed", *body).splitlines()]
    # Mosteller: sqrt(180 x 80 / 3600) = 2 m2; Calvert: 5 x (90 + 25).
    assert ["1", "1", "pemetrexed", "1000", "mg", "500", "mg/m2", "10", "min"] in lines
    assert ["22", "2", "carboplatin", "575", "mg", "AUC", "5", "60", "min"] in lines
    assert "4 doses up to day 30." in shown("carboplatin-pemetrexed", *body)


def test_a_choice_is_shown_with_what_it_comes_to():
    text = shown("platinum-doublet", "--feature", "histology=squamous", "--days", "8")
    assert "65 %  carboplatin-pemetrexed" in text
    assert "Drawn for this patient: c" in text
    assert "pemetrexed  " not in text.split("Drawn for this patient")[1]


def test_equal_days_in_a_row_are_one_line():
    text = shown("anlotinib", "--days", "42")
    assert "1-14" in text
    assert "22-35" in text
    assert "28 doses up to day 42." in text


def test_placebo_has_no_doses():
    assert "No doses." in shown("placebo")


def test_every_dose_and_the_picture_are_written(tmp_path):
    table, picture = tmp_path / "doses.csv", tmp_path / "calendar.svg"
    shown("crizotinib", "--days", "28", "--out", str(table), "--out", str(picture))
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 56
    assert {row["amount"] for row in rows} == {"250"}
    assert "Crizotinib 250 mg twice daily" in picture.read_text(encoding="utf-8")


def test_each_mistake_is_one_line(tmp_path):
    (tmp_path / "there.svg").write_text("")
    (problem,) = refused("osimertinb")
    assert problem.endswith("did you mean 'osimertinib'?")
    assert refused("placebo", "--out", str(tmp_path / "a.pdf"))[0].startswith("--out: got ")
    assert "--force replaces it" in refused("placebo", "--out", str(tmp_path / "there.svg"))[0]
    assert "no such folder" in refused("placebo", "--out", str(tmp_path / "no" / "a.svg"))[0]
    assert "did you mean 'histology'" in refused("placebo", "--feature", "histolgy=squamous")[0]
    assert "expected true or false" in refused("placebo", "--feature", "egfr_mutant=maybe")[0]
    assert "--bsa: got -1, expected more than 0" in refused("placebo", "--bsa", "-1")
    assert (tmp_path / "there.svg").read_text() == ""
