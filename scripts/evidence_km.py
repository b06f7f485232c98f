"""Survival month by month, recomputed from the published patient-level times."""

import math

import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

from evidence_files import SHARED, Cells, named, read_shared
from evidence_sources import Bibliography

ARMS = {
    "CHECKMATE057": {"nivolumab": "nivolumab", "docetaxel": "docetaxel"},
    "ERCC1": {
        "cisplatin_pemetrexed": "cisplatin-pemetrexed",
        "paclitaxel_pemetrexed": "paclitaxel-pemetrexed",
    },
    "KEYNOTE024": {"pembrolizumab": "pembrolizumab", "platinum_chemotherapy": "platinum-chemotherapy"},
    "OAK": {"atezolizumab": "atezolizumab", "docetaxel": "docetaxel"},
    "PROFILE1014": {"crizotinib": "crizotinib", "pemetrexed_platinum": "pemetrexed-platinum"},
    "REVEL": {"docetaxel_ramucirumab": "ramucirumab-docetaxel", "docetaxel_placebo": "placebo-docetaxel"},
    "RTOG0617": {"chemoradiotherapy_60Gy": "60-gy", "chemoradiotherapy_74Gy": "74-gy"},
}
NAMES = {"CHECKMATE057": "CheckMate-057", "KEYNOTE024": "KEYNOTE-024", "PROFILE1014": "PROFILE-1014"}
NAMES |= {"RTOG0617": "RTOG-0617"}
SUBGROUPS = {
    "all": "index == index",
    "PD-L1 positive": "pdl1_positive == 1",
    "PD-L1 negative": "pdl1_positive == 0",
    "PD-L1 high": "pdl1_high == 1",
    "bTMB>=16": "btmb_evaluable == 1 and btmb >= 16",
    "bTMB<16": "btmb_evaluable == 1 and btmb < 16",
    "squamous": "histology == 'squamous'",
    "nonsquamous": "histology == 'nonsquamous'",
}


def build_km(bibliography: Bibliography) -> tuple[list[Cells], list[Cells]]:
    """Make the curves and their monthly points for every file of patient-level times."""
    digitised = bibliography.cite("kmdata: digitised Kaplan-Meier data")
    oak = bibliography.cite("30082870")
    curves, points = [], []
    for path in sorted((SHARED / "data" / "km").glob("*.csv")):
        trial, endpoint = path.stem.split("_")
        patients = pd.read_csv(path)
        for subgroup, condition in SUBGROUPS.items() if trial == "OAK" else [("all", "index == index")]:
            for label, arm in ARMS[trial].items():
                chosen = patients.query(condition).query(f"arm == '{label}'")
                arm_id = f"trial:{NAMES.get(trial, trial)}/{arm}"
                curve_id = f"km:{arm_id[6:]}/{endpoint}/{subgroup}"
                fitter = KaplanMeierFitter().fit(chosen.time_months, chosen.event)
                sources = ";".join(oak if trial == "OAK" else digitised)
                curves.append(describe(curve_id, arm_id, endpoint, subgroup, chosen, fitter, sources))
                points.extend(at_months(curve_id, chosen, fitter))
    return curves, points


def build_checks() -> list[Cells]:
    """Set recomputed medians and hazard ratios beside the published ones."""
    rows: list[Cells] = []
    for row in read_shared("km_checks"):
        trial = NAMES.get(row["trial"], row["trial"])
        a, b = (
            f"trial:{trial}/{ARMS[row['trial']][row[key]]}" for key in ("control_arm", "experimental_arm")
        )
        rows.append(
            {
                "id": named("km_checks", row, f"check:{trial}/{row['endpoint']}"),
                "endpoint": row["endpoint"],
                "a": a,
                "b": b,
                "median_a": row["median_control_recomputed"],
                "median_a_published": row["median_control_published"],
                "median_b": row["median_experimental_recomputed"],
                "median_b_published": row["median_experimental_published"],
                "hr": row["hr_recomputed"],
                "hr_low": row["hr_recomputed_ci_low"],
                "hr_high": row["hr_recomputed_ci_high"],
                "hr_published": row["hr_published"],
                "hr_published_low": row["hr_published_ci_low"],
                "hr_published_high": row["hr_published_ci_high"],
                "events": row["events_in_file"],
                "published_state": row["published_verified"],
            }
        )
    return rows


def describe(
    curve_id: str,
    arm_id: str,
    endpoint: str,
    subgroup: str,
    chosen: pd.DataFrame,
    fitter: KaplanMeierFitter,
    sources: str,
) -> Cells:
    """Sum up a curve: numbers, follow-up, median with its 95 % limits."""
    low, high = median_survival_times(fitter.confidence_interval_).iloc[0]
    return {
        "id": curve_id,
        "arm": arm_id,
        "endpoint": endpoint,
        "subgroup": subgroup,
        "n": len(chosen),
        "events": int(chosen.event.sum()),
        "last_followup": round(chosen.time_months.max(), 2),
        "median": months(fitter.median_survival_time_),
        "median_low": months(low),
        "median_high": months(high),
        "sources": sources,
    }


def months(time: float) -> object:
    """Round a time; infinity is written as not reached."""
    return "NR" if math.isinf(time) else round(time, 2)


def at_months(curve_id: str, chosen: pd.DataFrame, fitter: KaplanMeierFitter) -> list[Cells]:
    """Read survival, its limits and the number at risk at each whole month of follow-up."""
    limits = fitter.confidence_interval_
    rows: list[Cells] = []
    for month in range(math.floor(chosen.time_months.max()) + 1):
        step = limits.loc[:month].iloc[-1]
        rows.append(
            {
                "id": f"{curve_id}/{month}",
                "curve": curve_id,
                "month": month,
                "survival": round(float(fitter.predict(month)), 4),
                "low": round(float(step.iloc[0]), 4),
                "high": round(float(step.iloc[1]), 4),
                "at_risk": int((chosen.time_months >= month).sum()),
            }
        )
    return rows
