"""The same bits for any order of patients and doses, any number of lanes and threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import TUMOUR, system

from alarmin.engine import Doses, Start, compile_model, simulate

NAMES = ["kon", "kill", "g", "n", "cap"]
CENTRE = np.array([40.0, 0.12, 0.08, 1.7, 100.0])
TIMES = np.linspace(0.0, 200.0, 41)
PATIENTS = 13


def draw(count=PATIENTS):
    rng = np.random.default_rng(5)
    return CENTRE * np.exp(0.3 * rng.standard_normal((count, CENTRE.size)))


def regimen(patients):
    """A dose table in which every patient has a schedule of its own."""
    rows = [(p, 7.0 * k + p / 3, 20.0 + p, 0.0 if k % 2 else 0.04) for p in range(patients) for k in range(8)]
    patient, time, amount, duration = (np.array(column) for column in zip(*rows, strict=True))
    return patient, time, amount, duration


def run(lanes=None, threads=1, patients=None, shuffle=None, start=True):
    model = compile_model(
        system(TUMOUR), parameters=NAMES, outputs=["diameter", "T", "bound"], dosed=["drug"], lanes=lanes
    )
    chosen = np.arange(PATIENTS) if patients is None else np.asarray(patients)
    patient, time, amount, duration = regimen(PATIENTS)
    place = {int(p): i for i, p in enumerate(chosen)}
    rows = np.array([i for i in range(patient.size) if int(patient[i]) in place])
    if shuffle is not None:
        np.random.default_rng(shuffle).shuffle(rows)
    doses = Doses([place[int(p)] for p in patient[rows]], time[rows], "drug", amount[rows], duration[rows])
    begin = Start("diameter", np.linspace(1.0, 3.0, PATIENTS)[chosen], 400.0) if start else None
    return simulate(model, draw()[chosen], TIMES, doses=doses, start=begin, threads=threads)


@pytest.fixture(scope="module")
def reference():
    return run(lanes=4)


def assert_same(found, expected, rows):
    assert found.values.tobytes() == expected.values[rows].tobytes()
    assert found.start_time.tobytes() == expected.start_time[rows].tobytes()
    assert np.array_equal(found.n_steps, expected.n_steps[rows])


@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("threads", [1, 2])
def test_lanes_and_threads(reference, lanes, threads):
    assert_same(run(lanes=lanes, threads=threads), reference, np.arange(PATIENTS))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(PATIENTS)), st.integers(1, PATIENTS), st.integers(0, 99))
def test_order_and_shards(reference, order, size, shuffle):
    chosen = np.array(order[:size])
    assert_same(run(patients=chosen, shuffle=shuffle), reference, chosen)


def test_patients_really_differ(reference):
    assert np.unique(reference.values[:, -1, 1]).size == PATIENTS
    assert np.isfinite(reference.values).all()
