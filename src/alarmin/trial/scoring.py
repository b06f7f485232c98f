"""How far predictions hold: hits, coverage, errors of hazard ratios."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.spec import repeats

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["coverage", "score"]


def score(found: "pd.DataFrame") -> dict[str, str]:
    """Sum up predictions of `predict_trial` in words.

    Parameters
    ----------
    found : DataFrame

    Returns
    -------
    dict
        What was counted -> the count; only what there is. A trial that repeats the patients of others is not
        counted beside them.
    """
    trials = set(found["trial"])
    again = [name for name, others in repeats().items() if trials & set(others)]
    found = found[~found["trial"].isin(again)]
    lines: dict[str, str] = {}
    whole = found[found["subgroup"] == ""]
    for name, endpoints in (
        ("response rate in the published interval", ("orr",)),
        ("median PFS in the published interval", ("median_pfs", "median_efs")),
        ("median OS in the published interval", ("median_os",)),
    ):
        part = whole[whole["endpoint"].isin(endpoints) & whole["hit"].notna()]
        if len(part):
            hits = int(part["hit"].astype(bool).sum())
            lines[name] = f"{hits} of {len(part)} arms ({hits / len(part):.0%})"
    for name, endpoints in (("PFS", ("hr_pfs", "hr_efs")), ("OS", ("hr_os",))):
        part = whole[whole["endpoint"].isin(endpoints) & whole["predicted"].notna() & whole["value"].notna()]
        if len(part):
            error = np.abs(np.log(part["predicted"].to_numpy(float) / part["value"].to_numpy(float)))
            lines[f"median |log HR error|, {name}"] = f"{np.median(error):.3f} over {len(part)} comparisons"
    covered, n = coverage(whole)
    if n:
        lines["published figures in the predicted 90 % interval"] = f"{covered} of {n} ({covered / n:.0%})"
    curves = found[found["endpoint"].str.startswith("curve_") & found["predicted"].notna()]
    if len(curves):
        gap = (curves["predicted"] - curves["value"]).abs().mean() / 100
        lines["mean distance of survival curves"] = f"{gap:.3f} over {len(curves)} points"
    return lines


def coverage(found: "pd.DataFrame") -> tuple[int, int]:
    """Count the published figures within the predicted interval, points of curves left out."""
    known = found["predicted_low"].notna() & found["predicted_high"].notna() & found["value"].notna()
    part = found[known & ~found["endpoint"].str.startswith("curve_")]
    inside = (part["predicted_low"] <= part["value"]) & (part["value"] <= part["predicted_high"])
    return int(inside.sum()), len(part)
