"""What a run reads off its patients besides their lesions: baseline markers, plasma, the true course."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.biomarkers import TRUE_CHANGE, markers
from alarmin.trial.imaging import at_days, visit_days

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = ["PLASMA", "read_outs", "with_baseline", "with_plasma"]

PLASMA = {
    "plasma_hmgb1_ng_per_ml": "HMGB1_plasma",
    "plasma_calr_ng_per_ml": "CALR_plasma",
    "plasma_hsp70_ng_per_ml": "HSP70_plasma",
    "plasma_anxa1_ng_per_ml": "ANXA1_plasma",
}
"""Column of the visits -> variable of the model: danger signals of the tumour in plasma."""
_LAST_DAY = 365.25


def read_outs() -> tuple[str, ...]:
    """Name the variables of the model that are needed here."""
    return tuple(dict.fromkeys((*(m.output for m in markers() if m.output), *PLASMA.values())))


def with_baseline(
    spec: "TrialSpec",
    patients: "pd.DataFrame",
    grid_day: "Floats",
    values: "dict[str, Floats]",
    sld_mm: "Floats",
) -> "pd.DataFrame":
    """Add to the patients what their tumours are on the day of the first dose, and what becomes of them.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame
    grid_day : ndarray [day]
    values : dict
        Of each of `read_outs`: shape (n_patients, n_grid).
    sld_mm : ndarray, shape (n_patients, n_grid) [mm]
        True sum of diameters as if treatment went on.

    Returns
    -------
    DataFrame
        With the columns of `markers` that are no features, and `TRUE_CHANGE`: the smallest sum from the day
        of the first scan to the end of the first year against that of day 0.
    """
    first = visit_days(spec.imaging, float(grid_day[-1]))[1]
    inside = (grid_day >= first) & (grid_day <= _LAST_DAY)
    own = {m.column: values[m.output][:, 0] for m in markers() if m.output}
    change = 100.0 * (sld_mm[:, inside].min(axis=1) / sld_mm[:, 0] - 1.0)
    return patients.assign(**own, **{TRUE_CHANGE: change})


def with_plasma(
    tumour: "pd.DataFrame", patients: "pd.DataFrame", grid_day: "Floats", values: "dict[str, Floats]"
) -> "pd.DataFrame":
    """Add to the visits what is in plasma on that day.

    Parameters
    ----------
    tumour : DataFrame
        One row per patient and visit: patient_id, day.
    patients : DataFrame
        In the order of `values`.
    grid_day, values
        As for `with_baseline`.
    """
    import pandas as pd

    row = pd.Index(patients["patient_id"]).get_indexer(pd.Index(tumour["patient_id"]))
    place = tumour.groupby("patient_id").cumcount().to_numpy()
    days = np.full((len(patients), place.max(initial=0) + 1), grid_day[0])
    days[row, place] = tumour["day"].to_numpy()
    read = at_days(np.stack([values[name] for name in PLASMA.values()], axis=2), grid_day, days)
    return tumour.assign(**{column: read[row, place, k] for k, column in enumerate(PLASMA)})
