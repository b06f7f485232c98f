"""What a simulation of many patients gives back."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alarmin.engine.status import Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Batch", "Failure"]


@dataclass(frozen=True)
class Failure:
    """Why a patient has no result from some time on.

    Attributes
    ----------
    patient : int
        Row in the batch.
    status : Status
        What happened.
    time : float [time unit of the model]
        When; before the start of treatment, counted from the beginning of the growth phase.
    state : str
        Id of the state (or, for `UNDEFINED`, the recorded variable) at fault, empty where none is.
    """

    patient: int
    status: Status
    time: float
    state: str

    def __str__(self) -> str:
        at = f" ('{self.state}')" if self.state else ""
        return f"patient {self.patient}: {self.status.reason} at time {self.time:g}{at}"


@dataclass(frozen=True)
class Batch:
    """Results of all patients.

    Attributes
    ----------
    outputs : tuple of str
        Ids of the recorded variables.
    times : ndarray, shape (n_times,) [time unit of the model]
        Counted from the start of treatment. At the time of a dose the dose is included.
    values : ndarray, shape (n_patients, n_times, n_outputs)
        Recorded variables; NaN from a failure on.
    status : ndarray of int, shape (n_patients,)
        Codes of `Status`.
    failed_at : ndarray, shape (n_patients,)
        Time of the failure, NaN for patients who finished.
    failed_state : tuple of str
        State at fault, empty for patients who finished.
    start_time : ndarray, shape (n_patients,)
        Length of the growth phase, NaN without one.
    n_steps, n_rejected : ndarray of int, shape (n_patients,)
        Attempted and refused steps.
    """

    outputs: tuple[str, ...]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    status: NDArray[np.int64]
    failed_at: NDArray[np.float64]
    failed_state: tuple[str, ...]
    start_time: NDArray[np.float64]
    n_steps: NDArray[np.int64]
    n_rejected: NDArray[np.int64]

    @property
    def status_name(self) -> tuple[str, ...]:
        """Names of the status codes, one per patient."""
        return tuple(Status(code).name.lower() for code in self.status)

    def output(self, name: str) -> NDArray[np.float64]:
        """Return one recorded variable, shape (n_patients, n_times)."""
        column: NDArray[np.float64] = self.values[:, :, self.outputs.index(name)]
        return column

    def failures(self) -> tuple[Failure, ...]:
        """Return the patients who did not finish."""
        rows = np.flatnonzero(self.status != Status.OK)
        return tuple(
            Failure(int(i), Status(self.status[i]), float(self.failed_at[i]), self.failed_state[i])
            for i in rows
        )

    def rows(self, which: NDArray[np.int64]) -> "Batch":
        """Return the patients with these positions, in this order."""
        return replace(self, **{name: _taken(getattr(self, name), which) for name in _BY_PATIENT})

    def with_rows(self, which: NDArray[np.int64], other: "Batch") -> "Batch":
        """Return a batch in which the patients with these positions have the results of another one."""
        columns: dict[str, Any] = {}
        for name in _BY_PATIENT:
            old, new = getattr(self, name), getattr(other, name)
            column = np.array(old, dtype=object if isinstance(old, tuple) else None)
            column[which] = new
            columns[name] = tuple(column.tolist()) if isinstance(old, tuple) else column
        return replace(self, **columns)

    def to_frame(self) -> "pd.DataFrame":
        """Return a long table: patient, time, one column per recorded variable."""
        import pandas as pd

        patients, times, outputs = self.values.shape
        columns = {
            "patient": np.repeat(np.arange(patients), times),
            "time": np.tile(self.times, patients),
        }
        flat = self.values.reshape(patients * times, outputs)
        return pd.DataFrame(columns | {name: flat[:, i] for i, name in enumerate(self.outputs)})


_BY_PATIENT = tuple(item.name for item in fields(Batch) if item.name not in ("outputs", "times"))


def _taken(column: Any, which: NDArray[np.int64]) -> Any:
    return tuple(column[i] for i in which) if isinstance(column, tuple) else column[which]
