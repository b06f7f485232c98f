"""What is left over of misses: found again where it was put in."""

import numpy as np
import pandas as pd
import pytest
from made_up import N, members, outlook, problem

from alarmin.calibration.discrepancy import CONCENTRATIONS, predictions, unexplained
from alarmin.calibration.fit import fit
from alarmin.trial.observation_parameters import observation_parameters


def test_weights_of_one_trial_predict_another() -> None:
    """The same patients respond in both: what the fit learns of them holds for the trial it has not seen."""
    responds = np.random.default_rng(2).random(N) < 0.3
    arm = outlook(responds, np.full(N, 6.0), np.full(N, 1e-6))
    seen = problem(members(), arm, [{"endpoint": "orr", "value": 0.45, "error": 0.001}])
    unseen = problem(members(), arm, [{"endpoint": "orr", "value": 0.9, "error": 0.001}])
    table = predictions(seen, fit(seen, observation_parameters()), unseen)
    assert table["value"].item() == 0.9
    predicted = table[[f"predicted_{c:g}" for c in CONCENTRATIONS]].iloc[0].to_numpy(float)
    assert predicted[0] == pytest.approx(0.45, abs=0.001)
    assert (np.diff(predicted) < 0).all()  # the more the population counts, the nearer to it
    assert predicted[-1] > responds.mean()


def made_up_arms(trial: float, arm: float, error: float, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Trials of two arms whose true hazards are off, published at two months with a common error."""
    rng = np.random.default_rng(6)
    rows, predicted = [], []
    for k in range(n):
        shared = rng.normal(0, trial)
        for name in "ab":
            off = shared + rng.normal(0, arm) + rng.normal(0, error)
            for month in (6.0, 12.0):
                share = np.exp(-month / 15)
                rows.append(
                    {
                        "trial": f"t{k}",
                        "arm": name,
                        "subgroup": "",
                        "endpoint": "os",
                        "at": month,
                        "value": share ** np.exp(off),
                        "sampling": error * share * -np.log(share),
                    }
                )
                predicted.append(share)
    return pd.DataFrame(rows), np.array(predicted)


@pytest.mark.parametrize(("trial", "arm"), [(0.3, 0.1), (0.1, 0.3), (0.2, 0.2)])
def test_spreads_of_trials_and_arms_are_told_apart(trial: float, arm: float) -> None:
    found = unexplained(*made_up_arms(trial, arm, 0.1, 1000))
    assert found.trial.os == pytest.approx(trial, rel=0.2)
    assert found.arm.os == pytest.approx(arm, rel=0.2)
    assert found.trial.orr == found.arm.pfs == 0


def test_chance_alone_leaves_next_to_nothing() -> None:
    found = unexplained(*made_up_arms(0.0, 0.0, 0.1, 1000))
    assert found.trial.os < 0.05
    assert found.arm.os < 0.05


def test_single_arms_count_for_the_trial() -> None:
    table, predicted = made_up_arms(0.3, 0.0, 0.1, 1000)
    alone = (table["arm"] == "a").to_numpy()
    found = unexplained(table[alone].reset_index(drop=True), predicted[alone])
    assert found.trial.os == pytest.approx(0.3, rel=0.15)
    assert found.arm.os == 0
