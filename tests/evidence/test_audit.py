import csv
from importlib import resources
from pathlib import Path

import pytest

from alarmin.evidence.audit import audit
from alarmin.evidence.cited import CITED, cited_ids
from alarmin.evidence.rows_map import Entity
from alarmin.evidence.tables import load_table


def test_every_evidence_id_cited_anywhere_in_the_package_resolves():
    found = audit()
    assert found.dead == []
    assert found.cited > 100


def test_every_figure_has_a_unit():
    assert audit().without_unit == []


def test_citations_are_recognised_in_text():
    text = "source: [par:pembrolizumab.CL, pop:sld-oak], see trial:OAK/docetaxel#hr_os. drug: pembrolizumab"
    assert CITED.findall(text) == ["par:pembrolizumab.CL", "pop:sld-oak", "trial:OAK/docetaxel#hr_os"]


def test_models_drugs_and_trials_are_scanned():
    places = {place.partition("/")[0] for place, _ in cited_ids()}
    assert {"model", "therapy", "population", "trial"} <= places


def test_every_knob_is_a_parameter_of_the_model():
    model = resources.files("alarmin.model")
    texts = [
        (model / name).read_text(encoding="utf-8")
        for name in ("parameters.csv", "parameters_well.csv", "parameters_marrow.csv", "knobs.csv")
    ]
    parameters = {row["id"] for text in texts for row in csv.DictReader(text.splitlines())}
    drugs = (resources.files("alarmin.therapy") / "drugs").iterdir()
    parameters |= {path.name.removesuffix(".yaml") for path in drugs}
    knobs = {knob for entity in load_table(Entity) for knob in entity.knobs}
    assert knobs - parameters == set()


def test_counts_add_up():
    found = audit()
    assert sum(found.levels.values()) == found.rows["parameters"] == 820
    for name, states in found.verified.items():
        assert sum(states.values()) == found.rows[name]


def test_the_page_on_evidence_shows_the_present_counts():
    page = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"
    if not page.is_file():
        pytest.skip("the documentation is not there (docs/evidence.md)")
    lines = [line.split() for line in page.read_text(encoding="utf-8").splitlines()]
    found = audit()
    for name, states in found.verified.items():
        counts = [found.rows[name], *(states[state] for state in ("yes", "partial", "memory", "no", "-"))]
        assert [name, *map(str, counts)] in lines, "run scripts/evidence_docs.py"
