"""Parameters, baseline distributions, exposure, potency, toxicity, danger signals in plasma."""

import re

from evidence_files import Cells, named, read_shared, reword, unique
from evidence_ids import population_id, slug
from evidence_sources import Bibliography

LEVELS = (
    (r"^(not stated|not found|none|estimated by model authors.*|fixed|)$", "assumed"),
    (r"^calculated", "derived"),
    (r"^(fitted|estimated)", "estimated"),
)
VERIFIED = {"not found": "no", "secondary": "partial"}
LIBRARY = "transcription in an open library of population models; paper not re-read"
# where a value was read, in few words
READ_IN = (
    (r"^(recalled|none)", ""),
    (r"^released NSCLC model", "published model files (Wang 2023)"),
    (r"^released spatial NSCLC", "published model files (spatial model)"),
    (r"^released", "published pharmacokinetic files (Wang 2023)"),
    (r"second source agrees", LIBRARY + "; Centanni 2019 agrees"),
    (r"^values as transcribed", LIBRARY),
    (r"^(published abstract|review table|product information)", r"\1"),
)


def find_level(citation: str) -> str:
    """Say what a parameter rests on; a citation counts as measured."""
    return next((level for pattern, level in LEVELS if re.match(pattern, citation)), "measured")


def find_reading(text: str) -> str:
    """Say in few words where a value was read."""
    for pattern, words in READ_IN:
        if match := re.search(pattern, text):
            return match.expand(words)
    return text


def name_label(citation: str, drug: str) -> str:
    """Say whose product information it is."""
    return (
        f"{drug} {citation}" if drug and re.search(r"^[^;]*(information|label)[^;]*$", citation) else citation
    )


def build_parameters(bibliography: Bibliography) -> list[Cells]:
    """Make one row per published parameter."""
    return [
        {
            "id": named("parameters_nsclc", row, f"par:{row['name']}"),
            "value": row["value"],
            "unit": row["unit"],
            "meaning": reword(row["meaning"]),
            "derived_from": reword(row["derived_from"]),
            "level": find_level(row["published_source"]),
            "sources": ";".join(bibliography.cite(name_label(row["published_source"], row["drug"]))),
            "distribution": row["population_distribution"],
            "module": row["module"],
            "drug": row["drug"],
            "verified": VERIFIED.get(row["verified"], row["verified"]),
            "read_in": find_reading(row["verified_against"]),
            "note": reword(row["flag"]),
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
                "id": named("baseline_population", row, population_id(row["feature"], row["population"])),
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
                "note": reword(row["notes"]),
            }
        )
    return rows


def build_exposure(bibliography: Bibliography) -> list[Cells]:
    """Make one row per observed exposure."""
    taken: set[str] = set()
    return [
        {
            "id": named(
                "pk_exposure",
                row,
                unique(f"pk:{slug(row['drug'])}-{slug(row['metric'])}-{slug(row['dose'])}", taken),
            ),
            "drug": row["drug"],
            "dose": row["dose"],
            "schedule": row["schedule"],
            "metric": row["metric"],
            "value": row["value"],
            "unit": row["unit"],
            "cv_pct": row["cv_pct"],
            "sources": ";".join(bibliography.cite(row["source"])),
            "verified": row["verified"],
            "note": reword(row["note"]),
        }
        for row in read_shared("pk_exposure")
    ]


def build_potency(bibliography: Bibliography) -> list[Cells]:
    """Make one row per potency; an id that recurs (two screens of one drug) is numbered."""
    taken: set[str] = set()
    return [
        {
            "id": named(
                "potency", row, unique(f"pot:{slug(row['therapy'])}-{slug(row['cell_line'])}", taken)
            ),
            "therapy": row["therapy"],
            "cell_line": row["cell_line"],
            "metric": row["metric"],
            "value": row["value"],
            "unit": row["unit"],
            "exposure_h": row["exposure_h"],
            "sources": ";".join(bibliography.cite(row["source"])),
            "verified": VERIFIED.get(row["verified"], row["verified"]),
            "note": reword(row["note"]),
        }
        for row in read_shared("potency")
    ]


def build_toxicity(bibliography: Bibliography) -> list[Cells]:
    """Make one row per parameter of a toxicity model, named after the first author."""
    taken: set[str] = set()
    rows: list[Cells] = []
    for row in read_shared("toxicity_parameters"):
        author = "quoted" if row["source"].startswith("literature") else slug(row["source"].split()[0])
        stem = "-".join(slug(row[key]) for key in ("endpoint", "drug_or_modality", "parameter"))
        rows.append(
            {
                "id": named("toxicity_parameters", row, unique(f"tox:{stem}-{author}", taken)),
                "endpoint": row["endpoint"],
                "cause": row["drug_or_modality"],
                "parameter": row["parameter"],
                "value": row["value"],
                "unit": row["unit"],
                "spread": row["bsv"],
                "sources": ";".join(bibliography.cite(row["source"])),
                "verified": row["verified"],
                "note": reword(row["note"]),
            }
        )
    return rows


def build_plasma(bibliography: Bibliography) -> list[Cells]:
    """Make one row per danger signal measured in blood."""
    taken: set[str] = set()
    return [
        {
            "id": named(
                "plasma_damps",
                row,
                unique(
                    f"plasma:{slug(row['damp'].split('(')[0])}-{slug(row['setting'].split('(')[0])}", taken
                ),
            ),
            "setting": row["setting"],
            "n": row["n"],
            "modality": row["modality"],
            "damp": row["damp"],
            "time_point": row["time_point"],
            "value": row["value"],
            "comparator": row["comparator"],
            "effect": row["effect"],
            "sources": ";".join(bibliography.cite(row["source"])),
            "verified": row["verified"],
            "note": reword(row["note"]),
        }
        for row in read_shared("plasma_damps")
    ]
