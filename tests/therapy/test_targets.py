"""Targets: who gets what of a drug that acts on something that not every tumour has."""

import numpy as np
import pandas as pd
import pytest

from alarmin.evidence import source
from alarmin.evidence.rows_model import Potency
from alarmin.evidence.tables import load_table
from alarmin.population.sampling import draw_drugs
from alarmin.therapy import drug, shipped_drugs, substance, target_factors, target_laws
from alarmin.therapy.exposure import TYPICAL
from alarmin.therapy.targets import laws_of

N = 4000


@pytest.fixture
def patients():
    return pd.DataFrame({"egfr_mutant": np.arange(N) % 2 == 0, "alk_rearranged": np.arange(N) % 5 == 1})


def factor(name, features):
    """Factor on all that the target scales."""
    (one, *others) = target_factors(drug(name), features).values()
    assert all((other == one).all() for other in others)
    return one


@pytest.mark.parametrize("law", target_laws(), ids=lambda law: f"{law.target} {law.drug}")
def test_a_law_is_complete(law):
    assert 0 < law.present <= 2
    assert 0 <= law.missing <= 1
    assert law.missing or law.scales == ("antigen",)
    assert law.law in ("always", "carried", "is squamous", "share")
    assert bool(law.feature) == (law.law != "always")
    assert law.level in ("assumed", "definition", "derived")
    if law.source:
        source(law.source)
    assert not law.drug or drug(law.drug).target == law.target


def test_a_drug_acts_on_those_who_carry_its_target(patients):
    gefitinib = factor("gefitinib", patients)
    assert set(gefitinib[patients["egfr_mutant"]]) == {1.0}
    assert set(gefitinib[~patients["egfr_mutant"]]) == {0.04}
    assert (factor("crizotinib", patients) == 1.0).sum() == patients["alk_rearranged"].sum()


def test_pemetrexed_does_less_where_there_is_more_of_its_target():
    """Squamous tumours make 2.17 / 1.16 times the thymidylate synthase of adenocarcinomas (Ceppi 2006)."""
    kinds = {"histology": ["nonsquamous", "squamous", "nonsquamous"], "alk_rearranged": [False, False, True]}
    np.testing.assert_allclose(factor("pemetrexed", pd.DataFrame(kinds)), [1.0, 1.16 / 2.17, 1.4], rtol=0.01)
    assert set(factor("pemetrexed", pd.DataFrame(index=range(2)))) == {1.0}


def test_cetuximab_is_weak_in_everyone(patients):
    assert set(factor("cetuximab", patients)) == {0.3}


@pytest.mark.parametrize("name", ["docetaxel", "cisplatin", "anlotinib"])
def test_what_every_tumour_has_makes_no_difference(patients, name):
    assert all((f == 1.0).all() for f in target_factors(drug(name), patients).values())


def test_a_share_of_cells_with_the_target_gives_a_share_of_the_effect():
    patients = pd.DataFrame({"axl_tps_pct": [0.0, 50.0, 100.0]})
    np.testing.assert_allclose(factor("bemcentinib", patients), [0.3, 0.65, 1.0])


def test_an_unknown_feature_takes_the_value_of_the_table():
    nobody = pd.DataFrame(index=range(3))
    assert set(factor("gefitinib", nobody)) == {0.04}
    np.testing.assert_allclose(factor("bemcentinib", nobody), 0.37)


def test_patients_differ_in_what_a_drug_kills(patients):
    features = patients.assign(crcl_ml_min=90.0, bsa_m2=1.8, weight_kg=75.0, alk_rearranged=False)
    drawn = draw_drugs(("cisplatin", "pemetrexed"), features, seed=1, priors={})
    kill = {
        name: np.log(drawn[f"kill_{name}"] / drug(name).profile.kill) for name in ("cisplatin", "pemetrexed")
    }
    for values in kill.values():
        assert values.std() == pytest.approx(0.7, rel=0.05)
        assert values.mean() == pytest.approx(0.0, abs=0.05)
    assert abs(np.corrcoef(*kill.values())[0, 1]) < 0.05


def test_killing_and_arrest_need_the_target(patients, monkeypatch):
    from alarmin.population import sampling

    # gefitinib may have no pharmacokinetics in patients; its constants are those of the well here.
    monkeypatch.setattr(sampling, "substance", lambda name: substance(name, "well"))
    drawn = draw_drugs(("gefitinib",), patients.assign(crcl_ml_min=90.0), seed=1)
    for key in ("kill_gefitinib", "arrest_gefitinib"):
        by_group = drawn[key].groupby(patients["egfr_mutant"]).median()
        assert by_group[False] / by_group[True] == pytest.approx(0.04, rel=0.05)


@pytest.mark.parametrize("name", [n for n in shipped_drugs() if "cytotoxic" in drug(n).properties])
def test_cells_in_wells_and_mice_do_not_differ_in_what_a_drug_kills(name):
    for setting in ("well", "mouse"):
        assert not any(p.id == "kill" and p.is_sampled for p in substance(name, setting).parameters)


def test_folds_of_gefitinib_are_those_of_the_measured_lines():
    ic50 = {
        p.cell_line: float(p.value)
        for p in load_table(Potency)
        if (p.therapy, p.metric) == ("gefitinib", "IC50 (viability)")
    }
    changed, deleted = ic50.pop("NCI-H1975"), [ic50.pop(line) for line in ("HCC-827", "PC-14")]
    sensitive = np.exp(np.mean(np.log(deleted)))
    assert drug("gefitinib").profile.resistance_t == pytest.approx(changed / sensitive, rel=0.01)
    # At the exposure of label doses, which is that of half the largest effect in a sensitive tumour.
    without = 1.0 / (1.0 + np.exp(np.mean(np.log(list(ic50.values())))) / sensitive)
    assert laws_of(drug("gefitinib"))[0].missing == pytest.approx(without / 0.5, rel=0.02)


@pytest.mark.parametrize("name", shipped_drugs())
def test_what_a_target_scales_is_a_constant_of_the_drug(name):
    setting = "patient" if drug(name).for_patients else "well"
    known = {p.id for p in substance(name, setting).parameters}
    for law in laws_of(drug(name)):
        assert law.law == "always" or set(law.scales) <= known


def test_a_conjugate_reaches_the_cells_with_its_antigen():
    features = pd.DataFrame({"ceacam5_pct": [0.0, 20.0, 100.0], "weight_kg": 70.0, "bsa_m2": 1.8})
    columns = draw_drugs(("tusamitamab_ravtansine",), features.assign(crcl_ml_min=90.0), seed=1)
    np.testing.assert_allclose(columns["antigen_tusamitamab_ravtansine"], [0.0, 0.2, 1.0])


def test_deruxtecan_reaches_fewer_cells_without_a_her2_mutation():
    features = pd.DataFrame([TYPICAL, TYPICAL]).assign(her2_mutant=[False, True])
    columns = draw_drugs(("trastuzumab_deruxtecan",), features, seed=1)
    without = laws_of(drug("trastuzumab_deruxtecan"))[0].missing
    np.testing.assert_allclose(columns["antigen_trastuzumab_deruxtecan"], [without, 1.0])
