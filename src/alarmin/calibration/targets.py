"""Published figures of the calibration trials as targets: a share of patients and its sampling error."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.evidence import lesion_dynamics
from alarmin.trial import MONTHS, TrialSpec, published_figures

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["trial_targets"]

LEAST_ERROR = 0.01
BETWEEN_TRIALS = 0.02
"""Standard deviation of a share between trials of one therapy beyond chance: that of docetaxel in CheckMate
057, OAK and REVEL, all calibration trials, is 0.016."""
_LANDMARK = re.compile(r"(curve_)?(pfs|os)_(3|6|12|18|24|36|48|60)mo")
_Z = 1.96


def trial_targets(spec: TrialSpec) -> "pd.DataFrame":
    """List what was published of a trial's arms and subgroups as targets.

    Parameters
    ----------
    spec : TrialSpec

    Returns
    -------
    DataFrame
        trial, arm, subgroup (empty for all patients), endpoint, at, value (0 to 1), its standard error in the
        fit, and the part of that which is sampling.
        Endpoints: orr; pfs and os, at a month; the statistics of `alarmin.evidence.lesion_dynamics`, at their
        threshold.

    Notes
    -----
    Survival comes from the published curve where there is one, else from the text; a median without a curve
    is the target that half of the patients are left at that time. Errors are those of the published interval,
    else of a proportion of that many patients. Hazard ratios are left out: the curves of both arms say more.
    """
    import pandas as pd

    figures = published_figures(spec)
    rows: list[dict[str, object]] = []
    for (arm, subgroup), part in figures.groupby(["arm", "subgroup"], sort=False):
        named = part.set_index("endpoint")
        last = {"pfs": 0.0, "os": 0.0}  # month of the last point that was read off a curve
        for name in named.index:
            match = _LANDMARK.fullmatch(name)
            if match and match[1]:
                last[match[2]] = max(last[match[2]], float(match[3]))
        for name, row in named.iterrows():
            target = _target(str(name), row, last)
            if target is not None:
                rows.append({"trial": spec.trial, "arm": arm, "subgroup": subgroup, **target})
    for moved in lesion_dynamics(spec.evidence) if spec.evidence else ():
        figure = {"endpoint": moved.statistic, "at": moved.threshold, "value": moved.value}
        arm = moved.arm.partition("/")[2]
        rows.append(
            {
                "trial": spec.trial,
                "arm": arm,
                "subgroup": "",
                **figure,
                "error": _binomial(moved.value, moved.n),
            }
        )
    table = pd.DataFrame(rows)
    # Subgroups are the same patients once more: they add rows, but no information of their own.
    size = figures.groupby(["arm", "subgroup"])["n"].max().unstack("subgroup")
    times = table["arm"].map(size.sum(axis=1) / size[""])
    table["sampling"] = table["error"]
    table["error"] = np.sqrt(times * table["sampling"] ** 2 + BETWEEN_TRIALS**2)
    return table


def _target(name: str, row: "pd.Series[Any]", last: dict[str, float]) -> dict[str, object] | None:
    """Turn one figure into a target; None where another says the same, or nothing usable was published."""
    value, n = float(row["value"]), float(row["n"])
    if not np.isfinite(value) or not n > 0:
        return None
    if name == "orr":
        return {"endpoint": "orr", "at": np.nan, "value": value / 100, "error": _binomial(value / 100, n)}
    if match := _LANDMARK.fullmatch(name):
        endpoint, month = match[2], float(match[3])
        if match[1] is None and month <= last[endpoint]:
            return None
        width = (float(row["high"]) - float(row["low"])) / 100 / (2 * _Z)
        error = max(width, LEAST_ERROR) if np.isfinite(width) else _binomial(value / 100, n)
        return {"endpoint": endpoint, "at": month, "value": value / 100, "error": error}
    endpoint = name.removeprefix("median_")
    if endpoint in ("pfs", "os") and last[endpoint] == 0 and value < MONTHS[-1]:
        return {"endpoint": endpoint, "at": value, "value": 0.5, "error": _binomial(0.5, n)}
    return None


def _binomial(share: float, n: float) -> float:
    return max(float(np.sqrt(max(share * (1 - share), 0.01) / n)), LEAST_ERROR)
