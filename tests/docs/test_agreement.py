"""The agreement of published trials that the page shows follows from the predictions of today."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
TRIALS = (ROOT / "docs" / "trials_result.json").read_text(encoding="utf-8")
TABLE = pd.read_csv(ROOT / "scripts" / "trial_agreement.csv")
sys.path.insert(0, str(ROOT / "scripts"))


def test_the_result_and_the_page_follow_from_the_predictions():
    from trial_agreement import agreement, tables

    stored = json.loads((ROOT / "docs" / "agreement_result.json").read_text(encoding="utf-8"))
    found = agreement(TRIALS, TABLE)
    assert found["counts"] == stored["counts"], "run scripts/trial_agreement.py"
    for row, known in zip(found["spreads"], stored["spreads"], strict=True):
        assert row == pytest.approx(known, abs=0.002)
    page = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
    assert "\n".join(tables(stored)) in page


def test_every_grouped_arm_is_one_of_a_shipped_trial():
    keys = ["trial", "arm", "subgroup"]
    shipped = {tuple(row[key] for key in keys) for row in json.loads(TRIALS)["rows"]}
    grouped = list(TABLE[keys].fillna("").itertuples(index=False, name=None))
    assert len(grouped) == len(set(grouped))
    assert set(grouped) <= shipped
    assert set(TABLE["donates"]) == {"yes", "no"}


BCG = """4 119 11 128;6 300 29 274;3 228 11 209;62 13536 248 12619;33 5036 47 5761;180 1361 372 1079
8 2537 10 619;505 87886 499 87892;29 7470 45 7232;17 1699 65 1600;186 50448 141 27197;5 2493 3 2338
27 16886 29 17825"""
"""Tuberculosis and none of those vaccinated, then of others, in 13 trials (Colditz 1994)."""


def test_the_spread_of_the_trials_of_bcg_is_that_of_metafor():
    """Log risk ratios: variance by REML, and the Q-profile interval that the tests of metafor hold too."""
    from trial_agreement import fit_spread

    cells = np.array([row.split() for row in BCG.replace("\n", ";").split(";")], dtype=float).T
    ill, whole = cells[[0, 2]], cells[[0, 2]] + cells[[1, 3]]
    value = np.log(ill[0] / whole[0]) - np.log(ill[1] / whole[1])
    spread = fit_spread([(value, (1.0 / ill - 1.0 / whole).sum(axis=0))])
    assert np.square(spread) == pytest.approx([0.3132, 0.1197, 1.1115], abs=1e-4)


def row(trial, endpoint, value, low, high, **more):
    known = {"role": "validation", "arm": "a", "subgroup": "", "hit": True, "n": 100.0, **more}
    return {"trial": trial, "endpoint": endpoint, "value": value, "low": low, "high": high, **known}


def like(trials, **more):
    known = {"arm": "a", "subgroup": "", "class": "all", "donates": "yes", "n": None, **more}
    return pd.DataFrame({"trial": trials, "strict": "all", "patients_of": trials, **known})


@pytest.mark.parametrize(("endpoint", "true_sd"), [("orr", 0.4), ("median_pfs", 0.2)])
def test_made_up_trials_give_back_their_spread_and_its_ceiling(endpoint, true_sd):
    """Who predicts the mean of like trials hits as often as the ceiling says."""
    from trial_agreement import ceiling, fit_spread, pooled, read_figures

    rng = np.random.default_rng(1)
    mean = np.repeat(rng.normal(1.0 if endpoint != "orr" else 0.0, 0.5, 200), 4)
    error = rng.uniform(0.1, 0.3, mean.size)
    value = mean + rng.normal(0.0, np.hypot(true_sd, error))

    def published(x):
        return 100.0 / (1.0 + np.exp(-x)) if endpoint == "orr" else np.exp(x)

    n = (error**-2) * (2.0 + np.exp(value) + np.exp(-value)) if endpoint == "orr" else error**-2
    low, high = value - 1.96 * error, value + 1.96 * error
    rows = [
        row(f"t{k}", endpoint, *(published(x[k]) for x in (value, low, high)), n=n[k])
        | {"hit": bool(low[k] <= mean[k] <= high[k])}
        for k in range(mean.size)
    ]
    groups = [f"g{k // 4}" for k in range(mean.size)]
    table = like([one["trial"] for one in rows]).assign(strict=groups)
    figures = read_figures(json.dumps({"rows": rows}), table)
    assert figures["error"].to_numpy() == pytest.approx(error, rel=1e-6)
    sd, least, most = fit_spread(pooled(figures, "strict", endpoint))
    assert sd == pytest.approx(true_sd, abs=0.04)
    assert least < true_sd < most
    assert figures["hit"].mean() == pytest.approx(ceiling(figures, sd), abs=0.05)


def test_a_trial_is_predicted_by_the_average_of_others_alone():
    from trial_agreement import compare, read_figures

    rows = [
        row("mine", "median_os", 12.0, 10.0, 13.0, hit=False),
        row("mine", "median_os", 12.0, 11.0, "not reached", arm="b"),
        row("small", "median_os", 8.0, 7.0, 9.0, n=100.0, role="calibration"),
        row("large", "curve_os_6mo", 70.0, 60.0, 80.0, n=300.0),
        row("large", "curve_os_24mo", 25.0, 15.0, 40.0, n=300.0),
        row("pool", "median_os", 30.0, 29.0, 31.0, n=900.0),
        row("idle", "median_os", 30.0, 29.0, 31.0, n=900.0),
    ]
    table = like(["mine", "small", "large", "pool", "idle"])
    table["patients_of"] = table["patients_of"].replace("pool", "pool mine")
    table.loc[4, "donates"] = "no"
    figures = read_figures(json.dumps({"rows": rows}), table)
    read = np.exp(figures.set_index("trial").loc["large", "value"])
    assert read == pytest.approx(6.0 + 18.0 * np.log(0.7 / 0.5) / np.log(0.7 / 0.25))
    targets = figures[(figures["trial"] == "mine") & (figures["arm"] == "a")]
    average = np.exp((np.log(8.0) + 3.0 * np.log(read)) / 4.0)
    assert 10.0 < average < 13.0
    assert compare(figures, targets, "strict", "all").to_numpy().tolist() == [["median_os", True, False]]
    assert compare(figures, targets, "class", "calibration").to_numpy().tolist() == [
        ["median_os", False, False]
    ]
