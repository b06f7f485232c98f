"""Adverse events that come at a published rate: with a drug, or with radiotherapy of the lung."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.therapy import Schedule, drug
from alarmin.therapy.assignment import drawn
from alarmin.therapy.schedule import RADIOTHERAPY
from alarmin.trial.blood import blood_parameters

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["CHECKPOINTS", "draw_incidents", "expected_rates", "lung_risk"]

CHECKPOINTS = ("PDCD1", "CD274")
"""Targets of the antibodies after which some drugs cause more pneumonitis."""


def lung_risk(mean_lung_dose_gy: "Floats | float") -> "Floats":
    """Compute the risk of symptomatic radiation pneumonitis.

    Parameters
    ----------
    mean_lung_dose_gy : float or ndarray [Gy]

    Returns
    -------
    ndarray
        Share of patients; 0 without radiotherapy.

    Notes
    -----
    Logistic in the mean lung dose, as pooled by QUANTEC (``tox:radiation-pneumonitis-*-marks``).

    Examples
    --------
    >>> round(float(lung_risk(20.0)), 3)
    0.206
    """
    fixed = blood_parameters()
    dose = np.asarray(mean_lung_dose_gy, dtype=float)
    return np.where(dose > 0, 1 / (1 + np.exp(-(fixed.lung_b0 + fixed.lung_b1 * dose))), 0.0)


def draw_incidents(schedule: Schedule, patients: "pd.DataFrame", *, seed: int) -> "pd.DataFrame":
    """Draw the adverse events of each patient.

    Parameters
    ----------
    schedule : Schedule
    patients : DataFrame
        The index picks the random numbers of each.
    seed : int, >= 0

    Returns
    -------
    DataFrame
        patient (row), event, grade (2 or 3: below 3 or not known, or 3 and more), day, begin (day on which
        what brings it is first given).

    Notes
    -----
    Each drug and each course of radiotherapy brings its events on its own; a patient has an event if any of
    them does, so that shares combine as 1 - (1 - a)(1 - b).
    """
    import pandas as pd

    first = _first_days(schedule, len(patients))
    checkpoint = _checkpoint_day(first, len(patients))
    found = []
    for name, begin in first.items():
        treated = np.isfinite(begin)
        for event, share, severe, onset in _rates(name, begin, checkpoint, schedule, len(patients)):
            u = drawn(f"{name}/{event}", patients, seed=seed)
            late = -np.log1p(-drawn(f"{name}/{event}/onset", patients, seed=seed)) * onset
            hit = np.flatnonzero(treated & (u < share))
            grade = np.where(u[hit] < severe[hit], 3, 2)
            found.append(
                pd.DataFrame(
                    {
                        "patient": hit,
                        "event": event,
                        "grade": grade,
                        "day": (begin + late)[hit],
                        "begin": begin[hit],
                    }
                )
            )
    columns = ["patient", "event", "grade", "day", "begin"]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)
    return table.sort_values(["patient", "day", "event"], ignore_index=True)[columns]


def expected_rates(names: tuple[str, ...]) -> "pd.DataFrame":
    """Combine the published rates of drugs given together.

    Parameters
    ----------
    names : tuple of str
        Drugs of a regimen.

    Returns
    -------
    DataFrame
        event, drug (empty for the combination), any_pct, severe_pct (NaN where unknown), level, source: a row
        per drug and event, and one for each event that combines them.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    spared: dict[str, list[float]] = {}
    for name in names:
        for event, one in drug(name).toxicity.events.items():
            severe = np.nan if one.severe is None else one.severe
            rows.append(
                {
                    "event": event,
                    "drug": name,
                    "any_pct": 100 * one.any_,
                    "severe_pct": 100 * severe,
                    "level": one.level,
                    "source": one.source,
                }
            )
            so_far = spared.setdefault(event, [1.0, 1.0])
            spared[event] = [so_far[0] * (1 - one.any_), so_far[1] * (1 - severe)]
    for event, (any_, severe) in spared.items():
        rows.append(
            {
                "event": event,
                "drug": "",
                "any_pct": 100 * (1 - any_),
                "severe_pct": 100 * (1 - severe),
                "level": "derived",
                "source": "",
            }
        )
    return pd.DataFrame(rows, columns=["event", "drug", "any_pct", "severe_pct", "level", "source"])


def _first_days(schedule: Schedule, n: int) -> "dict[str, Floats]":
    """Return when each patient first gets each drug, or radiotherapy; infinity for never."""
    first: dict[str, Floats] = {}
    for number, source in enumerate(schedule.sources):
        if source.unit not in ("mg", "Gy"):
            continue
        days = first.setdefault(source.name, np.full(n, np.inf))
        mine = schedule.source == number
        np.minimum.at(days, schedule.patient[mine], schedule.day[mine])
    return first


def _checkpoint_day(first: "dict[str, Floats]", n: int) -> "Floats":
    days = [
        begin for name, begin in first.items() if name != RADIOTHERAPY and drug(name).target in CHECKPOINTS
    ]
    return np.asarray(np.min([np.full(n, np.inf), *days], axis=0))


def _rates(
    name: str, begin: "Floats", checkpoint: "Floats", schedule: Schedule, n: int
) -> "list[tuple[str, Floats, Floats, float]]":
    """Return event, share of any grade, share of grade 3 or more, and mean onset of one source."""
    if name == RADIOTHERAPY:
        fixed = blood_parameters()
        risk = lung_risk(fixed.lung_share * _lesion_dose(schedule, n))
        return [("pneumonitis", risk, fixed.lung_severe * risk, fixed.lung_onset_day)]
    found = []
    for event, one in drug(name).toxicity.events.items():
        share = np.full(n, one.any_)
        if one.after_checkpoint is not None:
            share = np.where(checkpoint < begin, one.after_checkpoint, share)
        severe = share * (one.severe / one.any_ if one.severe and one.any_ else 0.0)
        found.append((event, share, severe, one.onset_day))
    return found


def _lesion_dose(schedule: Schedule, n: int) -> "Floats":
    """Return the largest total dose to a lesion of each patient [Gy]."""
    largest = np.zeros(n)
    for number, source in enumerate(schedule.sources):
        if source.target in ("Beam_1", "Beam_2"):
            mine = schedule.source == number
            total = np.bincount(schedule.patient[mine], weights=schedule.amount[mine], minlength=n)
            largest = np.maximum(largest, total)
    return largest
