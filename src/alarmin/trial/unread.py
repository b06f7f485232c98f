"""Lesions that a trial does not read."""

from typing import TYPE_CHECKING

from alarmin.therapy import load_regimen

if TYPE_CHECKING:
    from alarmin.trial.spec import TrialSpec

__all__ = ["unread_lesions"]


def unread_lesions(spec: "TrialSpec") -> tuple[int, ...]:
    """List the lesions that are left out in all arms: those that any arm irradiates, if the trial says so."""
    if spec.response.lesions == "all":
        return ()
    courses = (
        course
        for arm in spec.arms.values()
        for regimen in load_regimen(arm.regimen).family
        for phase in regimen.phases
        for course in phase.radiotherapy
    )
    return tuple(sorted({lesion for course in courses for lesion in course.targets}))
