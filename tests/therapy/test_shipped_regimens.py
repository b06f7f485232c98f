"""The regimens that come with Alarmin: all valid, and one for every arm of the published trials."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from alarmin.evidence.rows_clinic import Arm
from alarmin.evidence.tables import load_table
from alarmin.therapy import drug, load_regimen, schedule, shipped_regimens

PATIENTS = pd.DataFrame(
    {
        "weight_kg": [45.0, 70.0, 120.0],
        "bsa_m2": [1.4, 1.8, 2.4],
        "crcl_ml_min": [45.0, 80.0, 160.0],
        "histology": ["squamous", "nonsquamous", "nonsquamous"],
    }
)


@pytest.mark.parametrize("name", shipped_regimens())
def test_it_is_valid_and_named_like_its_file(name):
    assert load_regimen(name).regimen == name


@pytest.mark.parametrize("name", shipped_regimens())
def test_its_drugs_are_dosed_in_small_and_large_patients(name):
    regimen = load_regimen(name)
    assert all(drug(given).for_patients for given in regimen.drugs)
    calendar = schedule(regimen, PATIENTS, seed=1)
    assert (calendar.amount > 0).all()
    assert np.isfinite(calendar.day).all()
    if regimen.treatment is None:
        assert set(calendar.patient.tolist()) == {0, 1, 2}


def test_every_arm_of_the_published_trials_has_one_regimen():
    written = Counter()
    for path in shipped_regimens().values():
        lines = [line.strip().removeprefix("evidence:") for line in path.read_text("utf-8").splitlines()]
        written.update(line.removeprefix("- ").strip() for line in lines if "trial:" in line)
    arms = {arm.id for arm in load_table(Arm)}
    assert arms <= set(written)
    assert set(written.values()) == {1}
