"""Large runs written to a folder of Parquet files, a part at a time, with resumption."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from alarmin.core import DataError
from alarmin.engine.arguments import Start, checked_values
from alarmin.engine.batch import Batch
from alarmin.engine.doses import EVERYONE, Doses
from alarmin.engine.model import Model
from alarmin.engine.run import simulate
from alarmin.engine.workers import Progress

__all__ = ["Table", "simulate_to_parquet"]

_KEY = b"alarmin-part"


class Table(Protocol):
    """Anything that gives rows of parameters by slice: an array, a memory map, a generator of patients."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Patients and parameters."""
        ...

    def __getitem__(self, rows: slice, /) -> ArrayLike:
        """Return the rows of a slice."""
        ...


@dataclass(frozen=True)
class _Part:
    """One slice of the patients and the files that it becomes."""

    folder: Path
    number: int
    first: int
    last: int

    def file(self, kind: str) -> Path:
        return self.folder / f"{kind}-{self.number:06d}.parquet"


def simulate_to_parquet(
    model: Model,
    values: Table,
    times: ArrayLike,
    folder: str | Path,
    *,
    doses: Doses | None = None,
    start: Start | None = None,
    part_size: int = 4096,
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> tuple[Path, ...]:
    """Simulate any number of patients in bounded memory.

    Parameters
    ----------
    model : Model
        From `compile_model`.
    values : Table, shape (n_patients, len(model.parameters))
        Parameters; only `part_size` rows are asked for at a time.
    times : array, shape (n_times,)
        As for `simulate`.
    folder : path
        Receives `values-NNNNNN.parquet` (patient, time, one column per output) and
        `patients-NNNNNN.parquet` (status, failure, start time, steps). Parts of the same run that are
        already there are kept, so an interrupted run goes on where it stopped, to the same bytes.
    doses, start
        As for `simulate`; patients are numbered over the whole run.
    part_size : int
        Patients per part; memory is proportional to it.
    progress : callable, optional
        Called with a `Progress` over the whole run.
    **options
        `rtol`, `atol`, `threads` and so on, for `simulate`.

    Returns
    -------
    tuple of Path
        The `values` files, in the order of patients.

    Raises
    ------
    DataError
        As `simulate`; a part in the folder that belongs to another run.
    """
    if part_size < 1:
        raise DataError(f"part_size: {part_size}, expected at least 1")
    patients = values.shape[0]
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    began, simulated = monotonic(), 0
    written = []
    for number, first in enumerate(range(0, patients, part_size)):
        part = _Part(home, number, first, min(first + part_size, patients))
        table = checked_values(model, values[part.first : part.last])
        own_doses, own_start = _doses_of(doses, part), _start_of(start, part, patients)
        digest = _digest(model, table, times, own_doses, own_start, options)
        written.append(part.file("values"))
        if _is_there(part, digest):
            continue

        def report(inner: Progress, done: int = part.first, fresh: int = simulated) -> None:
            if progress is None:
                return
            elapsed_s, made = monotonic() - began, fresh + inner.done
            left_s = elapsed_s / made * (patients - done - inner.done) if made else nan
            progress(Progress(done + inner.done, patients, elapsed_s, left_s))

        batch = simulate(
            model,
            table,
            times,
            doses=own_doses,
            start=own_start,
            progress=report if progress else None,
            **options,
        )
        simulated += part.last - part.first
        _write(part, batch, digest)
    return tuple(written)


def _doses_of(doses: Doses | None, part: _Part) -> Doses | None:
    if doses is None:
        return None
    rows = np.flatnonzero(
        (doses.patient == EVERYONE) | ((doses.patient >= part.first) & (doses.patient < part.last))
    )
    patient = np.where(doses.patient[rows] == EVERYONE, EVERYONE, doses.patient[rows] - part.first)
    return Doses(patient, doses.time[rows], doses.target[rows], doses.amount[rows], doses.duration[rows])


def _start_of(start: Start | None, part: _Part, patients: int) -> Start | None:
    if start is None:
        return None
    values = np.asarray(start.values, dtype=float)
    if values.shape not in ((), (patients,)):
        raise DataError(f"start: {values.shape} values, expected one number or {patients}, one per patient")
    return replace(start, values=values[part.first : part.last] if values.shape else values)


def _digest(
    model: Model,
    table: NDArray[np.float64],
    times: ArrayLike,
    doses: Doses | None,
    start: Start | None,
    options: dict[str, Any],
) -> bytes:
    """Digest of everything that the numbers of a part depend on."""
    kept = {k: v for k, v in sorted(options.items()) if k not in ("threads", "progress", "on_error")}
    parts: list[bytes] = [
        model.fingerprint.encode(),
        table.tobytes(),
        np.asarray(times, float).tobytes(),
    ]
    for name, value in kept.items():
        shown = sorted(value.items()) if isinstance(value, dict) else np.asarray(value).tolist()
        parts.append(f"{name}={shown!r}".encode())
    if doses is not None:
        columns = (doses.patient, doses.time, doses.target, doses.amount, doses.duration)
        order = np.lexsort(columns)
        parts += [np.ascontiguousarray(column[order]).tobytes() for column in columns]
    if start is not None:
        parts.append(
            f"{start.variable} {start.latest!r}".encode() + np.asarray(start.values, float).tobytes()
        )
    whole = hashlib.sha256()
    for piece in parts:
        whole.update(hashlib.sha256(piece).digest())
    return whole.hexdigest().encode()


def _is_there(part: _Part, digest: bytes) -> bool:
    """Whether both files of a part are whole and of this run; another run's files are not overwritten."""
    for kind in ("values", "patients"):
        path = part.file(kind)
        if not path.exists():
            return False
        try:
            metadata = pq.read_schema(path).metadata or {}
        except (pa.ArrowInvalid, OSError):
            metadata = {}
        if metadata.get(_KEY) != digest:
            raise DataError(
                f"{path}: belongs to another run or is damaged; choose an empty folder or remove it"
            )
    return True


def _write(part: _Part, batch: Batch, digest: bytes) -> None:
    count, n_times, n_outputs = batch.values.shape
    patient = np.arange(part.first, part.last)
    flat = batch.values.reshape(count * n_times, n_outputs)
    columns = {"patient": np.repeat(patient, n_times), "time": np.tile(batch.times, count)}
    columns |= {name: np.ascontiguousarray(flat[:, i]) for i, name in enumerate(batch.outputs)}
    of_patients = {
        "patient": patient,
        "status": pa.array(batch.status_name),
        "failed_at": batch.failed_at,
        "failed_state": pa.array(batch.failed_state),
        "start_time": batch.start_time,
        "n_steps": batch.n_steps,
        "n_rejected": batch.n_rejected,
    }
    # `values` last: a part counts as done only when both are there
    for kind, content in (("patients", of_patients), ("values", columns)):
        table = pa.table(content).replace_schema_metadata({_KEY: digest})
        handle, temporary = tempfile.mkstemp(dir=part.folder, prefix=".part-")
        os.close(handle)
        try:
            pq.write_table(table, temporary, compression="zstd")
            os.replace(temporary, part.file(kind))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
