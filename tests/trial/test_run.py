"""A run says what its patients were calibrated on, from the members alone."""

import importlib

import numpy as np
import pandas as pd
import pytest

from alarmin.trial import calibration_trials, load_trial

run = importlib.import_module("alarmin.trial.run")


@pytest.mark.parametrize("calibrated", [True, False])
def test_calibration_is_told_by_the_weights(monkeypatch: pytest.MonkeyPatch, *, calibrated: bool) -> None:
    """Kish: half of the members with all of the weight count for half."""
    table = pd.DataFrame({"weight": np.repeat([0.0, 2.0], 40)})
    if calibrated:
        table["bootstrap_1"] = 1.0
    monkeypatch.setattr(run, "members", lambda: table)
    told = run._calibration()
    if not calibrated:
        assert told is None
        return
    for text in ("80 weighted members", "effective share 50%", "KEYNOTE-024", "OAK", "for research only"):
        assert text in told
    assert "KEYNOTE-042" not in told


def test_the_calibration_trials_are_those_that_say_so() -> None:
    named = [spec.trial for spec in calibration_trials()]
    assert {"KEYNOTE-024", "OAK", "RTOG-0617"} <= set(named)
    assert load_trial("PACIFIC").role == "validation"
    assert "PACIFIC" not in named
