"""Dose and response in a well: what an assay of viability and one of colonies read from the model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarmin.experiment.bench import bench
from alarmin.experiment.protocol import Side, well_arm
from alarmin.experiment.vocabulary import Given

__all__ = ["Exposure", "half_viability", "surviving_fraction"]

Floats = NDArray[np.float64]

# Exposures tried, in multiples of the half-effect exposure: 16 to a decade.
_DOSES = np.logspace(-4.0, 5.0, 145)
_STILL = {
    "k_growth": 0.0,
    "k_wear": 0.0,
    "k_switch": 0.0,
    "k_adapt": 0.0,
    "k_adapt_kinase": 0.0,
    "k_antigen_loss": 0.0,
}


@dataclass(frozen=True)
class Exposure:
    """Cells of a line under a drug for some hours."""

    drug: str
    line: str
    hours: float


def half_viability(exposures: Sequence[Exposure], threads: int | None = None) -> dict[Exposure, float]:
    """Find the dose that halves the cells that are left, compared with untreated wells.

    Parameters
    ----------
    exposures : sequence of Exposure
    threads : int, optional

    Returns
    -------
    dict
        Exposure -> dose in multiples of the drug's half-effect exposure; NaN where no dose halves them.

    Notes
    -----
    Counted are cells that are not committed to die. The wells have the typical constants of the setting.
    """
    unique = list(dict.fromkeys(exposures))
    found: dict[Exposure, float] = {}
    for hours in {e.hours for e in unique}:
        some = [e for e in unique if e.hours == hours]
        arms = [_well(e.line, Given(e.drug, float(dose), (0.0,))) for e in some for dose in (0.0, *_DOSES)]
        left = _left(arms, hours / 24.0, threads).reshape(len(some), -1)
        found |= {e: _half(row[1:] / row[0]) for e, row in zip(some, left, strict=True)}
    return found


def surviving_fraction(line: str, grays: Sequence[float], threads: int | None = None) -> Floats:
    """Share of cells that a single dose of radiation leaves able to form a colony.

    Parameters
    ----------
    line : str
    grays : sequence of float [Gy]
    threads : int, optional
    """
    arms = [_well(line, Given("radiation", gray, (0.0,))) for gray in (0.0, *grays)]
    for arm in arms:
        arm.values.update(_STILL)
    setting = bench("well")
    values = setting.run(arms, 1, np.array([4.0]), threads)
    live = np.array([value[0, 0, setting.model.outputs.index("live_1")] for value in values])
    return np.asarray(live[1:] / live[0])


def _well(line: str, given: Given):  # type: ignore[no-untyped-def]
    return well_arm(Side("well", "exposure", line, "", (given,), ""), {})


def _left(arms: list, days: float, threads: int | None) -> Floats:  # type: ignore[type-arg]
    setting = bench("well")
    values = np.array(setting.run(arms, 1, np.array([days]), threads))[:, 0, 0]
    return np.asarray(sum(values[:, setting.model.outputs.index(name)] for name in ("live_1", "I_1")))


def _half(viability: Floats) -> float:
    below = np.flatnonzero(viability < 0.5)
    if not len(below) or not below[0]:
        return float("nan")
    pair = slice(below[0] - 1, below[0] + 1)
    return float(np.exp(np.interp(0.5, viability[pair][::-1], np.log(_DOSES[pair])[::-1])))
