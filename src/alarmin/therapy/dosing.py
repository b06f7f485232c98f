"""From a regimen and patients to the doses that the engine gives, and to each patient's pharmacokinetics."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import DataError
from alarmin.engine import Doses
from alarmin.therapy.drugs import drug
from alarmin.therapy.regimen import Amount, Regimen

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["dose_mg", "doses", "join", "pharmacokinetics", "random_effects"]

GFR_CAP_ML_MIN = 125.0
"""Calvert doses cap the filtration rate here, as labels advise."""


def dose_mg(amount: Amount, patients: "pd.DataFrame") -> np.ndarray:
    """Work out what a prescribed dose is for each patient.

    Parameters
    ----------
    amount : Amount
    patients : DataFrame
        With weight_kg, bsa_m2 and crcl_ml_min.

    Returns
    -------
    ndarray, shape (n_patients,) [mg]

    Notes
    -----
    AUC doses follow Calvert 1989: mg = AUC * (GFR + 25), GFR in mL/min by creatinine clearance, capped.
    """
    match amount.scale:
        case "per_kg":
            scale = patients["weight_kg"].to_numpy(float)
        case "per_m2":
            scale = patients["bsa_m2"].to_numpy(float)
        case "auc":
            scale = np.minimum(patients["crcl_ml_min"].to_numpy(float), GFR_CAP_ML_MIN) + 25.0
        case _:
            scale = np.ones(len(patients))
    return amount.magnitude * scale


def doses(
    regimen: Regimen,
    patients: "pd.DataFrame",
    *,
    start_day: np.ndarray | float = 0.0,
    stop_day: np.ndarray | float = np.inf,
) -> Doses:
    """List every dose of every patient.

    Parameters
    ----------
    regimen : Regimen
    patients : DataFrame
        Features, one row per patient; the row number is the patient's number.
    start_day, stop_day : float or ndarray of shape (n_patients,) [day]
        Day 1 of the first cycle falls on `start_day`; nothing is given on or after `stop_day`.

    Returns
    -------
    Doses
        Amounts in mg of what the model follows, sorted by patient and time.

    Raises
    ------
    DataError
        A dose works out above the largest that its drug file accepts: the patient and the amount are named.
    """
    n = len(patients)
    start, stop = (np.broadcast_to(np.asarray(day, float), (n,)) for day in (start_day, stop_day))
    columns: list[tuple[np.ndarray, np.ndarray, list[str], np.ndarray, np.ndarray]] = []
    day0 = 0.0
    for phase in regimen.phases:
        cycles = day0 + phase.cycle_day * np.arange(phase.cycles)
        for given in phase.doses:
            what = drug(given.drug)
            if what.dose is None:
                raise DataError(f"regimen {regimen.regimen}: {given.drug} is not given to patients here")
            amount = dose_mg(given.amount, patients)
            if amount.max(initial=0.0) > what.dose.largest:
                worst = int(amount.argmax())
                raise DataError(
                    f"regimen {regimen.regimen}: {given.drug} {given.dose} is {amount[worst]:.0f} mg "
                    f"in patient {patients.index[worst]}, expected at most {what.dose.largest:g} mg"
                )
            times = (cycles[:, None] + np.asarray(given.days, float)[None, :] - 1.0).ravel()
            when = start[:, None] + times[None, :]
            patient, which = np.nonzero(when < stop[:, None])
            columns.append(
                (
                    patient,
                    when[patient, which],
                    [what.dosed_into] * len(patient),
                    amount[patient] * what.dose.active_fraction,
                    np.full(len(patient), given.infusion_day),
                )
            )
        day0 += phase.cycle_day * phase.cycles
    patient, time, _, amount, duration = (
        np.concatenate([np.asarray(c[k]) for c in columns]) for k in range(5)
    )
    target = np.concatenate([np.asarray(c[2], dtype=object) for c in columns])
    order = np.lexsort((target.astype(str), time, patient))
    return Doses(
        patient=patient[order].astype(np.int64),
        time=time[order].astype(float),
        target=target[order],
        amount=amount[order].astype(float),
        duration=duration[order].astype(float),
    )


def join(*parts: Doses) -> Doses:
    """Put lists of doses together, for example those of two arms, or a regimen and what follows it."""
    names = ("patient", "time", "target", "amount", "duration")
    return Doses(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def random_effects(names: tuple[str, ...]) -> dict[str, float]:
    """Return the random effects between patients of some drugs: ``drug.eta`` -> SD of its log."""
    return {f"{name}.{eta}": variance**0.5 for name in names for eta, variance in drug(name).etas.items()}


def pharmacokinetics(
    names: tuple[str, ...], patients: "pd.DataFrame", etas: "pd.DataFrame"
) -> dict[str, np.ndarray]:
    """Work out each patient's pharmacokinetic parameters.

    Parameters
    ----------
    names : tuple of str
        Drugs.
    patients : DataFrame
        Features that covariates refer to.
    etas : DataFrame
        One column per entry of `random_effects`, realised values of the log.

    Returns
    -------
    dict
        Parameter of the model -> ndarray of shape (n_patients,), in the model's unit.
    """
    features = patients.assign(crcl_plus_25_ml_min=np.minimum(patients["crcl_ml_min"], GFR_CAP_ML_MIN) + 25.0)
    values: dict[str, np.ndarray] = {}
    for name in names:
        for parameter, constant in drug(name).parameters.items():
            if not (constant.eta or constant.covariates):
                continue
            value = np.full(len(patients), constant.value)
            for feature, law in constant.covariates.items():
                value *= (features[feature].to_numpy(float) / law.reference) ** law.exponent
            if constant.eta:
                value *= np.exp(etas[f"{name}.{constant.eta}"].to_numpy(float))
            values[f"{parameter}_{name}"] = value
    return values
