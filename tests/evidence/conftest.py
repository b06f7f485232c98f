from pathlib import Path

import pytest

from alarmin.evidence.store import open_store


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Keep the store of the tests apart from the user's, and build it once."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALARMIN_CACHE", str(folder))
        yield folder


@pytest.fixture
def store(cache):
    with open_store() as opened:
        yield opened


@pytest.fixture
def shared():
    folder = Path(__file__).resolve().parents[3] / "shared"
    if not folder.is_dir():
        pytest.skip("the maintainers' inputs are not there (../shared)")
    return folder


@pytest.fixture
def own_tables(tmp_path):
    """A user's folder with one source, one inducer and one statement that contradicts ours."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "sources.csv").write_text(
        "id,kind,doi,pmid,pmcid,year,title,citation,verified\n"
        "source:ref:my-notebook,dataset,,,,2026,,Our notebook,yes\n"
    )
    (folder / "relations.csv").write_text(
        "id,subject,predicate,object,outcome,context,sources,verified,note\n"
        "rel:mine-1,ind:cisplatin,induces,NCBIGene:811,strong,our line,source:ref:my-notebook,yes,\n"
    )
    return folder
