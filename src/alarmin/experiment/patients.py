"""A handful of virtual patients over time, under a regimen and with knobs turned."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import DataError
from alarmin.engine import simulate
from alarmin.experiment.course import N_TIMES, Course, readouts
from alarmin.experiment.vocabulary import parse_knobs
from alarmin.population import compiled, draw_drugs, recruit
from alarmin.therapy import Regimen, doses, substance

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["run_patients"]


def run_patients(
    regimen: Regimen | None,
    knobs: str,
    *,
    days: float,
    n: int,
    seed: int,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Course:
    """Run `n` plausible patients of any kind from the first day of treatment.

    Parameters
    ----------
    regimen : Regimen, optional
        Nothing is given without one.
    knobs : str
        In the words of experiments; turned on the first day, so that the tumour has grown without them.
    days : float
    n : int
    seed : int
    threads : int, optional
    progress : callable, optional
        Called with (stage, done, total).

    Raises
    ------
    DataError
        A drug that patients cannot get, a dose above its largest, or a failed integration.
    """
    names = tuple(regimen.drugs) if regimen else ()
    for name in names:
        substance(name)  # refuses a drug that cannot be given to patients before any work is done
    report = progress or (lambda _stage, _done, _total: None)
    cohort = recruit(
        n,
        seed=seed,
        eligible=_anyone,
        threads=threads,
        progress=lambda done, total: report("Recruiting", done, total),
    )
    table = cohort.parameters.join(draw_drugs(names, cohort.features, seed=seed)).join(cohort.baseline)
    table = table.assign(**parse_knobs(knobs))
    read = readouts("patient")
    model = compiled(tuple(table.columns), tuple(readout.output for readout in read), names)
    times = np.linspace(0.0, days, N_TIMES)
    batch = simulate(
        model,
        table[list(model.parameters)].to_numpy(float),
        times,
        doses=doses(regimen, cohort.features, seed=seed) if regimen else None,
        threads=threads,
        progress=lambda now: report("Treating", now.done, now.total),
    )
    if batch.failures():
        raise DataError(f"patient: {batch.failures()[0]}")
    return Course("patient", read, times, batch.values * [readout.scale for readout in read])


def _anyone(features: "pd.DataFrame") -> "pd.DataFrame":
    return features.assign(anyone=True)[["anyone"]]
