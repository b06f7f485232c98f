"""The runner of the SBML Test Suite: what passes, fails and is refused; a sample of the real cases."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sbml_text import (
    compartment,
    compartments,
    math,
    parameter,
    parameters,
    rate,
    rules,
    sbml,
    species,
    species_list,
)

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sbml_test_suite.py"
SUITE = Path(__file__).parents[3] / "shared" / "data" / "sbml-test-suite"
SETTINGS = """start: 1
duration: 2
steps: 2
variables: p, A
absolute: 1e-6
relative: 1e-4
amount: A
concentration:
"""


def run(folder, *options):
    command = [sys.executable, str(SCRIPT), str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def write_case(folder, name, body, results):
    (folder / f"{name}-sbml-l3v2.xml").write_text(sbml(body))
    (folder / f"{name}-settings.txt").write_text(SETTINGS)
    (folder / f"{name}-results.csv").write_text(results)


@pytest.fixture
def folder(tmp_path):
    box = compartments(compartment("c", 2)) + species_list(species("A", concentration=3))
    growing = box + parameters(parameter("p", 1)) + rules(rate("p", "2"))
    good = "time,A,p\n1,6,3\n2,6,5\n3,6,7\n"
    write_case(tmp_path, "00001", growing, good)
    write_case(tmp_path, "00002", growing, good.replace("5", "5.1"))
    algebraic = rules(f'<algebraicRule metaid="a">{math("p")}</algebraicRule>')
    write_case(tmp_path, "00004", box + parameters(parameter("p", 1)) + algebraic, good)
    (tmp_path / "cases.csv").write_text("case,component_tags,test_tags\n00001,,\n00002,,\n00004,,\n")
    return tmp_path


def test_json_of_passed_failed_and_refused(folder):
    result = run(folder, "--json")
    found = json.loads(result.stdout)
    assert [found[key] for key in ("passed", "failed", "refused")] == [1, 1, 1]
    cases = {case["case"]: (case["status"], case["reason"]) for case in found["cases"]}
    assert cases["00001"] == ("passed", "")
    assert cases["00002"] == ("failed", "p at 2: got 5, expected 5.1")
    assert cases["00004"][0] == "refused"
    assert "algebraic rule 'a'" in cases["00004"][1]


def test_text_names_what_did_not_pass(folder):
    result = run(folder)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["00002 failed", "00004 refused"]
    assert lines[-1] == "1 passed, 1 failed, 1 refused"


def test_folder_without_cases(tmp_path):
    result = run(tmp_path)
    assert result.returncode == 2
    assert "no cases; expected cases.csv" in result.stderr


@pytest.mark.skipif(not SUITE.exists(), reason="the SBML Test Suite is not beside the project")
def test_every_seventh_case_of_the_suite_passes(tmp_path):
    rows = (SUITE / "cases.csv").read_text().splitlines()
    for row in rows[1::7]:
        for file in SUITE.glob(f"{row.split(',')[0]}-*"):
            (tmp_path / file.name).symlink_to(file)
    found = json.loads(run(tmp_path, "--json").stdout)
    assert found["passed"] == len(rows[1::7])
    assert found["failed"] == found["refused"] == 0
