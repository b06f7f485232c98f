"""Who benefits: baseline markers against response, survival by subgroup, and what the mechanism explains."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from alarmin.trial.explained import explained_area, explained_share
from alarmin.trial.quick_survival import log_hazard_ratio, robust_error
from alarmin.trial.roc import area, roc_curve

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = ["TRUE_CHANGE", "Biomarkers", "Marker", "analyse", "markers"]

TRUE_CHANGE = "true_best_change_pct"
"""Column of the patients: best change of the tumour itself, free of reading and of the trial's end."""
_Z = 1.959963984540054
_POINTS = 60
_FEWEST_EVENTS = 5


class Marker(NamedTuple):
    """A figure that could be known before treatment."""

    column: str
    output: str
    label: str
    unit: str


@cache
def markers() -> tuple[Marker, ...]:
    """Return the markers (`data/markers.csv`); `output` is the model's variable, empty for a feature."""
    text = files("alarmin.trial").joinpath("data", "markers.csv").read_text(encoding="utf-8")
    return tuple(Marker(**row) for row in csv.DictReader(text.splitlines()))


@dataclass(frozen=True)
class Biomarkers:
    """What baseline markers say of a trial.

    Parameters
    ----------
    roc : DataFrame
        arm, marker, label, n, responders, members, auc, low, high: chance that a responder has more of the
        marker than a patient without response, 95 % interval.
    curves : DataFrame
        arm, marker, label, false, true: points of the curve.
    subgroups : DataFrame
        endpoint (pfs, os), arm, marker, label, unit, group (high, low), cut (median of all patients), n,
        events, value, low, high (hazard ratio against the control arm, copies of a member not taken as
        independent), p_interaction. Empty without a control.
    explained : DataFrame
        arm, marker (column, `all`, `mechanism`), label, true_change, read_change (shares of variance), auc
        (objective response).
    """

    roc: "pd.DataFrame"
    curves: "pd.DataFrame"
    subgroups: "pd.DataFrame"
    explained: "pd.DataFrame"


def analyse(spec: "TrialSpec", patients: "pd.DataFrame") -> Biomarkers:
    """Ask of every baseline marker whom it finds.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame
        As `alarmin.trial.conduct.observe` returns them, with `candidate`, the columns of `markers` and
        `TRUE_CHANGE`.

    Returns
    -------
    Biomarkers
    """
    import pandas as pd

    roc: list[dict[str, Any]] = []
    curves: list[pd.DataFrame] = []
    explained: list[dict[str, Any]] = []
    for arm in spec.arms:
        mine = patients[patients["arm"] == arm]
        responded = mine["best_response"].isin(["CR", "PR"]).to_numpy()
        for marker in markers():
            named = {"arm": arm, "marker": marker.column, "label": marker.label}
            roc.append({**named, **_area(mine, marker, responded)})
            if 0 < responded.sum() < len(responded):
                curves.append(_curve(mine[marker.column].to_numpy(float), responded).assign(**named))
        explained += [{"arm": arm, **row} for row in _explained(mine, responded)]
    columns = ["arm", "marker", "label", "false", "true"]
    return Biomarkers(
        roc=pd.DataFrame(roc),
        curves=pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns),
        subgroups=_subgroups(spec, patients),
        explained=pd.DataFrame(explained),
    )


def _area(mine: "pd.DataFrame", marker: Marker, responded: "NDArray[np.bool_]") -> dict[str, Any]:
    members = mine["candidate"].to_numpy()
    found = area(mine[marker.column].to_numpy(float), responded, members)
    return {
        "n": len(mine),
        "responders": int(responded.sum()),
        "members": len(np.unique(members)),
        "auc": found.value,
        "low": found.low,
        "high": found.high,
    }


