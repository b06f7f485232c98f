import subprocess
import sys

import pytest

from alarmin.core import EvidenceError
from alarmin.evidence.sql import ask
from alarmin.evidence.store import open_store

BUILD = (
    "from alarmin.evidence.store import open_store; print(open_store().execute('FROM trials').fetchone()[0])"
)


def test_processes_that_build_at_once_all_get_a_whole_store(tmp_path, monkeypatch):
    monkeypatch.setenv("ALARMIN_CACHE", str(tmp_path))
    builders = [
        subprocess.Popen([sys.executable, "-c", BUILD], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    answers = [builder.communicate()[0].strip() for builder in builders]
    assert answers == ["trial:KEYNOTE-024"] * 3
    assert [file.suffix for file in tmp_path.iterdir()] == [".duckdb"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("ALARMIN_CACHE", str(blocked / "cache"))
    with pytest.raises(EvidenceError, match="cannot be written"):
        open_store()


def test_only_the_newest_stores_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("ALARMIN_CACHE", str(tmp_path))
    for number in range(12):
        (tmp_path / f"evidence-{number}.duckdb").write_text("")
    open_store().close()
    assert len(list(tmp_path.iterdir())) == 8


@pytest.mark.parametrize(
    "question",
    [
        "DELETE FROM results",
        "CREATE TABLE t (a INT)",
        "COPY results TO '/tmp/results.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 8",
        "PRAGMA database_list",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE results",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'https://example.org/x.csv'",
        "SELECT * FROM question",
        "SELECT nope FROM results",
        "",
        "rubbish",
    ],
)
def test_sql_reads_the_store_and_nothing_else(cache, question):
    with pytest.raises(EvidenceError, match=r"^sql: "):
        ask(question)


def test_sql_is_broken_off_when_it_takes_too_long(cache):
    with pytest.raises(EvidenceError, match=r"broken off after 0\.3 s"):
        ask(
            "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range = -b.range",
            timeout_s=0.3,
        )


def test_sql_returns_no_more_rows_than_asked(cache):
    columns, rows, more = ask("SELECT id FROM things", max_rows=5)
    assert (columns, len(rows), more) == (["id"], 5, True)
    assert not ask("SELECT id FROM trials", max_rows=100)[2]


def test_a_users_tables_are_kept_apart_and_shown_as_theirs(cache, own_tables):
    with open_store(own_tables) as store:
        assert store.execute("SELECT count(*) FROM theirs.relations").fetchone() == (1,)
        assert store.execute("SELECT count(*) FROM main.relations WHERE id = 'rel:mine-1'").fetchone() == (0,)
        origins = dict(store.execute("SELECT id, origin FROM every.sources").fetchall())
    assert origins["source:ref:my-notebook"] == "user"
    assert origins["source:pmid:27718847"] == "alarmin"


def test_all_faults_of_a_users_tables_are_listed(cache, own_tables):
    with (own_tables / "relations.csv").open("a") as file:
        file.write("rel:mine-2,ind:cisplatim,induces,NCBIGene:811,strong,,source:ref:nowhere,yes,\n")
        file.write("rel:811-binds-4035,ind:cisplatin,induces,NCBIGene:811,strong,,,yes,\n")
    with pytest.raises(EvidenceError) as caught:
        open_store(own_tables)
    assert len(caught.value.problems) == 3
    assert "row 3, column subject: no row 'ind:cisplatim'; did you mean 'ind:cisplatin'?" in str(caught.value)
    assert "row 3, column sources: no row 'source:ref:nowhere'" in str(caught.value)
    assert "row 4, column id: 'rel:811-binds-4035' is taken" in str(caught.value)


@pytest.mark.parametrize("made", [True, False])
def test_a_users_folder_without_tables_is_refused(cache, tmp_path, made):
    folder = tmp_path / "empty"
    if made:
        folder.mkdir()
    with pytest.raises(EvidenceError, match="empty"):
        open_store(folder)
