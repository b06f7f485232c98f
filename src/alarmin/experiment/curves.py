"""Tumour curves of mice: each arm is grown from its first sure reading and set beside the later ones."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from alarmin.experiment.bench import Arm, bench
from alarmin.experiment.run import Verdict
from alarmin.experiment.table import presets
from alarmin.experiment.vocabulary import parse_knobs

__all__ = ["Curve", "CurveFit", "load_curves", "run_curves"]

Floats = NDArray[np.float64]

MM3_PER_ML = 1e3
SURE_MM3 = 10.0
"""Below this volume a caliper is not trusted: an arm starts from its first reading at or above it."""
OFFSET_MM3 = 2.0
"""Added before the logarithm is taken, so that a tumour that is gone has one."""
TRANSFER_CELLS = 5e6
"""Macrophages in one transfer."""
TARGET = 0.35
"""Largest normalised error at which an arm agrees."""


@dataclass(frozen=True)
class Curve:
    """One arm of a published figure.

    Parameters
    ----------
    id, role, evidence, cells, arm : str
        As in `data/mouse_curves.csv`.
    knobs : str
        What the host lacks and what is depleted, in the words of experiments.
    dose_gy : float
        Of each irradiation.
    irradiated, transferred : tuple of float [day]
        When irradiation and macrophages are given.
    day, volume_mm3 : tuple of float
        Readings, in order of time.
    """

    id: str
    role: str
    evidence: str
    cells: str
    arm: str
    knobs: str
    dose_gy: float
    irradiated: tuple[float, ...]
    transferred: tuple[float, ...]
    day: tuple[float, ...]
    volume_mm3: tuple[float, ...]

    @property
    def start(self) -> int:
        """Number of the first reading that a caliper can be trusted with."""
        return next(i for i, volume in enumerate(self.volume_mm3) if volume >= SURE_MM3)


@dataclass(frozen=True)
class CurveFit:
    """How close the simulated arm comes.

    Parameters
    ----------
    curve : Curve
    predicted_mm3 : tuple of float
        At every reading from the start on; the first is where the arm was put.
    rmse : float
        Root mean square error of log(volume + 2 mm3) over the readings after the start.
    normalised : float
        The same as a share of the range of the observed log volumes.
    """

    curve: Curve
    predicted_mm3: tuple[float, ...]
    rmse: float
    normalised: float

    def verdict(self) -> Verdict:
        """Return it as a row like those of other experiments."""
        nan = float("nan")
        return Verdict(
            id=f"curve:{self.curve.id}",
            role=self.curve.role,
            evidence=self.curve.evidence,
            setting="mouse",
            endpoint="volume",
            expect="curve",
            published="curve",
            predicted=self.normalised,
            low=nan,
            high=nan,
            intervention=nan,
            comparator=nan,
            agrees=self.normalised <= TARGET,
        )


@cache
def load_curves() -> tuple[Curve, ...]:
    """Return the arms of `data/mouse_curves.csv`."""
    text = files("alarmin.experiment").joinpath("data", "mouse_curves.csv").read_text(encoding="utf-8")
    arms: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(text.splitlines()):
        arms.setdefault(row["id"], []).append(row)
    return tuple(_curve(rows) for rows in arms.values())


def _curve(rows: list[dict[str, str]]) -> Curve:
    first = rows[0]
    depleted = [f"deplete:{cell}" for cell in first["deplete"].split(";") if cell]
    return Curve(
        id=first["id"],
        role=first["role"],
        evidence=first["evidence"],
        cells=first["cells"],
        arm=first["arm"],
        knobs="; ".join(filter(None, [first["host_knobs"], *depleted])),
        dose_gy=float(first["rt_gy"]),
        irradiated=_days(first["rt_days"]),
        transferred=_days(first["transfer"]),
        day=tuple(float(row["day"]) for row in rows),
        volume_mm3=tuple(float(row["volume_mm3"]) for row in rows),
    )


def _days(text: str) -> tuple[float, ...]:
    return tuple(float(day) for day in text.split(";") if day)


def run_curves(
    curves: Sequence[Curve],
    *,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[CurveFit]:
    """Run one typical mouse for each arm.

    Parameters
    ----------
    curves : sequence of Curve
    threads : int, optional
    progress : callable, optional
        Called with (stage, arms done, arms).

    Raises
    ------
    DataError
        A mouse cannot be integrated.
    """
    if not curves:
        return []
    setting = bench("mouse")
    times = np.unique([day for curve in curves for day in curve.day])
    values = setting.run([_arm(curve) for curve in curves], 1, times, threads)
    column = setting.model.outputs.index("lesion_1")
    if progress:
        progress("Curves", len(curves), len(curves))
    return [
        _fit(curve, MM3_PER_ML * value[0, np.searchsorted(times, curve.day), column])
        for curve, value in zip(curves, values, strict=True)
    ]


def _arm(curve: Curve) -> Arm:
    """Put the live cells of the first sure reading in on its day; what was done later is done later."""
    known = bench("mouse").defaults
    columns = {**known, **presets("cells")[curve.cells], **parse_knobs(curve.knobs)}
    start_mL = curve.volume_mm3[curve.start] / MM3_PER_ML
    cells = (start_mL - columns["V_floor"]) * columns["Ve"] / columns["vol_cell"]
    arm = Arm({name: columns[name] for name in known})
    arm.doses.append((curve.day[curve.start], "C_s_1", cells))
    arm.doses += [(day, "Beam_1", curve.dose_gy) for day in curve.irradiated]
    arm.doses += [(day, "Mx_1", TRANSFER_CELLS) for day in curve.transferred]
    return arm


def _fit(curve: Curve, predicted_mm3: Floats) -> CurveFit:
    predicted = predicted_mm3[curve.start :]
    observed = np.array(curve.volume_mm3[curve.start :])
    error = np.log(predicted + OFFSET_MM3) - np.log(observed + OFFSET_MM3)
    rmse = float(np.sqrt(np.mean(error[1:] ** 2)))
    spread = float(np.ptp(np.log(observed + OFFSET_MM3)))
    return CurveFit(curve, tuple(predicted.tolist()), rmse, rmse / spread)
