"""A calendar as a table: what one patient is given on which day."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.therapy.radiotherapy import BLOOD_BEAM
from alarmin.therapy.schedule import RADIOTHERAPY, Schedule

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["list_doses", "list_runs"]


def list_doses(calendar: Schedule, *, patient: int = 0) -> "pd.DataFrame":
    """List every dose and every fraction of one patient.

    Parameters
    ----------
    calendar : Schedule
    patient : int, default 0

    Returns
    -------
    DataFrame
        day (1 = first; 1.5 is noon, if the first dose is at midnight), regimen, phase (from 1), cycle, name,
        amount, unit, prescribed, infusion_min. A fraction is one row, however many lesions are in its field.
    """
    import pandas as pd

    mine = np.flatnonzero(calendar.patient == patient)
    sources = [calendar.sources[code] for code in calendar.source[mine]]
    table = pd.DataFrame(
        {
            "day": calendar.day[mine] + 1.0,
            "regimen": [calendar.regimens[code].regimen for code in calendar.regimen[mine]],
            "phase": calendar.phase[mine] + 1,
            "cycle": calendar.cycle[mine],
            "name": [source.name for source in sources],
            "amount": calendar.amount[mine],
            "unit": [source.unit for source in sources],
            "prescribed": [source.prescribed for source in sources],
            "infusion_min": [round(source.infusion_day * 1440, 6) for source in sources],
        }
    )
    in_blood = np.array([source.target == BLOOD_BEAM for source in sources], dtype=bool)
    table = table[~in_blood]
    fractions = table["name"] == RADIOTHERAPY
    repeated = fractions & table.duplicated(["day", "phase", "name", "prescribed"])
    return table[~repeated].reset_index(drop=True)


def list_runs(doses: "pd.DataFrame") -> "pd.DataFrame":
    """Put equal doses on days in a row into one row.

    Parameters
    ----------
    doses : DataFrame
        From `list_doses`.

    Returns
    -------
    DataFrame
        first_day, last_day, first_cycle, last_cycle (of radiotherapy: fractions), times (a day), and the
        columns of `list_doses` but day and cycle.
    """
    alike = [name for name in doses.columns if name not in ("day", "cycle")]
    dated = doses.assign(first_day=doses["day"].astype(int))
    daily = (
        dated.groupby([*alike, "first_day"], sort=False)
        .agg(times=("cycle", "size"), first_cycle=("cycle", "min"), last_cycle=("cycle", "max"))
        .reset_index()
    )
    alike.append("times")
    daily = daily.sort_values([*alike, "first_day"], kind="stable").reset_index(drop=True)
    same = (daily[alike] == daily[alike].shift()).all(axis=1)
    run = (~(same & (daily["first_day"].diff() == 1))).cumsum()
    runs = daily[~run.duplicated()].copy()
    last = daily[~run.duplicated(keep="last")]
    runs["last_day"], runs["last_cycle"] = last["first_day"].to_numpy(), last["last_cycle"].to_numpy()
    runs = runs.sort_values(["first_day", "phase", "name"], kind="stable").reset_index(drop=True)
    found: pd.DataFrame = runs[["first_day", "last_day", "first_cycle", "last_cycle", *alike]]
    return found
