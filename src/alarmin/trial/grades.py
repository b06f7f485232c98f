"""Grades of blood counts by the common terminology criteria for adverse events (CTCAE 5)."""

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alarmin.trial.blood import COUNTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COUNT_EVENTS", "grade"]

_TABLE = Path(__file__).parent / "data" / "ctcae.csv"
COUNT_EVENTS = ("neutropenia", "thrombocytopenia", "anaemia", "lymphopenia")
"""What a low value of each of `COUNTS` is called."""


@cache
def _limits() -> "NDArray[np.float64]":
    """Return the upper limits of the grades, shape (len(COUNTS), 4), in the order of `COUNTS`."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = {row["output"]: row for row in csv.DictReader(file)}
    return np.array([[float(rows[name][f"grade{grade}"]) for grade in (1, 2, 3, 4)] for name in COUNTS])


def grade(counts: "NDArray[np.float64]") -> "NDArray[np.int64]":
    """Grade counts.

    Parameters
    ----------
    counts : ndarray, shape (..., len(COUNTS)) [1e9/L; haemoglobin g/L]

    Returns
    -------
    ndarray of int, the same shape
        0 to 4; haemoglobin to 3, as grade 4 of anaemia is judged by the patient's state.

    Examples
    --------
    >>> grade(np.array([0.4, 60.0, 130.0, 1.2])).tolist()
    [4, 2, 0, 0]
    """
    return np.asarray((counts[..., None] < _limits()).sum(axis=-1))
