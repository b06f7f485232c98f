"""Published facts with their sources, and how to look them up; knows nothing of simulation."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.evidence.lookup import (
        KmCurve,
        PublishedArm,
        baseline,
        exposure,
        km_curve,
        lesion_dynamics,
        parameter_evidence,
        published,
        source,
        trial_arms,
    )

__all__ = [
    "KmCurve",
    "PublishedArm",
    "baseline",
    "exposure",
    "km_curve",
    "lesion_dynamics",
    "parameter_evidence",
    "published",
    "source",
    "trial_arms",
]


def __getattr__(name: str) -> Any:
    # pydantic is loaded only when a fact is looked up, so that `import alarmin` stays quick
    if name not in __all__:
        raise AttributeError(f"module 'alarmin.evidence' has no attribute '{name}'")
    from alarmin.evidence import lookup

    return getattr(lookup, name)
