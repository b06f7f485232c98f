"""From a protocol to the milligrams that a patient receives, and what becomes of them."""

from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from alarmin.core import DataError
from alarmin.engine import Doses
from alarmin.therapy import doses, drug, join, load_regimen, shipped_drugs
from alarmin.therapy.notation import read_amount
from alarmin.therapy.schedule import dose_mg

PATIENTS = pd.DataFrame(
    {
        "weight_kg": [50.0, 76.8, 110.0],
        "bsa_m2": [1.5, 1.9, 2.3],
        "crcl_ml_min": [40.0, 90.0, 180.0],
        "albumin_g_per_l": [30.0, 39.6, 45.0],
        "sld_mm": [40.0, 89.6, 200.0],
    },
    index=[11, 12, 13],
)
PLATINUM_SHARE = 195.084 / 300.05  # atomic mass of platinum over the molar mass of cisplatin

PATIENT_DRUGS = [name for name in shipped_drugs() if drug(name).for_patients]


def regimen(folder: Path, doses_text: str, *, cycle: str = "21 day", cycles: int = 2):
    path = folder / "mine.yaml"
    given = "".join(f"      - {line}\n" for line in dedent(doses_text).strip().splitlines())
    text = f"""regimen: mine
title: Mine
phases:
  - cycle: {cycle}
    cycles: {cycles}
    doses:
"""
    path.write_text(text + given, encoding="utf-8")
    return load_regimen(str(path))


def same(a: Doses, b: Doses) -> bool:
    return all(
        np.allclose(getattr(a, name), getattr(b, name), rtol=1e-12)
        for name in ("patient", "time", "amount", "duration")
    ) and bool((a.target == b.target).all())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200 mg", [200.0, 200.0, 200.0]),
        ("2 mg/kg", [100.0, 153.6, 220.0]),
        ("500 mg/m2", [750.0, 950.0, 1150.0]),
        # Calvert: AUC x (GFR + 25), with the filtration rate capped at 125 mL/min.
        ("AUC 5", [5 * 65.0, 5 * 115.0, 5 * 150.0]),
    ],
)
def test_amounts_follow_the_patient(text, expected):
    np.testing.assert_allclose(dose_mg(read_amount(text), PATIENTS), expected, rtol=1e-12)


def test_a_protocol_is_given_day_by_day(tmp_path):
    protocol = regimen(tmp_path, "{drug: pembrolizumab, dose: 2 mg/kg, day: [1, 8], infusion: 30 min}")
    got = doses(protocol, PATIENTS)
    assert got.patient.tolist() == sorted([0, 1, 2] * 4)
    assert got.time[got.patient == 1].tolist() == [0.0, 7.0, 21.0, 28.0]
    np.testing.assert_allclose(got.amount[got.patient == 2], 220.0)
    np.testing.assert_allclose(got.duration, 30 / 1440)
    assert set(got.target.tolist()) == {"A1_pembrolizumab"}


def test_cisplatin_is_followed_as_platinum(tmp_path):
    got = doses(regimen(tmp_path, "{drug: cisplatin, dose: 75 mg/m2, day: 1}", cycles=1), PATIENTS)
    np.testing.assert_allclose(got.amount, 75 * PATIENTS["bsa_m2"] * PLATINUM_SHARE, rtol=2e-4)


def test_phases_follow_one_another():
    got = doses(load_regimen("carboplatin-pemetrexed"), PATIENTS.iloc[:1])
    carboplatin = got.time[got.target == "A1_carboplatin"]
    pemetrexed = got.time[got.target == "A1_pemetrexed"]
    assert carboplatin.tolist() == [21.0 * k for k in range(6)]
    # Until progression: planned for five years, 1826 days, after the sixth cycle.
    assert pemetrexed.tolist() == [21.0 * k for k in range(6 + 87)]


def test_nothing_is_given_before_the_start_or_from_the_stop_on():
    start, stop = np.array([0.0, 10.0, np.nan]), np.array([42.0, np.inf, np.inf])
    got = doses(load_regimen("pembrolizumab-q3w"), PATIENTS.iloc[:2], start_day=start[:2], stop_day=stop[:2])
    assert got.time[got.patient == 0].tolist() == [0.0, 21.0]
    assert got.time[got.patient == 1].tolist() == [10.0 + 21.0 * k for k in range(35)]


def test_a_dose_too_large_for_the_patient_is_refused(tmp_path):
    huge = regimen(tmp_path, "{drug: pembrolizumab, dose: 20 mg/kg, day: 1}")
    with pytest.raises(
        DataError, match=r"pembrolizumab 20 mg/kg is 2200 mg in patient 13, .* at most 2000 mg"
    ):
        doses(huge, PATIENTS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{drug: pembrolizumab, dose: 200 mg, day: 1}", "{drug: pembrolizumab, dose: 0.2 g, day: [1]}"),
        (
            "{drug: pemetrexed, dose: 500 mg/m2, day: 1, infusion: 0.5 h}",
            "{drug: pemetrexed, dose: 0.5 g/m2, day: 1, infusion: 30 min}",
        ),
        (
            "{drug: pembrolizumab, dose: 200 mg, day: [1, 8]}",
            "{drug: pembrolizumab, dose: 200 mg, day: 8}\n{drug: pembrolizumab, dose: 200 mg, day: 1}",
        ),
    ],
)
def test_notations_that_mean_the_same_give_the_same_doses(tmp_path, one, other):
    assert same(doses(regimen(tmp_path, one), PATIENTS), doses(regimen(tmp_path, other), PATIENTS))


def test_a_cycle_in_weeks_is_a_cycle_in_days(tmp_path):
    line = "{drug: carboplatin, dose: AUC 5, day: 1}"
    weeks, days = (regimen(tmp_path, line, cycle=text) for text in ("3 week", "21 day"))
    assert same(doses(weeks, PATIENTS), doses(days, PATIENTS))


def test_joined_doses_are_all_there():
    first = doses(load_regimen("pembrolizumab-q3w"), PATIENTS)
    second = doses(load_regimen("cisplatin-pemetrexed"), PATIENTS)
    both = join(first, second)
    assert len(both.time) == len(first.time) + len(second.time)
    assert both.amount.sum() == pytest.approx(first.amount.sum() + second.amount.sum())
