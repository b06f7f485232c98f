"""Exposures of the typical patient beside published ones: each within the bar, or a miss that says why."""

from dataclasses import replace

import numpy as np
import pytest

from alarmin.evidence.rows_model import Exposure
from alarmin.evidence.tables import load_table
from alarmin.therapy import drug
from alarmin.therapy.exposure import TYPICAL, label_mg, typical_course, typical_patient
from alarmin.therapy.exposure_check import BAR, FEW, compare_exposures, not_compared
from alarmin.therapy.exposure_combined import combine_exposures


@pytest.fixture(scope="module")
def compared():
    return compare_exposures()


def test_every_published_exposure_is_compared_or_says_why_not(compared):
    got = [row.evidence for row in compared]
    assert len(set(got)) == len(got)
    assert {*got, *not_compared()} == {row.id for row in load_table(Exposure)}
    assert all(not_compared().values())


def test_a_miss_says_why_and_only_a_miss_does(compared):
    assert BAR == 0.15
    assert {row.evidence for row in compared if not row.met} == {
        row.evidence for row in compared if row.reason
    }


def test_published_values_are_read_in_their_units(compared):
    published = {row.evidence: row.published for row in compared}
    assert published["pk:docetaxel-auc-100-mg-m2"] == pytest.approx((4.6 / 24, 4.6 / 24))
    assert published["pk:pembrolizumab-aucss-over-6-weeks-200-mg"] == pytest.approx((1870, 1870))
    assert published["pk:cisplatin-free-platinum-auc-100-mg-m2"] == pytest.approx((321 / 1440, 321 / 1440))
    assert published["pk:erlotinib-unbound-cmax-ss-150-mg"] == pytest.approx((0.1656, 0.1656))
    per_m2 = TYPICAL["bsa_m2"]
    assert published["pk:doxorubicin-cl-60-75-mg-m2-range"] == pytest.approx(
        (324 * 1.44 * per_m2, 809 * 1.44 * per_m2)
    )


def test_a_ratio_is_taken_to_the_nearer_end_of_a_range(compared):
    by_id = {row.evidence: row for row in compared}
    assert by_id["pk:doxorubicin-cl-60-75-mg-m2-range"].ratio == 1.0
    above = replace(by_id["pk:paclitaxel-cl-range-of-means-135-175-mg-m2"], simulated=2000.0)
    assert above.ratio == pytest.approx(2000.0 / (24.0 * 24 * TYPICAL["bsa_m2"]))


def test_measures_are_those_of_an_exact_solution(compared):
    """Osimertinib in steady state: one compartment, absorption ka, elimination k, every 24 h."""
    own = drug("osimertinib").parameters
    ka, k = own["ka"].value, own["CL"].value / own["V1"].value
    peak_time = np.log(ka * (1 - np.exp(-k)) / (k * (1 - np.exp(-ka)))) / (ka - k)

    def level(t):
        return np.exp(-k * t) / (1 - np.exp(-k)) - np.exp(-ka * t) / (1 - np.exp(-ka))

    by_id = {row.evidence: row for row in compared}
    ratio = by_id["pk:osimertinib-peak-to-trough-ratio-in-steady-state-80-mg"].simulated
    assert ratio == pytest.approx(level(peak_time) / level(1.0), rel=1e-3)
    half_life = by_id["pk:osimertinib-half-life-80-mg"].simulated
    assert half_life == pytest.approx(np.log(2) / k, rel=1e-3)


def test_the_typical_patient_gets_the_dose_of_the_label():
    assert label_mg("docetaxel") == pytest.approx(75 * TYPICAL["bsa_m2"])
    assert label_mg("carboplatin") == pytest.approx(5 * (TYPICAL["crcl_ml_min"] + 25))
    assert label_mg("cisplatin") == pytest.approx(75 * TYPICAL["bsa_m2"] * 195.084 / 300.05, rel=1e-3)


def test_calvert_doses_give_the_exposure_that_they_aim_at():
    """AUC 5 mg*min/mL, whatever the patient's kidneys: dose and clearance share the formula."""
    got = typical_course("carboplatin", label_mg("carboplatin"), [0.0], 1 / 24, [30.0])
    assert got.exposure[0] * 1440 / 1000 == pytest.approx(5.0, rel=0.02)


def test_a_group_is_simulated_at_its_own_body_surface(compared):
    """783 mg were 500 mg/m2: 1.566 m2, kidneys in proportion; the exposure is dose over clearance."""
    assert typical_patient(0.9)["crcl_ml_min"][0] == pytest.approx(TYPICAL["crcl_ml_min"] / 2)
    by_id = {row.evidence: row for row in compared}
    clearance = drug("pemetrexed").parameters["CL"].value * (1.566 / 1.8) ** 0.58
    simulated = by_id["pk:pemetrexed-auc0-inf-500-mg-m2"].simulated
    assert simulated == pytest.approx(783 / clearance, rel=1e-3)


def test_values_of_one_exposure_are_weighed_by_their_patients(compared):
    combined = {(one.drug, one.measure, one.regimen): one for one in combine_exposures(compared)}
    found = combined["pemetrexed", "auc", "first dose"]
    logs = [(np.log(row.simulated / row.published[0]), row.patients) for row in found.rows]
    assert found.patients == 31
    assert found.population
    assert np.log(found.ratio) == pytest.approx(sum(log * n for log, n in logs) / 31)


def test_few_patients_do_not_count_beside_many(compared):
    kept = [
        one.rows for one in combine_exposures(compared) if (one.drug, one.measure) == ("cisplatin", "auc")
    ]
    assert [[row.patients for row in rows] for rows in kept] == [[45]]
    small = [one for one in combine_exposures(compared) if not one.population]
    assert all(row.patients < FEW for one in small for row in one.rows)


def test_doses_of_a_saturable_drug_are_not_taken_together(compared):
    paclitaxel = [one for one in combine_exposures(compared) if one.drug == "paclitaxel"]
    assert len(paclitaxel) == 8
    assert all(len(one.rows) == 1 for one in paclitaxel)
