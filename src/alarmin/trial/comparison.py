"""Set the simulated endpoints beside the published ones. The published figures go nowhere else."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from alarmin.core import DataError, EvidenceError, unknown_id
from alarmin.evidence import PublishedArm, km_curve, published
from alarmin.trial.own_figures import own_figures
from alarmin.trial.spec import TrialSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CURVE_MONTHS", "compare", "published_arms", "published_curves", "published_figures"]


FEWEST_AT_RISK = 10
"""A point of a published curve with fewer patients at risk is not a figure of its own."""
CURVE_MONTHS = (3, 6, 9, 12, 18, 24)
"""Months at which published curves are read."""

_POINT = re.compile(r"(?:median_(?P<of>pfs|efs|os))|(?:(?P<at>pfs|efs|os)_(?P<month>\d+)mo)")
_MEASURE = re.compile(r"orr|pathologic_complete_response|(?:median|hr)_(?:pfs|efs|os)|(?:pfs|efs|os)_\d+mo")
_COLUMNS = (
    "trial", "role", "arm", "subgroup", "endpoint", "value", "low", "high", "n", "source", "verified", "note",
)  # fmt: skip


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
    wanted = {name: arm.published_arm or name for name, arm in spec.arms.items()}
    return _find(spec, wanted, "arms.{}.published_arm")


def published_figures(spec: TrialSpec) -> "pd.DataFrame":
    """List everything that was published of a trial's arms and subgroups, one row per figure.

    Parameters
    ----------
    spec : TrialSpec

    Returns
    -------
    DataFrame
        trial, role, arm, subgroup (empty for all patients), endpoint, value, low, high, n, source (ids joined
        by "; "), verified (how far somebody read it again; empty for a file's own figures), note. Of
        `spec.endpoints`: orr and pcr [%], median_pfs [month], pfs_6mo [%], hr_pfs (against the control arm),
        and curve_pfs_6mo [%] read off the published curve, and so for efs and os. NaN where no interval was
        published, infinity where not reached; n is the number of patients of the arm or of its curve.

    Raises
    ------
    DataError, EvidenceError
        As for `published_arms`.

    Notes
    -----
    The interval of a response rate that was published without one is Clopper and Pearson's, from the rate
    and the number of patients; `note` says so, and names the level of intervals that are not of 95 %.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    if spec.published is not None:
        rows = [_with_interval({**row, "verified": "", "note": ""}) for row in own_figures(spec.published)]
    if spec.evidence is not None:
        parts: list[tuple[str, str | None, dict[str, PublishedArm]]] = [("", "all", published_arms(spec))]
        for name, part in spec.subgroups.items():
            arms = _find(spec, part.published_arms, f"subgroups.{name}.published_arms.{{}}")
            parts.append((name, part.curves, arms))
        for subgroup, curves, arms in parts:
            for arm in spec.arms:
                if arm in arms:
                    rows += [{"arm": arm, "subgroup": subgroup, **row} for row in _figures(arms[arm])]
                rows += [
                    {"arm": arm, "subgroup": subgroup, **row} for row in _curve_figures(spec, arm, curves)
                ]
    kept = [row for row in rows if set(str(row["endpoint"]).split("_")) & set(spec.endpoints)]
    return pd.DataFrame([{"trial": spec.trial, "role": spec.role, **row} for row in kept], columns=_COLUMNS)


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
        endpoint, subgroup (where `endpoints` has it), arm, n, simulated, low, high, unit, published,
        published_low, published_high, source, verified, note, as in `published_figures`. NaN where nothing
        is published.
    """
    figures = published_figures(spec)
    if "subgroup" not in endpoints:
        figures = figures[figures["subgroup"] == ""].drop(columns="subgroup")
    keys = [name for name in ("arm", "subgroup", "endpoint") if name in figures]
    figures = figures.rename(columns={"value": "published", "low": "published_low", "high": "published_high"})
    columns = ["published", "published_low", "published_high", "source", "verified", "note"]
    table = endpoints.drop(columns="events").rename(columns={"value": "simulated"})
    table = table.merge(figures[[*keys, *columns]], how="left", on=keys, validate="one_to_one")
    table[["source", "verified", "note"]] = table[["source", "verified", "note"]].fillna("")
    order = [*keys[::-1], "n", "simulated", "low", "high", "unit", *columns]
    return table[order]


def published_curves(spec: TrialSpec) -> "pd.DataFrame":
    """Collect what is published of the survival of a trial's arms.

    Parameters
    ----------
    spec : TrialSpec

    Returns
    -------
    DataFrame
        endpoint (pfs or os), arm, month, survival, low, high, at_risk, source; empty where nothing is
        published. Points of the published curve at whole months; of an arm without one, its landmarks and its
        median (NaN for what is not known of them).
    """
    import pandas as pd

    columns = ["endpoint", "arm", "month", "survival", "low", "high", "at_risk", "source"]
    arms = published_arms(spec)
    figures = {name: list(_figures(row)) for name, row in arms.items()}
    if spec.published is not None:
        own = [row for row in own_figures(spec.published) if not row["subgroup"]]
        figures = {name: [row for row in own if row["arm"] == name] for name in spec.arms}
    tables = []
    for name, known in figures.items():
        for endpoint in ("pfs", "os"):
            points = _digitised(arms[name], endpoint) if name in arms else None
            points = pd.DataFrame(_points(known, endpoint)) if points is None else points
            if len(points):
                tables.append(points.assign(endpoint=endpoint, arm=name)[columns])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _digitised(row: PublishedArm, endpoint: str) -> "pd.DataFrame | None":
    """Give the published curve of an arm, None where there is none."""
    import pandas as pd

    try:
        curve = km_curve(row.arm.trial, endpoint.upper(), row.arm.id)
    except EvidenceError:
        return None
    return pd.DataFrame(
        {
            "month": curve.month,
            "survival": curve.survival,
            "low": curve.low,
            "high": curve.high,
            "at_risk": curve.at_risk,
            "source": "; ".join(curve.curve.sources),
        }
    )


def _points(figures: list[dict[str, Any]], endpoint: str) -> list[dict[str, Any]]:
    """Give landmarks and median of an arm as points of its curve; event-free survival stands for pfs."""
    points = []
    for figure in figures:
        match = _POINT.fullmatch(str(figure["endpoint"]))
        if match is None or (match["of"] or match["at"]).replace("efs", "pfs") != endpoint:
            continue
        if match["of"] and math.isfinite(figure["value"]):
            point = {"month": figure["value"], "survival": 0.5, "low": math.nan, "high": math.nan}
        elif match["at"]:
            shares = {"survival": "value", "low": "low", "high": "high"}
            point = {name: figure[key] / 100.0 for name, key in shares.items()}
            point["month"] = float(match["month"])
        else:
            continue
        points.append({**point, "at_risk": math.nan, "source": figure["source"]})
    return sorted(points, key=lambda point: float(point["month"]))


def _find(spec: TrialSpec, wanted: Mapping[str, str], where: str) -> dict[str, PublishedArm]:
    """Find published arms by what follows the trial in their ids."""
    known = {row.arm.id.partition("/")[2]: row for row in published(spec.evidence or "")}
    problems = [
        unknown_id("published arm", text, known, where=f"trial {spec.trial}: {where.format(name)}")
        for name, text in wanted.items()
        if text not in known
    ]
    if problems:
        raise DataError(*problems)
    return {name: known[text] for name, text in wanted.items()}


def _figures(arm: PublishedArm) -> Iterator[dict[str, Any]]:
    """Give the figures of an arm that are endpoints."""
    size = arm.figures.get("n")
    n = int(size.value) if size is not None and size.value else None
    for measure, result in arm.figures.items():
        if result.value is None or not _MEASURE.fullmatch(measure):
            continue
        endpoint = "pcr" if measure == "pathologic_complete_response" else measure
        low, high = (math.nan if limit is None else limit for limit in (result.low, result.high))
        yield _with_interval(
            {
                "endpoint": endpoint,
                "value": result.value,
                "low": low,
                "high": high,
                "n": math.nan if n is None else n,
                "source": "; ".join(result.sources),
                "verified": result.verified,
                "note": "" if result.level_pct in (None, 95) else f"{result.level_pct:g} % interval",
            }
        )


def _with_interval(figure: dict[str, Any]) -> dict[str, Any]:
    """Give a rate of responses the interval that was not published with it."""
    if figure["endpoint"] not in ("orr", "pcr") or not math.isnan(figure["low"]) or not figure["n"] > 0:
        return figure
    low, high = _exact_interval(figure["value"], int(figure["n"]))
    note = "interval computed from the rate and the number of patients"
    return {**figure, "low": low, "high": high, "note": note}


def _curve_figures(spec: TrialSpec, arm: str, subgroup: str | None) -> Iterator[dict[str, Any]]:
    """Read the published curves of an arm at `CURVE_MONTHS`."""
    for endpoint in ("pfs", "os"):
        try:
            curve = km_curve(
                spec.evidence or "",
                endpoint.upper(),
                f"{spec.evidence}/{spec.arms[arm].published_arm or arm}",
                subgroup=subgroup or "",
            )
        except EvidenceError:
            continue  # not every published arm comes with a curve
        points = zip(curve.month, curve.survival, curve.low, curve.high, curve.at_risk, strict=True)
        for month, survival, low, high, at_risk in points:
            if month in CURVE_MONTHS and at_risk >= FEWEST_AT_RISK:
                yield {
                    "endpoint": f"curve_{endpoint}_{month}mo",
                    "value": 100.0 * survival,
                    "low": 100.0 * low,
                    "high": 100.0 * high,
                    "n": curve.curve.n,
                    "source": "; ".join(curve.curve.sources),
                    "verified": "yes",
                    "note": "read off the published curve",
                }


def _exact_interval(rate_pct: float, n: int) -> tuple[float, float]:
    from alarmin.trial.endpoints import response_rate

    responders = round(rate_pct * n / 100.0)
    estimate = response_rate(["PR"] * responders + ["NE"] * (n - responders))
    return estimate.low, estimate.high
