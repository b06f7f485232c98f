"""Turn free-text citations into rows of `sources.csv`, one row per source.

Run by maintainers only, through `evidence_build.py`. What is known about a source beyond its identifier
(title, year, second identifiers, whether it was seen) is kept in `evidence_bibliography.csv`.
"""

import csv
import re
from pathlib import Path

from evidence_ids import slug

NO_SOURCE = re.compile(
    r"^(|none|memory|seed|not stated|not found|not established|fitted( by model authors)?|estimated|fixed"
    r"|calculated.*|estimated by model authors.*)$"
)
PMID = re.compile(r"PMID:? ?(\d{6,9})")
PMCID = re.compile(r"(PMC\d{5,9})")
DOI = re.compile(r"(10\.\d{4,9}/(?:[^\s;,()]|\([^\s()]*\))+)")
COLUMNS = ("id", "kind", "doi", "pmid", "pmcid", "year", "title", "citation", "verified")
KINDS = (
    (
        r"product information|\blabel|prescribing|\bBLA\b|guideline|approval|monograph|encyclopaedia|nursing",
        "label",
    ),
    (r"abstract|ASCO|ESMO|AACR|meeting|CGE23", "conference"),
    (r"thesis", "thesis"),
    (r"preprint|Research Square", "preprint"),
    (r"parameter file|latent|iAtlas|patient-level table|GDSC|atlas|kmdata|repository", "dataset"),
    (r"company", "company"),
)


class Bibliography:
    """All sources met so far, findable by any of their identifiers."""

    def __init__(self, path: Path) -> None:
        self.rows: dict[str, dict[str, str]] = {}
        self.by_identifier: dict[str, str] = {}
        with path.with_name("evidence_aliases.csv").open(newline="", encoding="utf-8") as file:
            self.aliases = {row["citation"]: row["identifier"] for row in csv.DictReader(file)}
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                self.add(**row)

    def add(self, **row: str) -> str:
        """Add a source, or complete the one that shares an identifier with it."""
        identifiers = [
            f"{key}:{row[key]}".lower() for key in ("pmid", "doi", "pmcid", "citation") if row.get(key)
        ]
        strong = [i for i in identifiers if not i.startswith("citation:")] or identifiers
        known = next((self.by_identifier[i] for i in strong if i in self.by_identifier), None)
        source_id = known or name_source(row)
        stored = self.rows.setdefault(source_id, {"id": source_id})
        for key, value in row.items():
            if value and not stored.get(key):
                stored[key] = value
        for identifier in strong:
            self.by_identifier.setdefault(identifier, source_id)
        return source_id

    def cite(self, text: str) -> list[str]:
        """Register every source that a free-text citation names and return their ids."""
        found: list[str] = []
        for part in split_citation(text):
            if NO_SOURCE.match(part):
                continue
            part = self.aliases.get(clean_label(part), part) if not DOI.search(part) else part
            pmid, doi, pmcid = (first(pattern, part) for pattern in (PMID, DOI, PMCID))
            label = clean_label(part)
            if re.fullmatch(r"\d{7,8}", part):
                pmid, label = part, ""
            row = {"pmid": pmid, "doi": doi.rstrip(".").replace("PMCID", ""), "pmcid": pmcid}
            year = first(re.compile(r"\b((?:19|20)\d\d)\b"), label)
            kind = next((kind for pattern, kind in KINDS if re.search(pattern, part, re.I)), "article")
            found.append(self.add(**row, citation=label, year=year, kind=kind))
        return list(dict.fromkeys(found))

    def table(self) -> list[dict[str, str]]:
        """Give one row per source, ordered by id."""
        return [
            {"kind": "article"} | {key: row.get(key, "") for key in COLUMNS if row.get(key)}
            for _, row in sorted(self.rows.items())
        ]


def name_source(row: dict[str, str]) -> str:
    """Prefer the PMID, then the DOI, then PMC, then the words of the citation."""
    for key in ("pmid", "doi"):
        if row.get(key):
            return f"source:{key}:{row[key]}"
    if row.get("pmcid"):
        return f"source:pmc:{row['pmcid']}"
    return f"source:ref:{slug(row['citation'])[:60].rstrip('-')}"


def first(pattern: re.Pattern[str], text: str) -> str:
    """Give the first group of the first match, or nothing."""
    match = pattern.search(text)
    return match.group(1) if match else ""


def split_citation(text: str) -> list[str]:
    """Split at semicolons (not inside a journal reference) and after each PMID."""
    text = re.sub(r"(PMID:? ?\d+)(?: based on|,) ", r"\1; ", text)
    parts = re.split(r";\s+|;(?=\d{7,8})|;(?=10\.)|;$", text)
    return [part.strip() for part in parts if part.strip()]


def clean_label(part: str) -> str:
    """Keep the words of a citation without its identifiers and remarks in brackets at its end."""
    for pattern in (PMID, PMCID, DOI):
        part = pattern.sub("", part)
    part = re.sub(r"\b(doi|PMID|PMCID)\b:?|^estimated based on ", "", part)
    part = re.sub(r"\s+", " ", part).strip(" ,;:-")
    part = re.sub(r"( \((?!Gandara|Dietel|NCI)[^()]*\)|, natural-log IC50 converted|[( ]+)$", "", part)
    return part.strip(" ,;:()-")
