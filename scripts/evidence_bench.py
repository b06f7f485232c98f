"""Inducers, assays, perturbation experiments and rules."""

import re

from evidence_files import Cells, named, read_shared, reword, unique
from evidence_ids import slug
from evidence_sources import Bibliography

DAMPS = ("CALR", "ATP", "HMGB1", "ANXA1", "HSP70", "HSP90", "IFNB1")
MODES = {"I indirect": "type I", "II ER-targeted": "type II", "adjuvant": "adjuvant", "partner": "partner"}
ENTITIES = {
    "doxorubicin": "MESH:D004317",
    "cisplatin": "MESH:D002945",
    "carboplatin": "MESH:D016190",
    "paclitaxel": "MESH:D017239",
    "docetaxel": "MESH:D000077143",
    "crizotinib (R), high dose 10 uM": "MESH:D000077547",
    "crizotinib (S)": "MESH:D000077547",
    "ceritinib": "MESH:C586847",
    "osimertinib": "MESH:C000596361",
    "bemcentinib": "MESH:C548378",
    "anlotinib": "MESH:C000625192",
    "DM4 (ravtansine payload)": "MESH:D008453",
    "hypericin PDT": "MESH:C004965",
    "methylene blue PDT": "MESH:D008751",
    "iridium(III) ER-targeting complex": "MESH:D007495",
    "ZnO nanoparticles (with doxorubicin)": "MESH:D015034",
    "Akkermansia muciniphila": "NCBITaxon:239935",
    "Lacticaseibacillus rhamnosus": "NCBITaxon:47715",
    "cGAMP / STING agonist": "MESH:C584311",
    "pembrolizumab": "MESH:C582435",
    "durvalumab": "MESH:C000613593",
}
VERDICTS = {"unknown": ""}
RULES_VERIFIED = {"two published protocols": "yes", "from memory": "memory"}
OUTCOMES = (
    (r"^highest", "highest"),
    (r"^lowest", "lowest"),
    (r"^(none|absent)", "none"),
    (r"increased|induced|high|up|detected|first at|fold|^1\.5|^30-60|ng/ml per|equal to oxaliplatin", "up"),
)


def read_percentage(text: str) -> dict[str, object]:
    """Split a tumour-free percentage into lower and upper end and the model it was read in."""
    match = re.match(r"(?:~|about |>)?(\d+)(?:-(\d+))? ?(?:\((.*?)\))?(; .*)?$", text)
    if not match or "abscopal" in text:
        return {}
    low, high, model, more = match.groups()
    return {
        "vaccination_low_pct": low,
        "vaccination_high_pct": "" if text.startswith(">") else high or low,
        "vaccination_model": (model or "") + (more or ""),
    }


def build_inducers(bibliography: Bibliography) -> list[Cells]:
    """Make one row per therapy; an unknown grade stays blank."""
    rows: list[Cells] = []
    for row in read_shared("inducers"):
        nsclc, _, nsclc_note = reword(row["nsclc_evidence"]).partition(": ")
        grades = {
            new: "" if row[old] == "unknown" else row[old]
            for old, new in zip(
                ("er_stress", "ros", "calr", "atp", "hmgb1", "anxa1", "hsp70_90", "ifn1"),
                ("er_stress", "ros", "calr", "atp", "hmgb1", "anxa1", "hsp", "ifn1"),
                strict=True,
            )
        }
        rows.append(
            {
                "id": named("inducers", row, f"ind:{slug(row['therapy'])}"),
                "therapy": row["therapy"],
                "entity": ENTITIES.get(row["therapy"], ""),
                "family": row["class"],
                "mode": MODES[row["type"]],
                **grades,
                **read_percentage(row["vaccination_assay_tumour_free_pct"]),
                "vaccination_verified": row["vaccination_verified"],
                "cell_lines": row["cell_lines"],
                "nsclc": nsclc.split(" ")[0],
                "nsclc_note": nsclc_note,
                "verdict": VERDICTS.get(row["icd_class"], row["icd_class"]),
                "sources": ";".join(bibliography.cite(row["source"])),
                "verified": row["verified"],
                "note": reword(row["note"]),
            }
        )
    return rows


def find_damps(readout: str) -> list[str]:
    """Name the danger signals that a read-out speaks of."""
    spoken = readout.replace("Ifnb1", "IFNB1").replace("HSP70 / HSP90", "HSP70, HSP90")
    return [damp for damp in DAMPS if damp in spoken]


def build_assays(bibliography: Bibliography) -> list[Cells]:
    """Make one row per read-out; the outcome is set only where danger signals were measured."""
    rows: list[Cells] = []
    taken: set[str] = set()
    for row in read_shared("assays"):
        measured = row["kind"] in ("measurement", "ranking", "kinetics")
        damps = find_damps(row["readout"]) if measured else []
        value = f"{row['value']} {row['readout']}" if row["value"] in ("increased", "none") else row["value"]
        outcome = next((word for pattern, word in OUTCOMES if re.search(pattern, value)), "")
        stem = "-".join(
            filter(None, (slug(row["therapy"]), slug(row["cell_line"])[:24], slug(row["readout"])[:24]))
        ).strip("-")
        rows.append(
            {
                "id": named("assays", row, unique(f"assay:{stem}", taken)),
                "therapy": row["therapy"],
                "dose": row["concentration"],
                "cell_line": row["cell_line"],
                "time_h": row["time_h"],
                "readout": row["readout"],
                "damps": ";".join(damps),
                "outcome": outcome if damps else "",
                "value": row["value"],
                "control": row["control_value"],
                "kind": row["kind"],
                "sources": ";".join(bibliography.cite(row["source"])),
                "verified": row["verified"],
                "note": reword(row["note"]),
            }
        )
    return rows


def build_perturbations(bibliography: Bibliography) -> list[Cells]:
    """Make one row per published experiment."""
    return [
        {
            "id": named("perturbations", row, f"exp:{row['id']}"),
            "experiment": row["experiment"],
            "system": row["model_system"],
            "intervention": row["intervention"],
            "comparator": row["comparator"],
            "endpoint": row["endpoint"],
            "value": row["published_value_intervention"],
            "comparator_value": row["published_value_comparator"],
            "direction": row["direction"],
            "stage": row["stage"],
            "sources": ";".join(bibliography.cite(row["source"])),
            "verified": row["verified"],
            "note": reword(row["note"]),
        }
        for row in read_shared("perturbations")
    ]


def build_rules(bibliography: Bibliography) -> list[Cells]:
    """Make one row per guideline rule; what was read of it only in part is `partial`."""
    rows: list[Cells] = []
    for row in read_shared("icd_guideline_rules"):
        verified = RULES_VERIFIED.get(row["verified"], "partial")
        rows.append(
            {
                "id": f"rule:{row['rule']}",
                "statement": reword(row["statement"]),
                "sources": ";".join(bibliography.cite(row["source_pmid"])),
                "verified": verified,
                "note": "from abstracts" if row["verified"].startswith("abstract") else "",
            }
        )
    return rows
