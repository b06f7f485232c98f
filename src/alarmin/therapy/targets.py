"""Targets: how much of a drug's effect a tumour gets that carries the target, in part or not at all."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from alarmin.therapy.drugs import Drug

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TargetLaw", "laws_of", "target_factors", "target_laws"]


@dataclass(frozen=True)
class TargetLaw:
    """What a target means for the effect of the drugs against it.

    Parameters
    ----------
    target : str
        Gene symbol, as in the drug's file.
    drug : str
        The one drug that the law is for; empty for all drugs with this target.
    feature : str
        Feature of the patient that tells of the target; empty where everyone carries it.
    law : str
        always; carried (the feature is true or false); ``is squamous`` and the like (the feature has that
        value); share (the feature is the percentage of tumour cells with the target).
    scales : tuple of str
        Constants of the drug that the factor multiplies: killing and growth arrest, or the share of cells
        with the antigen of a conjugate.
    present, missing : float
        Factor with the target (in all cells) and without it.
    unknown : float
        Value of the feature in patients of whom it is not known.
    level, source, note : str
        As in the model's table of parameters.
    """

    target: str
    drug: str
    feature: str
    law: str
    scales: tuple[str, ...]
    present: float
    missing: float
    unknown: float
    level: str
    source: str
    note: str

    def factor(self, features: "pd.DataFrame") -> np.ndarray:
        """Return the factor of each patient."""
        if self.law == "always":
            return np.full(len(features), self.present)
        known = self.feature in features
        has = features[self.feature] if known else np.full(len(features), self.unknown)
        if known and self.law.startswith("is "):
            has = has == self.law.removeprefix("is ")
        share = np.asarray(has, float) / (100.0 if self.law == "share" else 1.0)
        return np.asarray(self.missing + (self.present - self.missing) * share)


@cache
def target_laws() -> tuple[TargetLaw, ...]:
    """Return the table of targets (`data/targets.csv`)."""
    text = files("alarmin.therapy").joinpath("data", "targets.csv").read_text(encoding="utf-8")
    return tuple(_law(row) for row in csv.DictReader(text.splitlines()))


def _law(row: dict[str, str]) -> TargetLaw:
    numbers = {"present": row["with"], "missing": row["without"], "unknown": row["unknown"]}
    texts = {name: row[name] for name in ("target", "drug", "feature", "law", "level", "source", "note")}
    figures = {name: float(number or "nan") for name, number in numbers.items()}
    return TargetLaw(scales=tuple(row["scales"].split()), **figures, **texts)  # type: ignore[arg-type]


def laws_of(chosen: Drug) -> list[TargetLaw]:
    """Return the laws of a drug's target: its own before those of all drugs; none where all cells have it."""
    mine = [law for law in target_laws() if law.target == chosen.target and law.drug in ("", chosen.drug)]
    return [law for law in mine if law.drug] or mine


def target_factors(chosen: Drug, features: "pd.DataFrame") -> dict[str, np.ndarray]:
    """Work out how much of a drug's effect each patient's tumour gets.

    Parameters
    ----------
    chosen : Drug
    features : DataFrame
        One row per patient; a feature that is not there counts as unknown in all.

    Returns
    -------
    dict
        Constant of the drug (kill, arrest, antigen) -> factor of each patient, ndarray of shape
        (n_patients,), the product where several features tell of the target; empty for drugs whose target
        all tumour cells have alike (DNA, tubulin).
    """
    factors: dict[str, np.ndarray] = {}
    for law in laws_of(chosen):
        for constant in law.scales:
            factors[constant] = factors.get(constant, 1.0) * law.factor(features)
    return factors
