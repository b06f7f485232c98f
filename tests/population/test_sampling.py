"""Candidates: the same numbers always, spread as the table of parameters says."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, lognorm, rankdata

from alarmin.evidence import baseline as published_baseline
from alarmin.model import parameters
from alarmin.population.features import baseline
from alarmin.population.sampling import BLOCK, draw, draw_drugs, draw_scores
from alarmin.therapy import drug

BY_ID = {p.id: p for p in parameters()}


@pytest.fixture(scope="module")
def candidates():
    return draw(0, seed=2)


def test_rare_groups_are_drawn_more_often_and_weighted_back(candidates):
    """Shares that the weights give back: those of the table, within the error of 4096 candidates."""
    features, weight = candidates.features, candidates.weight
    assert features["egfr_mutant"].mean() == features["alk_rearranged"].mean() == 1 / 8
    assert weight.mean() == pytest.approx(1.0, abs=0.01)
    b = baseline()
    nonsquamous = (features["histology"] == "nonsquamous").to_numpy()
    for name, share in (
        ("egfr_mutant", b["egfr_nonsquamous"]),
        ("alk_rearranged", (1 - b["egfr_nonsquamous"]) * b["alk_nonsquamous"]),
    ):
        hit = features[name].to_numpy(float)[nonsquamous]
        assert np.average(hit, weights=weight[nonsquamous]) == pytest.approx(share, rel=0.02)
    assert np.average(~nonsquamous, weights=weight) == pytest.approx(b["squamous"], abs=0.005)


def test_her2_mutations_have_their_published_share_under_the_weights_of_the_others(candidates):
    features, weight = candidates.features, candidates.weight
    nonsquamous = (features["histology"] == "nonsquamous").to_numpy()
    share = np.average(features["her2_mutant"][nonsquamous], weights=weight[nonsquamous])
    published = baseline()["her2_nonsquamous"]
    # Weights of candidates without a driver are near one.
    assert share == pytest.approx(published, abs=4 * np.sqrt(published / nonsquamous.sum()))


def test_priors_shift_and_scale_the_score():
    moved = draw(0, seed=2, priors={"k_kill": (0.5, 2.0)}).parameters["k_kill"]
    plain = draw(0, seed=2, priors={}).parameters["k_kill"]
    p = BY_ID["k_kill"]
    score, before = (np.log(values / p.value) / p.sigma for values in (moved, plain))
    np.testing.assert_allclose(score, 0.5 + 2.0 * before)


def test_the_same_seed_gives_the_same_candidates(candidates):
    again = draw(0, seed=2)
    pd.testing.assert_frame_equal(candidates.features, again.features)
    pd.testing.assert_frame_equal(candidates.parameters, again.parameters)
    other = draw(0, seed=3)
    assert not np.array_equal(candidates.parameters.to_numpy(), other.parameters.to_numpy())


def test_blocks_go_on_in_one_sequence(candidates):
    following = draw(1, seed=2)
    assert following.features.index[0] == BLOCK
    both = pd.concat([candidates.features, following.features])
    assert both.index.is_unique
    assert not both.duplicated().any()


@pytest.mark.parametrize("parameter", [p for p in parameters() if p.is_sampled], ids=lambda p: p.id)
def test_parameters_have_the_distribution_of_the_table(parameter):
    drawn, p = draw(0, seed=2, priors={}), parameter
    values = drawn.parameters.loc[drawn.features["stage"] == "IV", p.id].to_numpy()
    if p.id == "k_growth":  # that of squamous tumours is higher, of others lower
        b, squamous = baseline(), drawn.features["histology"] == "squamous"
        factor = b["growth_squamous_ratio"] ** (squamous - b["squamous"])
        values = values / factor[drawn.features["stage"] == "IV"].to_numpy()
    match p.distribution:
        case "lognormal":
            law = lognorm(s=p.sigma, scale=p.value).cdf
        case "loguniform":
            values, law = np.log(values / p.low) / np.log(p.high / p.low), "uniform"
        case "uniform":
            values, law = (values - p.low) / (p.high - p.low), "uniform"
    # Scrambled Sobol numbers lie closer to the law than random ones (critical value 0.028 for stage IV).
    assert kstest(values, law).statistic < 0.015


def test_parameters_are_independent_of_one_another(candidates):
    drawn = candidates.parameters[[p.id for p in parameters() if p.is_sampled]]
    ranks = drawn.rank().corr().to_numpy()
    np.fill_diagonal(ranks, 0.0)
    # Largest of about 1000 pairs of 4096 independent draws: 4 / sqrt(4096) leaves room for none.
    assert np.abs(ranks).max() < 0.08


def test_features_become_parameters(candidates):
    features, values = candidates.features, candidates.parameters
    b = baseline()
    # What one biopsy shows goes with the PD-L1 of the first lesion, and that with the second's.
    for name, other, rho in (
        ("tps_1", features["pd_l1_tps_pct"], b["biopsy_tps_correlation"]),
        ("tps_2", values["tps_1"], b["site_tps_correlation"]),
    ):
        assert values[name].between(0, 1).all()
        together = np.corrcoef(rankdata(values[name]), rankdata(other))[0, 1]
        assert together == pytest.approx(6 / np.pi * np.arcsin(rho / 2), abs=0.03)
    for ratio in ("local_entry", "local_kill"):
        np.testing.assert_allclose(values[f"{ratio}_1"] * values[f"{ratio}_2"], 1.0)
    np.testing.assert_allclose(values["share_1"] + values["share_2"], 1.0)
    assert np.isfinite(values.to_numpy()).all()
    assert (values.to_numpy() >= 0).all()


def test_random_effects_have_their_spread(candidates):
    """Volume of pembrolizumab has no covariate: its log has the published variance 0.0417."""
    volume = draw_drugs(("pembrolizumab",), candidates.features, seed=1)["V1_pembrolizumab"]
    logs = np.log(volume / drug("pembrolizumab").parameters["V1"].value)
    assert logs.var() == pytest.approx(0.0417, rel=0.08)
    assert logs.mean() == pytest.approx(0.0, abs=0.015)


def test_a_drug_is_drawn_alike_in_any_company(candidates):
    few = candidates.features.iloc[:20]
    alone = draw_drugs(("cisplatin",), few, seed=1)
    both = draw_drugs(("pemetrexed", "cisplatin"), few, seed=1)
    assert both[alone.columns].equals(alone)


def test_candidates_are_taken_by_number(candidates):
    some = candidates.take(pd.Index([7, 3]))
    assert some.features.index.tolist() == [7, 3]
    assert some.parameters.loc[3].equals(candidates.parameters.loc[3])


def test_infiltration_goes_with_pd_l1() -> None:
    """Scores stay standard normal; in one lesion infiltration goes with PD-L1 as published."""
    candidates = draw(0, priors={})
    scores = draw_scores(candidates.features.index, priors={})[["infiltration", "local_entry_1"]]
    np.testing.assert_allclose(scores.mean(), 0.0, atol=0.05)
    np.testing.assert_allclose(scores.std(), 1.0, atol=0.03)
    wild = ~(candidates.features["egfr_mutant"] | candidates.features["alk_rearranged"]).to_numpy()
    values = candidates.parameters
    for lesion in (1, 2):
        entry = values["infiltration"] * values[f"local_entry_{lesion}"]
        together = np.corrcoef(*(rankdata(x[wild]) for x in (entry, values[f"tps_{lesion}"])))[0, 1]
        rho = baseline()["infiltration_tps_correlation"]
        assert together == pytest.approx(6 / np.pi * np.arcsin(rho / 2), abs=0.03)


def test_a_drug_of_the_same_kind_follows_the_calibrated_one(candidates):
    few = candidates.features.iloc[:50]
    moved = {"kill_paclitaxel": (-1.0, 0.5)}
    for name in ("paclitaxel", "nab_paclitaxel"):
        before, after = (
            np.log(draw_drugs((name,), few, priors=priors)[f"kill_{name}"]) for priors in ({}, moved)
        )
        np.testing.assert_allclose(after, -0.7 + 0.5 * before, atol=1e-12)
    alone = draw_drugs(("nab_paclitaxel",), few, priors={"kill_nab_paclitaxel": (-1.0, 0.5)})
    assert alone.equals(draw_drugs(("nab_paclitaxel",), few, priors={}))


def test_squamous_tumours_grow_faster_and_all_together_as_the_table_says():
    candidates = draw(0, priors={})
    rate = np.log(candidates.parameters["k_growth"])
    squamous = candidates.features["histology"] == "squamous"
    published = [
        float(published_baseline(f"pop:doubling-time-{kind}-{histology}")[0].value)
        for kind in ("resected", "incidental", "xray")
        for histology in ("adenocarcinoma", "squamous")
    ]
    expected = np.log(np.divide(published[::2], published[1::2])).mean()
    assert rate[squamous].mean() - rate[~squamous].mean() == pytest.approx(expected, abs=0.08)
    table = next(p for p in parameters() if p.id == "k_growth")
    assert np.average(rate, weights=candidates.weight) == pytest.approx(np.log(table.value), abs=0.03)
