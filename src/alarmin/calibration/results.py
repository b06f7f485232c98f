"""Write what a calibration leaves, in the form in which the package ships it."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.fit import CONCENTRATION, FREE
from alarmin.calibration.problem import SLOW
from alarmin.calibration.rounds import Calibration
from alarmin.trial import observation_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write"]

_DISCREPANCY = {
    "orr": "of the logit of the response rate",
    "pfs": "of the log hazard of progression or death",
    "os": "of the log hazard of death",
}


def write(found: Calibration, folder: Path) -> None:
    """Write members.parquet, the tables that the package ships, and what the docs show.

    Parameters
    ----------
    found : Calibration
    folder : Path
        Exists. members.parquet and calibrated.csv belong into `population/data`, joint_hazard.csv and
        discrepancy.csv into `trial/data`; targets.csv, left_out.csv, conflicts.csv and summary.json into
        `docs/calibration_result`.
    """
    _members(found).to_parquet(folder / "members.parquet", index=False)
    with (folder / "calibrated.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "score_mean", "score_sd"])
        writer.writerows(
            [name, round(mean, 4), round(sd, 4)] for name, (mean, sd) in sorted(found.priors.items())
        )
    with (folder / "joint_hazard.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [_row(row, found) for row in observation_table()]
        table = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    with (folder / "discrepancy.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["endpoint", "trial_sd", "arm_sd", "meaning"])
        trial, arm = (sds._asdict() for sds in found.discrepancy)
        writer.writerows(
            [name, round(trial[name], 4), round(arm[name], 4), meaning]
            for name, meaning in _DISCREPANCY.items()
        )
    fitted = found.fit.table.drop(columns=["multiplier", "sampling"])
    fitted.round(4).to_csv(folder / "targets.csv", index=False)
    unseen = found.unseen.rename(columns={f"predicted_{CONCENTRATION:g}": "predicted"})
    unseen = unseen[["trial", "arm", "subgroup", "endpoint", "at", "value", "error", "predicted"]]
    unseen.round(4).to_csv(folder / "left_out.csv", index=False)
    found.conflicts.round(4).to_csv(folder / "conflicts.csv", index=False)
    (folder / "summary.json").write_text(json.dumps(_summary(found), indent=1) + "\n", encoding="utf-8")


def _members(found: Calibration) -> "pd.DataFrame":
    import pandas as pd

    columns = {"candidate": found.members.features.index.to_numpy(), "weight": found.fit.weight}
    for k, weight in enumerate(found.bootstrap.T, start=1):
        columns[f"bootstrap_{k}"] = weight
    return pd.DataFrame(columns)


def _row(row: dict[str, str], found: Calibration) -> dict[str, str]:
    if row["id"] not in (*FREE, *SLOW):
        return row
    value = f"{getattr(found.fit.parameters, row['id']):.4g}"
    return {**row, "value": value, "level": "estimated", "source": ""}


def _summary(found: Calibration) -> dict[str, object]:
    table = found.fit.table[~found.fit.table["endpoint"].isin(["feature", "entry"])]
    gap = (table["fitted"] - table["value"]).abs()
    curves = table["endpoint"].isin(["pfs", "os"])
    return {
        "members": len(found.fit.weight),
        "effective_share": round(found.fit.effective_share, 4),
        "targets": len(table),
        "rms_residual": round(float(np.sqrt((table["residual"] ** 2).mean())), 3),
        "mean_absolute_gap_of_curves": round(float(gap[curves].mean()), 4),
        "rounds": found.rounds.round(4).to_dict("records"),
        "left_out": found.left_out.round(4).to_dict("records"),
    }
