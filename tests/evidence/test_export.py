import csv
import json

import pytest

from alarmin.core import EvidenceError
from alarmin.evidence.biolink import PREFIXES, faults
from alarmin.evidence.export import export
from alarmin.evidence.graph import make_graph

NODE = {"id": "NCBIGene:811", "category": ["biolink:Gene"], "name": "CALR"}
EDGE = {
    "id": "alarmin:edge/1",
    "subject": "NCBIGene:811",
    "predicate": "biolink:affects",
    "object": "NCBIGene:811",
    "knowledge_level": "observation",
    "agent_type": "manual_agent",
    "primary_knowledge_source": "infores:alarmin",
}


def test_the_whole_graph_is_good_biolink(store):
    nodes, edges = make_graph(store)
    assert faults(nodes, edges) == []
    assert {node["id"] for node in nodes} >= {"NCBIGene:811", "CLINICALTRIALS:NCT02142738", "PMID:27718847"}


@pytest.mark.parametrize(
    ("node", "edge", "fault"),
    [
        ({"category": ["biolink:Gen"]}, {}, "no category 'biolink:Gen'"),
        ({"name": ""}, {}, "name is missing"),
        ({}, {"predicate": "biolink:induces"}, "no predicate 'biolink:induces'"),
        ({}, {"predicate": "biolink:binds"}, "no predicate 'biolink:binds'"),
        ({}, {"object": "NCBIGene:1"}, "its object 'NCBIGene:1' is no node"),
        ({}, {"agent_type": "somebody"}, "unknown knowledge level or agent type"),
        ({}, {"publications": ["Nature 2020"]}, "the prefix of 'Nature 2020' is not declared"),
        ({"id": "gene:811"}, {}, "the prefix of 'gene:811' is not declared"),
    ],
)
def test_what_is_not_biolink_is_found(node, edge, fault):
    found = faults([NODE | node], [EDGE | edge])
    assert any(fault in line for line in found)


def test_a_finding_of_none_is_a_negated_edge(store):
    _, edges = make_graph(store)
    calr = [
        edge
        for edge in edges
        if (edge["subject"], edge["object"]) == ("alarmin:ind/cisplatin", "NCBIGene:811")
    ]
    assert {edge.get("negated", False) for edge in calr} == {True, False}


def test_kgx_lines_are_json_and_edges_join_nodes(cache, tmp_path):
    export("kgx", tmp_path / "out")
    nodes, edges = (
        [json.loads(line) for line in (tmp_path / "out" / f"{name}.jsonl").read_text().splitlines()]
        for name in ("nodes", "edges")
    )
    ids = {node["id"] for node in nodes}
    assert len(ids) == len(nodes)
    assert all(edge["subject"] in ids and edge["object"] in ids for edge in edges)


def test_jsonld_declares_every_prefix(cache, tmp_path):
    export("jsonld", tmp_path / "out")
    document = json.loads((tmp_path / "out" / "evidence.jsonld").read_text())
    assert PREFIXES.keys() <= document["@context"].keys()
    assert all("category" in part for part in document["@graph"])


def test_csv_says_whose_each_row_is(cache, tmp_path, own_tables):
    files = {path.stem for path in export("csv", tmp_path / "out", user_folder=own_tables)}
    assert {"results", "sources", "statements"} <= files
    with (tmp_path / "out" / "sources.csv").open(newline="") as file:
        assert {row["origin"] for row in csv.DictReader(file)} == {"alarmin", "user"}


def test_nothing_is_written_over_and_nothing_half(cache, tmp_path):
    with pytest.raises(EvidenceError, match="did you mean 'kgx'"):
        export("kgk", tmp_path / "new")
    (tmp_path / "old").mkdir()
    with pytest.raises(EvidenceError, match="already there"):
        export("kgx", tmp_path / "old")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
