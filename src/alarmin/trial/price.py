"""The price of treatment in each arm: worst grades, and how much of the planned doses could be given."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.therapy import Schedule, drug
from alarmin.trial.giving import Course, Part
from alarmin.trial.toxicity import (
    MEASURES,
    compare_toxicity,
    dose_intensity,
    summarise_toxicity,
    worst_grades,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = ["Price", "price"]

AFTER_DRUG_DAY = 30.0
"""Events count until so long after the last dose of a drug, as trials report them."""
AFTER_RADIOTHERAPY_DAY = 180.0
"""And after the last fraction: late enough for pneumonitis. Assumed."""
_CHANGES = ("held", "omitted", "reduced", "stopped")


@dataclass(frozen=True)
class Price:
    """What the regimens of the arms cost their patients; what follows progression is not counted.

    Parameters
    ----------
    toxicity : DataFrame
        From `alarmin.trial.toxicity.compare_toxicity`.
    intensity : DataFrame
        arm, drug, n (patients who were to get it), given_pct (mean share of the dose planned until treatment
        ended), holds_per_patient (looks at the blood that put it off), and held_pct, omitted_pct,
        reduced_pct, stopped_pct (share of patients).
    unknown : dict
        Arm -> its drugs whose effect on blood is not known; counts do not fall with them.
    """

    toxicity: "pd.DataFrame"
    intensity: "pd.DataFrame"
    unknown: dict[str, list[str]]


def price(
    spec: "TrialSpec", arm: "NDArray[np.object_]", course: Course, *, end_day: "Floats", seen_day: "Floats"
) -> Price:
    """Sum up the price.

    Parameters
    ----------
    spec : TrialSpec
    arm : ndarray of str, shape (n_patients,)
        Empty for patients who are left out.
    course : Course
    end_day : ndarray, shape (n_patients,) [day]
        When progression ended treatment; infinity where it did not.
    seen_day : ndarray, shape (n_patients,) [day]
        Until when each patient was followed.
    """
    import pandas as pd

    grades: list[pd.DataFrame] = []
    visits: list[pd.DataFrame] = []
    given: list[pd.DataFrame] = []
    for part in course.parts:
        rows, end = part.rows, np.minimum(end_day, seen_day)[part.rows]
        until = np.minimum(_last_day(part.given.schedule, end), seen_day[rows])
        given_now = replace(part.given, events=_in_time(part.given.events, end, until))
        counts = part.given.counts
        looked = replace(given_now, counts=counts[counts["before_dose"]])
        for found, what in ((grades, given_now), (visits, looked)):
            found.append(worst_grades(what, len(rows), until_day=until).set_axis(rows))
        given.append(_per_patient(part, arm[rows], end))
    kept = np.flatnonzero(arm != "")
    toxicity = summarise_toxicity(arm[kept], _of_all(grades, kept), _of_all(visits, kept))
    unknown = {name: _unknown(course, arm == name) for name in spec.arms}
    return Price(compare_toxicity(spec, toxicity), _intensity(given, list(spec.arms)), unknown)


def _last_day(given: Schedule, end: "Floats") -> "Floats":
    """Return until when events of each patient count."""
    gy = np.array([source.unit == "Gy" for source in given.sources], dtype=bool)[given.source]
    until = np.full(len(end), -np.inf)
    for mine, after in ((~gy, AFTER_DRUG_DAY), (gy, AFTER_RADIOTHERAPY_DAY)):
        mine = mine & (given.day < end[given.patient])
        np.maximum.at(until, given.patient[mine], given.day[mine] + after)
    return until


def _in_time(events: "pd.DataFrame", end: "Floats", until: "Floats") -> "pd.DataFrame":
    """Move events that come at a published rate to the last day that counts, where they would come later.

    A published rate is that of all who were treated, those among them whose treatment ended early.
    """
    who = events["patient"].to_numpy(np.int64)
    begin, day = events["begin"].to_numpy(float), events["day"].to_numpy(float)
    treated = (begin < end[who]) & (begin <= until[who])
    return events.assign(day=np.where(treated, np.minimum(day, until[who]), day))


def _of_all(parts: "list[pd.DataFrame]", rows: "NDArray[np.int64]") -> "pd.DataFrame":
    """Put worst grades together; 0 for patients who were given nothing, and for events of other drugs."""
    import pandas as pd

    events = dict.fromkeys([*(event for event, _ in MEASURES.values()), *(c for one in parts for c in one)])
    whole = pd.concat([pd.DataFrame(columns=list(events), dtype=float), *parts])
    return whole.reindex(rows).fillna(0).astype(int)


def _per_patient(part: Part, arm: "NDArray[np.object_]", end: "Floats") -> "pd.DataFrame":
    """Compare plan and doses, one row per patient and drug."""
    import pandas as pd

    n, changes = len(arm), part.given.changes
    changes = changes[changes["day"] < end[changes["patient"].to_numpy(int)]]
    tables = []
    for name in _drugs(part):
        planned, got = (_total(one, name, end) for one in (part.planned, part.given.schedule))
        mine = changes[changes["drug"] == name]
        counted = {
            kind: np.bincount(mine.loc[mine["change"] == kind, "patient"].to_numpy(int), minlength=n)
            for kind in _CHANGES
        }
        table = pd.DataFrame({"arm": arm, "drug": name, "given": dose_intensity(planned, got), **counted})
        tables.append(table[planned > 0])
    return pd.concat(tables) if tables else pd.DataFrame({"arm": [], "drug": []})


def _total(plan: Schedule, name: str, end: "Floats") -> "Floats":
    """Add up what each patient gets of a drug until treatment ends [mg]."""
    chosen = np.array([source.name == name for source in plan.sources], dtype=bool)[plan.source]
    chosen &= plan.day < end[plan.patient]
    amounts = plan.amount[chosen]
    return np.asarray(np.bincount(plan.patient[chosen], weights=amounts, minlength=len(end)), dtype=float)


def _drugs(part: Part) -> list[str]:
    return list(dict.fromkeys(source.name for source in part.planned.sources if source.unit == "mg"))


def _intensity(parts: "list[pd.DataFrame]", arms: list[str]) -> "pd.DataFrame":
    import pandas as pd

    columns = ["arm", "drug", "n", "given_pct", "holds_per_patient", *(f"{kind}_pct" for kind in _CHANGES)]
    rows: list[dict[str, Any]] = []
    whole = pd.concat(parts) if parts else pd.DataFrame({"arm": [], "drug": []})
    for arm in arms:
        for name, mine in whole[whole["arm"] == arm].groupby("drug", sort=False):
            shares = {f"{kind}_pct": 100.0 * float((mine[kind] > 0).mean()) for kind in _CHANGES}
            rows.append(
                {
                    "arm": arm,
                    "drug": name,
                    "n": len(mine),
                    "given_pct": 100.0 * float(mine["given"].mean()),
                    "holds_per_patient": float(mine["held"].mean()),
                    **shares,
                }
            )
    return pd.DataFrame(rows, columns=columns)


def _unknown(course: Course, mine: "NDArray[np.bool_]") -> list[str]:
    """List the drugs of some patients whose effect on blood is not known."""
    names = dict.fromkeys(name for part in course.parts if mine[part.rows].any() for name in _drugs(part))
    return [name for name in names if not drug(name).toxicity.known]
