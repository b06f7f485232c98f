"""A trial file may bring the published figures of its trial; the simulation stands beside them."""

import json
import math
from pathlib import Path

import pytest
from test_spec import GOOD, load, problems
from typer.testing import CliRunner

from alarmin.cli.main import app
from alarmin.trial import (
    TrialResult,
    TrialSpec,
    compare,
    load_trial,
    published_curves,
    published_figures,
    summarise,
)

OWN = (
    GOOD
    + """\
subgroups:
  young: {label: Young, criteria: {age_year: "< 65"}}
published:
  source: abstract 1234
  arms:
    drug: {n: 100, orr: 40, median_pfs: [6, 4, not reached], hr_pfs: [0.5, 0.4, 0.7]}
    control: {n: 90, orr: [30, 20, 41], os_12mo: 50}
  subgroups:
    young:
      drug: {orr: 45}
"""
)


def test_figures_of_the_file_are_listed(tmp_path: Path) -> None:
    spec = load(tmp_path, OWN)
    assert isinstance(spec, TrialSpec)
    table = published_figures(spec).set_index(["arm", "subgroup", "endpoint"])
    assert len(table) == 6
    assert table.loc[("drug", "", "median_pfs"), ["value", "low", "high"]].tolist() == [6, 4, math.inf]
    assert table.loc[("control", "", "orr"), ["value", "low", "high", "n"]].tolist() == [30, 20, 41, 90]
    assert math.isnan(table.loc[("drug", "young", "orr"), "low"])  # of how many patients is not said
    assert set(table["source"]) == {"abstract 1234"}
    assert set(table["role"]) == {"user"}


def test_the_file_can_be_written_out_again(tmp_path: Path) -> None:
    spec = load(tmp_path, OWN)
    assert isinstance(spec, TrialSpec)
    text = json.dumps(spec.model_dump(mode="json"), allow_nan=False)
    again = TrialSpec.model_validate(json.loads(text))
    assert published_figures(again).equals(published_figures(spec))


def test_a_rate_without_interval_gets_an_exact_one(tmp_path: Path) -> None:
    from scipy.stats import binomtest

    spec = load(tmp_path, OWN)
    assert isinstance(spec, TrialSpec)
    row = published_figures(spec).set_index(["arm", "subgroup", "endpoint"]).loc[("drug", "", "orr")]
    exact = binomtest(40, 100).proportion_ci(method="exact")
    assert (row["low"], row["high"]) == pytest.approx((100 * exact.low, 100 * exact.high), abs=0.01)
    assert "computed" in row["note"]


def test_landmarks_and_medians_are_points_of_curves(tmp_path: Path) -> None:
    spec = load(tmp_path, OWN)
    assert isinstance(spec, TrialSpec)
    points = published_curves(spec)[["endpoint", "arm", "month", "survival"]].to_numpy().tolist()
    assert points == [["pfs", "drug", 6.0, 0.5], ["os", "control", 12.0, 0.5]]


def test_figures_stand_beside_the_simulation_and_do_not_change_it(made_up_result: TrialResult) -> None:
    design = load_trial("KEYNOTE-024").model_dump()
    arms = {"pembrolizumab": {"n": 154, "orr": 44.8, "hr_pfs": [0.5, 0.37, 0.68]}}
    spec = TrialSpec.model_validate(
        {**design, "evidence": None, "published": {"source": "doi:10.1/x", "arms": arms}}
    )
    endpoints = summarise(spec, made_up_result.patients)
    assert endpoints.equals(made_up_result.endpoints)
    table = compare(spec, endpoints).set_index(["arm", "endpoint"])
    assert table.loc[("pembrolizumab", "hr_pfs"), "published_high"] == 0.68
    assert table.loc[("pembrolizumab", "orr"), "source"] == "doi:10.1/x"
    assert table["published"].notna().sum() == 2


MISTAKES = [
    ("orr: 40,", "orr: 140,", "18: published.arms.drug: orr: got 140, expected 0 to 100 %"),
    ("orr: 40,", "ORR: 40,", "18: published.arms.drug.ORR: got 'ORR', expected n, orr"),
    ("orr: 40,", "orr: .nan,", "18: published.arms.drug.orr: got nan, expected a number (or 'not reached')"),
    ("orr: 40,", "orr: many,", "18: published.arms.drug.orr: got 'many', expected a number"),
    (
        "[6, 4, not",
        "[6, 7, not",
        "18: published.arms.drug.median_pfs: got [6, 7, 'not reached'], expected the",
    ),
    ("[6, 4, not reached]", "[6, 4]", "18: published.arms.drug.median_pfs: got [6, 4], expected a number"),
    ("[0.5, 0.4", "[0.5, 0", "18: published.arms.drug: hr_pfs: got 0, expected more than 0"),
    ("n: 100", "n: 99.5", "18: published.arms.drug: n: got 99.5, expected a whole number"),
    ("    drug: {n", "    drugs: {n", "published.arms: unknown arm 'drugs'; did you mean 'drug'?"),
    ("    young:", "    yung:", "published.subgroups: unknown subgroup 'yung'; did you mean 'young'?"),
    ("os_12mo", "hr_os", "published.arms.control.hr_os: expected another arm with control: true"),
    ("os_12mo", "efs_12mo", "published.arms.control.efs_12mo: is not read here; endpoints: orr, pfs, os"),
    ("  source: abstract 1234\n", "", "published.source: missing, expected text"),
    ("title:", "evidence: trial:OAK\ntitle:", "published: got it beside evidence, expected one of the two"),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in OWN
    found = problems(tmp_path, OWN.replace(old, new, 1))
    assert any(line.startswith("trial.yaml:") and expected in line for line in found), found


def test_regimens_are_sought_beside_the_trial(tmp_path: Path) -> None:
    name = "mine.yaml"
    shipped = Path(__file__).parents[2] / "src/alarmin/therapy/regimens/pembrolizumab-q3w.yaml"
    (tmp_path / name).write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    spec = load(tmp_path, GOOD.replace("regimen: pembrolizumab-q3w", f"regimen: {name}"))
    assert isinstance(spec, TrialSpec)
    assert Path(spec.arms["drug"].regimen) == tmp_path / name
    assert spec.arms["control"].regimen == "carboplatin-pemetrexed"


def test_there_is_nothing_to_validate_without_published_figures(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    result = CliRunner().invoke(app, ["validate", "trials", "--file", str(tmp_path / "trial.yaml")])
    assert result.exit_code != 0
    assert "TEST-1: no published figures; expected the field published" in str(result.exception)
