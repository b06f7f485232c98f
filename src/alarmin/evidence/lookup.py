"""Looking up published facts: trials, survival curves, parameters, baseline figures, sources."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from alarmin.core import EvidenceError, unknown_id
from alarmin.evidence.cells import EvidenceRow
from alarmin.evidence.rows_clinic import (
    Arm,
    Baseline,
    KmCurveRow,
    KmPoint,
    LesionDynamics,
    Result,
    Trial,
)
from alarmin.evidence.rows_map import Source
from alarmin.evidence.rows_model import Exposure, Parameter
from alarmin.evidence.tables import load_table

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

Row = TypeVar("Row", bound=EvidenceRow)


@dataclass(frozen=True, kw_only=True)
class PublishedArm:
    """An arm with its published figures by measure.

    Attributes
    ----------
    arm : Arm
        What was given to whom.
    figures : Mapping of str to Result
        `n`, `orr`, `median_pfs`, `median_os` [months], `os_12mo`, `hr_os`, and so on; only those published.
    """

    arm: Arm
    figures: Mapping[str, Result]


@dataclass(frozen=True, kw_only=True)
class KmCurve:
    """A published survival curve at whole months: fractions, pointwise 95 % limits, numbers at risk."""

    curve: KmCurveRow
    month: tuple[int, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]


def trial_arms(trial: str) -> tuple[Arm, ...]:
    """List the arms of a trial, subgroups included.

    Parameters
    ----------
    trial : str
        Its id or name; case, spaces and hyphens do not matter (`KEYNOTE-024`, `trial:OAK`).

    Raises
    ------
    EvidenceError
        No such trial; names the nearest.

    Examples
    --------
    >>> [arm.id for arm in trial_arms("keynote 024")]
    ['trial:KEYNOTE-024/pembrolizumab', 'trial:KEYNOTE-024/platinum-chemotherapy']
    """
    wanted = _trial_id(trial)
    return tuple(arm for arm in load_table(Arm) if arm.trial == wanted)


def published(trial: str) -> tuple[PublishedArm, ...]:
    """Give the published figures of every arm of a trial.

    Parameters
    ----------
    trial : str
        Its id or name, as for `trial_arms`.

    Raises
    ------
    EvidenceError
        No such trial; names the nearest.

    Examples
    --------
    >>> pembrolizumab, chemotherapy = published("KEYNOTE-024")
    >>> figure = pembrolizumab.figures["hr_pfs"]
    >>> figure.value, figure.low, figure.high, figure.verified
    (0.5, 0.37, 0.68, 'yes')
    """
    return tuple(
        PublishedArm(
            arm=arm,
            figures=MappingProxyType({row.measure: row for row in load_table(Result) if row.arm == arm.id}),
        )
        for arm in trial_arms(trial)
    )


def km_curve(trial: str, endpoint: str, arm: str, *, subgroup: str = "all") -> KmCurve:
    """Give the published survival of an arm month by month.

    Parameters
    ----------
    trial : str
        Its id or name, as for `trial_arms`.
    endpoint : str
        `PFS` or `OS`.
    arm : str
        The arm's id, or what follows the trial in it (`pembrolizumab`).
    subgroup : str, default "all"
        Of OAK also `PD-L1 positive`, `PD-L1 negative`, `PD-L1 high`, `bTMB>=16`, `bTMB<16`, `squamous`,
        `nonsquamous`.

    Raises
    ------
    EvidenceError
        No such curve; names the nearest.

    Examples
    --------
    >>> curve = km_curve("KEYNOTE-024", "OS", "pembrolizumab")
    >>> curve.month[12], round(curve.survival[12], 3), curve.at_risk[12]
    (12, 0.695, 39)
    """
    arm_id = arm if arm.startswith("trial:") else f"{_trial_id(trial)}/{arm}"
    wanted = f"km:{arm_id.removeprefix('trial:')}/{endpoint}/{subgroup}"
    curve = _find(KmCurveRow, wanted, "survival curve")
    points = [point for point in load_table(KmPoint) if point.curve == curve.id]
    return KmCurve(
        curve=curve,
        month=tuple(point.month for point in points),
        survival=tuple(point.survival for point in points),
        low=tuple(point.low for point in points),
        high=tuple(point.high for point in points),
        at_risk=tuple(point.at_risk for point in points),
    )


def lesion_dynamics(trial: str) -> tuple[LesionDynamics, ...]:
    """Give how target lesions moved in the arms of a trial, and who lived on after progression.

    Of lesions: depth, time to growth, growth and shrinkage.

    Parameters
    ----------
    trial : str
        Its id or name, as for `trial_arms`; no row where nothing is known (only OAK has rows).

    Raises
    ------
    EvidenceError
        No such trial; names the nearest.

    Examples
    --------
    >>> row = lesion_dynamics("OAK")[1]
    >>> row.arm, row.statistic, row.threshold, row.threshold_unit, row.n
    ('trial:OAK/atezolizumab', 'depth', -30.0, '%', 317)
    """
    arms = {arm.id for arm in trial_arms(trial)}
    return tuple(row for row in load_table(LesionDynamics) if row.arm in arms)


def parameter_evidence(parameter_id: str) -> Parameter:
    """Give what is published about a parameter.

    Parameters
    ----------
    parameter_id : str
        `par:k_C_growth`, `par:pembrolizumab.CL`.

    Raises
    ------
    EvidenceError
        No such parameter; names the nearest.
    """
    return _find(Parameter, parameter_id, "parameter evidence")


def exposure(exposure_id: str) -> Exposure:
    """Give an observed exposure of patients to a drug.

    Parameters
    ----------
    exposure_id : str
        `pk:docetaxel-auc-100-mg-m2`.

    Raises
    ------
    EvidenceError
        No such exposure; names the nearest.
    """
    return _find(Exposure, exposure_id, "exposure")


def baseline(feature: str) -> tuple[Baseline, ...]:
    """Give the published distributions of a baseline feature, or the one row of a `pop:` id.

    Parameters
    ----------
    feature : str
        `pop:sld-oak`, or a feature as the table words it (`age`, `blood TMB`).

    Raises
    ------
    EvidenceError
        No such feature; names the nearest.

    Examples
    --------
    >>> baseline("pop:sld-oak")[0].value
    '66.0'
    """
    if feature.startswith("pop:"):
        return (_find(Baseline, feature, "baseline figure"),)
    rows = tuple(row for row in load_table(Baseline) if row.feature.casefold() == feature.casefold())
    if not rows:
        raise EvidenceError(
            unknown_id("baseline feature", feature, {row.feature for row in load_table(Baseline)})
        )
    return rows


def source(source_id: str) -> Source:
    """Give one source by its id (`source:pmid:27718847`).

    Raises
    ------
    EvidenceError
        No such source; names the nearest.
    """
    return _find(Source, source_id, "source")


def _trial_id(text: str) -> str:
    by_key = {_key(name): row.id for row in load_table(Trial) for name in (row.id, row.name)}
    found = by_key.get(_key(text))
    if found is None:
        raise EvidenceError(unknown_id("trial", text, (row.name for row in load_table(Trial))))
    return found


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", text.casefold().removeprefix("trial:"))


def _find(row_type: type[Row], row_id: str, what: str) -> Row:
    by_id = {row.id: row for row in load_table(row_type)}
    if row_id not in by_id:
        raise EvidenceError(unknown_id(what, row_id, by_id))
    return by_id[row_id]
