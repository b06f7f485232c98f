"""Parameters and baseline distributions."""

import re

from evidence_files import Cells, read_shared
from evidence_ids import population_id
from evidence_sources import Bibliography

LEVELS = (
    (r"^(not stated|not found|none|estimated by model authors.*|fixed|)$", "assumed"),
    (r"^calculated", "derived"),
    (r"^(fitted|estimated)", "estimated"),
)
VERIFIED = {"not found": "no", "": ""}


def find_level(citation: str) -> str:
    """Say what a parameter rests on; a citation counts as measured."""
    return next((level for pattern, level in LEVELS if re.match(pattern, citation)), "measured")


def build_parameters(bibliography: Bibliography) -> list[Cells]:
    """Make one row per published parameter."""
    return [
        {
            "id": f"par:{row['name']}",
            "value": row["value"],
            "unit": row["unit"],
            "meaning": row["meaning"],
            "derived_from": row["derived_from"],
            "level": find_level(row["published_source"]),
            "sources": ";".join(bibliography.cite(row["published_source"])),
            "distribution": row["population_distribution"],
            "module": row["module"],
            "drug": row["drug"],
            "verified": VERIFIED.get(row["verified"], row["verified"]),
            "verified_against": row["verified_against"],
            "note": row["flag"],
        }
        for row in read_shared("parameters_nsclc")
    ]


def build_baseline(bibliography: Bibliography) -> list[Cells]:
    """Make one row per published figure of a baseline feature."""
    rows: list[Cells] = []
    for row in read_shared("baseline_population"):
        if row["pmid"] or row["doi"]:
            cited = [
                bibliography.add(pmid=row["pmid"], doi=row["doi"], citation=row["source"], kind="article")
            ]
        else:
            cited = bibliography.cite(row["source"])
        rows.append(
            {
                "id": population_id(row["feature"], row["population"]),
                "feature": row["feature"],
                "population": row["population"],
                "statistic": row["statistic"],
                "value": row["value"],
                "low": row["low"],
                "high": row["high"],
                "range_type": row["range_type"],
                "unit": row["unit"],
                "n": row["n"],
                "sources": ";".join(cited),
                "verified": row["verified"],
                "note": row["notes"],
            }
        )
    return rows
