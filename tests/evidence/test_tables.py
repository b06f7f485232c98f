import csv
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarmin.core import EvidenceError
from alarmin.evidence import km_curve, lesion_dynamics, published
from alarmin.evidence.references import unresolved
from alarmin.evidence.rows_clinic import Arm, KmCurveRow, KmPoint, Result, Trial
from alarmin.evidence.rows_map import Entity, Source
from alarmin.evidence.tables import TABLES, load_table, read_folder, read_rows
from alarmin.trial import calibration_trials

GOOD = "id,name,nct,sources,verified\ntrial:X,X,,,yes\n"


def every_table():
    return {name: load_table(row_type) for name, row_type in TABLES.items()}


def test_every_table_loads_and_every_id_that_a_row_names_exists():
    assert unresolved(every_table()) == []


def test_an_id_is_used_once_in_all_tables():
    ids = [row.id for rows in every_table().values() for row in rows]
    assert len(ids) == len(set(ids))


def test_every_malformed_cell_is_listed_with_file_row_and_column(tmp_path):
    (tmp_path / "km_points.csv").write_text(
        "id,curve,month,survival,low,high,at_risk\n"
        "km:a/0,km:a,0,1,1,1,10\n"
        "km:a/1,km:a,one,0.9,0.8,0.95,9\n"
        "km:a/2,km:a,2,high,0.7,,8\n"
    )
    with pytest.raises(EvidenceError) as caught:
        read_folder(tmp_path)
    places = [problem.partition(":")[0] for problem in caught.value.problems]
    assert places == [
        "km_points.csv, row 3, column month",
        "km_points.csv, row 4, column survival",
        "km_points.csv, row 4, column high",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name\ntrial:X,X\n", "expected the columns id,name,nct,sources,verified"),
        (GOOD + "trial:X,Y,,,yes\n", "row 3, column id: 'trial:X' is already in row 2"),
        (GOOD.replace("yes", "sure"), "row 2, column verified: got 'sure'"),
        (GOOD.replace("trial:X", "no id"), "row 2, column id: got 'no id'"),
        (GOOD + "trial:Y,Y,,,yes,extra\n", "row 3"),
        ("", "expected the columns"),
    ],
)
def test_a_malformed_table_is_refused(tmp_path, text, message):
    file = tmp_path / "trials.csv"
    file.write_text(text)
    with pytest.raises(EvidenceError, match=message):
        read_rows(file, Trial)


