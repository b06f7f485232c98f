"""Set the simulated endpoints beside the published ones. The published figures go nowhere else."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alarmin.core import DataError, EvidenceError, unknown_id
from alarmin.evidence import PublishedArm, km_curve, published
from alarmin.trial.spec import TrialSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "published_arms", "published_curves"]


@dataclass(frozen=True)
class _Figure:
    value: float
    low: float
    high: float
    source: str
    verified: str
    note: str


_NONE = _Figure(math.nan, math.nan, math.nan, "", "", "")


def published_arms(spec: TrialSpec) -> dict[str, PublishedArm]:
    """Find the published arm of each arm of a trial.

    Parameters
    ----------
    spec : TrialSpec

    Returns
    -------
    dict
        Arm id of `spec` -> published arm; empty for a trial without published rows.

    Raises
    ------
    DataError
        An arm has no counterpart among the published ones.
    EvidenceError
        `spec.evidence` names no published trial.
    """
    if spec.evidence is None:
        return {}
    known = {row.arm.id.partition("/")[2]: row for row in published(spec.evidence)}
    wanted = {name: arm.published_arm or name for name, arm in spec.arms.items()}
    problems = [
        unknown_id("published arm", text, known, where=f"trial {spec.trial}: arms.{name}.published_arm")
        for name, text in wanted.items()
        if text not in known
    ]
    if problems:
        raise DataError(*problems)
    return {name: known[text] for name, text in wanted.items()}


def compare(spec: TrialSpec, endpoints: "pd.DataFrame") -> "pd.DataFrame":
    """Put the published figure beside each simulated endpoint.

    Parameters
    ----------
    spec : TrialSpec
    endpoints : DataFrame
        From `alarmin.trial.endpoints.summarise`.

    Returns
    -------
    DataFrame
        endpoint, arm, n, simulated, low, high, unit, published, published_low, published_high, source (ids
        joined by "; "), verified, note. NaN where nothing is published, infinity where not reached.

    Notes
    -----
    Where a response rate is published without an interval, its Clopper-Pearson interval is computed from
    the rate and the number of patients; `note` says so.
    """
    import pandas as pd

    arms = published_arms(spec)
    rows: list[dict[str, Any]] = []
    for row in endpoints.to_dict("records"):
        figure = _published_figure(arms.get(str(row["arm"])), str(row["endpoint"]))
        rows.append(
            {
                "endpoint": row["endpoint"],
                "arm": row["arm"],
                "n": row["n"],
                "simulated": row["value"],
                "low": row["low"],
                "high": row["high"],
                "unit": row["unit"],
                "published": figure.value,
                "published_low": figure.low,
                "published_high": figure.high,
                "source": figure.source,
                "verified": figure.verified,
                "note": figure.note,
            }
        )
    return pd.DataFrame(rows)


def published_curves(spec: TrialSpec) -> "pd.DataFrame":
    """Collect the published survival curves of a trial's arms.

    Parameters
    ----------
    spec : TrialSpec

    Returns
    -------
    DataFrame
        endpoint (pfs or os), arm, month, survival, low, high, at_risk, source; empty where none is published.
    """
    import pandas as pd

    columns = ["endpoint", "arm", "month", "survival", "low", "high", "at_risk", "source"]
    tables = []
    for name, row in published_arms(spec).items():
        for endpoint in ("PFS", "OS"):
            try:
                curve = km_curve(row.arm.trial, endpoint, row.arm.id)
            except EvidenceError:
                continue  # not every published arm comes with a curve
            tables.append(
                pd.DataFrame(
                    {
                        "endpoint": endpoint.lower(),
                        "arm": name,
                        "month": curve.month,
                        "survival": curve.survival,
                        "low": curve.low,
                        "high": curve.high,
                        "at_risk": curve.at_risk,
                        "source": "; ".join(curve.curve.sources),
                    }
                )
            )
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _published_figure(arm: PublishedArm | None, endpoint: str) -> _Figure:
    result = arm.figures.get(endpoint) if arm is not None else None
    if arm is None or result is None or result.value is None:
        return _NONE
    low = math.nan if result.low is None else result.low
    high = math.nan if result.high is None else result.high
    note = ""
    size = arm.figures.get("n")
    if endpoint == "orr" and math.isnan(low) and size is not None and size.value:
        low, high = _exact_interval(result.value, int(size.value))
        note = "interval computed from the rate and the number of patients"
    return _Figure(result.value, low, high, "; ".join(result.sources), result.verified, note)


def _exact_interval(rate_pct: float, n: int) -> tuple[float, float]:
    from alarmin.trial.endpoints import response_rate

    responders = round(rate_pct * n / 100.0)
    estimate = response_rate(["PR"] * responders + ["NE"] * (n - responders))
    return estimate.low, estimate.high
