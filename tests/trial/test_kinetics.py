import numpy as np
import pytest
from scipy.optimize import least_squares

from alarmin.trial.kinetics import counted_readings, fit_rates, read_dynamics
from alarmin.trial.recist import Response, target_response

WEEK = np.array([0.0, 6.0, 12.0, 18.0, 24.0, 30.0])


def simulate(kg, ks, week=WEEK):
    return np.exp(kg * week) + np.exp(-ks * week) - 1.0


@pytest.mark.parametrize(("kg", "ks"), [(0.01, 0.05), (0.02, 0.0), (0.0, 0.08), (0.03, 0.2)])
def test_the_rates_of_a_tumour_without_noise_are_found(kg, ks):
    found = fit_rates(WEEK, simulate(kg, ks)[None, :], np.ones((1, 6), bool))
    assert np.concatenate(found) == pytest.approx([kg, ks], abs=2e-4)


def test_the_fit_is_as_good_as_scipys():
    rng = np.random.default_rng(4)
    rates = rng.lognormal(np.log([0.01, 0.03]), 0.9, (60, 2))
    noisy = np.array([simulate(*pair) for pair in rates]) * rng.lognormal(0.0, 0.1, (60, 6))
    counted = np.arange(6)[None, :] < rng.integers(3, 7, 60)[:, None]
    kg, ks = fit_rates(WEEK, noisy, counted)
    for number, row in enumerate(noisy):
        week, read = WEEK[counted[number]], row[counted[number]]
        best = min(
            least_squares(lambda r, w=week, y=read: simulate(*r, w) - y, start, bounds=(0, 1)).cost
            for start in ([0.003, 0.003], [0.03, 0.03], [0.01, 0.1], [0.1, 0.01], [0.3, 0.3])
        )
        mine = 0.5 * np.sum((simulate(kg[number], ks[number], week) - read) ** 2)
        assert mine <= best * 1.001 + 1e-5


def test_what_the_readings_do_not_show_is_nought():
    grown, shrunk = np.array([[1.0, 1.3]]), np.array([[1.0, 0.7]])
    both = np.ones((1, 2), bool)
    kg, ks = fit_rates(WEEK[:2], grown, both)
    assert (kg[0], ks[0]) == (pytest.approx(np.log(1.3) / 6, abs=1e-4), 0.0)
    kg, ks = fit_rates(WEEK[:2], shrunk, both)
    assert (kg[0], ks[0]) == (0.0, pytest.approx(-np.log(0.7) / 6, abs=1e-4))


def test_readings_count_up_to_the_first_progression():
    mm = np.array([[50.0, 40.0, 52.0, 10.0], [50.0, 49.0, 50.0, np.nan]])
    target = target_response(mm[:, :, None])
    assert target[0, 2] == Response.PD
    assert counted_readings(target).tolist() == [[True, True, True, False], [True, True, True, False]]


def test_depth_and_time_of_the_smallest_reading():
    change = np.array([[0.0, -0.2, -0.5, -0.5, -0.9], [0.0, 0.1, 0.05, 0.3, 0.3]])
    counted = np.array([[True, True, True, True, False]] * 2)
    target = target_response(50.0 * (1.0 + change)[:, :, None])
    found = read_dynamics(7.0 * WEEK[:5], change, target, counted)
    assert found.depth.tolist() == [-0.5, 0.05]
    assert found.low_month == pytest.approx([105.0 / 30.4375, 0.0])
    assert found.shows("depth", -50).tolist() == [True, False]
    assert found.shows("depth", 5).tolist() == [True, True]
    assert found.shows("later_than", 3).tolist() == [True, False]
    assert found.grown_month == pytest.approx([np.inf, 126.0 / 30.4375])
    assert found.shows("grown_by", 4).tolist() == [False, False]
    assert found.shows("grown_by", 6).tolist() == [False, True]
    assert found.shows("ks_above", 0.03).tolist() == [True, False]