def test_a_file_that_is_no_table_names_the_nearest(tmp_path):
    (tmp_path / "trails.csv").write_text(GOOD)
    with pytest.raises(EvidenceError, match="did you mean 'trials'"):
        read_folder(tmp_path)


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=200))
def test_any_text_is_read_or_refused_in_words(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("any") / "trials.csv"
    file.write_text("id,name,nct,sources,verified\n" + text, encoding="utf-8")
    problems = ()
    try:
        read_rows(file, Trial)
    except EvidenceError as error:
        problems = error.problems
    assert all("trials.csv" in problem for problem in problems)


def test_limits_enclose_the_figure_and_percentages_are_percentages():
    for row in load_table(Result):
        assert row.value is not None
        low = -math.inf if row.low is None else row.low
        high = math.inf if row.high is None else row.high
        assert low <= row.value <= high, row.id
        assert row.unit != "%" or 0 <= row.value <= 100, row.id


def test_survival_after_more_than_two_years_is_of_calibration_trials_and_falls():
    arms = {arm.id: arm.trial for arm in load_table(Arm)}
    rates, late = {}, set()
    for row in load_table(Result):
        endpoint, _, month = row.measure.removesuffix("mo").partition("_")
        if endpoint in ("os", "pfs") and month:
            rates.setdefault((row.arm, endpoint), {})[int(month)] = row.value
            if int(month) > 24:
                assert int(month) % 12 == 0
                late.add(arms[row.arm])
    assert late <= {spec.evidence for spec in calibration_trials()}
    assert len(late) == 5
    for by_month in rates.values():
        values = [by_month[month] for month in sorted(by_month)]
        assert values == sorted(values, reverse=True)


def test_an_arm_with_a_hazard_ratio_has_a_control_in_its_trial():
    arms = {arm.id: arm for arm in load_table(Arm)}
    compared = {row.arm for row in load_table(Result) if row.measure.startswith("hr_")}
    without = [arm for arm in compared if arms[arm].control is None]
    assert without == []
    assert all(arms[arms[arm].control].trial == arms[arm].trial for arm in compared)


def test_each_entity_stands_in_the_model_or_says_why_not():
    entities = load_table(Entity)
    assert len(entities) == 118
    for entity in entities:
        assert sum(map(bool, (entity.knobs, entity.same_as, entity.context_only))) == 1, entity.id


def test_a_source_is_verified_only_with_a_title():
    assert all(source.title for source in load_table(Source) if source.verified == "yes")


def test_curves_start_at_one_and_never_rise():
    curves = {curve.id: [] for curve in load_table(KmCurveRow)}
    for point in load_table(KmPoint):
        curves[point.curve].append(point)
    for points in curves.values():
        assert points[0].survival == 1.0
        for before, after in pairwise(points):
            assert after.month == before.month + 1
            assert after.survival <= before.survival
            assert after.at_risk <= before.at_risk
            assert after.low <= after.survival <= after.high


def test_curves_agree_with_the_landmarks_computed_elsewhere(shared):
    names = {"KEYNOTE024": "KEYNOTE-024", "CHECKMATE057": "CheckMate-057", "PROFILE1014": "PROFILE-1014"}
    names |= {"RTOG0617": "RTOG-0617"}
    arms = {"platinum_chemotherapy": "platinum-chemotherapy", "pemetrexed_platinum": "pemetrexed-platinum"}
    arms |= {"docetaxel_placebo": "placebo-docetaxel", "docetaxel_ramucirumab": "ramucirumab-docetaxel"}
    arms |= {"cisplatin_pemetrexed": "cisplatin-pemetrexed", "paclitaxel_pemetrexed": "paclitaxel-pemetrexed"}
    arms |= {"chemoradiotherapy_60Gy": "60-gy", "chemoradiotherapy_74Gy": "74-gy"}
    with (shared / "evidence" / "km_landmarks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 54
    for row in rows:
        trial = names.get(row["trial"], row["trial"])
        curve = km_curve(trial, row["endpoint"], arms.get(row["arm"], row["arm"]), subgroup=row["subgroup"])
        assert curve.curve.n == int(row["n"])
        for month in (3, 6, 9, 12, 18, 24):
            if row[f"s{month}_pct"]:
                assert 100 * curve.survival[month] == pytest.approx(float(row[f"s{month}_pct"]), abs=0.06)
                assert 100 * curve.low[month] == pytest.approx(float(row[f"s{month}_ci_low"]), abs=0.06)


def test_published_figures_and_recomputed_curves_agree_for_keynote_024():
    arm = published("KEYNOTE-024")[0]
    curve = km_curve("KEYNOTE-024", "PFS", "pembrolizumab")
    assert curve.curve.median == pytest.approx(arm.figures["median_pfs"].value, abs=0.3)
    assert 100 * curve.survival[6] == pytest.approx(arm.figures["pfs_6mo"].value, abs=1.5)


def test_shares_of_lesion_dynamics_fall_with_the_bar():
    groups = {}
    for row in lesion_dynamics("OAK"):
        groups.setdefault((row.arm, row.statistic), []).append(row)
    assert len(groups) == 11
    for (_, statistic), rows in groups.items():
        values = [row.value for row in sorted(rows, key=lambda row: row.threshold)]
        assert values == sorted(values, reverse=statistic not in ("depth", "grown_by"))
        assert len(set(values)) == len(values)


def test_depth_of_lesions_agrees_with_a_plain_count(shared):
    patients = {}
    with (shared / "data" / "tumour" / "atezolizumab_target_lesions_nsclc.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["trial"] == "OAK":
                mm = float(row["target_lesion_diam_mm"])
                patients.setdefault((row["treatment"], row["patient"]), []).append(mm)
    depths = {}
    for (arm, _), mm in patients.items():
        grown = (n for n in range(1, len(mm)) if mm[n] >= max(1.2 * min(mm[:n]) - 1e-9, min(mm[:n]) + 5))
        counted = mm[: next(grown, len(mm)) + 1]
        if len(counted) >= 3:
            depths.setdefault(f"trial:OAK/{arm}", []).append(100 * (min(counted[1:]) / counted[0] - 1))
    for row in lesion_dynamics("OAK"):
        if row.statistic == "depth":
            assert row.n == len(depths[row.arm])
            share = sum(depth <= row.threshold + 1e-9 for depth in depths[row.arm]) / row.n
            assert row.value == pytest.approx(share, abs=1e-4)


def test_survival_after_progression_agrees_with_a_plain_product_limit(shared):
    times = {}
    for endpoint in ("OS", "PFS"):
        with (shared / "data" / "km" / f"OAK_{endpoint}.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                patient = times.setdefault(row["patient"], {"arm": f"trial:OAK/{row['arm']}"})
                patient[endpoint] = (float(row["time_months"]), row["event"] == "1")
    after = {}
    for patient in times.values():
        (end, died), (progression, seen) = patient["OS"], patient["PFS"]
        if seen and not (died and progression >= end - 0.05):
            after.setdefault(patient["arm"], []).append((end - progression, died))
    for row in lesion_dynamics("OAK"):
        if row.statistic == "alive_after_progression":
            alive, spread = 1.0, 0.0
            for death in sorted({month for month, died in after[row.arm] if died and month <= row.threshold}):
                deaths = sum(died and month == death for month, died in after[row.arm])
                at_risk = sum(month >= death for month, _ in after[row.arm])
                alive *= 1 - deaths / at_risk
                spread += deaths / (at_risk * (at_risk - deaths))
            assert row.value == pytest.approx(alive, abs=1e-4)
            assert alive * (1 - alive) / row.n == pytest.approx(alive**2 * spread, rel=0.01)
            assert row.n <= len(after[row.arm])
