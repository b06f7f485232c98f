"""Published exposures of one drug, quantity and regimen taken together, as the value of a population."""

from dataclasses import dataclass

import numpy as np

from alarmin.therapy.drugs import drug
from alarmin.therapy.exposure_check import BAR, FEW, Comparison

__all__ = ["Combined", "combine_exposures"]

_LINEAR = ("infusion", "infusion_three", "oral")


@dataclass(frozen=True)
class Combined:
    """All that was published of one exposure to a drug.

    Parameters
    ----------
    drug, measure, regimen : str
        Regimen says what sets this exposure apart from others of the drug: first dose or steady state, for
        peaks the infusion, and the dose where kinetics are not linear.
    rows : tuple of Comparison
        Those that are taken together.
    ratio : float
        Geometric mean of simulated over published values.
    """

    drug: str
    measure: str
    regimen: str
    rows: tuple[Comparison, ...]
    ratio: float

    @property
    def met(self) -> bool:
        """Whether the ratio is within the bar."""
        return abs(self.ratio - 1.0) <= BAR

    @property
    def patients(self) -> int | None:
        """Number of patients; None where a row does not say it."""
        numbers = [row.patients for row in self.rows if row.patients is not None]
        return sum(numbers) if len(numbers) == len(self.rows) else None

    @property
    def population(self) -> bool:
        """Whether this is the value of a population: of an analysis, a label or `FEW` patients and more."""
        return self.patients is None or self.patients >= FEW


def combine_exposures(rows: list[Comparison]) -> list[Combined]:
    """Take published exposures together.

    Parameters
    ----------
    rows : list of Comparison
        From `alarmin.therapy.exposure_check.compare_exposures`; those that are no exposures are left out.

    Notes
    -----
    Each row is simulated under its own dose, infusion and body surface, so that the ratios of simulated to
    published values combine whatever the dose, where kinetics are linear. Means of fewer than `FEW` patients
    are left out beside larger groups; the others weigh as many as they have patients, or alike where one of
    them does not say how many.
    """
    groups: dict[tuple[str, str, str], list[Comparison]] = {}
    for row in rows:
        if row.counts:
            groups.setdefault((row.drug, row.measure, _regimen(row)), []).append(row)
    return [_combined(*key, group) for key, group in groups.items()]


def _regimen(row: Comparison) -> str:
    words = ["steady state" if row.steady else "first dose"]
    linear = any(template in drug(row.drug).properties for template in _LINEAR)
    if not linear:
        words.append(row.dose)
    if row.infusion and (row.measure == "cmax" or not linear):
        words.append(f"{row.infusion} infusion")
    return ", ".join(words)


def _combined(name: str, measure: str, regimen: str, rows: list[Comparison]) -> Combined:
    kept = [row for row in rows if not row.small] or rows
    known = [row.patients for row in kept if row.patients is not None]
    weights = known if len(known) == len(kept) else [1] * len(kept)
    ratio = np.exp(np.average(np.log([row.ratio for row in kept]), weights=weights))
    return Combined(name, measure, regimen, tuple(kept), float(ratio))
