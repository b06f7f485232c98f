"""`alarmin trial`: a whole run, and one clear line for each kind of bad input."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from alarmin.cli import main
from alarmin.trial import load_trial

FILES = {"report.html", "patients.parquet", "tumour.parquet", "summary.json", "provenance.json"}
TRIAL = """\
trial: MINE
title: A trial of my own
population:
  criteria:
    pd_l1_tps_pct: ">= 50"
arms:
  drug:
    label: Drug
    regimen: my_regimen.yaml
imaging: {first_week: 6, every_weeks: 6}
accrual_months: 1
cutoffs: {response_and_pfs: 6, overall_survival: 12}
"""
REGIMEN = """\
regimen: my-regimen
title: Mine
phases:
  - cycle: 21 day
    cycles: 2
    doses:
      - {drug: pembrolizumab, dose: 200 mg, day: 1}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with a trial and a regimen of the user's own."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(TRIAL, encoding="utf-8")
    Path("my_regimen.yaml").write_text(REGIMEN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def alarmin(monkeypatch, capsys):
    """Run the command line in this process; give exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["alarmin", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code, output.out, output.err

    return run


def rewrite(name, old, new):
    text = Path(name).read_text(encoding="utf-8")
    assert old in text
    Path(name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_small_trial_writes_all_its_files(folder, alarmin):
    code, out, _ = alarmin("trial", "KEYNOTE-024", "-n", "8", "--threads", "1", "--out", "deep/run")
    assert not code
    run = folder / "deep" / "run"
    assert {path.name for path in run.iterdir()} == FILES
    assert not [path for path in run.parent.iterdir() if path.name != "run"]

    patients = pd.read_parquet(run / "patients.parquet")
    assert patients["arm"].value_counts().to_dict() == {"pembrolizumab": 8, "chemotherapy": 8}
    assert patients["pd_l1_tps_pct"].min() >= 50
    tumour = pd.read_parquet(run / "tumour.parquet")
    assert set(tumour["patient_id"]) == set(patients["patient_id"])
    late = tumour["day"] - 63 * tumour["visit"]
    assert late[tumour["visit"] == 0].eq(0).all()
    assert late.abs().le(31.5).all()
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    treated = sum(row["n"] for row in summary["accounting"] if row["step"] == "treated")
    assert treated == 16
    assert (summary["calibration"] or "NOT CALIBRATED") in out
    provenance = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["seed"] == 1
    assert set(provenance["outputs_sha256"]) == FILES - {"provenance.json"}
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "research only" in page.lower()
    for text in ("Median PFS", "Hazard ratio, OS", "Objective response rate", "n = 8", "For research only"):
        assert text in out
    # As published: hazard ratio and median of progression-free survival.
    for text in ("0.50 (0.37 to 0.68)", "10.3 months (6.7 to NR)", "10.1056/NEJMoa1606774"):
        assert text in out


def test_a_trial_and_a_regimen_of_ones_own(folder, alarmin):
    code, out, _ = alarmin("trial", "mine.yaml", "-n", "5", "--seed", "3", "--threads", "1")
    assert not code
    assert "A trial of my own" in out
    assert {path.name for path in (folder / "runs" / "MINE").iterdir()} == FILES


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(folder, alarmin):
    for name, threads in (("one", "1"), ("two", "2")):
        assert not alarmin("trial", "mine.yaml", "-n", "30", "--threads", threads, "--out", name)[0]
    for name in FILES - {"provenance.json"}:
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes(), name
    one, two = (json.loads((folder / name / "provenance.json").read_text()) for name in ("one", "two"))
    assert {**one, "run": None} == {**two, "run": None}


BAD_NUMBERS = [
    (["KEYNOTE-024", "-n", "0"], "--patients: got 0, expected 1 to 100000"),
    (["KEYNOTE-024", "-n", "-5"], "--patients: got -5, expected 1 to"),
    (["KEYNOTE-024", "--seed", "-1"], "--seed: got -1, expected 0 or more"),
    (["KEYNOTE-024", "--threads", "0"], "--threads: got 0, expected 1 or more"),
    (["KEYNOTE-042x"], "unknown trial 'KEYNOTE-042x'; did you mean 'KEYNOTE-0"),
    (["nowhere.yaml"], "nowhere.yaml: no such file"),
]


@pytest.mark.parametrize(("arguments", "expected"), BAD_NUMBERS)
def test_bad_arguments_get_one_line_each(folder, alarmin, arguments, expected):
    code, out, err = alarmin("trial", *arguments)
    assert code == 2
    assert out == ""
    assert err.splitlines() == [err.rstrip("\n")]
    assert err.startswith(f"alarmin: {expected}")
    assert sorted(path.name for path in folder.iterdir()) == ["mine.yaml", "my_regimen.yaml"]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "my_regimen.yaml",
            "200 mg",
            "200 mL",
            "my_regimen.yaml:7: phases.0.doses.0.dose: got '200 mL', expected",
        ),
        ("my_regimen.yaml", "200 mg", "-200 mg", "my_regimen.yaml:7: phases.0.doses.0.dose: got '-200 mg'"),
        (
            "my_regimen.yaml",
            "pembrolizumab",
            "pembro",
            "unknown drug 'pembro'; did you mean 'pembrolizumab'?",
        ),
        ("mine.yaml", "my_regimen.yaml", "my_regime.yaml", "my_regime.yaml: no such file"),
        ("mine.yaml", "my_regimen.yaml", "pembrolizumab-q2w", "did you mean 'pembrolizumab-q3w'?"),
        (
            "mine.yaml",
            "pd_l1_tps_pct",
            "pdl1_tps",
            "unknown feature 'pdl1_tps'; did you mean 'pd_l1_tps_pct'?",
        ),
        ("mine.yaml", ">= 50", ">= 101", "selection: 0 of"),
        ("mine.yaml", "accrual_months: 1", "accrual_months: -1", "mine.yaml:11: accrual_months: got -1"),
    ],
)
def test_bad_files_get_their_line_and_leave_nothing(folder, alarmin, name, old, new, expected):
    rewrite(name, old, new)
    code, _, err = alarmin("trial", "mine.yaml", "-n", "3", "--threads", "1")
    lines = [line for line in err.splitlines() if line.startswith("alarmin: ")]
    assert code == 2
    assert len(lines) == 1
    assert expected in lines[0]
    assert not (folder / "runs").exists()


def test_all_problems_of_a_file_are_told_at_once(folder, alarmin):
    rewrite("mine.yaml", "first_week: 6", "first_week: 0")
    rewrite("mine.yaml", "title:", "titel:")
    code, _, err = alarmin("trial", "mine.yaml")
    assert code == 2
    assert [line.split(": ")[1] for line in err.splitlines()] == [
        "mine.yaml:1",
        "mine.yaml:2",
        "mine.yaml:10",
    ]


def test_a_folder_of_someone_else_is_never_replaced(folder, alarmin):
    for arguments in ([], ["--force"]):
        code, _, err = alarmin("trial", "KEYNOTE-024", "-n", "2", "--out", ".", *arguments)
        assert code == 2
        assert err.startswith("alarmin: .: ")
    assert (folder / "mine.yaml").is_file()


def test_an_earlier_run_is_replaced_only_when_asked(folder, alarmin):
    arguments = ("trial", "mine.yaml", "-n", "3", "--threads", "1", "--out", "run")
    assert not alarmin(*arguments)[0]
    before = (folder / "run" / "patients.parquet").read_bytes()
    code, _, err = alarmin(*arguments, "--seed", "2")
    assert (code, "already exists" in err) == (2, True)
    assert (folder / "run" / "patients.parquet").read_bytes() == before
    assert not alarmin(*arguments, "--seed", "2", "--force")[0]
    assert (folder / "run" / "patients.parquet").read_bytes() != before


def test_the_program_itself_ends_with_2_and_without_a_traceback(folder):
    done = subprocess.run(
        [sys.executable, "-c", "from alarmin.cli import main; main()", "trial", "OKA"],
        capture_output=True, text=True, check=False, cwd=folder, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("alarmin: unknown trial 'OKA'")
    assert done.stderr.count("\n") == 1


def test_version_and_help(alarmin):
    import alarmin as package

    assert alarmin("--version") == (0, f"alarmin {package.__version__}\n", "")
    code, out, _ = alarmin("--help")
    assert code == 0
    assert "For research only" in " ".join(out.split())
    assert "trial" in out


def test_the_shipped_trial_holds_no_published_result():
    """Only conduct enters a simulation; what was found is looked up afterwards."""
    dumped = json.dumps(load_trial("KEYNOTE-024").model_dump(mode="json"))
    for result in ("10.3", "44.8", "0.50", "0.62", "26.3"):
        assert result not in dumped
