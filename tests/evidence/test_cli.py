import pytest
from typer.testing import CliRunner

from alarmin.cli.evidence import app
from alarmin.core import AlarminError

RUN = CliRunner()


def run(*words):
    result = RUN.invoke(app, words, env={"COLUMNS": "160"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_search_and_show(cache):
    assert "NCBIGene:811" in run("search", "CRT").stdout
    assert "nothing found" in run("search", "qqqqqq").stdout
    shown = run("show", "cisplatin").stdout
    assert "Where they conflict, the model takes" in shown
    assert "icd_platinum" in shown


def test_lists(cache):
    assert "ind:doxorubicin" in run("inducers", "--damp", "CALR", "--nsclc").stdout
    assert "trial:OAK/docetaxel" in run("trials", "--regimen", "docetaxel").stdout


def test_sql_prints_csv(cache):
    assert run("sql", "SELECT count(*) AS n FROM trials").stdout == "n\n38\n"
    assert "only the first 2 rows" in run("sql", "SELECT id FROM trials", "--rows", "2").stderr


def test_audit_counts(cache):
    report = run("audit").stdout
    assert "dead ids: 0" in report
    assert "figures without a unit: 0" in report


def test_gaps_are_ranked_by_sensitivity(cache, tmp_path):
    assert "parameters are assumed; give --sensitivity" in run("gaps").stdout
    file = tmp_path / "sensitivity.csv"
    file.write_text("parameter,index\nk_commit,0.1\nk_lysis,-0.7\n")
    ranked = run("gaps", "--sensitivity", str(file)).stdout.splitlines()
    assert [line.split()[0] for line in ranked[1:3]] == ["k_lysis", "k_commit"]


def test_a_malformed_sensitivity_file_lists_every_fault(cache, tmp_path):
    file = tmp_path / "sensitivity.csv"
    file.write_text("parameter,index\nk_comit,0.1\nk_lysis,much\n")
    with pytest.raises(AlarminError) as caught:
        run("gaps", "--sensitivity", str(file))
    assert "did you mean 'k_commit'" in caught.value.problems[0]
    assert "row 3, column index: got 'much'" in caught.value.problems[1]


def test_own_tables_are_shown_as_the_users(cache, own_tables):
    assert "user" in run("search", "notebook", "--evidence", str(own_tables)).stdout


def test_own_tables_cannot_steer_the_terminal(cache, own_tables):
    sources = own_tables / "sources.csv"
    sources.write_text(sources.read_text().replace("Our notebook", "Our \x1b[31mred notebook"))
    shown = run("show", "source:ref:my-notebook", "--evidence", str(own_tables)).stdout
    assert "red notebook" in shown
    assert "\x1b" not in shown


def test_export_writes_a_folder(cache, tmp_path):
    assert "nodes.jsonl" in run("export", "--out", str(tmp_path / "kg")).stdout
