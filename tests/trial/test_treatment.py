"""What progression changes in the tumour of a simulated patient."""

import numpy as np
import pandas as pd

from alarmin.engine import Doses
from alarmin.population import LINES, draw, grow, numbered
from alarmin.trial import load_trial
from alarmin.trial.treatment import KEPT, follow, treat, with_radiation


def test_progression_counts_a_line_from_its_day_on():
    spec = load_trial("KEYNOTE-024")
    candidates = draw(0)
    cohort = grow(candidates.take(candidates.features.index[:60]), 1)
    patients = cohort.features.reset_index().assign(arm="chemotherapy", line=1)
    patients.insert(0, "patient_id", np.arange(1, len(patients) + 1))
    grid = np.arange(0.0, 400.0, 7.0)
    treated = treat(spec, patients, cohort, grid_day=grid, seed=1, outputs=(LINES,), threads=1)
    assert np.isfinite(treated.progression_day).sum() > 10
    column = len(KEPT)
    assert not treated.planned.values[:, :, column].any()
    outgrown = grid[None, :] >= treated.progression_day[:, None]
    np.testing.assert_array_equal(treated.given.values[:, :, column], outgrown)


def test_each_line_leaves_the_same_share_of_the_killing():
    cohort = grow(numbered(np.arange(3)), threads=1)
    rates = []
    for lines in (0.0, 1.0, 2.0):
        cohort.baseline[LINES] = lines
        batch = follow(cohort, (), Doses([], [], [], []), np.zeros(1), ("kill_rate_1",), threads=1)
        rates.append(batch.values[:, 0, len(KEPT)])
    left = cohort.parameters["f_line"].to_numpy()
    assert (rates[0] > 0.0).all()
    np.testing.assert_allclose(rates[1], left * rates[0], rtol=1e-9)
    np.testing.assert_allclose(rates[2], left**2 * rates[0], rtol=1e-9)


def test_a_patient_is_given_the_larger_course_of_the_arm_and_of_earlier_lines():
    arms = pd.DataFrame({"arm": ["60-gy", "74-gy", "60-gy"], "radiation_gy": [0.0, 0.0, 66.0]})
    assert list(with_radiation(load_trial("RTOG-0617"), arms)["radiation_gy"]) == [60.0, 74.0, 66.0]
    none = pd.DataFrame({"arm": ["durvalumab", "placebo"], "radiation_gy": [60.0, 60.0]})
    assert list(with_radiation(load_trial("PACIFIC"), none)["radiation_gy"]) == [60.0, 60.0]
