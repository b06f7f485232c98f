"""Runs written in parts: the same numbers, the same bytes after an interruption, nobody else's files."""

import numpy as np
import pandas as pd
import pytest
from small import TUMOUR, system

from alarmin.core import DataError
from alarmin.engine import Doses, Start, compile_model, simulate, simulate_to_parquet

TIMES = np.linspace(0.0, 60.0, 7)
PATIENTS = 23


@pytest.fixture(scope="module")
def model():
    return compile_model(system(TUMOUR), parameters=["kill", "g"], outputs=["T", "diameter"], dosed=["drug"])


@pytest.fixture(scope="module")
def values():
    return np.array([0.12, 0.08]) * np.exp(0.2 * np.random.default_rng(3).standard_normal((PATIENTS, 2)))


def options():
    patient = np.repeat(np.arange(0, PATIENTS, 2), 3)
    doses = Doses(
        np.append(patient, -1), np.append(np.tile([0.0, 21.0, 42.0], patient.size // 3), 5.0), "drug", 20.0
    )
    return {"doses": doses, "start": Start("diameter", np.linspace(1.0, 2.0, PATIENTS), 400.0)}


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_parts_hold_what_one_batch_holds(model, values, tmp_path):
    files = simulate_to_parquet(model, values, TIMES, tmp_path, part_size=5, **options())
    batch = simulate(model, values, TIMES, **options())
    found = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    pd.testing.assert_frame_equal(found, batch.to_frame(), check_exact=True)
    patients = pd.concat([pd.read_parquet(p) for p in sorted(tmp_path.glob("patients-*"))], ignore_index=True)
    assert patients["start_time"].to_numpy().tobytes() == batch.start_time.tobytes()
    assert set(patients["status"]) == {"ok"}


def test_an_interrupted_run_ends_in_the_same_bytes(model, values, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    simulate_to_parquet(model, values, TIMES, whole, part_size=6, **options())
    seen = []

    def interrupt(progress):
        seen.append(progress)
        if progress.done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_to_parquet(
            model, values, TIMES, broken, part_size=6, progress=interrupt, threads=1, **options()
        )
    assert 0 < len(contents(broken)) < len(contents(whole))
    assert all(content == contents(whole)[name] for name, content in contents(broken).items())
    simulate_to_parquet(model, values, TIMES, broken, part_size=6, threads=2, **options())
    assert contents(broken) == contents(whole)
    assert seen[-1].total == PATIENTS


def test_only_whole_slices_are_asked_for(model, values, tmp_path):
    class Drawn:
        shape = values.shape
        largest = 0

        def __getitem__(self, rows):
            self.largest = max(self.largest, rows.stop - rows.start)
            return values[rows]

    drawn = Drawn()
    simulate_to_parquet(model, drawn, TIMES, tmp_path, part_size=4)
    assert drawn.largest == 4


def test_files_of_another_run_are_not_touched(model, values, tmp_path):
    simulate_to_parquet(model, values, TIMES, tmp_path, part_size=12)
    before = contents(tmp_path)
    with pytest.raises(DataError, match=r"values-000000\.parquet: belongs to another run"):
        simulate_to_parquet(model, values, TIMES, tmp_path, part_size=12, rtol=1e-4)
    assert contents(tmp_path) == before
    (tmp_path / "values-000001.parquet").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"values-000001\.parquet: belongs to another run or is damaged"):
        simulate_to_parquet(model, values, TIMES, tmp_path, part_size=12)
