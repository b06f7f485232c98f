"""Ask how well published arms of like trials would have predicted each validation trial, beside the model.

python scripts/trial_agreement.py

Reads docs/trials_result.json; writes docs/agreement_result.json and the tables of docs/agreement.md. Run it
again whenever the trials were predicted anew. Which arms are alike stands in scripts/trial_agreement.csv:
strict and class (two groupings), donates (whether the arm may predict others), patients_of (studies whose
patients are in it), n (number of patients where the evidence has none).
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit
from scipy.stats import chi2, norm

from alarmin.trial.spec import repeats

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".csv")
TRIALS = ROOT / "docs" / "trials_result.json"
RESULT = ROOT / "docs" / "agreement_result.json"
PAGE = ROOT / "docs" / "agreement.md"
MARKS = ("<!-- agreement: written by scripts/trial_agreement.py -->", "<!-- end -->")
ENDPOINTS = {"orr": "Response rate", "median_pfs": "Median PFS", "median_os": "Median OS"}
GROUPINGS = ("strict", "class")
DONORS = {"all": "all other trials", "calibration": "calibration trials"}
ARM = ["trial", "arm", "subgroup"]
SAME = 1e-9
"""Room for rounding where a figure is held against an interval."""


def read_figures(trials: str, table: pd.DataFrame) -> pd.DataFrame:
    """Lay the figures of arms out, each with the groups of its arm.

    Parameters
    ----------
    trials : str
        Text of the result of `scripts/validate_trials.py`.
    table : DataFrame
        Which arms are alike.

    Returns
    -------
    DataFrame
        One row per arm and endpoint. value, low, high: log odds of a rate, log of a median [month]; error:
        standard error of value from the number of patients or the interval, NaN where neither is known.
    """
    rows = pd.DataFrame(json.loads(trials.replace('"not reached"', "Infinity"))["rows"])
    table = table.fillna({"subgroup": ""})
    rows = rows.merge(table, how="left", on=ARM, validate="many_to_one", suffixes=("", "_there"))
    rows["n"] = rows["n"].fillna(rows["n_there"])
    rows["patients_of"] = rows["patients_of"].fillna(rows["trial"]).str.split().map(frozenset)
    published = rows[rows["endpoint"].isin(list(ENDPOINTS))].to_dict("records")
    found = pd.DataFrame([*published, *medians_of_curves(rows)]).drop_duplicates([*ARM, "endpoint"])
    rate = found["endpoint"] == "orr"
    for name in ("value", "low", "high"):
        with np.errstate(divide="ignore"):
            found[name] = np.log(found[name] / (100.0 - found[name]).where(rate, 1.0))
    value, low, high, share = found["value"], found["low"], found["high"], expit(found["value"])
    half = (value - low).where(np.isinf(high), (high - low) / 2.0)
    error = (half / 1.96).where(~rate, (found["n"] * share * (1.0 - share)) ** -0.5)
    return found.assign(error=error.where(np.isfinite(value) & np.isfinite(error)))


def medians_of_curves(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Read medians of grouped arms off the points of their curves, straight in the logarithm between them."""
    points = rows[rows["endpoint"].str.startswith("curve_") & rows["class"].notna()]
    parts = points["endpoint"].str.extract(r"curve_(?P<kind>\w+)_(?P<month>\d+)mo")
    points = points.assign(endpoint="median_" + parts["kind"], month=parts["month"].astype(float))
    found = []
    for _, curve in points.sort_values("month").groupby([*ARM, "endpoint"]):
        month = [0.0, *curve["month"]]
        medians = {
            name: np.interp(math.log(2), [0.0, *-np.log(curve[name] / 100)], month, right=math.inf)
            for name in ("value", "low", "high")
        }
        found.append({**curve.iloc[0], **medians, "hit": None})
    return found


def compare(figures: pd.DataFrame, targets: pd.DataFrame, grouping: str, pool: str) -> pd.DataFrame:
    """Say of each target with donors whether their average, by number of patients, and the model hit."""
    donors = figures[(figures["donates"] == "yes") & figures["value"].notna() & figures["n"].notna()]
    if pool == "calibration":
        donors = donors[donors["role"] == "calibration"]
    found = []
    for target in targets.to_dict("records"):
        mine = donors[(donors[grouping] == target[grouping]) & (donors["endpoint"] == target["endpoint"])]
        mine = mine[[target["patients_of"].isdisjoint(other) for other in mine["patients_of"]]]
        if len(mine):
            average = np.average(mine["value"], weights=mine["n"])
            hit = target["low"] - SAME <= average <= target["high"] + SAME
            found.append((target["endpoint"], bool(hit), bool(target["hit"])))
    return pd.DataFrame(found, columns=["endpoint", "average", "model"])


