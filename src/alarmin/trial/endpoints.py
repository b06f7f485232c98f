"""Endpoints of an observed trial, with their 95 % confidence intervals."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.core import DataError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from alarmin.trial.spec import TrialSpec

__all__ = [
    "LANDMARKS_MONTH",
    "Estimate",
    "hazard_ratio",
    "kaplan_meier",
    "landmark",
    "median_time",
    "response_rate",
    "summarise",
    "survival_curves",
]

LANDMARKS_MONTH = {"pfs": (6.0, 12.0), "os": (12.0, 24.0)}
"""Months at which survival is tabulated."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % confidence interval; NaN = cannot be estimated, infinity = not reached."""

    value: float
    low: float
    high: float


def response_rate(best_response: "ArrayLike") -> Estimate:
    """Compute the objective response rate with the Clopper-Pearson interval.

    Parameters
    ----------
    best_response : array of str
        CR, PR, SD, PD or NE of every patient treated; NE counts as no response.

    Returns
    -------
    Estimate [%]

    Examples
    --------
    >>> response_rate(["PR", "SD", "PD", "NE"]).value
    25.0
    """
    from scipy.stats import beta

    answers = np.asarray(best_response)
    n, k = len(answers), int(np.isin(answers, ("CR", "PR")).sum())
    if n == 0:
        raise DataError("best_response: got 0 patients, expected at least 1")
    low = float(beta.ppf(0.025, k, n - k + 1)) if k > 0 else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return Estimate(100.0 * k / n, 100.0 * low, 100.0 * high)


def kaplan_meier(month: "ArrayLike", event: "ArrayLike") -> "pd.DataFrame":
    """Estimate a survival curve.

    Parameters
    ----------
    month : array, >= 0 [month]
    event : array
        1 = event, 0 = censored (the ADaM variable CNSR is the other way round).

    Returns
    -------
    DataFrame
        One row per time at which the curve or the number at risk changes, from 0 on: month, survival, low,
        high (log-log interval), at_risk (just before that time).
    """
    import pandas as pd

    fitter = _fit(month, event)
    table = fitter.event_table
    band = fitter.confidence_interval_
    curve = pd.DataFrame(
        {
            "month": fitter.survival_function_.index.to_numpy(dtype=float),
            "survival": fitter.survival_function_.iloc[:, 0].to_numpy(dtype=float),
            "low": band.iloc[:, 0].to_numpy(dtype=float),
            "high": band.iloc[:, 1].to_numpy(dtype=float),
            "at_risk": table["at_risk"].to_numpy(dtype=int),
        }
    )
    # Before the first event the log-log interval is not defined and the estimate is certain.
    certain = curve["survival"] == 1.0
    curve.loc[certain, ["low", "high"]] = 1.0
    return curve


def median_time(month: "ArrayLike", event: "ArrayLike") -> Estimate:
    """Compute the Kaplan-Meier median with its log-log interval.

    Parameters
    ----------
    month, event
        As for `kaplan_meier`.

    Returns
    -------
    Estimate [month]
        Infinity where the curve or a limit does not reach one half.
    """
    from lifelines.utils import median_survival_times

    fitter = _fit(month, event)
    limits = median_survival_times(fitter.confidence_interval_).iloc[0].to_numpy(dtype=float)
    return Estimate(float(fitter.median_survival_time_), float(limits[0]), float(limits[1]))


def landmark(month: "ArrayLike", event: "ArrayLike", at_month: float) -> Estimate:
    """Read the survival curve at one time.

    Parameters
    ----------
    month, event
        As for `kaplan_meier`.
    at_month : float [month]

    Returns
    -------
    Estimate [%]
        NaN beyond the last follow-up.
    """
    if at_month > float(np.max(np.asarray(month, dtype=float))):
        return Estimate(np.nan, np.nan, np.nan)
    curve = kaplan_meier(month, event)
    row = curve[curve["month"] <= at_month].iloc[-1]
    return Estimate(100.0 * row["survival"], 100.0 * row["low"], 100.0 * row["high"])


