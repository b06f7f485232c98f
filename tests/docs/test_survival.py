"""The comparison of survival models that the page shows belongs to the evidence and the trials of today."""

import json
import re
import sys
from pathlib import Path

import pytest

from alarmin.evidence import lesion_dynamics
from alarmin.trial import calibration_trials
from alarmin.trial.comparison import published_figures
from alarmin.trial.kinetics import LESION_STATISTICS

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "survival_result.json"
sys.path.insert(0, str(ROOT / "docs" / "_ext"))
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def result():
    return json.loads(RESULT.read_text(encoding="utf-8"))


def test_every_arm_of_every_calibration_trial_is_compared(result):
    arms = [(spec.trial, name) for spec in calibration_trials() for name in spec.arms]
    assert [(row["trial"], row["arm"]) for row in result["arms"]] == arms


def test_published_figures_are_those_of_the_evidence(result):
    figures = {}
    for spec in calibration_trials():
        for row in published_figures(spec).to_dict("records"):
            if not row["subgroup"]:
                figures.setdefault((row["trial"], row["arm"]), {})[row["endpoint"]] = row["value"]
    points = 0
    for row in result["arms"]:
        mine = figures[(row["trial"], row["arm"])]
        for point in row["points"]:
            points += 1
            month = f"os_{point['month']:g}mo"
            known = mine.get(f"curve_{month}", mine.get(month))
            if known is None:
                assert (mine["median_os"], 0.5) == (point["month"], point["published"])
            else:
                assert point["published"] == pytest.approx(known / 100, abs=1e-4)
    assert points > 40
    for row in result["ratios"]:
        assert row["published"] == figures[(row["trial"], row["arm"])]["hr_os"]
    known = {
        (row.arm.rpartition("/")[2], row.statistic, row.threshold): row
        for row in lesion_dynamics("OAK")
        if row.statistic in LESION_STATISTICS
    }
    assert len(known) == len(result["movements"])
    for row in result["movements"]:
        assert row["published"] == known[(row["arm"], row["statistic"], row["threshold"])].value


def test_the_text_names_the_range_of_how_tumours_progress(result):
    """Under EGFR inhibitors, under the others, and after chemoradiation."""
    page = " ".join((ROOT / "docs" / "survival.md").read_text(encoding="utf-8").split())
    shares = {(row["trial"], row["arm"]): round(100 * row["grown_at_progression"]) for row in result["arms"]}
    egfr = [shares.pop(("NEJ002", "gefitinib")), shares.pop(("AURA-1L", "osimertinib-80-mg"))]
    radiation = [shares.pop(("RTOG-0617", arm)) for arm in ("74-gy", "60-gy")]
    others = f"{min(shares.values())} to {max(shares.values())} %"
    assert (
        f"{egfr[0]} and {egfr[1]} % under EGFR inhibitors, {others} under the others, "
        f"{radiation[0]} and {radiation[1]} % after chemoradiation"
    ) in page


def test_the_summary_follows_from_the_rows(result):
    from compare_survival import summarise

    again = summarise(result["arms"], result["ratios"])
    for stored, row in zip(result["summary"], again, strict=True):
        assert {**row, "mean_distance": 0, "median_log_error": 0} == {
            **stored,
            "mean_distance": 0,
            "median_log_error": 0,
        }
        assert row["mean_distance"] == pytest.approx(stored["mean_distance"], rel=0.01)
        assert row["median_log_error"] == pytest.approx(stored["median_log_error"], abs=0.002)


def test_the_page_includes_every_table(result, tmp_path):
    from survival_tables import write_survival_tables

    write_survival_tables(tmp_path, RESULT)
    page = (ROOT / "docs" / "survival.md").read_text(encoding="utf-8")
    assert set(re.findall(r"_generated/(survival_\w+\.inc)", page)) == {
        file.name for file in tmp_path.iterdir()
    }
    lines = (tmp_path / "survival_arms.inc").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(result["arms"]) + 2
