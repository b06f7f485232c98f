"""The committed calibration: its files belong together, and to the evidence of today."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alarmin.calibration.targets import trial_targets
from alarmin.population import effective_size
from alarmin.population.members import members
from alarmin.trial import calibration_trials
from alarmin.trial.run import DAYS_PER_MONTH, weekly

FOLDER = Path(__file__).parents[2] / "docs" / "calibration_result"
SUMMARY = json.loads((FOLDER / "summary.json").read_text(encoding="utf-8"))
TARGETS = pd.read_csv(FOLDER / "targets.csv", keep_default_na=False, na_values={"at": [""]})
OF_TRIALS = TARGETS[~TARGETS["endpoint"].isin(["feature", "entry"])]


def test_weights_are_those_of_the_summary() -> None:
    weight = members()["weight"].to_numpy(float)
    assert len(weight) == SUMMARY["members"]
    assert effective_size(weight) / len(weight) == pytest.approx(SUMMARY["effective_share"], abs=1e-3)


def test_bars_of_the_calibration() -> None:
    """Effective share of at least 15 %; curves within 0.06 of the published ones."""
    assert SUMMARY["effective_share"] >= 0.15
    curves = OF_TRIALS[OF_TRIALS["endpoint"].isin(["pfs", "os"])]
    distance = float((curves["fitted"] - curves["value"]).abs().mean())
    assert distance == pytest.approx(SUMMARY["mean_absolute_gap_of_curves"], abs=1e-3)
    assert distance <= 0.06


def test_targets_are_the_published_figures_of_today() -> None:
    """A change of the evidence or of a trial file asks for a new calibration."""
    now = pd.concat([trial_targets(spec) for spec in calibration_trials()], ignore_index=True)
    keys = ["trial", "arm", "subgroup", "endpoint", "at"]
    both = OF_TRIALS.merge(now.round(4), on=keys, how="outer", suffixes=("", "_now"), indicator=True)
    assert (both["_merge"] == "both").all(), both[both["_merge"] != "both"][keys]
    np.testing.assert_allclose(both["value"], both["value_now"], atol=1e-4)
    np.testing.assert_allclose(both["error"], both["error_now"], atol=1e-4)


def test_conflicts_are_between_figures_that_are_missed() -> None:
    residual = dict(zip(map(_named, OF_TRIALS.to_dict("records")), OF_TRIALS["residual"], strict=True))
    found = pd.read_csv(FOLDER / "conflicts.csv")
    assert len(found)
    for row in found.to_dict("records"):
        assert row["residual"] == pytest.approx(residual[row["figure"]], abs=1e-3)
        assert row["against_residual"] == pytest.approx(residual[row["against"]], abs=1e-3)
        assert min(abs(row["residual"]), abs(row["against_residual"])) >= 1
        assert row["residual"] * row["against_residual"] * row["correlation"] < 0


def _named(row: dict[str, object]) -> str:
    at = "" if pd.isna(row["at"]) else f"{row['at']:g}"
    return " ".join(str(x) for x in (row["trial"], row["arm"], row["subgroup"], row["endpoint"], at) if x)


@pytest.mark.parametrize("spec", calibration_trials(), ids=lambda spec: spec.trial)
def test_every_target_lies_within_what_is_simulated(spec) -> None:
    """Beyond the last day of the grid survival would stay where it is."""
    targets = trial_targets(spec)
    curves = targets[targets["endpoint"].isin(["pfs", "os", "alive_after_progression"])]
    assert curves["at"].max() * DAYS_PER_MONTH <= weekly(spec)[-1]
