import math

import pytest

from alarmin.core import EvidenceError
from alarmin.evidence import baseline, km_curve, parameter_evidence, published, source, trial_arms


def test_published_figures_of_keynote_024():
    pembrolizumab, chemotherapy = published("KEYNOTE-024")
    assert pembrolizumab.arm.control == chemotherapy.arm.id
    pfs = pembrolizumab.figures["median_pfs"]
    assert (pfs.value, pfs.low, pfs.high, pfs.unit) == (10.3, 6.7, math.inf, "month")
    assert chemotherapy.figures["orr"].value == 27.8
    assert pembrolizumab.figures["pneumonitis_any"].verified == "memory"


@pytest.mark.parametrize("name", ["KEYNOTE-024", "keynote 024", "trial:KEYNOTE-024", "Keynote024"])
def test_a_trial_is_found_however_it_is_spelt(name):
    assert len(trial_arms(name)) == 2


def test_neoadjuvant_trial_reports_event_free_survival():
    figures = published("CheckMate-816")[0].figures
    assert "median_efs" in figures
    assert "median_pfs" not in figures


@pytest.mark.parametrize(
    ("look_up", "text", "hint"),
    [
        (trial_arms, "KEYNOTE-25", "KEYNOTE-0"),
        (parameter_evidence, "par:k_C_grow", "par:k_C_growth"),
        (baseline, "pop:sld-oa", "pop:sld-oak"),
        (source, "source:pmid:2771884", "source:pmid:27718847"),
    ],
)
def test_an_unknown_id_names_the_nearest(look_up, text, hint):
    with pytest.raises(EvidenceError, match=hint):
        look_up(text)


def test_survival_curves_fall_and_stay_within_their_limits():
    curve = km_curve("OAK", "OS", "atezolizumab", subgroup="squamous")
    assert curve.survival[0] == 1.0
    assert list(curve.survival) == sorted(curve.survival, reverse=True)
    assert all(low <= s <= high for low, s, high in zip(curve.low, curve.survival, curve.high, strict=True))
    assert curve.at_risk[0] == curve.curve.n == 112