def hazard_ratio(month: "ArrayLike", event: "ArrayLike", treated: "ArrayLike") -> Estimate:
    """Compute the hazard ratio of treated against control by Cox regression (Efron's ties).

    Parameters
    ----------
    month, event
        As for `kaplan_meier`.
    treated : array of bool

    Returns
    -------
    Estimate
        NaN where a group has no event or the fit does not converge: the ratio then has no finite estimate.
    """
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    data = pd.DataFrame(
        {
            "month": np.asarray(month, dtype=float),
            "event": np.asarray(event, dtype=int),
            "treated": np.asarray(treated, dtype=float),
        }
    )
    unknown = Estimate(np.nan, np.nan, np.nan)
    events = data.groupby("treated")["event"].sum()
    if len(events) < 2 or (events == 0).any():
        return unknown
    with warnings.catch_warnings():
        # Raised for groups that are almost separated; the interval, then very wide, says the same.
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            fit = CoxPHFitter().fit(data, "month", "event").summary.loc["treated"]
        except ConvergenceError:
            return unknown
    return Estimate(
        float(fit["exp(coef)"]), float(fit["exp(coef) lower 95%"]), float(fit["exp(coef) upper 95%"])
    )


def summarise(spec: "TrialSpec", patients: "pd.DataFrame") -> "pd.DataFrame":
    """Compute every endpoint of every arm.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame
        As `alarmin.trial.conduct.observe` returns them.

    Returns
    -------
    DataFrame
        endpoint, arm, n, events, value, low, high, unit. Endpoints, named as in `alarmin.evidence`: orr,
        median_pfs, median_os, pfs_6mo and the like, and against the control arm hr_pfs and hr_os.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name in spec.arms:
        arm = patients[patients["arm"] == name]
        responders = int(arm["best_response"].isin(["CR", "PR"]).sum())
        rows.append(_row("orr", name, arm, responders, response_rate(arm["best_response"]), "%"))
        for kind, months in LANDMARKS_MONTH.items():
            times, events = arm[f"{kind}_month"], arm[f"{kind}_event"]
            n_events = int(events.sum())
            rows.append(_row(f"median_{kind}", name, arm, n_events, median_time(times, events), "month"))
            rows += [
                _row(f"{kind}_{at:g}mo", name, arm, n_events, landmark(times, events, at), "%")
                for at in months
            ]
            if spec.control is not None and name != spec.control:
                both = patients[patients["arm"].isin([name, spec.control])]
                ratio = hazard_ratio(both[f"{kind}_month"], both[f"{kind}_event"], both["arm"] == name)
                rows.append(_row(f"hr_{kind}", name, both, int(both[f"{kind}_event"].sum()), ratio, "ratio"))
    return pd.DataFrame(rows)


def survival_curves(spec: "TrialSpec", patients: "pd.DataFrame") -> "pd.DataFrame":
    """Estimate the survival curve of each endpoint in each arm.

    Parameters
    ----------
    spec, patients
        As for `summarise`.

    Returns
    -------
    DataFrame
        endpoint (pfs or os), arm, and the columns of `kaplan_meier`.
    """
    import pandas as pd

    curves = []
    for kind in LANDMARKS_MONTH:
        for name in spec.arms:
            arm = patients[patients["arm"] == name]
            curve = kaplan_meier(arm[f"{kind}_month"], arm[f"{kind}_event"])
            curves.append(curve.assign(endpoint=kind, arm=name))
    return pd.concat(curves, ignore_index=True)


def _row(
    endpoint: str, arm: str, patients: "pd.DataFrame", events: int, estimate: Estimate, unit: str
) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "arm": arm,
        "n": len(patients),
        "events": events,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "unit": unit,
    }


def _fit(month: "ArrayLike", event: "ArrayLike") -> Any:
    from lifelines import KaplanMeierFitter

    months = np.asarray(month, dtype=float)
    if len(months) == 0:
        raise DataError("month: got 0 patients, expected at least 1")
    return KaplanMeierFitter().fit(months, np.asarray(event, dtype=int))
