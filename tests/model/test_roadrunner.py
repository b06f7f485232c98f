"""The engine and libRoadRunner give the same trajectories of the shipped model under the shipped regimens."""

import numpy as np
import pandas as pd
import pytest
from model_cases import PATIENT_DRUGS
from roadrunner_oracle import patient_sbml, trajectories

from alarmin.engine import Doses, simulate
from alarmin.population import compiled, draw_drugs, recruit
from alarmin.population.simulation import system
from alarmin.therapy import doses, drug, join, load_regimen
from alarmin.trial import load_trial
from alarmin.trial.run import RTOL
from alarmin.trial.selection import eligible

pytestmark = pytest.mark.parametrize("setting", ["patient"], indirect=True, scope="session")

N_PATIENTS = 2
HORIZON_DAY = 189.0
# Hours and days after a dose at which all is compared, beside every second week.
AFTER_DOSE_DAY = (0.0, 0.5 / 24, 2.0 / 24, 6.0 / 24, 1.0, 4.0)
SCARS, SCAR_BEGINS_ML = ("Scar_1", "Scar_2"), 2e-6
QUOTIENTS = ("net_growth", "share_by_T_1", "share_by_T_2")
DOSED = tuple(drug(name).dosed_into for name in PATIENT_DRUGS)


@pytest.fixture(scope="module")
def spec():
    return load_trial("KEYNOTE-024")


@pytest.fixture(scope="module")
def cohort(spec):
    return recruit(
        N_PATIENTS, seed=20, eligible=lambda features: eligible(features, spec.at_diagnosis), threads=1
    )


@pytest.fixture(scope="module")
def outputs(read_assembled):
    """Every state and everything that a rule computes from states.

    `QUOTIENTS` are left out: where a tumour is eradicated their parts are under one cell, which no solver
    keeps. The parts are compared (births, deaths, cells).
    """
    document = read_assembled()
    rules = [rule.getVariable() for rule in document.getModel().getListOfRules() if rule.isAssignment()]
    parts = {
        "born",
        "worn",
        "killed",
        "live_1",
        "live_2",
        "killed_1",
        "killed_2",
        "other_loss_1",
        "other_loss_2",
    }
    assert parts <= set(rules)
    return (*system(PATIENT_DRUGS).states, *(name for name in rules if name not in QUOTIENTS))


@pytest.fixture(scope="module")
def table(cohort):
    """Everything that sets a patient apart: parameters, drugs, state at the start."""
    own = draw_drugs(PATIENT_DRUGS, cohort.features, seed=20)
    return pd.concat([cohort.parameters, own, cohort.baseline], axis=1)


def given_doses(spec, arm, features):
    """Return the doses of an arm, followed by its crossover regimen where it has one."""
    stop = HORIZON_DAY / 2 if spec.arms[arm].crossover else HORIZON_DAY
    given = doses(load_regimen(spec.arms[arm].regimen), features, stop_day=stop)
    if spec.arms[arm].crossover:
        later = load_regimen(spec.arms[arm].crossover.regimen)
        given = join(given, doses(later, features, start_day=stop, stop_day=HORIZON_DAY))
    return given


def some(given, rows):
    """Return some doses as those of a single patient."""
    columns = (given.time, given.target, given.amount, given.duration)
    return Doses(0, *(column[rows] for column in columns))


def worst_difference(got, expected, outputs):
    """Return the largest relative difference; below a millionth of its largest, a variable counts as that.

    A scar below `SCAR_BEGINS_ML` counts as that: it begins with a kink, where growth turns to shrinkage.
    """
    largest = np.abs(expected).max(axis=0)
    # An undosed drug is exactly zero here and 1e-23 there.
    floor = np.maximum(1e-6 * largest, 1e-12)
    floor = np.maximum(floor, np.where([name in SCARS for name in outputs], SCAR_BEGINS_ML, 0.0))
    return float((np.abs(got - expected) / (np.abs(expected) + floor)).max())


@pytest.mark.parametrize("arm", list(load_trial("KEYNOTE-024").arms))
def test_trajectories_agree_with_libroadrunner(spec, cohort, table, outputs, read_assembled, arm):
    given = given_doses(spec, arm, cohort.features)
    after = np.add.outer(np.unique(given.time), AFTER_DOSE_DAY).ravel()
    times = np.unique(np.concatenate([np.arange(0.0, HORIZON_DAY, 14.0), after]))
    model = compiled(tuple(table.columns), outputs, PATIENT_DRUGS)
    columns, values = model.parameters, table[list(model.parameters)].to_numpy()
    tight = simulate(model, values, times, doses=given, rtol=1e-12, threads=1)
    usual = simulate(model, values, times, doses=given, rtol=RTOL, threads=1)
    assert not tight.failures()
    worst_tight, worst_usual = 0.0, 0.0
    for patient in range(N_PATIENTS):
        sbml = patient_sbml(
            read_assembled(), dict(zip(columns, map(float, values[patient]), strict=True)), DOSED
        )
        largest = np.abs(tight.values[patient]).max(axis=0)
        scale = {name: max(float(size), 1e-9) for name, size in zip(outputs, largest, strict=True)}
        peer = trajectories(sbml, some(given, given.patient == patient), times, outputs, scale, rtol=1e-12)
        worst_tight = max(worst_tight, worst_difference(tight.values[patient], peer, outputs))
        worst_usual = max(worst_usual, worst_difference(usual.values[patient], peer, outputs))
    print(f"{arm}: {worst_tight:.1e} at tight tolerances, {worst_usual:.1e} at those of a trial")
    assert worst_tight < 1e-6


def test_the_comparison_can_fail(spec, cohort, table, outputs, read_assembled):
    """A clearance that is off by 0.1 % in one of the two is seen."""
    features = cohort.features.iloc[:1]
    given = given_doses(spec, "pembrolizumab", features)
    first = some(given, given.time == 0.0)
    model = compiled(tuple(table.columns), outputs, PATIENT_DRUGS)
    columns, values = model.parameters, table[list(model.parameters)].to_numpy()[:1]
    times = np.array([0.0, 1.0, 20.0])
    got = simulate(model, values, times, doses=first, rtol=1e-9, threads=1)
    own = dict(zip(columns, map(float, values[0]), strict=True))
    own["CL_pembrolizumab"] *= 1.001
    scale = {
        name: max(float(size), 1e-9) for name, size in zip(outputs, got.values[0].max(axis=0), strict=True)
    }
    peer = trajectories(patient_sbml(read_assembled(), own, DOSED), first, times, outputs, scale, rtol=1e-12)
    assert worst_difference(got.values[0], peer, outputs) > 1e-4
