"""What treatment cost the patients of each arm, as a trial reports it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from alarmin.trial.administer import FEVER, Administered
from alarmin.trial.blood import COUNTS
from alarmin.trial.comparison import published_arms
from alarmin.trial.grades import COUNT_EVENTS, grade

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = ["MEASURES", "compare_toxicity", "dose_intensity", "summarise_toxicity", "worst_grades"]

MEASURES = {
    "neutropenia_grade3plus": ("neutropenia", 3),
    "febrile_neutropenia": (FEVER, 3),
    "anaemia_grade3plus": ("anaemia", 3),
    "thrombocytopenia_grade3plus": ("thrombocytopenia", 3),
    "lymphopenia_grade3plus": ("lymphopenia", 3),
    "pneumonitis_any": ("pneumonitis", 1),
}
"""Measure, as the evidence names it -> event and least grade. Other events count at any grade."""


def worst_grades(
    given: Administered, n_patients: int, *, until_day: "Floats | float" = np.inf
) -> "pd.DataFrame":
    """Find the worst grade of each event that each patient had.

    Parameters
    ----------
    given : Administered
    n_patients : int
    until_day : float or ndarray of shape (n_patients,) [day]
        What is seen later does not count.

    Returns
    -------
    DataFrame
        One row per patient, one column per event; 0 where it did not come. Fever with neutropenia brings a
        count at once, and rises here only from neutrophils of grade 4.
    """
    import pandas as pd

    until = np.broadcast_to(np.asarray(until_day, float), (n_patients,))
    counts = given.counts[given.counts["day"] <= until[given.counts["patient"].to_numpy(int)]]
    found = pd.DataFrame(0, index=range(n_patients), columns=list(COUNT_EVENTS))
    if len(counts):
        grades = pd.DataFrame(grade(counts[list(COUNTS)].to_numpy(float)), columns=list(COUNT_EVENTS))
        worst = grades.groupby(counts["patient"].to_numpy(int)).max()
        found.loc[worst.index] = worst
    events = given.events[given.events["day"] <= until[given.events["patient"].to_numpy(int)]]
    others = events.pivot_table(index="patient", columns="event", values="grade", aggfunc="max", fill_value=0)
    wanted = dict.fromkeys(["pneumonitis", FEVER, *others.columns])
    others = others.reindex(index=range(n_patients), columns=list(wanted), fill_value=0)
    found[list(wanted)] = others.fillna(0).astype(int)
    found.loc[found[FEVER] > 0, "neutropenia"] = 4
    return found


def dose_intensity(planned_mg: "Floats", given_mg: "Floats") -> "Floats":
    """Return the share of the planned dose that was given, NaN where nothing was planned."""
    share = np.full(len(planned_mg), np.nan)
    np.divide(given_mg, planned_mg, out=share, where=planned_mg > 0)
    return share


def summarise_toxicity(
    arm: "NDArray[np.object_]", grades: "pd.DataFrame", before_doses: "pd.DataFrame"
) -> "pd.DataFrame":
    """Compute the share of patients of each arm with each of `MEASURES`, and with each other event.

    Parameters
    ----------
    arm : ndarray of str, shape (n_patients,)
    grades, before_doses : DataFrame
        From `worst_grades`: by all counts, and by those that decided on doses.

    Returns
    -------
    DataFrame
        measure, event, grade (the least), arm, n, simulated, low, high (exact 95 % interval), before_doses
        [%]. The last is NaN for what is not a count; fever brings a count at once and belongs to it.
    """
    import pandas as pd
    from scipy.stats import binomtest

    known = {event for event, _ in MEASURES.values()}
    others = {f"{event.replace(' ', '_')}_any": (event, 1) for event in grades.columns if event not in known}
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys(arm.tolist()):
        mine = grades[arm == name]
        for measure, (event, least) in (MEASURES | others).items():
            hit = int((mine[event] >= least).sum())
            interval = binomtest(hit, len(mine)).proportion_ci(0.95, "exact")
            rows.append(
                {
                    "measure": measure,
                    "event": event,
                    "grade": least,
                    "arm": name,
                    "n": len(mine),
                    "simulated": 100.0 * hit / len(mine),
                    "low": 100.0 * float(interval.low),
                    "high": 100.0 * float(interval.high),
                    "before_doses": 100.0 * float((before_doses[event][arm == name] >= least).mean())
                    if event in COUNT_EVENTS
                    else np.nan,
                }
            )
    return pd.DataFrame(rows)


def compare_toxicity(spec: "TrialSpec", toxicity: "pd.DataFrame") -> "pd.DataFrame":
    """Put the published rate beside each simulated one.

    Parameters
    ----------
    spec : TrialSpec
    toxicity : DataFrame
        From `summarise_toxicity`.

    Returns
    -------
    DataFrame
        The same with published, source (ids joined by "; ") and verified; NaN and empty where nothing is
        published. Published rates are those of events that were reported, which miss low counts that nobody
        looked at or wrote down.
    """
    arms = published_arms(spec)
    values, sources, verified = [], [], []
    for row in toxicity.to_dict("records"):
        arm = arms.get(str(row["arm"]))
        figure = arm.figures.get(str(row["measure"])) if arm is not None else None
        values.append(np.nan if figure is None or figure.value is None else figure.value)
        sources.append("" if figure is None else "; ".join(figure.sources))
        verified.append("" if figure is None else figure.verified)
    return toxicity.assign(published=values, source=sources, verified=verified)
