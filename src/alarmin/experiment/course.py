"""One well or one mouse over time: what a plate reader, a caliper or a cytometer would see."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from alarmin.core import DataError
from alarmin.experiment.bench import bench
from alarmin.experiment.protocol import Side, mouse_arm, well_arm
from alarmin.experiment.run import draw_constants, kill_cells
from alarmin.experiment.vocabulary import parse_knobs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Course", "Readout", "readouts", "run_course"]

Floats = NDArray[np.float64]

N_TIMES = 121
_LEVELS = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}


@dataclass(frozen=True)
class Readout:
    """Something that is read over time: an output of the model, times `scale`, in `unit`."""

    output: str
    label: str
    unit: str
    scale: float


@cache
def readouts(setting: str, design: str = "") -> tuple[Readout, ...]:
    """Return what is read in a setting (`data/readouts.csv`), in the order of the cascade.

    A design leaves out what it does not have: no second tumour where one was injected.
    """
    text = files("alarmin.experiment").joinpath("data", "readouts.csv").read_text(encoding="utf-8")
    return tuple(
        Readout(row["output"], row["label"], row["unit"], float(row["scale"]))
        for row in csv.DictReader(text.splitlines())
        if row["setting"] == setting and (not design or design in (row["designs"] or design).split())
    )


@dataclass(frozen=True)
class Course:
    """Read-outs over time.

    Parameters
    ----------
    setting : str
        well, mouse or patient.
    read : tuple of Readout
        What was read.
    time_day : ndarray, shape (n_times,)
    values : ndarray, shape (n, n_times, n_readouts)
        Of each well, mouse or patient, in the units of the read-outs.
    """

    setting: str
    read: tuple[Readout, ...]
    time_day: Floats
    values: Floats

    def quantiles(self) -> "pd.DataFrame":
        """Return one row per read-out and time: time_day, variable, label, unit, q05, q25, q50, q75, q95."""
        import pandas as pd

        found = dict(zip(_LEVELS, np.quantile(self.values, list(_LEVELS.values()), axis=0), strict=True))
        tables = [
            pd.DataFrame(
                {
                    "time_day": self.time_day,
                    "variable": readout.output,
                    "label": readout.label,
                    "unit": readout.unit,
                    **{name: quantile[:, i] for name, quantile in found.items()},
                }
            )
            for i, readout in enumerate(self.read)
        ]
        return pd.concat(tables, ignore_index=True)


def run_course(side: Side, *, days: float, n: int, seed: int, threads: int | None = None) -> Course:
    """Run `n` wells or mice that differ in the uncertain constants.

    Parameters
    ----------
    side : Side
        What is given to whom.
    days : float
        How long.
    n : int
    seed : int
    threads : int, optional

    Raises
    ------
    DataError
        A knob that does nothing here, more agents than there are places, or a failed integration.
    """
    setting = bench(side.setting)
    parts = filter(None, side.knobs.split("; "))
    idle = [part for part in parts if not parse_knobs(part).keys() & setting.defaults.keys()]
    if idle:
        raise DataError(*(f"{part} does nothing in a {side.setting}" for part in idle))
    times = np.linspace(0.0, days, N_TIMES)
    draws = draw_constants(side.setting, n, seed)
    if side.setting == "well":
        arm = well_arm(side, draws)
    else:
        vaccines = [side] if side.design == "vaccination" else []
        killed = kill_cells(vaccines, draw_constants("well", n, seed), n, threads) if vaccines else {}
        arm = mouse_arm(side, draws, killed.get(side))
    values = setting.run([arm], n, times, threads)[0]
    read = readouts(side.setting, side.design)
    columns = [setting.model.outputs.index(readout.output) for readout in read]
    return Course(side.setting, read, times, values[:, :, columns] * [readout.scale for readout in read])
