"""What one virtual trial gives: everything that charts and reports show."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alarmin.trial.biomarkers import Biomarkers
from alarmin.trial.price import Price
from alarmin.trial.spec import TrialSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TrialResult"]


@dataclass(frozen=True)
class TrialResult:
    """Result of a virtual trial.

    Parameters
    ----------
    spec : TrialSpec
    seed : int
    patients : DataFrame
        One row per treated patient: patient_id, arm, the baseline features, line, driver_sought (whether
        the trial asks for a driver that the patient carries), radiation_gy (largest course planned, earlier
        lines included), the columns of `alarmin.trial.baseline.with_baseline`, and the outcome columns of
        `alarmin.trial.conduct.Observation`.
    tumour : DataFrame
        One row per patient and visit: patient_id, arm, visit, day, lesion_1_mm, lesion_2_mm, sld_mm,
        change_pct, new_lesion, response, and danger signals in plasma (`alarmin.trial.baseline.PLASMA`).
    cascade : DataFrame
        Quantiles over patients: time_day, variable, label, unit, arm, q05, q25, q50, q75, q95. Variables in
        the order in which they are to be drawn.
    endpoints : DataFrame
        From `alarmin.trial.endpoints.summarise`.
    comparison : DataFrame
        From `alarmin.trial.comparison.compare`.
    published_curves : DataFrame
        From `alarmin.trial.comparison.published_curves`.
    price : Price
        Toxicity beside the published rates, and how much of the planned doses was given.
    biomarkers : Biomarkers
        From `alarmin.trial.biomarkers.analyse`.
    accounting : DataFrame
        step (member, drawn, excluded, failed, treated), arm (empty where it does not apply), reason, n. Every
        member of the population is either excluded or drawn; a drawn one may stand for several patients.
    parameters : DataFrame
        id, value, unit, level, source, meaning of every parameter that took part.
    settings : dict
        What the run was asked for and how it was computed (sizes, tolerances, versions of model and
        evidence).
    inputs : dict
        Name of each input file -> SHA-256 of its bytes.
    calibration : str, optional
        What the virtual patients were calibrated on, a sentence without its full stop; None = not calibrated,
        and the report says so.
    """

    spec: TrialSpec
    seed: int
    patients: "pd.DataFrame"
    tumour: "pd.DataFrame"
    cascade: "pd.DataFrame"
    endpoints: "pd.DataFrame"
    comparison: "pd.DataFrame"
    published_curves: "pd.DataFrame"
    price: Price
    biomarkers: Biomarkers
    accounting: "pd.DataFrame"
    parameters: "pd.DataFrame"
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    calibration: str | None = None
