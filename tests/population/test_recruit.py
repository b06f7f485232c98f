"""Recruiting: who is taken is plausible, everyone is accounted for, and nothing depends on the machine."""

import numpy as np
import pandas as pd
import pytest

from alarmin.core import DataError
from alarmin.engine import simulate
from alarmin.population import compiled, recruit
from alarmin.population.recruit import plausibility


@pytest.fixture(scope="module")
def bounds():
    return {bound.id: bound for bound in plausibility()}


def test_everyone_examined_is_accounted_for_once(cohort):
    """Candidates are examined in order, so the last one taken tells how many there were."""
    assert cohort.accounting["n"].sum() == cohort.features.index.max() + 1
    assert cohort.accounting.set_index("reason").loc["taken", "n"] == 300
    assert cohort.accounting["reason"].is_unique


def test_candidates_are_taken_in_order_and_once(cohort):
    for table in (cohort.parameters, cohort.baseline):
        assert table.index.equals(cohort.features.index)
    assert cohort.features.index.is_monotonic_increasing
    assert cohort.features.index.is_unique


def at_start(cohort, outputs):
    table = pd.concat([cohort.parameters, cohort.baseline], axis=1)
    model = compiled(tuple(table.columns), outputs)
    return simulate(model, table[list(model.parameters)].to_numpy(), np.zeros(1), threads=1)


def test_the_baseline_is_the_patients_own_burden(cohort):
    """The state at the start, evaluated anew, has the patient's sum of diameters and is physiological."""
    batch = at_start(cohort, ("SLD", "CD8_density", "Treg_CD8", "net_growth"))
    np.testing.assert_allclose(batch.output("SLD")[:, 0], cohort.features["sld_mm"], rtol=1e-4)


def test_baselines_are_physiological(cohort, bounds):
    batch = at_start(cohort, ("CD8_density", "Treg_CD8", "net_growth"))
    seen = {
        "cd8_density": batch.output("CD8_density")[:, 0],
        "treg_cd8": batch.output("Treg_CD8")[:, 0],
        "doubling_time_day": np.log(2) / batch.output("net_growth")[:, 0],
    }
    for name, value in seen.items():
        assert value.min() >= bounds[name].low * (1 - 1e-6), name
        assert value.max() <= bounds[name].high * (1 + 1e-6), name


def test_the_same_patients_for_any_number_of_threads_and_a_longer_list(anyone):
    few = recruit(12, seed=5, eligible=anyone, threads=1)
    many = recruit(40, seed=5, eligible=anyone, threads=2)
    for name in ("features", "parameters", "baseline"):
        pd.testing.assert_frame_equal(
            getattr(few, name), getattr(many, name).iloc[:12], check_exact=True, obj=name
        )


def test_only_the_eligible_are_taken():
    def old_and_squamous(features):
        return pd.DataFrame(
            {"old": features["age_year"] > 70, "squamous": features["histology"] == "squamous"}
        )

    cohort = recruit(10, seed=1, eligible=old_and_squamous, threads=1)
    assert (cohort.features["age_year"] > 70).all()
    assert (cohort.features["histology"] == "squamous").all()
    reasons = cohort.accounting.set_index("reason")["n"]
    assert reasons["not eligible"] > reasons["taken"]


def test_an_impossible_selection_names_the_criterion_that_nobody_meets():
    def impossible(features):
        return pd.DataFrame(
            {"age >= 40": features["age_year"] >= 40, "age >= 200": features["age_year"] >= 200}
        )

    with pytest.raises(DataError) as caught:
        recruit(3, seed=1, eligible=impossible, threads=1)
    (line,) = caught.value.problems
    assert "selection: 0 of" in line
    assert "expected 3" in line
    assert "age >= 200: 0.00%" in line
    assert "commonest reason: not eligible" in line


def test_progress_rises_to_the_number_asked_for(anyone):
    calls = []
    recruit(20, seed=1, eligible=anyone, threads=1, progress=lambda done, n: calls.append((done, n)))
    assert calls[-1] == (20, 20)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
