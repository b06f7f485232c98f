"""Recruiting: who is taken is plausible, everyone is accounted for, and nothing depends on the machine."""

import sys

import numpy as np
import pandas as pd
import pytest

from alarmin.core import DataError
from alarmin.engine import simulate
from alarmin.evidence import baseline as published
from alarmin.population import compiled, draw, grow, members, recruit, resample
from alarmin.population.recruit import plausibility


@pytest.fixture(scope="module")
def bounds():
    return {bound.id: bound for bound in plausibility()}


@pytest.fixture(scope="module")
def grown():
    """Candidates of which some are plausible and some are not."""
    candidates = draw(0)
    return grow(candidates.take(candidates.features.index[:400]), threads=2)


@pytest.fixture(scope="module")
def population(grown):
    """A small population of its own, with weights that differ as much as those of a calibration may."""
    weight = np.random.default_rng(8).lognormal(sigma=0.8, size=len(grown.features))
    table = pd.DataFrame({"weight": weight / weight.mean()}, index=grown.features.index)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["alarmin.population.recruit"], "members", lambda: table)
        yield table


@pytest.fixture(scope="module")
def anyone():
    """Criteria of a trial that takes everyone."""
    return lambda features: features.assign(anyone=True)[["anyone"]]


@pytest.fixture(scope="module")
def cohort(population, anyone):
    return recruit(300, seed=11, eligible=anyone, threads=2)


def test_everyone_examined_is_accounted_for_once(grown):
    assert grown.accounting["n"].sum() == 400
    assert grown.accounting.set_index("reason").loc["taken", "n"] == len(grown.features)
    assert grown.accounting["reason"].is_unique
    assert 0 < len(grown.features) < 400


@pytest.mark.skipif("bootstrap_1" not in members(), reason="the shipped weights are those of the prior")
def test_calibrated_members_are_the_plausible_candidates(grown):
    """The shipped list names those who are plausible under the shipped model, and nobody else."""
    listed = members().index
    assert list(listed[listed < 400]) == list(grown.features.index)


def test_weights_of_members_are_not_negative_and_one_on_average():
    weights = members()
    assert weights.index.is_unique
    assert (weights >= 0).all(axis=None)
    np.testing.assert_allclose(weights.mean(), 1.0)


def test_every_member_is_accounted_for(cohort, population):
    assert cohort.accounting["n"].sum() == len(population)
    assert cohort.accounting.set_index("reason").loc["drawn", "n"] == cohort.features.index.nunique()


def test_patients_come_in_the_order_of_candidates(cohort):
    for table in (cohort.parameters, cohort.baseline):
        assert table.index.equals(cohort.features.index)
    assert cohort.features.index.is_monotonic_increasing
    assert len(cohort.features) == 300


def test_members_are_drawn_as_often_as_their_weight_says():
    weight = np.array([0.5, 3.2, 0.0, 1.3, 1.0])
    drawn = np.bincount(resample(weight, 600, seed=3), minlength=5)
    np.testing.assert_allclose(drawn, 100 * weight, atol=1)


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


@pytest.mark.usefixtures("population")
def test_the_same_patients_for_any_number_of_threads(anyone):
    one, two = (recruit(40, seed=5, eligible=anyone, threads=threads) for threads in (1, 2))
    for name in ("features", "parameters", "baseline"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True, obj=name)


def test_another_seed_draws_others_from_the_same_population(anyone, population):
    one, other = (recruit(40, seed=seed, eligible=anyone) for seed in (5, 6))
    assert not one.features.index.equals(other.features.index)
    assert other.features.index.isin(population.index).all()


@pytest.mark.usefixtures("population")
def test_only_the_eligible_are_taken():
    def old_and_squamous(features):
        return pd.DataFrame(
            {"old": features["age_year"] > 60, "squamous": features["histology"] == "squamous"}
        )

    cohort = recruit(10, seed=1, eligible=old_and_squamous, threads=1)
    assert (cohort.features["age_year"] > 60).all()
    assert (cohort.features["histology"] == "squamous").all()


@pytest.mark.usefixtures("population")
def test_an_impossible_selection_names_the_criterion_that_nobody_meets():
    def impossible(features):
        return pd.DataFrame(
            {"age >= 40": features["age_year"] >= 40, "age >= 200": features["age_year"] >= 200}
        )

    with pytest.raises(DataError) as caught:
        recruit(3, seed=1, eligible=impossible, threads=1)
    (line,) = caught.value.problems
    assert "selection: 0 of" in line
    assert "expected at least 20" in line
    assert "age >= 200: 0.00%" in line


@pytest.mark.usefixtures("population")
def test_progress_rises_to_the_number_asked_for(anyone):
    calls = []
    recruit(20, seed=1, eligible=anyone, threads=1, progress=lambda done, n: calls.append((done, n)))
    assert calls[-1] == (20, 20)
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


@pytest.mark.skipif("bootstrap_1" not in members(), reason="the shipped weights are those of the prior")
def test_squamous_members_grow_faster_as_published():
    """Doubling times differ by a ratio between those of three pairs; bounds of plausibility take a part."""
    candidates = draw(0)
    weight = members()["weight"].reindex(candidates.features.index).fillna(0.0).to_numpy()
    squamous = (candidates.features["histology"] == "squamous").to_numpy(float)
    rate = np.log(candidates.parameters["k_growth"].to_numpy(float))
    found = np.average(rate, weights=weight * squamous) - np.average(rate, weights=weight * (1 - squamous))
    slow, fast = (
        np.array([float(published(f"pop:doubling-time-{kind}-{histology}")[0].value) for kind in _SERIES])
        for histology in ("adenocarcinoma", "squamous")
    )
    assert min(slow / fast) < np.exp(found) < max(slow / fast)


_SERIES = ("resected", "incidental", "xray")
