"""A plain model of survival from the rate of tumour growth, the baseline that the joint hazard must beat.

Published for 786 patients under checkpoint antibodies, docetaxel and both (Struemper 2025, `par:TGIOS.*`):
the readings of a patient give growth kg and shrinkage ks, these and the baseline the median time to death,
and times to death are log-normal about it. Nothing of it is fitted here. It knows neither new lesions nor
what follows progression, and it looks ahead: growth that is read late decides about death that comes earlier.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from alarmin.evidence import parameter_evidence
from alarmin.trial.conduct import DAYS_PER_MONTH

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["TumourRates", "fit_tumours", "log_median_day", "survival_at"]

_TREATMENTS = ("pembrolizumab", "docetaxel", "dostarlimab", "dostarlimab_chemo", "pembrolizumab_chemo")
"""Treatments with published typical rates of growth and shrinkage."""
_REFERENCES = {"TS0": 100.0, "TTG": 39.9, "albumin": 39.4, "NLR": 4.1}
"""About which the published effects are centred [mm, week, g/L, 1]."""
_STEPS = 40


@dataclass(frozen=True)
class TumourRates:
    """Individual estimates, each of shape (n,): baseline [mm], growth and shrinkage [1/week]."""

    base_mm: "Floats"
    kg_per_week: "Floats"
    ks_per_week: "Floats"

    @property
    def growth_week(self) -> "Floats":
        """Time at which growth overtakes shrinkage [week], 0 where it does from the beginning."""
        lead = np.log(self.ks_per_week / self.kg_per_week)
        return np.maximum(lead / (self.kg_per_week + self.ks_per_week), 0.0)


@cache
def _value(name: str) -> float:
    return float(parameter_evidence(f"par:TGIOS.{name}").value or "nan")


@cache
def _variance(name: str) -> float:
    """Variance of the logarithm between patients, which the evidence names in words."""
    text = parameter_evidence(f"par:TGIOS.{name}").distribution or ""
    return float(re.findall(r"omega2=([\d.]+)", text)[0])


def _prior() -> "tuple[Floats, Floats]":
    """Logarithms of typical baseline [mm], growth and shrinkage [1/week]; reciprocals of their variances."""
    logs = [[np.log(_value(f"{rate}_{treatment}")) for treatment in _TREATMENTS] for rate in ("kg", "ks")]
    variances = [_variance(name) for name in ("TS0", "kg_docetaxel", "ks_docetaxel")]
    return np.array([np.log(_value("TS0")), *np.mean(logs, axis=1)]), 1.0 / np.array(variances)


def fit_tumours(
    week: "Floats",
    read_mm: "Floats",
    counted: "NDArray[np.bool_]",
) -> TumourRates:
    """Estimate each patient's growth and shrinkage from the readings, the published spread as prior.

    Parameters
    ----------
    week : ndarray, shape (n_visits,) or (n, n_visits) [week]
        Since the baseline reading, which is the first.
    read_mm : ndarray, shape (n, n_visits) [mm]
        Sum of diameters.
    counted : ndarray of bool, shape (n, n_visits)
        Readings to use.

    Notes
    -----
    sum = base (exp(kg t) + exp(-ks t) - 1). Maximum a posteriori of the three logarithms, with the published
    error of reading; Gauss-Newton with damping, all patients at once. The prior does not know the treatment:
    it is the geometric mean over the published ones, because arms are to differ by their tumours alone. Left
    out besides: correlations between the three, effects of PD-L1, lactate dehydrogenase, number of lesions.
    """
    typical, precision = _prior()
    centre = np.tile(typical, (len(read_mm), 1))
    spread = np.sqrt(_value("TS_err_add") ** 2 + (_value("TS_err_prop") * read_mm) ** 2)
    weight = np.where(counted, 1.0 / spread, 0.0)
    time = np.where(counted, np.broadcast_to(week, read_mm.shape), 0.0)

    def miss(score: "Floats") -> "tuple[Floats, Floats, Floats]":
        base, kg, ks = (np.exp(score[:, [k]]) for k in range(3))
        up, down = np.exp(kg * time), np.exp(-ks * time)
        size = base * (up + down - 1.0)
        slope = np.stack([size, base * kg * time * up, -base * ks * time * down], axis=2) * weight[:, :, None]
        residual = (size - read_mm) * weight
        return residual, slope, (residual**2).sum(axis=1) + (precision * (score - centre) ** 2).sum(axis=1)

    score = centre.copy()
    residual, slope, cost = miss(score)
    damping = np.ones(len(score))
    for _ in range(_STEPS):
        curvature = np.einsum("nvp,nvq->npq", slope, slope) + np.diag(precision)
        diagonal = np.einsum("npp->np", curvature)
        curvature = curvature + damping[:, None, None] * diagonal[:, :, None] * np.eye(3)
        gradient = np.einsum("nvp,nv->np", slope, residual) + precision * (score - centre)
        # Rates beyond e**2 per week are never tried: the exponential would overflow.
        tried = np.minimum(score - np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0], [7.0, 0.0, 2.0])
        _, _, new = miss(tried)
        better = new < cost
        score = np.where(better[:, None], tried, score)
        damping = np.clip(np.where(better, damping / 5.0, damping * 5.0), 1e-9, 1e9)
        residual, slope, cost = miss(score)
    return TumourRates(*np.exp(score).T)


def log_median_day(rates: TumourRates, patients: "pd.DataFrame") -> "Floats":
    """Logarithm of the median time to death [log day], shape (n,).

    Parameters
    ----------
    rates : TumourRates
    patients : DataFrame
        albumin_g_per_l, nlr. Total protein, which patients here do not have, is taken at its reference.
    """
    kg = rates.kg_per_week
    return np.asarray(
        _value("OS_mu0")
        + _value("OS_Emax_kg") * kg / (kg + _value("OS_EC50_kg"))
        + _value("OS_slope_TS0") * (rates.base_mm - _REFERENCES["TS0"])
        + _value("OS_slope_TTG") * (rates.growth_week - _REFERENCES["TTG"])
        + _value("OS_slope_albumin") * (patients["albumin_g_per_l"].to_numpy(float) - _REFERENCES["albumin"])
        + _value("OS_slope_NLR") * (patients["nlr"].to_numpy(float) - _REFERENCES["NLR"])
    )


def survival_at(log_day: "Floats", month: "Floats") -> "Floats":
    """Chance to be alive at times [month] for medians [log day]; shape of `log_day` and one more axis.

    Examples
    --------
    >>> survival_at(np.log([300.0]), np.array([0.0, 300.0 / 30.4375])).tolist()
    [[1.0, 0.5]]
    """
    from scipy.special import ndtr

    day = np.maximum(month * DAYS_PER_MONTH, 1e-6)
    return np.asarray(ndtr((log_day[..., None] - np.log(day)) / np.exp(_value("OS_log_sigma"))))
