"""Read-outs of a run: taken from the right patient, variable and day."""

import numpy as np
import pandas as pd

from alarmin.trial import load_trial
from alarmin.trial.baseline import PLASMA, read_outs, with_baseline, with_plasma
from alarmin.trial.biomarkers import TRUE_CHANGE

GRID = np.arange(0.0, 800.0, 7.0)
PATIENTS = pd.DataFrame({"patient_id": [11, 7]})
# Each variable has a level of its own, each patient a factor, and all rise by one a day.
VALUES = {
    name: np.array([[1.0], [2.0]]) * (1000.0 * number + GRID) for number, name in enumerate(read_outs(), 1)
}


def level(output):
    return 1000.0 * (list(VALUES).index(output) + 1)


def test_markers_are_those_of_the_first_day():
    flat = np.ones((2, len(GRID)))
    found = with_baseline(load_trial("KEYNOTE-024"), PATIENTS, GRID, VALUES, flat)
    assert found["cd8_per_ml"].to_list() == [level("CD8_density"), 2 * level("CD8_density")]
    assert found["surface_calr"].to_list() == [level("CALR_1"), 2 * level("CALR_1")]


def test_best_change_counts_from_the_first_scan_to_a_year():
    sld = np.full((2, len(GRID)), 100.0)
    sld[0, 2] = 10.0  # before the first scan, week 9
    sld[0, 20] = 60.0
    sld[1, :] = 100.0 + GRID  # grows: the first scan is the best
    sld[1, -1] = 1.0  # beyond the year
    found = with_baseline(load_trial("KEYNOTE-024"), PATIENTS, GRID, VALUES, sld)
    np.testing.assert_allclose(found[TRUE_CHANGE], [-40.0, 63.0])


def test_plasma_is_that_of_the_patient_on_the_day():
    visits = pd.DataFrame({"patient_id": [7, 7, 11], "visit": [0, 1, 1], "day": [0.0, 63.0, 63.0]})
    found = with_plasma(visits, PATIENTS, GRID, VALUES)
    for column, output in PLASMA.items():
        expected = [2 * level(output), 2 * (level(output) + 63), level(output) + 63]
        np.testing.assert_allclose(found[column], expected)
