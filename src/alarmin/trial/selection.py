"""Who may enter a trial: criteria on the features of virtual patients."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["FEATURES", "Criterion", "choose", "eligible", "parse_criterion"]

FEATURES: dict[str, tuple[object, ...] | str] = {
    "sld_mm": "number",
    "pd_l1_tps_pct": "number",
    "tmb_mut_per_mb": "number",
    "histology": ("nonsquamous", "squamous"),
    "stage": ("III", "IV"),
    "line": (1, 2, 3),
    "ecog": (0, 1),
    "age_year": "number",
    "sex": ("female", "male"),
    "weight_kg": "number",
    "height_cm": "number",
    "bsa_m2": "number",
    "crcl_ml_min": "number",
    "albumin_g_per_l": "number",
    "nlr": "number",
    "smoking": ("never", "former", "current"),
    "egfr_mutant": "boolean",
    "alk_rearranged": "boolean",
    "her2_mutant": "boolean",
    "sp142": ("TC0/IC0", "TC1/2 or IC1/2", "TC3 or IC3"),
    "ceacam5_pct": "number",
    "axl_tps_pct": "number",
    "trop2_pct": "number",
    "liver_metastases": "boolean",
    "brain_metastases": "boolean",
}
"""Features that a criterion may name, each with its kind: number, boolean, or the values it takes."""

_LABELS = {
    "sld_mm": ("sum of diameters", " mm"),
    "pd_l1_tps_pct": ("PD-L1 TPS", " %"),
    "tmb_mut_per_mb": ("mutational burden", " per Mb"),
    "sp142": ("PD-L1 SP142", ""),
    "ceacam5_pct": ("CEACAM5", " %"),
    "axl_tps_pct": ("AXL TPS", " %"),
    "trop2_pct": ("TROP2", " %"),
    "line": ("line of therapy", ""),
    "ecog": ("ECOG", ""),
    "age_year": ("age", " years"),
    "weight_kg": ("weight", " kg"),
    "height_cm": ("height", " cm"),
    "bsa_m2": ("body surface", " m2"),
    "crcl_ml_min": ("creatinine clearance", " mL/min"),
    "albumin_g_per_l": ("albumin", " g/L"),
    "nlr": ("neutrophil-to-lymphocyte ratio", ""),
    "egfr_mutant": ("EGFR mutation", ""),
    "alk_rearranged": ("ALK rearrangement", ""),
    "her2_mutant": ("HER2 mutation", ""),
}

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")


@dataclass(frozen=True)
class Criterion:
    """One condition on one feature.

    Parameters
    ----------
    feature : str
        A key of `FEATURES`.
    comparisons : tuple of (operator, bound)
        All must hold, e.g. ``((">=", 1.0), ("<", 50.0))``; empty where `values` is used.
    values : tuple
        The feature must be one of these; empty where `comparisons` is used.
    """

    feature: str
    comparisons: tuple[tuple[str, float], ...] = ()
    values: tuple[object, ...] = ()

    def holds(self, column: "pd.Series[Any]") -> "np.ndarray[Any, Any]":
        """Say for each patient whether the condition holds; an unknown value (NaN) never does."""
        keep = column.notna().to_numpy(dtype=bool)
        if self.values:
            keep &= column.isin(self.values).to_numpy(dtype=bool)
        for sign, bound in self.comparisons:
            keep &= _OPERATORS[sign](column.to_numpy(dtype=float), bound)
        return keep

    def __str__(self) -> str:
        label, unit = _LABELS.get(self.feature, (self.feature.replace("_", " "), ""))
        if self.comparisons:
            signs = {">=": "≥", "<=": "≤"}
            return f"{label} " + " and ".join(
                f"{signs.get(sign, sign)} {bound:g}{unit}" for sign, bound in self.comparisons
            )
        words: dict[object, str] = {True: "yes", False: "no"} if FEATURES[self.feature] == "boolean" else {}
        return f"{label} {' or '.join(words.get(value, f'{value}{unit}') for value in self.values)}"


def parse_criterion(feature: str, wanted: object) -> Criterion:
    """Turn what a YAML file says of one feature into a criterion.

    Parameters
    ----------
    feature : str
        A key of `FEATURES`.
    wanted : object
        A comparison (``">= 50"``, or two joined by a comma: ``">= 1, < 50"``), a value, or a list of values.

    Raises
    ------
    ValueError
        With the text of what was expected, if `wanted` does not fit the kind of the feature.

    Examples
    --------
    >>> str(parse_criterion("pd_l1_tps_pct", ">= 1, < 50"))
    'PD-L1 TPS ≥ 1 % and < 50 %'
    >>> str(parse_criterion("ecog", [0, 1]))
    'ECOG 0 or 1'
    """
    kind = FEATURES[feature]
    if isinstance(wanted, str) and wanted.lstrip()[:1] in ("<", ">"):
        if kind != "number" and not all(isinstance(value, int) for value in kind):
            raise ValueError(f"expected {_wording(kind)}")
        parts = [_COMPARISON.fullmatch(part.strip()) for part in wanted.split(",")]
        if any(part is None for part in parts):
            raise ValueError('expected a comparison such as ">= 50" or ">= 1, < 50"')
        return Criterion(feature, comparisons=tuple((p[1], float(p[2])) for p in parts if p is not None))
    values = tuple(wanted) if isinstance(wanted, list) else (wanted,)
    if not values or not all(_fits(value, kind) for value in values):
        raise ValueError(f"expected {_wording(kind)}")
    return Criterion(feature, values=values)


def eligible(patients: "pd.DataFrame", criteria: Mapping[str, Criterion]) -> "pd.DataFrame":
    """Check every patient against every criterion.

    Parameters
    ----------
    patients : DataFrame
        One row per patient, a column per feature.
    criteria : mapping of feature to Criterion

    Returns
    -------
    DataFrame of bool
        Same index; one column per criterion (named by its text), True where the patient meets it. A patient
        enters the trial where the whole row is True.
    """
    import pandas as pd

    columns = {str(criterion): criterion.holds(patients[name]) for name, criterion in criteria.items()}
    return pd.DataFrame(columns, index=patients.index, dtype=bool)


def choose(
    otherwise: str,
    choices: Sequence[tuple[str, Mapping[str, Criterion], float]],
    patients: "pd.DataFrame",
    uniform: "np.ndarray[Any, Any]",
) -> "np.ndarray[Any, Any]":
    """Pick one of several regimens for each patient.

    Parameters
    ----------
    otherwise : str
        For patients who get none of `choices`.
    choices : sequence of (regimen, criteria, fraction)
        Each is for a fraction of the patients who meet its criteria.
    patients : DataFrame
        One row per patient, a column per feature.
    uniform : ndarray, shape (n_patients,)
        Random numbers from 0 to 1, one per patient.

    Returns
    -------
    ndarray of str, shape (n_patients,)

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> patients = pd.DataFrame({"ecog": [0, 1, 1]})
    >>> fit = {"ecog": parse_criterion("ecog", 1)}
    >>> choose("a", [("b", fit, 0.5)], patients, np.array([0.1, 0.1, 0.9])).tolist()
    ['a', 'b', 'a']
    """
    import numpy as np

    picked = np.full(len(patients), otherwise, dtype=object)
    taken = np.zeros(len(patients))
    for regimen, criteria, fraction in choices:
        meets = eligible(patients, criteria).all(axis=1).to_numpy(dtype=bool)
        picked[meets & (uniform >= taken) & (uniform < taken + fraction)] = regimen
        taken += np.where(meets, fraction, 0.0)
    return picked


def _fits(value: object, kind: tuple[object, ...] | str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return not isinstance(value, bool) and value in kind


def _wording(kind: tuple[object, ...] | str) -> str:
    if kind == "boolean":
        return "true or false"
    if kind == "number":
        return 'a comparison such as ">= 50", a number or a list of numbers'
    return f"one of or a list of {', '.join(str(value) for value in kind)}"
