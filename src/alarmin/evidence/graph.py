"""The statements as a graph in the words of Biolink."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["make_graph"]

CATEGORIES = {
    "drugs": "biolink:Drug",
    "inducers": "biolink:Treatment",
    "assays": "biolink:Study",
    "trials": "biolink:ClinicalTrial",
    "arms": "biolink:StudyPopulation",
    "sources": "biolink:Publication",
}
PREDICATES = {
    "induces": "biolink:affects",
    "binds": "biolink:directly_physically_interacts_with",
    "brakes": "biolink:regulates",
    "encodes": "biolink:related_to",
    "given_in": "biolink:participates_in",
    "reports": "biolink:has_output",
    "supports": "biolink:mentions",
    "same_as": "biolink:same_as",
}
QUALIFIED: dict[str, dict[str, Any]] = {
    "induces": {
        "category": ["biolink:ChemicalAffectsBiologicalEntityAssociation"],
        "object_direction_qualifier": "increased",
    },
    "brakes": {
        "category": ["biolink:GeneRegulatesGeneAssociation"],
        "object_aspect_qualifier": "activity_or_abundance",
        "object_direction_qualifier": "downregulated",
        "qualified_predicate": "biolink:causes",
    },
}
SOURCE_PREFIXES = {"pmid": "PMID", "doi": "doi", "pmc": "PMC"}
NCT = "CLINICALTRIALS:"


def make_graph(store: "DuckDBPyConnection") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Make nodes and edges of the whole store.

    Returns
    -------
    tuple of (list of dict, list of dict)
        Nodes and edges with the property names of KGX. What has no public identifier is named under
        `alarmin:`. An outcome of `none` is a negated edge.
    """
    things = {
        row[0]: row[1:] for row in store.execute("SELECT id, kind, label, origin FROM things").fetchall()
    }
    extra = {
        row["id"]: row for row in _rows(store, "SELECT id, category, aliases, symbol FROM every.entities")
    }
    numbers = dict(store.execute("SELECT id, nct FROM every.trials WHERE nct IS NOT NULL").fetchall())
    nodes: dict[str, dict[str, Any]] = {}
    edges: list[dict[str, Any]] = []
    for statement in _rows(store, "SELECT * FROM statements ORDER BY row, predicate, subject, object"):
        ends = (statement["subject"], statement["object"])
        if statement["predicate"] == "supports" and things[ends[1]][0] not in (
            *CATEGORIES,
            "entities",
            "results",
        ):
            continue
        for end in ends:
            curie = _curie(end, numbers)
            nodes.setdefault(curie, _node(curie, end, things, extra))
        edges.append(_edge(statement, len(edges) + 1, numbers))
    return [nodes[curie] for curie in sorted(nodes)], edges


def _rows(store: "DuckDBPyConnection", query: str) -> list[dict[str, Any]]:
    found = store.execute(query)
    columns = [column[0] for column in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _curie(evidence_id: str, numbers: Mapping[str, str]) -> str:
    """Turn an id of the tables into a public one, or into one under `alarmin:`."""
    prefix, _, local = evidence_id.partition(":")
    if evidence_id in numbers:
        return NCT + numbers[evidence_id]
    if prefix == "source":
        kind, _, name = local.partition(":")
        public = SOURCE_PREFIXES.get(kind)
        return f"{public}:{name.removeprefix('PMC')}" if public else f"alarmin:{prefix}/{name}"
    if prefix in ("NCBIGene", "MESH", "MONDO", "GO", "NCBITaxon", "DBSNP", "CVCL", "alarmin"):
        return evidence_id
    return f"alarmin:{prefix}/{local}"


def _node(
    curie: str, evidence_id: str, things: Mapping[str, Any], extra: Mapping[str, Any]
) -> dict[str, Any]:
    kind, label, origin = things.get(evidence_id, ("knob", evidence_id.partition(":")[2], "alarmin"))
    node: dict[str, Any] = {
        "id": curie,
        "category": [CATEGORIES.get(kind, "biolink:NamedThing")],
        "name": label,
        "provided_by": [_provider(origin)],
    }
    if kind == "sources":
        node["publication_type"] = ["document"]
    if evidence_id in extra:
        entity = extra[evidence_id]
        node["category"] = [f"biolink:{entity['category']}"]
        node["synonym"] = [name for name in (entity["symbol"], *entity["aliases"]) if name]
    return node


def _provider(origin: str) -> str:
    return "infores:alarmin" if origin == "alarmin" else f"infores:alarmin-{origin}"


def _edge(statement: Mapping[str, Any], number: int, numbers: Mapping[str, str]) -> dict[str, Any]:
    predicate = statement["predicate"]
    measured = predicate in ("induces", "reports")
    edge: dict[str, Any] = {
        "id": f"alarmin:edge/{number}",
        "subject": _curie(statement["subject"], numbers),
        "category": ["biolink:Association"],
        "predicate": PREDICATES[predicate],
        "object": _curie(statement["object"], numbers),
        "original_predicate": f"alarmin:{predicate}",
        "knowledge_level": "observation" if measured else "knowledge_assertion",
        "agent_type": "manual_agent",
        "primary_knowledge_source": _provider(statement["origin"]),
        "publications": [_curie(source, numbers) for source in statement["sources"]],
    }
    edge |= QUALIFIED.get(predicate, {})
    if statement["outcome"] == "none":
        edge["negated"] = True
    details = (
        ("outcome", statement["outcome"]),
        ("context", statement["context"]),
        ("verified", statement["verified"]),
    )
    if words := [f"{name}: {value}" for name, value in details if value]:
        edge["description"] = "; ".join(words)
    return edge
