"""Danger signals in plasma: the read-out is what a plasma pool with this turnover would hold."""

import numpy as np
import pytest

from alarmin.engine import Doses, simulate
from alarmin.model import parameters
from alarmin.population import compiled, members, numbered
from alarmin.population.recruit import grow

PLASMA = ("HMGB1_plasma", "HSP70_plasma", "ANXA1_plasma", "CALR_plasma")


@pytest.fixture(scope="module")
def courses():
    """Plasma under docetaxel, every hour of three weeks, in one patient."""
    cohort = grow(numbered(members().index[:1]), threads=1)
    names = (*cohort.parameters.columns, *cohort.baseline.columns)
    model = compiled(names, PLASMA, ("docetaxel",))
    values = np.hstack([cohort.parameters.to_numpy(float), cohort.baseline.to_numpy(float)])
    chosen = values[:, [names.index(name) for name in model.parameters]]
    hours = np.arange(0.0, 21.0, 1.0 / 24)
    given = Doses(0, 1.0, "A1_docetaxel", 135.0, 1.0 / 24)
    batch = simulate(model, chosen, hours, doses=given, rtol=1e-7, threads=1)
    assert not batch.failures()
    return hours, dict(zip(PLASMA, batch.values[0].T, strict=True))


@pytest.mark.parametrize("name", PLASMA)
def test_a_pool_of_its_own_would_hold_the_same_a_day_after_a_dose(courses, name):
    """The exact solution of dP/dt = k (read-out - P), piece by piece: it lags by hours."""
    hours, all_courses = courses
    given = all_courses[name]
    k = next(p.value for p in parameters() if p.id == "k_DAMP_plasma")
    step = hours[1] - hours[0]
    fades, slope = np.exp(-k * step), np.diff(given) / step
    pool = [given[0]]
    for start, rise in zip(given[:-1], slope, strict=True):
        lag = rise / k
        pool.append(start + rise * step - lag + (pool[-1] - start + lag) * fades)
    assert given.max() > 1.5 * given[0]
    later = hours >= 2.0
    np.testing.assert_allclose(np.array(pool)[later], given[later], rtol=0.06)


def test_plasma_rises_with_the_burden():
    cohort = grow(numbered(members().index[:40]), threads=1)
    model = compiled(tuple(cohort.baseline.columns), PLASMA)
    read = simulate(
        model, cohort.baseline[list(model.parameters)].to_numpy(float), [0.0, 1e-6], rtol=1e-6, threads=1
    ).values[:, 0, :]
    sld = cohort.features["sld_mm"].to_numpy(float)
    ranks = [np.argsort(np.argsort(values)) for values in (sld, read[:, 0])]
    assert np.corrcoef(*ranks)[0, 1] > 0.5
    assert (read > 0).all()
