"""Trials, arms and published figures, one row per figure."""

from evidence_files import SCRIPTS, Cells, check_of, named, read, read_shared, reword
from evidence_ids import arm_id, trial_id
from evidence_sources import Bibliography

# measure: (value, lower limit, upper limit, unit)
FIGURES = {
    "n": ("n", "", "", "patients"),
    "orr": ("orr_pct", "", "", "%"),
    "median_pfs": ("median_pfs_mo", "pfs_ci_low", "pfs_ci_high", "month"),
    "median_os": ("median_os_mo", "os_ci_low", "os_ci_high", "month"),
    "os_12mo": ("os_12mo_pct", "", "", "%"),
    "os_24mo": ("os_24mo_pct", "", "", "%"),
    "pfs_6mo": ("pfs_6mo_pct", "", "", "%"),
    "pfs_12mo": ("pfs_12mo_pct", "", "", "%"),
    "hr_pfs": ("hr_pfs_vs_control", "hr_pfs_ci_low", "hr_pfs_ci_high", "ratio"),
    "hr_os": ("hr_os_vs_control", "hr_os_ci_low", "hr_os_ci_high", "ratio"),
    "ae_grade3plus": ("grade3plus_ae_pct", "", "", "%"),
    "neutropenia_grade3plus": ("neutropenia_g3_pct", "", "", "%"),
    "febrile_neutropenia": ("febrile_neutropenia_pct", "", "", "%"),
    "anaemia_grade3plus": ("anaemia_g3_pct", "", "", "%"),
    "pneumonitis_any": ("pneumonitis_any_pct", "", "", "%"),
    "pathologic_complete_response": ("pcr_pct", "", "", "%"),
}
# hazard-ratio intervals that are not 95 %, as the trials' multiplicity rules set them
LEVELS = {
    ("trial:CheckMate-057/nivolumab", "hr_os"): 96,
    ("trial:MYSTIC/durvalumab", "hr_os"): 97.54,
    ("trial:MYSTIC/durvalumab-tremelimumab", "hr_os"): 98.77,
    ("trial:MYSTIC/durvalumab", "hr_pfs"): 99.5,
    ("trial:MYSTIC/durvalumab-tremelimumab", "hr_pfs"): 99.5,
    ("trial:CheckMate-816/nivolumab-platinum-doublet", "hr_efs"): 97.38,
}
EVENT_FREE = ("trial:CheckMate-816/",)


def cite_trial(row: dict[str, str], bibliography: Bibliography) -> list[str]:
    """Give the sources of a row; one PMID beside one DOI name the same paper."""
    pmids, dois = row["source_pmid"].split(";"), row["source_doi"].split(";")
    if len(pmids) == len(dois) == 1 and pmids[0] and dois[0]:
        return [
            bibliography.add(pmid=pmids[0], doi=dois[0], kind="article", citation=trial_id(row["trial"])[6:])
        ]
    return bibliography.cite(";".join(filter(None, pmids + dois)))


def build_trials(bibliography: Bibliography) -> list[Cells]:
    """Make one row per trial; identifiers that nobody re-read make it `partial`."""
    trials: dict[str, dict[str, object]] = {}
    for row in read_shared("clinical_trials"):
        unread = {"nct", "source_pmid", "source_doi"} & set(row["memory_fields"].split(";"))
        trial = trials.setdefault(trial_id(row["trial"]), {"verified": "yes", "sources": []})
        trial |= {"id": trial_id(row["trial"]), "name": trial_id(row["trial"])[6:], "nct": row["nct"]}
        trial["sources"] = list(dict.fromkeys([*trial["sources"], *cite_trial(row, bibliography)]))
        if unread:
            trial["verified"] = "partial"
        trials[trial_id(row["trial"])] = trial
    return [row | {"sources": ";".join(row["sources"])} for row in trials.values()]


def build_arms() -> list[Cells]:
    """Make one row per arm; an arm with a hazard ratio is compared with its control."""
    rows = read_shared("clinical_trials")
    return [
        {
            "id": named("clinical_trials", row, arm_id(row["trial"], row["arm"])),
            "trial": trial_id(row["trial"]),
            "label": row["arm"],
            "setting": row["setting"],
            "regimen": row["regimen"],
            "control": find_control(row, rows),
            "note": reword(row["notes"]),
        }
        for row in rows
    ]


def find_control(row: dict[str, str], rows: list[dict[str, str]]) -> str:
    """Find the arm without hazard ratios in the same trial and the same selection of patients."""
    if not (row["hr_pfs_vs_control"] or row["hr_os_vs_control"]):
        return ""
    for other in rows:
        if (
            (other["trial"], other["setting"]) == (row["trial"], row["setting"])
            and not other["hr_pfs_vs_control"]
            and not other["hr_os_vs_control"]
        ):
            return arm_id(other["trial"], other["arm"])
    return ""


def build_results(bibliography: Bibliography) -> list[Cells]:
    """Make one row per published figure, each with its own state of verification."""
    results: list[Cells] = []
    for row in read_shared("clinical_trials"):
        arm, unread = arm_id(row["trial"], row["arm"]), set(row["memory_fields"].split(";"))
        sources = cite_trial(row, bibliography)
        agreeing = set(filter(None, row["km_corroborated_fields"].split(";"))) & unread
        for measure, (value, low, high, unit) in FIGURES.items():
            if arm.startswith(EVENT_FREE):
                measure = measure.replace("pfs", "efs")
            if not row[value]:
                continue
            limits = [column for column in (low, high) if column and row[column]]
            check = check_of("clinical_trials", row, (value, *limits))
            seen = bibliography.cite(check["source"]) if check else []
            results.append(
                {
                    "id": f"{arm}#{measure}",
                    "arm": arm,
                    "measure": measure,
                    "value": row[value],
                    "low": row.get(low, ""),
                    "high": row.get(high, ""),
                    "level_pct": LEVELS.get((arm, measure), 95) if limits else "",
                    "unit": unit,
                    "sources": ";".join(dict.fromkeys([*seen, *sources])),
                    "verified": state(value, limits, unread),
                    "curve": "agrees" if agreeing & {value, *limits} else "",
                    "checked": check.get("date", ""),
                }
            )
    return results + build_landmarks(bibliography)


def build_landmarks(bibliography: Bibliography) -> list[Cells]:
    """Make one row per survival rate after more than two years, which the shared table has no columns for."""
    return [
        {
            "id": f"{arm_id(row['trial'], row['arm'])}#{row['measure']}",
            "arm": arm_id(row["trial"], row["arm"]),
            "measure": row["measure"],
            "value": row["value"],
            "low": row["low"],
            "high": row["high"],
            "level_pct": 95 if row["low"] else "",
            "unit": "%",
            "sources": ";".join(bibliography.cite(row["source"])),
            "verified": row["verified"],
            "curve": "",
            "checked": row["checked"],
        }
        for row in read(SCRIPTS / "evidence_landmarks.csv")
    ]


def state(value: str, limits: list[str], unread: set[str]) -> str:
    """Say how much of a figure somebody read: all, the value only, or nothing."""
    if value in unread:
        return "memory"
    return "partial" if unread & set(limits) else "yes"
