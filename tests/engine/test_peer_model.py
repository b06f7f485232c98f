"""A published model of others, as its authors exported it, quirks included."""

from pathlib import Path

import numpy as np
import pytest
from oracle import integrate

from alarmin.core import ModelError
from alarmin.engine import compile_model, read_sbml, simulate

FILE = Path(__file__).parents[3] / "shared" / "data" / "peer_models" / "jafarnejad2019_nsclc_pd1.xml"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the peer model is not beside the project")


@pytest.fixture(scope="module")
def system():
    return read_sbml(FILE, events="skip")


def test_its_events_are_refused_one_by_one_with_what_to_do():
    with pytest.raises(ModelError) as caught:
        read_sbml(FILE)
    lines = caught.value.problems
    assert len(lines) == 7
    assert sum("extinction floor" in line for line in lines) == 2
    assert sum("simulate(doses=...)" in line for line in lines) == 3
    assert sum("start again from there" in line for line in lines) == 1
    assert all(line.startswith("event 'mw") for line in lines)
    assert "(count_dose_Nivo)" in lines[3]


def test_names_stand_beside_machine_made_ids(system):
    assert len(system.skipped) == 7
    assert {"C1", "Nivo", "k_infus_Nivo"} <= {system.label(element) for element in system.observables}


def worst_error(got, expected):
    """Return the worst error relative to a value and a thousandth of the largest of its state."""
    scale = np.abs(got).max(axis=0)
    present = scale > 0.0
    # Without doses the drug stays at zero here; the others leave rounding errors in its place.
    assert np.abs(expected[:, ~present]).max() < 1e-17
    return (np.abs(got - expected) / (np.abs(expected) + 1e-3 * scale + 1e-300))[:, present].max()


def test_without_events_it_agrees_with_scipy(system):
    times = np.linspace(0.0, 40.0, 3)
    model = compile_model(system, parameters=[], outputs=system.states)
    got = simulate(model, np.zeros((1, 0)), times, rtol=1e-10, nonnegative=(), on_error="raise").values[0]
    scale = np.abs(got).max(axis=0)
    expected = integrate(system, system.states, times, rtol=1e-9, atol=1e-10 * scale + 1e-24)
    assert worst_error(got, expected) < 1e-6


def test_without_events_it_agrees_with_libroadrunner(system):
    roadrunner = pytest.importorskip("roadrunner")
    libsbml = pytest.importorskip("libsbml")
    document = libsbml.readSBMLFromFile(str(FILE))
    source = document.getModel()
    while source.getNumEvents():
        source.removeEvent(0)
    log2 = source.createFunctionDefinition()  # the authors' tool left it undefined
    log2.setId("log2")
    log2.setMath(libsbml.parseL3Formula("lambda(x, ln(x)/ln(2))"))
    species = [state for state in system.states if source.getSpecies(state)]
    peer = roadrunner.RoadRunner(libsbml.writeSBMLToString(document))
    peer.integrator.relative_tolerance = 1e-11
    peer.integrator.absolute_tolerance = 1e-20
    peer.timeCourseSelections = ["time", *species]
    expected = np.array(peer.simulate(0.0, 400.0, 9))[:, 1:]
    model = compile_model(system, parameters=[], outputs=[f"amount({s})" for s in species])
    times = np.linspace(0.0, 400.0, 9)
    got = simulate(model, np.zeros((1, 0)), times, rtol=1e-10, nonnegative=(), on_error="raise").values[0]
    assert worst_error(got, expected) < 1e-6
