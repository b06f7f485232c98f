"""`summary.json`: the result in figures, for other programs."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.trial import TrialResult

__all__ = ["RESEARCH_ONLY", "build_summary", "plain"]

RESEARCH_ONLY = (
    "For research only. This is a simulation of virtual patients; "
    "it must never be used to choose or judge the treatment of a patient."
)


def build_summary(result: "TrialResult") -> dict[str, Any]:
    """Collect what `summary.json` holds.

    Parameters
    ----------
    result : TrialResult

    Returns
    -------
    dict
        Plain values only. Unknown figures are null; "NR" means not reached.
    """
    spec = result.spec
    return {
        "trial": spec.trial,
        "title": spec.title,
        "use": RESEARCH_ONLY,
        "calibration": result.calibration,
        "seed": result.seed,
        "arms": {
            name: {
                "label": arm.label,
                "regimen": arm.regimen,
                "control": arm.control,
                "n": int((result.patients["arm"] == name).sum()),
            }
            for name, arm in spec.arms.items()
        },
        "endpoints": plain(result.comparison.to_dict("records")),
        "toxicity": plain(result.price.toxicity.to_dict("records")),
        "doses": plain(result.price.intensity.to_dict("records")),
        "blood_effect_unknown": plain(result.price.unknown),
        "biomarkers": {
            name: plain(getattr(result.biomarkers, name).to_dict("records"))
            for name in ("roc", "subgroups", "explained")
        },
        "accounting": plain(result.accounting.to_dict("records")),
    }


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold: NaN into null, infinity into "NR", NumPy scalars into numbers.

    Examples
    --------
    >>> plain({"value": float("inf"), "low": float("nan")})
    {'value': 'NR', 'low': None}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return "NR" if math.isinf(value) else value
    return value if isinstance(value, str | int | bool) or value is None else str(value)
