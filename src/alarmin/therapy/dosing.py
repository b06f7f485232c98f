"""From a regimen and patients to the doses that the engine gives, and to each patient's pharmacokinetics."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.engine import Doses
from alarmin.therapy.drug_file import COSTS, Constant, Drug
from alarmin.therapy.drugs import drug
from alarmin.therapy.regimen import Regimen
from alarmin.therapy.schedule import GFR_CAP_ML_MIN, schedule

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cost_factors", "doses", "join", "pharmacokinetics", "random_effects"]


def doses(
    regimen: Regimen,
    patients: "pd.DataFrame",
    *,
    start_day: np.ndarray | float = 0.0,
    stop_day: np.ndarray | float = np.inf,
    progression_day: np.ndarray | float = np.inf,
    seed: int = 0,
) -> Doses:
    """List every dose of every patient as the model receives it.

    Parameters
    ----------
    regimen, patients, start_day, stop_day, progression_day, seed
        As for `schedule`; the row number is the patient's number.

    Returns
    -------
    Doses
        Amounts in mg of what the model follows and in Gy, sorted by patient and time.

    Raises
    ------
    DataError
        As `schedule`.
    """
    return schedule(
        regimen,
        patients,
        start_day=start_day,
        stop_day=stop_day,
        progression_day=progression_day,
        seed=seed,
    ).doses()


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
            if not constant.by_patient:
                continue
            value = np.full(len(patients), constant.value)
            for feature, law in constant.covariates.items():
                value *= (features[feature].to_numpy(float) / law.reference) ** law.exponent
            value *= _factors(constant, features)
            if constant.eta:
                value *= np.exp(etas[f"{name}.{constant.eta}"].to_numpy(float))
            values[f"{parameter}_{name}"] = value
    return values


def cost_factors(chosen: Drug, patients: "pd.DataFrame") -> dict[str, np.ndarray]:
    """Work out by how much what a drug costs the blood differs with each patient's features.

    Parameters
    ----------
    chosen : Drug
    patients : DataFrame
        Features that factors refer to; `age_group` ("65 and over" or "under 65") is made from age_year.

    Returns
    -------
    dict
        Constant of toxicity (`neutro`) -> factor, ndarray of shape (n_patients,); those without factors are
        left out.
    """
    constants = {key: getattr(chosen.toxicity, key) for key in COSTS}
    differing = {key: one for key, one in constants.items() if one is not None and one.factors}
    if not differing:
        return {}
    features = patients.assign(age_group=np.where(patients["age_year"] >= 65, "65 and over", "under 65"))
    return {key: _factors(constant, features) for key, constant in differing.items()}


def _factors(constant: Constant, features: "pd.DataFrame") -> np.ndarray:
    """Return the product of the factors of the kinds that each patient is of."""
    value = np.ones(len(features))
    for feature, factors in constant.factors.items():
        for kind, factor in factors.items():
            value *= np.where(features[feature].astype(str) == kind, factor.value, 1.0)
    return value
