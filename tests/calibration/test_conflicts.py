"""Figures of a made-up trial that contradict each other, and others that do not."""

from dataclasses import replace

import numpy as np
import pytest
from made_up import N, members, outlook, problem

from alarmin.calibration.conflicts import conflicts
from alarmin.calibration.fit import fit
from alarmin.trial.observation_parameters import observation_parameters

PARAMETERS = replace(observation_parameters(), os_hazard_per_year=0.3, os_log_hazard_progressing=1.0)


@pytest.fixture(scope="module")
def arm():
    """Who responds is free of progression for long: shares of 30 and 70 %."""
    responds = np.random.default_rng(3).random(N) < 0.3
    return outlook(responds, np.where(responds, 30.0, 2.0), np.ones(N))


def found(arm, *targets):
    task = problem(members(), arm, [{"error": 0.02, **target} for target in targets])
    solved = fit(task, PARAMETERS, concentration=1.0)
    task.remix(solved.weight)
    return conflicts(task, solved)


def test_two_reports_of_one_rate_conflict(arm) -> None:
    table = found(arm, {"endpoint": "orr", "value": 0.2}, {"endpoint": "orr", "value": 0.5})
    assert len(table) == 1
    row = table.iloc[0]
    assert row["residual"] * row["against_residual"] < 0
    assert row["correlation"] == pytest.approx(1.0)
    assert row["figure"].startswith("CheckMate-057 docetaxel orr")


def test_more_responses_and_fewer_progression_free_conflict(arm) -> None:
    table = found(arm, {"endpoint": "orr", "value": 0.6}, {"endpoint": "pfs", "at": 12.0, "value": 0.1})
    assert len(table) == 1
    assert {table.loc[0, "figure"], table.loc[0, "against"]} == {
        "CheckMate-057 docetaxel orr",
        "CheckMate-057 docetaxel pfs 12",
    }


def test_figures_that_are_met_together_do_not_conflict(arm) -> None:
    assert found(arm, {"endpoint": "orr", "value": 0.4}, {"endpoint": "orr", "value": 0.41}).empty


def test_figures_that_are_missed_alike_do_not_conflict(arm) -> None:
    """Both are too low for weights that may not move far."""
    task = problem(members(), arm, [{"endpoint": "orr", "value": v, "error": 0.02} for v in (0.6, 0.7)])
    solved = fit(task, PARAMETERS, concentration=1e4)
    assert (solved.table["residual"] < -1).all()
    assert conflicts(task, solved).empty