def pooled(figures: pd.DataFrame, grouping: str, endpoint: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Give value and variance of each trial, arms of one pooled, by group of two trials or more."""
    fit = (figures["donates"] == "yes") & (figures["endpoint"] == endpoint) & figures["error"].notna()
    known = figures[fit].assign(weight=lambda part: part["error"] ** -2)
    known["weighted"] = known["weight"] * known["value"]
    sums = known.groupby([grouping, "patients_of"], sort=False)[["weight", "weighted"]].sum()
    parts = [part for _, part in sums.groupby(level=0) if len(part) > 1]
    return [
        ((part["weighted"] / part["weight"]).to_numpy(), 1.0 / part["weight"].to_numpy()) for part in parts
    ]


def fit_spread(groups: list[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float, float]:
    """Fit the SD between trials that all groups share: restricted maximum likelihood, Q-profile interval."""

    def scatter(variance: float) -> tuple[float, float]:
        """Return Q and the restricted log likelihood times -2."""
        q = rest = 0.0
        for value, error in groups:
            weight = 1.0 / (error + variance)
            q += float(weight @ (value - np.average(value, weights=weight)) ** 2)
            rest += math.log(weight.sum()) - float(np.log(weight).sum())
        return q, q + rest

    def limit(chance: float) -> float:
        level = chi2.ppf(chance, sum(len(value) - 1 for value, _ in groups))
        return 0.0 if scatter(0.0)[0] <= level else brentq(lambda sd: scatter(sd**2)[0] - level, 0.0, 100.0)

    best = minimize_scalar(lambda sd: scatter(sd**2)[1], bounds=(0.0, 3.0), method="bounded").x
    return float(best), float(limit(0.975)), float(limit(0.025))


def ceiling(targets: pd.DataFrame, sd: float) -> float:
    """Return the expected share of hits of one who knows the mean of all like trials exactly."""
    spread = np.hypot(targets["error"], sd)
    above, below = targets["high"] - targets["value"], targets["low"] - targets["value"]
    return float(np.mean(norm.cdf(above / spread) - norm.cdf(below / spread)))


def agreement(trials: str, table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Count hits and fit the spread between trials; parameters as of `read_figures`."""
    figures = read_figures(trials, table)
    targets = figures.query("role == 'validation' and subgroup == '' and hit.notna()")
    targets = targets[~targets["trial"].isin(list(repeats()))]
    counts, spreads = [], []
    for grouping in GROUPINGS:
        for pool in DONORS:
            found = compare(figures, targets, grouping, pool)
            row: dict[str, Any] = {"grouping": grouping, "donors": pool}
            for endpoint in (*ENDPOINTS, "all"):
                part = found[(found["endpoint"] == endpoint) | (endpoint == "all")]
                row[endpoint] = {"arms": len(part), **part[["average", "model"]].sum().to_dict()}
            counts.append({**row, "both": int((found["average"] & found["model"]).sum())})
        for endpoint in ENDPOINTS:
            groups = pooled(figures, grouping, endpoint)
            sizes = [len(value) for value, _ in groups]
            sd, low, high = fit_spread(groups)
            mine = targets[(targets["endpoint"] == endpoint) & targets["error"].notna()]
            row = {"sd": sd, "sd_low": low, "sd_high": high, "model": float(mine["hit"].mean())}
            for name, at in (("ceiling", sd), ("ceiling_low", high), ("ceiling_high", low)):
                row[name] = ceiling(mine, at)
            row = {name: round(value, 3) for name, value in row.items()}
            counted = {"groups": len(sizes), "trials": sum(sizes), "arms": len(mine)}
            spreads.append({"grouping": grouping, "endpoint": endpoint, **counted, **row})
    return {"counts": counts, "spreads": spreads}


def tables(result: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Lay the result out in two tables of Markdown."""
    names = " | ".join((*ENDPOINTS.values(), "All"))
    lines = [f"| Groups | Donors from | {names} | Both hit |", "|---|---|---|---|---|---|---|"]
    for row in result["counts"]:
        parts = [row[endpoint] for endpoint in (*ENDPOINTS, "all")]
        cells = " | ".join(f"{part['average']} and {part['model']} of {part['arms']}" for part in parts)
        lines.append(f"| {row['grouping']} | {DONORS[row['donors']]} | {cells} | {row['both']} |")
    lines += ["", "| Groups | Figure | Trials (groups) | SD between trials | Ceiling | Model | Arms |"]
    lines.append("|---|---|---|---|---|---|---|")
    lines += [
        f"| {row['grouping']} | {ENDPOINTS[row['endpoint']]} | {row['trials']} ({row['groups']}) "
        f"| {row['sd']:.2f} ({row['sd_low']:.2f} to {row['sd_high']:.2f}) "
        f"| {100 * row['ceiling']:.0f} % ({100 * row['ceiling_low']:.0f} to {100 * row['ceiling_high']:.0f}) "
        f"| {100 * row['model']:.0f} % | {row['arms']} |"
        for row in result["spreads"]
    ]
    return lines


def main() -> None:
    """Compute, write and print."""
    found = agreement(TRIALS.read_text(encoding="utf-8"), pd.read_csv(TABLE))
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    text = "\n".join([before + MARKS[0], *tables(found), MARKS[1] + rest.partition(MARKS[1])[2]])
    PAGE.write_text(text, encoding="utf-8")
    print(*tables(found), sep="\n")


if __name__ == "__main__":
    main()
