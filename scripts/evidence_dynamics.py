"""How target lesions moved in OAK, and who lived on after progression: shares of patients.

They are counted from the published patient-level diameters and times; the package carries the shares only.
"""

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter

from alarmin.trial.kinetics import LEAST_READINGS, counted_readings, read_dynamics
from alarmin.trial.recist import target_response
from evidence_files import SHARED, Cells
from evidence_sources import Bibliography
from fit_survival import read_patients

FILE = SHARED / "data" / "tumour" / "atezolizumab_target_lesions_nsclc.csv"
GROWN = "grown_by"
THRESHOLDS = {
    "depth": ("%", (-50, -30, -10, 10)),
    "later_than": ("month", (2, 4, 6, 9)),
    GROWN: ("month", (6, 12)),
    "kg_above": ("1/week", (0.005, 0.012, 0.025)),
    "ks_above": ("1/week", (0.01, 0.03, 0.07)),
}
READ_TO_PROGRESSION = "docetaxel"
"""The arm in which `GROWN` is counted: half of those under atezolizumab went on with it, and were read, after
progression elsewhere."""
MONTHS_AFTER = (1, 3, 6, 12, 18)


def build_dynamics(bibliography: Bibliography) -> list[Cells]:
    """Count, in each arm of OAK, the patients beyond each threshold."""
    (source,) = bibliography.cite("35120124")
    readings = pd.read_csv(FILE).query("trial == 'OAK'")
    rows: list[Cells] = []
    for arm, part in readings.groupby("treatment", sort=True):
        day, mm = as_matrices(part)
        target = target_response(mm[:, :, None])
        counted = counted_readings(target)
        enough = counted.sum(axis=1) >= LEAST_READINGS
        change = (mm / mm[:, :1] - 1.0)[enough]
        dynamics = read_dynamics(day[enough], change, target[enough], counted[enough])
        for statistic, (unit, thresholds) in THRESHOLDS.items():
            if statistic == GROWN and arm != READ_TO_PROGRESSION:
                continue
            for threshold in thresholds:
                rows.append(
                    {
                        "id": f"dyn:OAK/{arm}/{statistic}/{threshold}",
                        "arm": f"trial:OAK/{arm}",
                        "statistic": statistic,
                        "threshold": threshold,
                        "threshold_unit": unit,
                        "value": round(float(dynamics.shows(statistic, threshold).mean()), 4),
                        "n": int(enough.sum()),
                        "sources": source,
                    }
                )
    return rows


def build_after_progression(bibliography: Bibliography) -> list[Cells]:
    """Estimate, in each arm of OAK, who lives on after a progression that was seen before death."""
    (source,) = bibliography.cite("30082870")
    patients = read_patients(SHARED / "data" / "km").query("progressed")
    rows: list[Cells] = []
    for arm, part in patients.groupby("arm", sort=True):
        fitter = KaplanMeierFitter().fit(part["time_months"] - part["pfs_time_months"], part["event"])
        for month in MONTHS_AFTER:
            alive = float(fitter.predict(month))
            seen = fitter.event_table.loc[:month]
            at_risk, died = seen["at_risk"], seen["observed"]
            # Greenwood's variance over the squared share; n is the sample without censoring that has it.
            spread = float((died / (at_risk * (at_risk - died))).sum())
            rows.append(
                {
                    "id": f"dyn:OAK/{arm}/alive_after_progression/{month}",
                    "arm": f"trial:OAK/{arm}",
                    "statistic": "alive_after_progression",
                    "threshold": month,
                    "threshold_unit": "month",
                    "value": round(alive, 4),
                    "n": round((1 - alive) / (alive * spread)),
                    "sources": source,
                }
            )
    return rows


def as_matrices(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Give days since the first reading and diameters [mm] of all patients, NaN after the last reading."""
    number = part.groupby("patient").cumcount()
    tables = (
        part.assign(number=number).pivot(index="patient", columns="number", values=column).to_numpy(float)
        for column in ("day", "target_lesion_diam_mm")
    )
    day, mm = tables
    return day - day[:, :1], mm
