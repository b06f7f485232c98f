"""`alarmin simulate`, `validate` and `model`: what they print and write, and one clear line for bad input."""

import json
import math
import sys

import libsbml
import pandas as pd
import pytest

from alarmin.cli import main
from alarmin.experiment.course import readouts

FILES = {"timecourse.csv", "cascade.svg", "cascade.html", "provenance.json"}
HEADER = "id,setting,design,therapy,compare_therapy,endpoint,time,expect,published,role\n"
TABLE = HEADER + (
    "A,well,exposure,doxorubicin,none,CALR,24,increases,,fitting\n"
    "B,well,exposure,doxorubicin,none,CALR,24,reduces,,checking\n"
    "C,well,exposure,doxorubicin,,viability,24,value,1e9,checking\n"
)


@pytest.fixture
def alarmin(monkeypatch, capsys, tmp_path):
    """Run the command line in an empty folder; give exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["alarmin", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ["well", "--therapy", "doxorubicin x3", "--knockout", "CASP8", "--hours", "24"],
        ["mouse", "--therapy", "radiation 8 Gy @8", "--design", "two_tumours", "--days", "10"],
        ["mouse", "--therapy", "doxorubicin", "--design", "vaccination", "--block", "CALR@tumour"],
        ["patient", "--regimen", "cisplatin-pemetrexed", "--days", "42", "--deplete", "Treg"],
    ],
    ids=["well", "two tumours", "vaccination", "patient"],
)
def test_simulate_prints_the_read_outs_and_writes_all_files(alarmin, tmp_path, arguments):
    code, out, _ = alarmin("simulate", *arguments, "--draws", "3", "--threads", "1", "--out", "run")
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"run"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES
    expected = readouts(arguments[0])
    assert all(readout.label in out for readout in expected)
    course = pd.read_csv(tmp_path / "run" / "timecourse.csv")
    assert list(dict.fromkeys(course["variable"])) == [readout.output for readout in expected]
    quantiles = course[["q05", "q25", "q50", "q75", "q95"]].to_numpy()
    assert (quantiles[:, 1:] >= quantiles[:, :-1]).all()
    assert course["time"].max() == {"well": 24.0, "patient": 42.0}.get(
        arguments[0], 10.0 if "--days" in arguments else 28.0
    )
    svg = (tmp_path / "run" / "cascade.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert expected[0].label in svg
    assert "https://cdn" not in (tmp_path / "run" / "cascade.html").read_text(encoding="utf-8")


def test_a_mouse_with_one_tumour_has_no_second(alarmin, tmp_path):
    alarmin("simulate", "mouse", "--days", "5", "--draws", "2", "--threads", "1", "--out", "run")
    read = set(pd.read_csv(tmp_path / "run" / "timecourse.csv")["variable"])
    assert {readout.output for readout in readouts("mouse")} - read == {"lesion_2"}


def test_simulate_is_reproducible_and_replaces_only_when_told(alarmin, tmp_path):
    arguments = ["simulate", "well", "--therapy", "cisplatin", "--draws", "3", "--hours", "6"]
    assert alarmin(*arguments, "--out", "one", "--threads", "1")[0] == 0
    assert alarmin(*arguments, "--out", "two", "--threads", "2")[0] == 0
    for name in FILES - {"cascade.html"}:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    code, _, err = alarmin(*arguments, "--out", "one")
    assert (code, "--force" in err) == (2, True)
    assert alarmin(*arguments, "--out", "one", "--force", "--seed", "2")[0] == 0
    assert (tmp_path / "one" / "timecourse.csv").read_text() != (
        tmp_path / "two" / "timecourse.csv"
    ).read_text()


def test_a_knob_shows_in_the_read_outs(alarmin, tmp_path):
    arguments = ["simulate", "well", "--therapy", "doxorubicin", "--draws", "3", "--hours", "24"]
    alarmin(*arguments, "--knockout", "EIF2AK3", "--out", "run")
    course = pd.read_csv(tmp_path / "run" / "timecourse.csv").set_index("variable")
    assert (course.loc[["CALR_1", "peIF2_1"], "q95"] == 0.0).all()
    assert course.loc["HMGB1_1", "q05"].max() > 0.0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["wel"], ["unknown setting 'wel'; did you mean 'well'?"]),
        (["well", "--knockout", "TLR33"], ["--knockout: cannot knockout 'TLR33'; did you mean 'TLR3'?"]),
        (["mouse", "--deplete", "CD88"], ["--deplete: cannot deplete 'CD88'; did you mean 'CD8'?"]),
        (["mouse", "--add", "IFNB"], ["--add: cannot add 'IFNB'; did you mean 'IFNB1'?"]),
        (
            ["well", "--therapy", "cisplatn"],
            ["--therapy: unknown agent 'cisplatn'; did you mean 'cisplatin'?"],
        ),
        (["well", "--cells", "A594"], ["--cells: unknown cells 'A594'; did you mean 'A549'?"]),
        (["mouse", "--design", "tumor"], ["--design: unknown design 'tumor'; did you mean 'tumour'?"]),
        (["well", "--host", "old"], ["--host: is for mouse, got 'well'"]),
        (["patient", "--therapy", "cisplatin"], ["--therapy: is for well or mouse, got 'patient'"]),
        (["well", "--knockout", "TLR4"], ["knockout:TLR4 does nothing in a well"]),
        (["well", "--days", "nan"], ["--days: got nan days, expected up to 14"]),
        (["well", "--days", "1", "--hours", "1"], ["--hours: got --days as well, expected one of the two"]),
        (
            ["well", "--draws", "0", "--seed", "-1", "--threads", "0"],
            [
                "--draws: got 0, expected 1 to 2000",
                "--seed: got -1, expected 0 or more",
                "--threads: got 0, expected 1 or more",
            ],
        ),
    ],
)
def test_simulate_refuses_in_a_line_for_each_problem_and_writes_nothing(
    alarmin, tmp_path, arguments, expected
):
    code, out, err = alarmin("simulate", *arguments, "--out", "run")
    assert (code, out) == (2, "")
    assert err.splitlines() == [f"alarmin: {line}" for line in expected]
    assert not list(tmp_path.iterdir())


def test_an_unknown_regimen_is_refused(alarmin):
    code, _, err = alarmin("simulate", "patient", "--regimen", "pembrolizumab-q3")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "did you mean 'pembrolizumab-q3w'?" in err


def test_validate_a_table_of_ones_own(alarmin, tmp_path):
    (tmp_path / "mine.csv").write_text(TABLE, encoding="utf-8")
    arguments = ["validate", "experiments", "--file", "mine.csv", "--draws", "3"]
    code, out, _ = alarmin(*arguments, "--format", "json")
    assert code == 0
    rows = json.loads(out, parse_constant=lambda name: pytest.fail(name))
    assert [(row["id"], row["role"], row["agrees"]) for row in rows] == [
        ("A", "fitting", True),
        ("B", "checking", False),
        ("C", "checking", False),
    ]
    assert rows[0]["published"] == "increases"
    assert rows[0]["low"] <= rows[0]["predicted"] <= rows[0]["high"]
    assert rows[2]["comparator"] is None
    assert math.isclose(rows[0]["predicted"], rows[1]["predicted"])

    code, out, _ = alarmin(*arguments)
    assert code == 0
    assert out.splitlines()[-2:] == [
        "fitting: agree in directions 1 of 1 (100%)",
        "checking: agree in directions 0 of 1 (0%), values 0 of 1 (0%)",
    ]
    only = json.loads(alarmin(*arguments, "--role", "fitting", "--format", "json")[1])
    assert [row["id"] for row in only] == ["A"]


def test_validate_potency_prints_every_row_and_counts_by_role(alarmin):
    code, out, _ = alarmin("validate", "potency", "--format", "json", "--threads", "1")
    assert code == 0
    rows = json.loads(out)
    code, out, _ = alarmin("validate", "potency", "--threads", "1")
    assert code == 0
    assert all(row["id"][:41] in out for row in rows)
    for role in ("input", "checking", "other assay", "prediction"):
        agree = sum(row["agrees"] for row in rows if row["role"] == role)
        assert f"{role}: {agree} of {sum(row['role'] == role for row in rows)} within" in out
    code, out, err = alarmin("validate", "potency", "--format", "jsn")
    assert (code, out) == (2, "")
    assert "--format: got 'jsn'; did you mean 'json'?" in err


def test_a_well_takes_a_concentration_where_it_was_measured(alarmin, tmp_path):
    well = ("simulate", "well", "--draws", "2", "--threads", "1", "--therapy")
    code, out, _ = alarmin(*well, "docetaxel 0.01 uM", "--cells", "A549", "--out", "run")
    assert code == 0
    assert "docetaxel 0.01 uM" in out
    code, _, err = alarmin(*well, "docetaxel 0.01 uM", "--cells", "CT26", "--out", "other")
    assert (code, sorted(path.name for path in tmp_path.iterdir())) == (2, ["run"])
    assert "no potency of docetaxel in 'CT26'" in err


def test_validate_lists_bad_rows_with_row_and_column(alarmin, tmp_path):
    text = (
        TABLE.replace("increases", "rises")
        .replace("A,well", "A,wall")
        .replace("CALR,24,reduces", "CALR,x,reduces")
    )
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    code, out, err = alarmin("validate", "experiments", "--file", "mine.csv")
    assert (code, out) == (2, "")
    assert "alarmin: mine.csv: row 2: setting: got 'wall'; did you mean 'well'?" in err.splitlines()
    assert "alarmin: mine.csv: row 2: expect: got 'rises'" in err
    assert "alarmin: mine.csv: row 3: time: got 'x', expected a number" in err.splitlines()


def test_validate_refuses_bad_options_all_at_once(alarmin):
    code, _, err = alarmin("validate", "experiments", "--role", "fiting", "--format", "jsn", "--draws", "0")
    assert code == 2
    assert [line.split(": ")[1] for line in err.splitlines()] == ["--role", "--format", "--draws"]
    code, _, err = alarmin("validate", "experiments", "--file", "nowhere.csv")
    assert (code, err) == (2, "alarmin: nowhere.csv: no such file\n")


def test_coverage_counts_every_entity(alarmin, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = alarmin("model", "coverage")
    assert code == 0
    *rows, _, total = out.splitlines()
    counts = [int(word.rstrip(",;")) for word in total.split() if word.rstrip(",;").isdigit()]
    assert counts[0] == len(rows) - 1
    assert sum(counts[1:]) == counts[0]
    assert total.endswith("open 0")


def test_sbml_is_written_whole_and_can_be_read(alarmin, tmp_path):
    code, _, _ = alarmin("model", "sbml", "well", "--drug", "doxorubicin", "--out", "well.xml")
    assert code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["well.xml"]
    document = libsbml.readSBMLFromFile(str(tmp_path / "well.xml"))
    assert document.checkConsistency() == 0
    assert document.getModel().getElementBySId("Dmg_doxorubicin_1") is not None
    assert alarmin("model", "sbml", "well")[1].startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["mous"], "unknown setting 'mous'; did you mean 'mouse'?"),
        (["mouse", "--drug", "cisplatn"], "unknown drug 'cisplatn'; did you mean 'cisplatin'?"),
        (["well", "--out", "no/where.xml"], "no/where.xml: the folder"),
        (["well", "--out", "."], ".: is a folder"),
    ],
)
def test_sbml_refuses_in_one_line(alarmin, tmp_path, arguments, expected):
    code, out, err = alarmin("model", "sbml", *arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"alarmin: {expected}")
    assert not list(tmp_path.iterdir())
