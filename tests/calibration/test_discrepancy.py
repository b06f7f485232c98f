"""What is left over of misses: found again where it was put in."""

import numpy as np
import pandas as pd
import pytest
from made_up import N, members, outlook, problem

from alarmin.calibration.discrepancy import left_out, unexplained
from alarmin.trial.observation_parameters import observation_parameters


def test_a_trial_left_out_is_predicted_by_the_rest() -> None:
    """With one trial alone nothing else is there to learn from: the prediction is that of the prior."""
    responds = np.random.default_rng(2).random(N) < 0.3
    arm = outlook(responds, np.full(N, 6.0), np.full(N, 1e-6))
    task = problem(members(), arm, [{"endpoint": "orr", "value": 0.45, "error": 0.02}])
    assert left_out(task, observation_parameters(), 1.0) == pytest.approx([responds.mean()])


def made_up_arms(sd: float, error: float, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Arms of a true hazard that is off by `sd`, published at two months with a common error."""
    rng = np.random.default_rng(6)
    rows, predicted = [], []
    for k in range(n):
        off = rng.normal(0, sd)
        chance = rng.normal(0, error)
        for month in (6.0, 12.0):
            share = np.exp(-month / 15)
            rows.append(
                {
                    "trial": f"t{k}",
                    "arm": "a",
                    "subgroup": "",
                    "endpoint": "os",
                    "at": month,
                    "value": share ** np.exp(off + chance),
                    "sampling": error * share * -np.log(share),
                }
            )
            predicted.append(share)
    return pd.DataFrame(rows), np.array(predicted)


def test_the_spread_of_arms_is_found_beyond_their_error() -> None:
    found = unexplained(*made_up_arms(0.3, 0.1, 400))
    assert found.os == pytest.approx(0.3, rel=0.15)
    assert found.orr == found.pfs == 0


def test_chance_alone_leaves_next_to_nothing() -> None:
    assert unexplained(*made_up_arms(0.0, 0.1, 400)).os < 0.05
