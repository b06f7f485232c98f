"""Which patient gets which regimen, where a protocol leaves a choice."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import DataError, patient_generators, unknown_id
from alarmin.therapy.choice import Branch, ByFeature, meets
from alarmin.therapy.regimen import Regimen

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["assign", "drawn"]


def drawn(purpose: str, patients: "pd.DataFrame", *, seed: int) -> "NDArray[np.float64]":
    """Draw a uniform number for each patient; it depends on purpose, seed and the patient's index only."""
    stream = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:6], "big")
    return np.array(
        [generator.random() for generator in patient_generators(seed, patients.index, stream=stream)]
    )


def assign(
    regimen: Regimen, patients: "pd.DataFrame", *, seed: int
) -> "list[tuple[Regimen, NDArray[np.int64]]]":
    """Follow the choices of a regimen down to regimens that say what is given.

    Parameters
    ----------
    regimen : Regimen
    patients : DataFrame
        Features that choices ask for; the index picks the random numbers.
    seed : int

    Returns
    -------
    list of (Regimen, rows)
        Each row of `patients` is in one of them.

    Raises
    ------
    DataError
        A feature that patients do not have, or a patient whom no option fits.
    """
    if regimen.choice is None:
        return [(regimen, np.arange(len(patients)))]
    found: list[tuple[Regimen, NDArray[np.int64]]] = []
    for name, rows in _followed(regimen, regimen.choice, patients, np.arange(len(patients)), seed):
        other = regimen.other(name)
        inner = assign(other, patients.iloc[rows], seed=seed) if len(rows) else []
        found += [(leaf, rows[mine]) for leaf, mine in inner]
    return found


def _followed(
    regimen: Regimen, branch: Branch, patients: "pd.DataFrame", rows: "NDArray[np.int64]", seed: int
) -> "list[tuple[str, NDArray[np.int64]]]":
    if isinstance(branch, str):
        return [(branch, rows)]
    if isinstance(branch, ByFeature):
        return _by_feature(regimen, branch, patients, rows, seed)
    number = drawn(f"{regimen.regimen}/choose", patients.iloc[rows], seed=seed)
    edges = np.cumsum([share for _, share in branch.options])[:-1]
    place = np.searchsorted(edges, number, side="right")
    return [(name, rows[place == k]) for k, (name, _) in enumerate(branch.options)]


def _by_feature(
    regimen: Regimen, branch: ByFeature, patients: "pd.DataFrame", rows: "NDArray[np.int64]", seed: int
) -> "list[tuple[str, NDArray[np.int64]]]":
    if branch.feature not in patients.columns:
        raise DataError(
            unknown_id(
                "feature", branch.feature, patients.columns, where=f"regimen {regimen.regimen}: choose"
            )
        )
    found: list[tuple[str, NDArray[np.int64]]] = []
    left = rows
    for condition, inner in branch.options:
        fits = np.asarray(meets(condition, patients[branch.feature].to_numpy()[left]), dtype=bool)
        found += _followed(regimen, inner, patients, left[fits], seed)
        left = left[~fits]
    if len(left):
        value = patients[branch.feature].iloc[left[0]]
        options = ", ".join(str(condition) for condition, _ in branch.options)
        raise DataError(
            f"regimen {regimen.regimen}: choose: patient {patients.index[left[0]]} has "
            f"{branch.feature} '{value}', expected one of {options}, or an option 'otherwise'"
        )
    return found
