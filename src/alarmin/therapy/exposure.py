"""Exposure of a typical patient to a drug, computed with the drug's own templates and without a tumour."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError
from alarmin.engine import Doses, Model, compile_model, read_sbml, simulate
from alarmin.model import Substance, assemble_kinetics
from alarmin.therapy.dosing import pharmacokinetics, random_effects
from alarmin.therapy.drugs import drug, substance
from alarmin.therapy.notation import read_amount
from alarmin.therapy.schedule import dose_mg

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "HORIZON_DAY",
    "TYPICAL",
    "Course",
    "course",
    "followed_mg",
    "label_exposure",
    "label_mg",
    "typical_course",
    "typical_patient",
]

Floats = NDArray[np.float64]
HORIZON_DAY = 250.0
"""Long enough for every drug to be gone or in steady state [day]."""

TYPICAL: dict[str, Any] = {
    "weight_kg": 70.0,
    "bsa_m2": 1.8,
    "crcl_ml_min": 90.0,
    "albumin_g_per_l": 39.0,
    "sld_mm": 63.0,
    "age_year": 63.0,
    "sex": "male",
    "ecog": 1,
    "smoking": "former",
    "histology": "nonsquamous",
}
"""Features of the patient that exposures are computed for: the middle of a trial's patients."""


@dataclass(frozen=True)
class Course:
    """What becomes of doses of one drug.

    Parameters
    ----------
    time : ndarray, shape (n_times,) [day]
    concentration : ndarray [mg/L]
        In plasma, of what the model follows.
    exposure : ndarray [mg*day/L]
        Area under the concentration up to each time.
    body, left : ndarray [mg]
        In the body, and what has left it or was never absorbed.
    """

    time: Floats
    concentration: Floats
    exposure: Floats
    body: Floats
    left: Floats


def typical_patient(bsa_m2: float = TYPICAL["bsa_m2"]) -> "pd.DataFrame":
    """Return the patient that exposures are computed for, as one row of features.

    Parameters
    ----------
    bsa_m2 : float, default 1.8 [m2]
        Body surface; creatinine clearance goes with it, as kidneys do.
    """
    import pandas as pd

    kidneys = TYPICAL["crcl_ml_min"] * bsa_m2 / TYPICAL["bsa_m2"]
    return pd.DataFrame([TYPICAL | {"bsa_m2": bsa_m2, "crcl_ml_min": kidneys}])


def course(
    chosen: Substance,
    target: str,
    given: tuple[ArrayLike, ArrayLike, ArrayLike],
    times: ArrayLike,
    *,
    values: dict[str, float] | None = None,
    rtol: float = 1e-8,
) -> Course:
    """Follow doses of one drug through the body.

    Parameters
    ----------
    chosen : Substance
        The drug as the model sees it.
    target : str
        State that takes the doses.
    given : tuple of array
        Times [day], amounts [mg] and durations [day] of the doses.
    times : array [day]
        When to look.
    values : dict, optional
        Constants that differ from the drug's typical ones (``CL_cisplatin``).
    rtol : float, default 1e-8
    """
    name = chosen.name
    states, model = _compiled(chosen, target, tuple(values or ()))
    when, amount, duration = (np.atleast_1d(np.asarray(column, float)) for column in given)
    doses = Doses(np.zeros(len(when), int), when, [target] * len(when), amount, duration)
    columns = [[(values or {})[key] for key in model.parameters]]
    batch = simulate(model, columns, times, doses=doses, rtol=rtol, threads=1, on_error="raise")
    by_name = dict(zip(batch.outputs, batch.values[0].T, strict=True))
    return Course(
        time=np.asarray(times, float),
        concentration=by_name[f"Cc_{name}"],
        exposure=by_name[f"AUC_{name}"],
        body=np.sum([by_name[state] for state in states], axis=0),
        left=by_name[f"Out_{name}"],
    )


@cache
def _compiled(chosen: Substance, target: str, columns: tuple[str, ...]) -> tuple[tuple[str, ...], Model]:
    system = read_sbml(assemble_kinetics(chosen))
    name = chosen.name
    ledger = (f"Cc_{name}", f"AUC_{name}", f"Out_{name}")
    states = tuple(state for state in system.states if state not in ledger)
    model = compile_model(
        system,
        parameters=[column for column in columns if column in system.parameters],
        outputs=(*states, *ledger),
        dosed=(target,),
    )
    return states, model


def typical_course(
    name: str,
    amount_mg: float,
    when: Sequence[float],
    duration_day: float,
    times: ArrayLike,
    *,
    patient: "pd.DataFrame | None" = None,
) -> Course:
    """Follow equal doses of a shipped drug through the typical patient, or another without random effects."""
    import pandas as pd

    patient = typical_patient() if patient is None else patient
    none = pd.DataFrame({effect: [0.0] for effect in random_effects((name,))})
    own = {key: float(value[0]) for key, value in pharmacokinetics((name,), patient, none).items()}
    n = len(when)
    given = (list(when), [amount_mg] * n, [duration_day] * n)
    return course(substance(name), drug(name).dosed_into, given, times, values=own)


def followed_mg(name: str, dose: str, *, patient: "pd.DataFrame | None" = None) -> float:
    """Return how much of a prescribed dose the model follows in the typical patient or another [mg]."""
    patient = typical_patient() if patient is None else patient
    what = drug(name).dose
    share = what.active_fraction if what else 1.0
    return float(dose_mg(read_amount(dose), patient)[0]) * share


def label_mg(name: str) -> float:
    """Return one label dose in the typical patient [mg].

    Raises
    ------
    DataError
        The drug's file names no label dose.
    """
    label = drug(name).label
    if label is None:
        raise DataError(f"{name}: its data file has no label dose")
    return followed_mg(name, label.dose)


def label_exposure(name: str) -> tuple[float, float]:
    """Return exposure over one cycle of the label dose in steady state, and the length of the cycle.

    Returns
    -------
    tuple of float [mg*day/L], [day]
    """
    amount, label = label_mg(name), drug(name).label
    assert label is not None
    cycle = label.cycle_day
    starts = np.arange(np.ceil(HORIZON_DAY / cycle)) * cycle
    when = np.sort((starts[:, None] + np.asarray(label.days, float)[None, :] - 1.0).ravel())
    got = typical_course(name, amount, list(when), label.infusion_day, [starts[-1], starts[-1] + cycle])
    return float(got.exposure[1] - got.exposure[0]), cycle
