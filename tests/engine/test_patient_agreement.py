"""Our own model against libRoadRunner at tight tolerances, over two years of doses."""

import numpy as np
import pytest
from patient import patient_sbml, patient_system

from alarmin.engine import Doses, Start, compile_model, simulate

roadrunner = pytest.importorskip("roadrunner")
DRUGS = ("pembrolizumab", "cisplatin", "carboplatin", "pemetrexed")
TIMES = np.linspace(0.0, 730.0, 53)
CYCLES = np.arange(0.0, 730.0, 21.0)
REGIMENS = {
    "pembrolizumab": [("A1_pembrolizumab", CYCLES, 200.0)],
    "chemotherapy": [("A1_carboplatin", CYCLES[:4], 600.0), ("A1_pemetrexed", CYCLES, 900.0)],
    "both": [
        ("A1_pembrolizumab", CYCLES, 200.0),
        ("A1_cisplatin", CYCLES[:4], 135.0),
        ("A1_pemetrexed", CYCLES, 900.0),
    ],
    "untreated": [],
}


@pytest.fixture(scope="module")
def begin():
    """The model, and its states when the sum of diameters reaches 60 mm."""
    system = patient_system(*DRUGS)
    model = compile_model(system, outputs=["SLD", *system.states])
    batch = simulate(
        model,
        np.zeros((1, 0)),
        [0.0],
        start=Start("SLD", 60.0, 5000.0),
        rtol=1e-10,
        atol=1e-12,
        on_error="raise",
    )
    return system, batch.values[0, 0, 1:]


def peer(system, begin, regimen):
    """Recorded states by CVODE, restarted at each dose."""
    runner = roadrunner.RoadRunner(patient_sbml(*DRUGS))
    runner.timeCourseSelections = ["time", *system.states]
    runner.integrator.relative_tolerance = 1e-9
    runner.integrator.maximum_num_steps = 10**7
    count = len(runner.integrator.getAbsoluteToleranceVector())
    for name, value in zip(system.states, begin, strict=True):
        runner[name] = float(value)
    starts = np.unique(np.concatenate([[0.0], *(times for _, times, _ in regimen)]))
    found = np.empty((TIMES.size, len(system.states)))
    for first, last in zip(starts, [*starts[1:], np.inf], strict=True):
        for target, times, amount in regimen:
            if first in times:
                runner[target] = runner[target] + amount
        runner.integrator.absolute_tolerance = [1e-12] * count
        places = np.flatnonzero((first <= TIMES) & (last > TIMES))
        grid = np.unique(np.concatenate([[first], TIMES[places], [min(last, TIMES[-1])]]))
        rows = np.asarray(runner.simulate(times=grid.tolist()))
        found[places] = rows[np.searchsorted(grid, TIMES[places]), 1:]
    return found


@pytest.mark.parametrize("name", sorted(REGIMENS))
def test_every_state_agrees(begin, name):
    system, states = begin
    regimen = REGIMENS[name]
    expected = peer(system, states, regimen)
    dosed = [target for target, _, _ in regimen]
    model = compile_model(system, parameters=system.states, outputs=system.states, dosed=dosed)
    rows = [(time, target, amount) for target, times, amount in regimen for time in times]
    time, target, amount = zip(*rows, strict=True) if rows else ((), np.array([], dtype=str), ())
    doses = Doses(np.zeros(len(rows), dtype=int), time, target, amount)
    found = simulate(model, [states], TIMES, doses=doses, rtol=1e-9, atol=1e-12, on_error="raise").values[0]
    largest = np.abs(expected).max(axis=0)
    moving = (
        largest > 1e-6
    )  # where nothing happens the peer leaves noise of the size of its absolute tolerance
    error = np.abs(found - expected) / (np.abs(expected) + 1e-3 * largest + 1e-300)
    assert error[:, moving].max() < 1e-6
    assert np.abs(found[:, ~moving]).max(initial=0.0) < 1e-6
    assert moving.sum() > 60
