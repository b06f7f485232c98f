"""Derivatives of recorded variables by central differences, with all perturbed copies in lanes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError, unknown_id
from alarmin.engine.arguments import Start, checked_values
from alarmin.engine.doses import EVERYONE, Doses
from alarmin.engine.model import Model
from alarmin.engine.run import simulate

__all__ = ["Gradients", "gradients"]

STEP_SHARED, STEP_OWN = 1e-4, 1e-3


@dataclass(frozen=True)
class Gradients:
    """Recorded variables and their derivatives.

    Attributes
    ----------
    outputs, parameters : tuple of str
        Ids of the recorded variables and of the parameters that were moved.
    times : ndarray, shape (n_times,)
        Counted from the start of treatment.
    values : ndarray, shape (n_patients, n_times, n_outputs)
        Recorded variables at the given parameters.
    derivatives : ndarray, shape (n_patients, n_parameters, n_times, n_outputs)
        d value / d parameter; NaN where a perturbed patient failed.
    """

    outputs: tuple[str, ...]
    parameters: tuple[str, ...]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    derivatives: NDArray[np.float64]


def gradients(
    model: Model,
    values: ArrayLike,
    times: ArrayLike,
    *,
    wrt: Sequence[str] | None = None,
    doses: Doses | None = None,
    start: Start | None = None,
    shared: bool = True,
    relative_step: float | None = None,
    **options: Any,
) -> Gradients:
    """Differentiate the recorded variables with respect to parameters.

    Parameters
    ----------
    model : Model
        From `compile_model`.
    values : array, shape (n_patients, len(model.parameters))
        Where to differentiate.
    times : array, shape (n_times,)
        As for `simulate`.
    wrt : sequence of str, optional
        Parameters to move; all of the model's by default.
    doses, start
        As for `simulate`; every copy of a patient gets the patient's own.
    shared : bool
        Whether the copies take the very steps of the unperturbed patient: the error of the steps then
        cancels in the difference, which is smooth in the parameters.
    relative_step : float, optional
        Perturbation over the parameter's magnitude (over 1 where it is 0): 1e-4 with shared steps, else
        1e-3.
    **options
        `rtol`, `atol`, `threads` and so on, for `simulate`.

    Returns
    -------
    Gradients
        Central differences.

    Raises
    ------
    DataError
        As `simulate`; an unknown parameter in `wrt`; a step that is not between 0 and 1.
    """
    table = checked_values(model, values)
    names = tuple(model.parameters if wrt is None else wrt)
    step = relative_step if relative_step is not None else STEP_SHARED if shared else STEP_OWN
    problems = [
        unknown_id("parameter", name, model.parameters) for name in names if name not in model.parameters
    ]
    if not 0.0 < step < 1.0:
        problems.append(f"relative_step: {step:g}, expected a number between 0 and 1")
    if problems:
        raise DataError(*problems)
    patients, copies = table.shape[0], 2 * len(names) + 1
    moved = np.repeat(table[:, None, :], copies, axis=1)
    widths = np.empty((patients, len(names)))
    for k, name in enumerate(names):
        column = model.parameters.index(name)
        size = np.abs(table[:, column])
        move = step * np.where(size > 0.0, size, 1.0)
        moved[:, 2 * k + 1, column] += move
        moved[:, 2 * k + 2, column] -= move
        # what the numbers in memory really differ by
        widths[:, k] = moved[:, 2 * k + 1, column] - moved[:, 2 * k + 2, column]
    batch = simulate(
        model,
        moved.reshape(patients * copies, -1),
        times,
        doses=None if doses is None else _for_copies(doses, patients, copies),
        start=None if start is None else _start_for_copies(start, patients, copies),
        shared_steps=np.repeat(np.arange(patients), copies) if shared else None,
        **options,
    )
    found = batch.values.reshape(patients, copies, *batch.values.shape[1:])
    slopes = (found[:, 1::2] - found[:, 2::2]) / widths[:, :, None, None]
    return Gradients(batch.outputs, names, batch.times, found[:, 0], slopes)


def _for_copies(doses: Doses, patients: int, copies: int) -> Doses:
    """Give the doses of patient p to its copies p * copies ... (p + 1) * copies - 1."""
    own = doses.patient != EVERYONE
    count = np.where(own, copies, 1)
    row = np.repeat(np.arange(own.size), count)
    copy = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    beyond = (doses.patient < EVERYONE) | (doses.patient >= patients)
    if beyond.any():
        raise DataError(*doses.problems(patients=patients, targets=sorted(set(doses.target.tolist()))))
    patient = np.where(own[row], doses.patient[row] * copies + copy, EVERYONE)
    return Doses(patient, doses.time[row], doses.target[row], doses.amount[row], doses.duration[row])


def _start_for_copies(start: Start, patients: int, copies: int) -> Start:
    values = np.asarray(start.values, dtype=float)
    return replace(start, values=np.repeat(values, copies) if values.shape == (patients,) else values)
