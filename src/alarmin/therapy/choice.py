"""Choices of a protocol: which regimen a patient gets, by a feature or by chance."""

import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alarmin.therapy.notation import read_share

__all__ = ["Branch", "ByFeature", "ByShare", "read_choice"]

_COMPARED = re.compile(r"(<=|>=|<|>)\s*(-?[\d.]+)")
_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_OTHERWISE = "otherwise"


@dataclass(frozen=True)
class ByFeature:
    """The first option whose condition the patient's feature meets.

    Parameters
    ----------
    feature : str
        Column of the table of patients.
    options : tuple of (condition, branch)
        A condition is a value (``squamous``, True, 0), a comparison (``>= 50``) or ``otherwise``.
    """

    feature: str
    options: tuple[tuple[Any, "Branch"], ...]


@dataclass(frozen=True)
class ByShare:
    """One of some regimens, drawn for each patient.

    Parameters
    ----------
    options : tuple of (regimen, share)
        Shares add up to 1.
    """

    options: tuple[tuple[str, float], ...]


Branch = str | ByFeature | ByShare


def read_choice(value: object) -> Branch:
    """Read what stands under `choose`.

    Parameters
    ----------
    value : str or dict
        A regimen; ``{feature: {condition: choice, ...}}``; or ``{regimen: share, ...}``.

    Examples
    --------
    >>> read_choice({"cisplatin-pemetrexed": "40 %", "carboplatin-pemetrexed": "60 %"}).options[0]
    ('cisplatin-pemetrexed', 0.4)
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, Mapping) or not value:
        raise ValueError(
            f"got {value!r}, expected a regimen, a feature with options, or regimens with shares"
        )
    (first, inner), *more = value.items()
    if isinstance(inner, Mapping):
        if more:
            raise ValueError(f"got {', '.join(map(str, value))}, expected one feature to choose by")
        return ByFeature(str(first), tuple((_condition(key), read_choice(v)) for key, v in inner.items()))
    shares = tuple((str(name), read_share(share)) for name, share in value.items())
    total = sum(share for _, share in shares)
    if abs(total - 1) > 1e-9:
        raise ValueError(f"got shares that add up to {100 * total:g} %, expected 100 %")
    return ByShare(shares)


def _condition(key: object) -> object:
    if isinstance(key, str) and key[:1] in "<>" and not _COMPARED.fullmatch(key.strip()):
        raise ValueError(f"got {key!r}, expected a value or a comparison such as '>= 50'")
    return key


def meets(condition: object, values: Any) -> Any:
    """Say for which values of a feature a condition holds.

    Parameters
    ----------
    condition : object
        From `ByFeature.options`.
    values : ndarray

    Returns
    -------
    ndarray of bool
    """
    import numpy as np

    if condition == _OTHERWISE:
        return np.ones(len(values), dtype=bool)
    compared = _COMPARED.fullmatch(condition.strip()) if isinstance(condition, str) else None
    if compared:
        return _COMPARE[compared[1]](values.astype(float), float(compared[2]))
    return values == condition


def named_regimens(branch: Branch) -> Iterator[str]:
    """Give the names of all regimens that a choice may end in."""
    if isinstance(branch, str):
        yield branch
    elif isinstance(branch, ByShare):
        yield from (name for name, _ in branch.options)
    else:
        for _, inner in branch.options:
            yield from named_regimens(inner)