def _curve(score: "Floats", responded: "NDArray[np.bool_]") -> "pd.DataFrame":
    """Points of a curve, thinned to what a small picture shows."""
    import pandas as pd

    false, true = roc_curve(score, responded)
    kept = np.unique(np.linspace(0, len(false) - 1, _POINTS).round().astype(int))
    return pd.DataFrame({"false": false[kept], "true": true[kept]})


def _explained(mine: "pd.DataFrame", responded: "NDArray[np.bool_]") -> list[dict[str, Any]]:
    names = {marker.column: marker.label for marker in markers()}
    sets = [(name, label, [name]) for name, label in names.items()]
    members = mine["candidate"].to_numpy()
    true = mine[TRUE_CHANGE].to_numpy(float)
    read = mine["best_change_pct"].to_numpy(float)
    seen = np.isfinite(read)
    rows = []
    for name, label, columns in [*sets, ("all", "All markers together", list(names))]:
        x = mine[columns].to_numpy(float)
        rows.append(
            {
                "marker": name,
                "label": label,
                "true_change": explained_share(x, true, members),
                "read_change": explained_share(x[seen], read[seen], members[seen]),
                "auc": explained_area(x, responded, members),
            }
        )
    # The true course is all that parameters can tell; nothing is fitted here, so nothing is held back.
    varies = seen.sum() > 2 and min(np.ptp(true[seen]), np.ptp(read[seen])) > 0.0
    whole = {
        "true_change": 1.0,
        "read_change": float(np.corrcoef(true[seen], read[seen])[0, 1] ** 2) if varies else float("nan"),
        "auc": area(-true, responded, members).value,
    }
    return [*rows, {"marker": "mechanism", "label": "All parameters of the patient", **whole}]


def _subgroups(spec: "TrialSpec", patients: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd
    from scipy.stats import norm

    rows: list[dict[str, Any]] = []
    treated_arms = [arm for arm in spec.arms if spec.control and arm != spec.control]
    for endpoint in ("pfs", "os"):
        for arm in treated_arms:
            both = patients[patients["arm"].isin([arm, spec.control])]
            for marker in markers():
                cut = float(patients[marker.column].median())
                high = (both[marker.column] >= cut).to_numpy()
                pair = []
                for group, inside in (("high", high), ("low", ~high)):
                    ratio, error, events = _ratio(both[inside], endpoint, arm)
                    pair.append((ratio, error))
                    rows.append(
                        {
                            "endpoint": endpoint,
                            "arm": arm,
                            "marker": marker.column,
                            "label": marker.label,
                            "unit": marker.unit,
                            "group": group,
                            "cut": cut,
                            "n": int(inside.sum()),
                            "events": events,
                            "value": float(np.exp(ratio)),
                            "low": float(np.exp(ratio - _Z * error)),
                            "high": float(np.exp(ratio + _Z * error)),
                        }
                    )
                # Two groups without a common patient: the difference of their logarithms is a normal test.
                apart = abs(pair[0][0] - pair[1][0]) / np.hypot(pair[0][1], pair[1][1])
                for row in rows[-2:]:
                    row["p_interaction"] = float(2.0 * norm.sf(apart))
    columns = ["endpoint", "arm", "marker", "label", "unit", "group", "cut", "n", "events", "value", "low"]
    return pd.DataFrame(rows, columns=[*columns, "high", "p_interaction"])


def _ratio(part: "pd.DataFrame", endpoint: str, arm: str) -> tuple[float, float, int]:
    """Log hazard ratio, its error, events; NaN where an arm has too few events to tell."""
    event = part[f"{endpoint}_event"].to_numpy(bool)
    treated = (part["arm"] == arm).to_numpy()
    events = int(event.sum())
    if min(int(event[treated].sum()), int(event[~treated].sum())) < _FEWEST_EVENTS:
        return float("nan"), float("nan"), events
    month = part[f"{endpoint}_month"].to_numpy(float)
    ratio, error = log_hazard_ratio(month, event, treated)
    members = part["candidate"].to_numpy()
    return ratio, robust_error(month, event, treated, members, log_ratio=ratio, error=error), events
