"""Who enters a trial."""

import numpy as np
import pytest

from alarmin.engine import Doses
from alarmin.population import LINES, draw, grow
from alarmin.trial import enrol as enrol_room
from alarmin.trial import load_trial
from alarmin.trial.enrol import enter
from alarmin.trial.observation_parameters import observation_parameters
from alarmin.trial.selection import eligible
from alarmin.trial.treatment import follow

LIMIT_MM = observation_parameters().new_lesion_mm


def lesions_mm(cohort):
    return follow(cohort, (), Doses([], [], [], []), np.zeros(1), threads=1).values[:, 0, :2]


@pytest.fixture(scope="module")
def diagnosed():
    candidates = draw(0)
    stage_iii = candidates.features.index[candidates.features["stage"] == "III"]
    return grow(candidates.take(stage_iii[:80]), 1)


@pytest.mark.parametrize("trial", ["RTOG-0617", "PACIFIC"])
def test_nobody_enters_in_stage_iii_with_a_metastasis_that_a_scan_shows(diagnosed, trial):
    known = lesions_mm(diagnosed)[:, 1] >= LIMIT_MM
    assert known.any()
    entered = enter(load_trial(trial), diagnosed, threads=1)
    assert lesions_mm(entered)[:, 1].max() < LIMIT_MM
    assert not entered.features.index.isin(diagnosed.features.index[known]).any()
    assert len(entered.features) > 20


def test_an_irradiated_lesion_can_still_be_measured_at_enrolment(diagnosed):
    entered = enter(load_trial("PACIFIC"), diagnosed, threads=1)
    first = lesions_mm(entered)[:, 0]
    before = lesions_mm(diagnosed.rows(diagnosed.features.index.get_indexer(entered.features.index)))[:, 0]
    assert (first < before).all()
    assert np.median(first / before) > 0.5
    np.testing.assert_allclose(entered.features["sld_mm"], lesions_mm(entered).sum(axis=1), rtol=1e-3)


def test_a_second_line_begins_at_the_scan_that_showed_progression(monkeypatch):
    """The tumour is kept on the days of scans alone: on another day it would not be that of enrolment."""
    days = []
    find = enrol_room.progression_days

    def found(*args, **named):
        days.append((named["grid_day"], find(*args, **named)))
        return days[-1][1]

    monkeypatch.setattr(enrol_room, "progression_days", found)
    candidates = draw(0)
    entered = enter(
        load_trial("CheckMate-057"), grow(candidates.take(candidates.features.index[:80]), 1), threads=1
    )
    assert len(days) >= 1
    assert len(entered.features) > 10
    for grid, progression in days:
        assert np.isin(progression[np.isfinite(progression)], grid).all()


def test_a_tumour_remembers_the_lines_that_it_outgrew(diagnosed):
    """OAK's patients outgrew one line or two; chemoradiation before PACIFIC ends without progression."""
    candidates = draw(0)
    cohort = grow(candidates.take(candidates.features.index[:120]), 1)
    entered = enter(load_trial("OAK"), cohort, threads=1)
    np.testing.assert_array_equal(entered.baseline[LINES], entered.features["line"] - 1)
    assert set(entered.features["line"]) == {2, 3}
    entered = enter(load_trial("PACIFIC"), diagnosed, threads=1)
    assert not entered.baseline[LINES].any()
    assert set(entered.features["radiation_gy"]) == {60.0}


@pytest.mark.parametrize(
    ("trial", "sought"), [("PROFILE-1014", True), ("ERCC1", False), ("KEYNOTE-024", False)]
)
def test_a_driver_counts_where_the_trial_asks_for_it(trial, sought):
    """Carriers enter the ERCC1 trial too, but nobody looked; in KEYNOTE-024 there are none."""
    spec, candidates = load_trial(trial), draw(0)
    eligible_ones = eligible(candidates.features, spec.at_diagnosis).all(axis=1)
    some = candidates.features.index[eligible_ones][:40]
    entered = enter(spec, grow(candidates.take(some), 1), threads=1).features
    carriers = entered["egfr_mutant"] | entered["alk_rearranged"]
    assert carriers.any() == (trial != "KEYNOTE-024")
    assert (entered["driver_sought"] == (carriers & sought)).all()
