"""Predictions are summed up over trials, each patient's once."""

import pandas as pd

from alarmin.trial import score, shipped_trials
from alarmin.trial.spec import repeats


def rows(*trials):
    """A response rate of each trial, predicted and published."""
    figures = {"endpoint": "orr", "subgroup": "", "value": 20.0, "predicted": 25.0, "hit": True}
    ends = {"predicted_low": 15.0, "predicted_high": 35.0}
    return pd.DataFrame([{"trial": trial, **figures, **ends} for trial in trials])


def test_a_trial_that_repeats_the_patients_of_others_is_not_counted():
    assert repeats() == {"PEMBRO-RT-MDACC": ("PEMBRO-RT", "MDACC")}
    counts = score(rows("PEMBRO-RT", "MDACC", "PEMBRO-RT-MDACC"))
    assert counts["response rate in the published interval"] == "2 of 2 arms (100%)"
    assert counts["published figures in the predicted 90 % interval"] == "2 of 2 (100%)"
    for alone in ("PEMBRO-RT-MDACC", "FLAURA"):
        assert score(rows(alone))["response rate in the published interval"] == "1 of 1 arms (100%)"
    every = score(rows(*shipped_trials()))["response rate in the published interval"]
    assert every.startswith(f"{len(shipped_trials()) - 1} of ")
