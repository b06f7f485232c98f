"""Adverse events that come at published rates."""

import numpy as np
import pytest
from marrow_cases import dose, patients, regimen
from scipy.stats import binom

from alarmin.therapy import Regimen, drug, schedule
from alarmin.trial.incidents import draw_incidents, expected_rates, lung_risk

N = 2000


def had(chosen, event, features=None):
    features = patients(N) if features is None else features
    found = draw_incidents(schedule(chosen, features), features, seed=2)
    return found[found["event"] == event]


def within(count, share):
    return binom.ppf(1e-4, N, share) <= count <= binom.ppf(1 - 1e-4, N, share)


def test_a_drug_has_its_published_share():
    one = drug("pembrolizumab").toxicity.events["pneumonitis"]
    found = had(regimen(dose("pembrolizumab", "200 mg")), "pneumonitis")
    assert within(len(found), one.any_)
    assert within((found["grade"] >= 3).sum(), one.severe)
    assert found["day"].mean() == pytest.approx(one.onset_day, rel=0.5)
    assert (found["day"] >= 0).all()


def test_shares_combine_as_those_of_independent_events():
    table = expected_rates(("paclitaxel", "carboplatin"))
    both = table[(table["event"] == "nausea") & (table["drug"] == "")]["any_pct"].iloc[0]
    one, other = (drug(name).toxicity.events["nausea"].any_ for name in ("paclitaxel", "carboplatin"))
    assert both == pytest.approx(100 * (1 - (1 - one) * (1 - other)))
    unknown = table[(table["event"] == "nausea") & (table["drug"] == "")]["severe_pct"].iloc[0]
    assert np.isnan(unknown)


def test_osimertinib_after_an_antibody_is_harder_on_the_lung():
    one = drug("osimertinib").toxicity.events["pneumonitis"]
    alone = regimen(dose("osimertinib", "80 mg"))
    assert within(had(alone, "pneumonitis")["patient"].nunique(), one.any_)
    after = Regimen.model_validate(
        {
            "regimen": "after",
            "title": "After",
            "phases": [
                {"cycle": "21 day", "cycles": 2, "doses": [dose("pembrolizumab", "200 mg")]},
                {"cycle": "21 day", "cycles": 2, "doses": [dose("osimertinib", "80 mg")]},
            ],
        }
    )
    share = 1 - (1 - one.after_checkpoint) * (1 - drug("pembrolizumab").toxicity.events["pneumonitis"].any_)
    assert within(had(after, "pneumonitis")["patient"].nunique(), share)


def test_radiation_pneumonitis_follows_the_published_curve():
    assert float(lung_risk(30.8)) == pytest.approx(0.5, abs=0.01)
    assert lung_risk(np.array([0.0, 10.0, 20.0])).tolist() == sorted(lung_risk(np.array([0.0, 10.0, 20.0])))
    assert float(lung_risk(0.0)) == 0.0
    course = Regimen.model_validate(
        {
            "regimen": "beam",
            "title": "Beam",
            "phases": [{"radiotherapy": [{"dose": "60 Gy", "fraction": "2 Gy"}]}],
        }
    )
    assert within(len(had(course, "pneumonitis")), float(lung_risk(18.0)))
