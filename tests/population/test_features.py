"""Features of virtual patients match the figures that they are drawn from, within sampling error."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, norm

from alarmin.evidence import baseline as published
from alarmin.evidence import parameter_evidence
from alarmin.population.features import DRAWS, baseline, draw_features, lesion_tps

N = 20_000
OAK = Path(__file__).parents[3] / "shared" / "data" / "km" / "OAK_OS.csv"


@pytest.fixture(scope="module")
def uniforms():
    """Independent random numbers: what is measured here must not rest on the balance of a sequence."""
    return pd.DataFrame(np.random.default_rng(4).random((N, len(DRAWS))), columns=list(DRAWS))


@pytest.fixture(scope="module")
def features(uniforms):
    return draw_features(uniforms)


def published_share(name):
    """Read a share from the evidence table, whatever unit it is written in."""
    row = published(name)[0]
    value = float(row.value.strip("% "))
    return value / 100 if value > 1 else value


def assert_share(hits, share):
    error = 4 * np.sqrt(share * (1 - share) / len(hits))
    assert abs(np.mean(hits) - share) < error


def wild_type(features):
    return features[~(features["egfr_mutant"] | features["alk_rearranged"])]


@pytest.mark.parametrize(
    ("feature", "value", "source"),
    [
        ("histology", "squamous", "pop:squamous-revel"),
        ("ecog", 0, "pop:ecog0-oak"),
        ("sex", "female", "pop:female-sex-oak"),
        ("smoking", "current", "pop:smoking-current-oak"),
        ("sp142", "TC0/IC0", "pop:sp142-negative-oak"),
        ("sp142", "TC3 or IC3", "pop:sp142-high-oak"),
    ],
)
def test_shares_are_the_published_ones(features, feature, value, source):
    assert_share(features[feature] == value, published_share(source))


@pytest.mark.parametrize("organ", ["liver", "brain"])
def test_metastases_are_those_of_stage_iv(features, organ):
    found = features.groupby("stage")[f"{organ}_metastases"]
    assert not found.get_group("III").any()
    assert_share(found.get_group("IV"), published_share(f"pop:{organ}-metastases-pd1-cohort"))


def test_ceacam5_classes_have_their_shares(features):
    assert_share(features["ceacam5_pct"] >= 50, published_share("pop:ceacam5-high-prescreened"))
    moderate = features["ceacam5_pct"].between(1, 50, inclusive="left")
    assert_share(moderate, published_share("pop:ceacam5-moderate-prescreened"))


def test_pd_l1_of_tumours_without_drivers_is_as_published(features):
    tps = wild_type(features)["pd_l1_tps_pct"]
    below, middle = (published_share(f"pop:tps-{part}-express-wildtype") for part in ("lt1", "1to49"))
    assert_share(tps < 1, below)
    assert_share((tps >= 1) & (tps < 50), middle)
    assert tps.between(0, 100).all()


def kappa(one, other):
    """Agreement of two calls beyond chance."""
    agree, chance = np.mean(one == other), np.mean(one) * np.mean(other) + np.mean(~one) * np.mean(~other)
    return (agree - chance) / (1 - chance)


def pooled_kappa(**patients):
    """Mean of published kappas at 50 % of cells, by number of patients."""
    kappas = [float(parameter_evidence(f"par:pdl1.{name}").value) for name in patients]
    return np.average(kappas, weights=list(patients.values()))


def test_a_biopsy_agrees_with_its_lesion_as_with_what_surgeons_took_out(uniforms, features):
    lesion, biopsy = lesion_tps(uniforms, features)[0] >= 50, (features["pd_l1_tps_pct"] >= 50).to_numpy()
    published = pooled_kappa(kappa_resection_50=113, kappa_core_biopsy=51)
    assert kappa(lesion, biopsy) == pytest.approx(published, abs=0.05)


def test_lesions_agree_in_pd_l1_as_sites_of_one_tumour_do(uniforms, features):
    first, second = lesion_tps(uniforms, features)
    published = pooled_kappa(kappa_metastasis_50=103, kappa_node_50=76)
    assert kappa(first >= 50, second >= 50) == pytest.approx(published, abs=0.05)


def test_lesions_and_biopsies_have_the_same_distribution(uniforms, features):
    for group in (wild_type(features).index, features.index.difference(wild_type(features).index)):
        for lesion in lesion_tps(uniforms, features):
            assert ks_2samp(lesion[group], features.loc[group, "pd_l1_tps_pct"]).pvalue > 0.01


@pytest.mark.skipif(not OAK.exists(), reason=f"no patient-level data at {OAK}")
@pytest.mark.parametrize("histology", ["squamous", "nonsquamous"])
def test_features_go_with_histology_as_in_oak(features, histology):
    real = pd.read_csv(OAK).query("histology == @histology")
    drawn = features[features["histology"] == histology]
    for seen, simulated in (
        (real["ecog"] == 1, drawn["ecog"] == 1),
        (real["sex"] == "F", drawn["sex"] == "female"),
        (real["smoking"] == "never", drawn["smoking"] == "never"),
        (real["smoking"] == "current", drawn["smoking"] == "current"),
    ):
        error = np.sqrt(seen.mean() * (1 - seen.mean()) * (1 / len(seen) + 1 / len(simulated)))
        assert abs(simulated.mean() - seen.mean()) < 2 * error


@pytest.mark.skipif(not OAK.exists(), reason=f"no patient-level data at {OAK}")
def test_tumours_are_larger_with_ecog_1_and_if_squamous_as_in_oak(features):
    def effects(table):
        known = np.column_stack([np.ones(len(table)), table["ecog"] == 1, table["histology"] == "squamous"])
        known = known.astype(float)
        size = np.log(table.iloc[:, 0].to_numpy())
        found, left, *_ = np.linalg.lstsq(known, size)
        variance = np.linalg.inv(known.T @ known) * left[0] / len(table)
        return found, np.diag(variance)

    real = pd.read_csv(OAK).dropna(subset="baseline_sld_mm")
    seen, error = effects(real[["baseline_sld_mm", "ecog", "histology"]])
    simulated, own = effects(features[["sld_mm", "ecog", "histology"]])
    assert (np.abs(simulated - seen) < 2 * np.sqrt(error + own)).all()
    assert (simulated[1:] > 3 * np.sqrt(own[1:])).all()


def test_tumour_burden_is_as_published(features):
    """Median of OAK, 66 mm; a sample median errs by 1.25 SD / sqrt(n) on the log scale."""
    median = float(published("pop:sld-oak")[0].value)
    error = 4 * 1.253 * baseline()["sld_log_sd"] / np.sqrt(N)
    # The distribution is cut off at the smallest measurable sum, which moves its median by about 1 %.
    assert abs(np.log(features["sld_mm"].median() / median)) < error + 0.05
    assert features["sld_mm"].between(baseline()["sld_low"], baseline()["sld_high"]).all()


@pytest.mark.parametrize("kind", ["squamous", "nonsquamous"])
def test_mutational_burden_has_its_median_in_each_histology(features, kind):
    tmb = features.loc[features["histology"] == kind, "tmb_mut_per_mb"]
    error = 4 * 1.253 * baseline()["tmb_log_sd"] / np.sqrt(len(tmb))
    assert abs(np.log(tmb.median() / baseline()[f"tmb_{kind}"])) < error


def geometric_mean(name):
    """Read it from the note of a row of the evidence."""
    return float(re.search(r"geometric mean ([0-9.]+)", published(name)[0].note)[1])


def test_never_smokers_carry_as_few_mutations_as_published(features):
    """Among patients without a driver: blood and tissue agree on the ratio within a few percent."""
    wild = wild_type(features).query("histology == 'nonsquamous'")
    burden = wild.groupby(wild["smoking"] == "never")["tmb_mut_per_mb"].median()
    ratios = [
        geometric_mean(f"pop:{kind}-never-{cohort}") / geometric_mean(f"pop:{kind}-ever-{cohort}")
        for kind, cohort in (("tmb", "msk"), ("btmb", "oak"))
    ]
    assert burden[True] / burden[False] == pytest.approx(np.mean(ratios), rel=0.08)


@pytest.mark.skipif(not OAK.exists(), reason=f"no patient-level data at {OAK}")
@pytest.mark.parametrize("carrier", [True, False])
def test_never_smokers_are_as_frequent_with_and_without_an_egfr_mutation_as_in_oak(features, carrier):
    real = pd.read_csv(OAK).query("histology == 'nonsquamous' and egfr in ('positive', 'negative')")
    real = real[(real["egfr"] == "positive") == carrier]
    drawn = features[(features["histology"] == "nonsquamous") & ~features["alk_rearranged"]]
    drawn = drawn[drawn["egfr_mutant"] == carrier]
    seen, simulated = (table["smoking"] == "never" for table in (real, drawn))
    error = np.sqrt(seen.mean() * (1 - seen.mean()) * (1 / len(seen) + 1 / len(simulated)))
    assert abs(simulated.mean() - seen.mean()) < 2 * error


def test_drivers_exclude_each_other_and_keep_to_their_histology(features):
    drivers = features[["egfr_mutant", "alk_rearranged", "her2_mutant"]]
    assert (drivers.sum(axis=1) <= 1).all()
    squamous = features["histology"] == "squamous"
    assert not drivers.loc[squamous, ["alk_rearranged", "her2_mutant"]].any(axis=None)
    assert_share(drivers.loc[~squamous, "egfr_mutant"], published_share("pop:egfr-europe"))
    assert_share(drivers.loc[~squamous, "her2_mutant"], published_share("pop:her2-adenocarcinoma"))


def test_body_and_kidney_follow_their_formulas():
    """A man of 60 years, 174 cm and 24.5 kg/m2 with 0.95 mg/dL (Mosteller; Cockcroft and Gault)."""
    middle = pd.DataFrame([dict.fromkeys(DRAWS, 0.5)]).assign(
        sex=0.9, age=norm.cdf((60 - baseline()["age_mean"]) / baseline()["age_sd"])
    )
    man = draw_features(middle).iloc[0]
    assert man["sex"] == "male"
    weight = 24.5 * 1.74**2
    assert man["weight_kg"] == pytest.approx(weight)
    assert man["bsa_m2"] == pytest.approx(np.sqrt(174 * weight / 3600))
    assert man["crcl_ml_min"] == pytest.approx((140 - 60) * weight / (72 * 0.95))
    woman = draw_features(middle.assign(sex=0.1)).iloc[0]
    expected = (140 - 60) * woman["weight_kg"] / (72 * 0.75) * 0.85
    assert woman["crcl_ml_min"] == pytest.approx(expected)


def test_extreme_numbers_give_finite_features():
    edges = pd.DataFrame([dict.fromkeys(DRAWS, edge) for edge in (0.0, 1.0 - 1e-16)])
    numeric = draw_features(edges).select_dtypes("number")
    assert np.isfinite(numeric.to_numpy()).all()
    assert (numeric.drop(columns="ecog") >= 0).all(axis=None)
