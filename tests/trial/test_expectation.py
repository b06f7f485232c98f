"""Expectations against trials that were conducted: the same tumours, chance averaged out."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from synthetic import make_lesions, make_patients

from alarmin.trial.conduct import DAYS_PER_MONTH, observe
from alarmin.trial.expectation import MONTHS, expect
from alarmin.trial.observation_parameters import observation_parameters
from alarmin.trial.spec import TrialSpec, load_trial

GRID = np.arange(0.0, 2000.0, 7.0)
TIMES = 40
SPEC = TrialSpec.model_validate(
    {
        **load_trial("KEYNOTE-024").model_dump(),
        "accrual_months": 0.0,
        "dropout_per_year": 0.0,
        "cutoffs": {"response_and_pfs": 60.0, "overall_survival": 64.0},
    }
)
PARAMETERS = replace(observation_parameters(), scan_spread_days=0.0, scan_off_plan=0.0)


def treated(lesion_mm: np.ndarray, later_day: np.ndarray) -> Any:
    tumour_mm = lesion_mm.sum(axis=2)
    batch = SimpleNamespace(values=np.concatenate([lesion_mm, tumour_mm[:, :, None]], axis=2))
    return cast(Any, SimpleNamespace(planned=batch, tumour_mm=tumour_mm, later_day=later_day))


@pytest.fixture(scope="module", params=[PARAMETERS, observation_parameters()], ids=["punctual", "as shipped"])
def both(request: pytest.FixtureRequest) -> tuple[Any, np.ndarray, Any, Any]:
    """Outlook of a hundred tumours, and a trial in which each of them takes part many times."""
    patients = make_patients(100, ["pembrolizumab"], seed=3)
    lesions = make_lesions(patients, GRID, "", seed=3)
    never = np.full(len(patients), np.inf)
    expectation = expect(
        SPEC, patients, treated(lesions, never), grid_day=GRID, seed=5, parameters=request.param
    )
    outlook = expectation.outlook(request.param)
    alive = outlook.survival(expectation.risk(request.param), request.param)
    rows = np.tile(np.arange(100), TIMES)
    many = patients.iloc[rows].assign(patient_id=np.arange(len(rows)))
    seen = observe(
        SPEC, many, grid_day=GRID, lesion_mm=lesions[rows], seed=9, parameters=request.param
    ).patients
    return outlook, alive, seen, expectation.dynamics(outlook)


def test_response_is_that_of_the_conducted_trial(both: tuple[Any, np.ndarray, Any, Any]) -> None:
    outlook, alive, seen, _ = both
    observed = seen["best_response"].isin(["CR", "PR"]).mean()
    assert outlook.response(alive).mean() == pytest.approx(observed, abs=0.03)


@pytest.mark.parametrize("endpoint", ["pfs", "os"])
def test_curves_are_those_of_the_conducted_trial(
    endpoint: str, both: tuple[Any, np.ndarray, Any, Any]
) -> None:
    """Nobody is censored early, so that the share without an event is the curve."""
    outlook, alive, seen, _ = both
    expected = outlook.curve(endpoint, alive).mean(axis=0)
    month, event = seen[f"{endpoint}_month"].to_numpy(), seen[f"{endpoint}_event"].to_numpy()
    for at in (6.0, 12.0, 24.0, 36.0):
        observed = 1.0 - ((month <= at) & (event == 1)).mean()
        assert np.interp(at, MONTHS, expected) == pytest.approx(observed, abs=0.035)


def test_survival_falls_and_later_therapy_delays_it() -> None:
    """Later therapy that shrinks nothing but holds the tumour lowers the hazard from loose to held again."""
    patients = make_patients(40, ["pembrolizumab"], seed=4)
    lesions = np.repeat(make_lesions(patients, GRID, "", seed=4)[:, :1], len(GRID), axis=1)
    lesions[:, 10:] *= 1.5  # progression of everyone at the second visit, steady after it
    curves = []
    for day in (np.inf, 150.0):
        arm = expect(
            SPEC,
            patients,
            treated(lesions, np.full(len(patients), day)),
            grid_day=GRID,
            seed=5,
            parameters=PARAMETERS,
        )
        outlook = arm.outlook(PARAMETERS)
        assert (outlook.progression_month <= 126 / DAYS_PER_MONTH + 1e-9).all()
        curves.append(outlook.curve("os", outlook.survival(arm.risk(PARAMETERS), PARAMETERS)))
    without, given = curves
    assert (np.diff(without, axis=1) <= 0).all()
    assert (np.diff(given, axis=1) <= 0).all()
    late = MONTHS > 150 / DAYS_PER_MONTH + 1.5
    assert (given[:, late] >= without[:, late]).all()  # both are zero where nobody is left
    assert given[:, late].mean() > 1.2 * without[:, late].mean()


def test_three_readings_need_life_and_no_early_progression(both: tuple[Any, np.ndarray, Any, Any]) -> None:
    outlook, alive, _, moved = both
    thrice = outlook.read_thrice(moved, alive)
    early = (outlook.progression_month < outlook.third_month[:, None]) | (moved.readings < 3).reshape(
        thrice.shape
    )
    assert (thrice[early] == 0).all()
    assert ((thrice[~early] > 0) & (thrice[~early] <= 1)).all()
    assert (np.abs(outlook.third_month - 18 * 7 / DAYS_PER_MONTH) <= 4.5 * 7 / DAYS_PER_MONTH + 1e-9).all()


def test_readings_after_a_new_lesion_do_not_say_how_a_tumour_moves() -> None:
    patients = make_patients(30, ["pembrolizumab"], seed=6)
    lesions = make_lesions(patients, GRID, "", seed=6)
    never = np.full(len(patients), np.inf)
    arm = expect(SPEC, patients, treated(lesions, never), grid_day=GRID, seed=5, parameters=PARAMETERS)
    at_once = replace(PARAMETERS, new_lesion_per_year=1e9)
    change = arm.lesion_change.reshape(-1, arm.lesion_change.shape[2])
    found = arm.dynamics(arm.outlook(at_once))
    assert found.depth == pytest.approx(change[:, 1])
    shrinks_on = change[:, 1:].min(axis=1) < change[:, 1]
    assert shrinks_on.any()
    later = arm.dynamics(arm.outlook(PARAMETERS))
    assert (later.depth[shrinks_on] < found.depth[shrinks_on]).any()


def test_how_a_tumour_moves_is_read_of_its_first_lesion() -> None:
    """The second lesion grows and the first does not: progression comes from what is not read here."""
    patients = make_patients(30, ["pembrolizumab"], seed=6)
    lesions = np.repeat(make_lesions(patients, GRID, "", seed=6)[:, :1], len(GRID), axis=1)
    lesions[:, :, 1] *= 1 + np.arange(len(GRID)) / 5
    never = np.full(len(patients), np.inf)
    arm = expect(SPEC, patients, treated(lesions, never), grid_day=GRID, seed=5, parameters=PARAMETERS)
    still = replace(PARAMETERS, new_lesion_per_year=0.0, new_lesion_per_growth=0.0)
    outlook = arm.outlook(still)
    found = arm.dynamics(outlook)
    assert np.isfinite(outlook.progression_month).mean() > 0.9
    assert np.median(np.abs(found.depth)) < 0.15
    assert np.isfinite(found.grown_month).mean() < 0.2
