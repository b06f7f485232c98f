"""Names of the Biolink model that an export may use, and the check that it uses no others.

The vocabulary is that of Biolink 4.4.6: what is neither abstract nor deprecated.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["PREFIXES", "faults"]

PREFIXES = {
    "NCBIGene": "http://identifiers.org/ncbigene/",
    "MESH": "http://id.nlm.nih.gov/mesh/",
    "MONDO": "http://purl.obolibrary.org/obo/MONDO_",
    "GO": "http://purl.obolibrary.org/obo/GO_",
    "NCBITaxon": "http://purl.obolibrary.org/obo/NCBITaxon_",
    "DBSNP": "http://identifiers.org/dbsnp/",
    "CVCL": "https://web.expasy.org/cellosaurus/CVCL_",
    "PMID": "http://www.ncbi.nlm.nih.gov/pubmed/",
    "PMC": "http://europepmc.org/articles/PMC",
    "doi": "https://doi.org/",
    "CLINICALTRIALS": "http://identifiers.org/clinicaltrials/",
    "infores": "https://w3id.org/biolink/infores/",
    "biolink": "https://w3id.org/biolink/vocab/",
    "alarmin": "urn:alarmin:",
}
"""What a prefix stands for; an id with any other prefix does not resolve."""

NODE_NEEDS = ("id", "category", "name")
EDGE_NEEDS = (
    "id",
    "subject",
    "predicate",
    "object",
    "knowledge_level",
    "agent_type",
    "primary_knowledge_source",
)
KNOWLEDGE_LEVELS = {"knowledge_assertion", "observation", "not_provided"}
AGENT_TYPES = {"manual_agent", "not_provided"}

Part = Mapping[str, Any]


@cache
def _names(kind: str) -> frozenset[str]:
    text = (resources.files("alarmin.evidence") / "vocabulary" / "biolink-4.4.6.csv").read_text(
        encoding="utf-8"
    )
    return frozenset(
        f"biolink:{row['name']}" for row in csv.DictReader(text.splitlines()) if row["kind"] == kind
    )


def faults(nodes: Iterable[Part], edges: Iterable[Part]) -> list[str]:
    """List what of a graph is not good Biolink, one line each.

    Checked: required properties, categories and predicates that exist, ids with a prefix that resolves, edges
    whose ends are nodes, ids that occur once.
    """
    found: list[str] = []
    ids: set[str] = set()
    for node in nodes:
        found.extend(_node_faults(node))
        if node.get("id") in ids:
            found.append(f"node {node.get('id')}: occurs twice")
        ids.add(str(node.get("id")))
    for edge in edges:
        found.extend(_edge_faults(edge, ids))
    return found


def _node_faults(node: Part) -> list[str]:
    name = f"node {node.get('id')}"
    found = [f"{name}: {key} is missing" for key in NODE_NEEDS if not node.get(key)]
    found += [f"{name}: no category '{c}'" for c in node.get("category", ()) if c not in _names("category")]
    return found + _id_faults(name, str(node.get("id")))


def _edge_faults(edge: Part, ids: set[str]) -> list[str]:
    name = f"edge {edge.get('id')}"
    found = [f"{name}: {key} is missing" for key in EDGE_NEEDS if not edge.get(key)]
    if edge.get("predicate") not in _names("predicate"):
        found.append(f"{name}: no predicate '{edge.get('predicate')}'")
    if edge.get("knowledge_level") not in KNOWLEDGE_LEVELS or edge.get("agent_type") not in AGENT_TYPES:
        found.append(f"{name}: unknown knowledge level or agent type")
    found += [
        f"{name}: its {end} '{edge.get(end)}' is no node"
        for end in ("subject", "object")
        if edge.get(end) not in ids
    ]
    for publication in edge.get("publications", ()):
        found += _id_faults(name, publication)
    return found


def _id_faults(name: str, curie: str) -> list[str]:
    prefix, colon, local = curie.partition(":")
    if not colon or not local or prefix not in PREFIXES:
        return [f"{name}: the prefix of '{curie}' is not declared"]
    return (
        [f"{name}: '{curie}' holds a character that no id may hold"] if re.search(r"[\s<>\"|]", local) else []
    )
