"""Trial files: the shipped ones load; every mistake is named with its line."""

import re
from collections import Counter
from pathlib import Path

import pytest

from alarmin.core import DataError
from alarmin.evidence.rows_clinic import Arm
from alarmin.evidence.tables import load_table
from alarmin.therapy import load_regimen
from alarmin.trial.spec import TrialSpec, calibration_names, load_trial, shipped_trials

GOOD = """\
trial: TEST-1
title: A small trial
population:
  criteria:
    pd_l1_tps_pct: ">= 1, < 50"
    histology: squamous
arms:
  drug: {label: Drug, regimen: pembrolizumab-q3w}
  control: {label: Control, regimen: carboplatin-pemetrexed, control: true}
imaging: {first_week: 6, every_weeks: 6}
accrual_months: 12
cutoffs: {response_and_pfs: 18, overall_survival: 48}
"""


def load(folder: Path, text: str) -> object:
    path = folder / "trial.yaml"
    path.write_text(text, encoding="utf-8")
    return load_trial(str(path))


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        load(folder, text)
    return list(caught.value.problems)


@pytest.mark.parametrize("name", sorted(shipped_trials()))
def test_shipped_trials_load(name: str) -> None:
    spec = load_trial(name)
    assert spec.trial == name
    assert spec.population.parsed


def test_calibration_trials_are_those_whose_role_says_so() -> None:
    roles = {name: load_trial(name).role for name in shipped_trials()}
    assert calibration_names() == [name for name, role in roles.items() if role == "calibration"]


def test_every_published_arm_is_in_exactly_one_shipped_trial() -> None:
    found = Counter(
        f"{spec.evidence}/{published}"
        for spec in map(load_trial, shipped_trials())
        for published in [
            *(arm.published_arm or name for name, arm in spec.arms.items()),
            *(arm for part in spec.subgroups.values() for arm in part.published_arms.values()),
        ]
    )
    assert set(found) == {arm.id for arm in load_table(Arm)}
    assert max(found.values()) == 1


@pytest.mark.parametrize("name", sorted(shipped_trials()))
def test_regimens_of_shipped_trials_are_shipped(name: str) -> None:
    spec = load_trial(name)
    for given in [*spec.population.earlier, *spec.arms.values()]:
        load_regimen(given.regimen)
    for arm in spec.arms.values():
        for after in [*arm.later, *([arm.crossover] if arm.crossover else [])]:
            load_regimen(after.regimen)


@pytest.mark.parametrize("name", sorted(shipped_trials()))
def test_every_arm_of_shipped_trials_says_what_follows_progression(name: str) -> None:
    for arm in load_trial(name).arms.values():
        follows = [*arm.later, *([arm.crossover] if arm.crossover else [])]
        assert sum(one.fraction for one in follows if one.regimen != arm.regimen) > 0.0


def test_the_split_is_the_one_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "calibration-split.md").read_text(encoding="utf-8")
    fitted, predicted = page.split("## Predicted")
    for role, part in (("calibration", fitted), ("validation", predicted)):
        assert set(re.findall(r"`(\S+?)`", part)) - {"role"} == {
            name for name in shipped_trials() if load_trial(name).role == role
        }


def test_keynote_024_is_conducted_as_it_was() -> None:
    spec = load_trial("KEYNOTE-024")
    assert (spec.imaging.first_week, spec.imaging.every_weeks) == (9, 9)
    assert spec.response.confirmed
    assert spec.control == "chemotherapy"
    crossover = spec.arms["chemotherapy"].crossover
    assert crossover is not None
    assert crossover.regimen == "pembrolizumab-q3w"


def test_good_file_loads(tmp_path: Path) -> None:
    spec = load(tmp_path, GOOD)
    assert [str(c) for c in spec.population.parsed.values()] == [  # type: ignore[attr-defined]
        "PD-L1 TPS ≥ 1 % and < 50 %",
        "histology squamous",
    ]


WHOLE = """\
trial: TEST-2
title: All fields
role: validation
population:
  criteria: {line: [2, 3], stage: IV, sp142: [TC0/IC0, TC3 or IC3], ceacam5_pct: ">= 50"}
  shares:
    line: {3: 0.25}
    egfr_mutant: {true: 0.1}
    pd_l1_tps_pct: {"< 1": 0.4, ">= 50": 0.2}
  earlier:
    - {regimen: cisplatin-pemetrexed, where: {histology: nonsquamous}, enter: end_of_therapy, delay_days: 14}
arms:
  drug:
    label: Drug
    regimen: pembrolizumab-q3w
    later:
      - {regimen: carboplatin-pemetrexed, fraction: 0.4, where: {line: 2}}
subgroups:
  young: {label: Young, criteria: {age_year: "< 65"}, published_arms: {drug: drug-young}, curves: young}
imaging:
  {first_week: 6, every_weeks: 6, then: [{from_week: 12, every_weeks: 9}, {from_week: 48, every_weeks: 12}]}
response: {confirmed: false, reader: central, until_week: 12, lesions: unirradiated}
surgery: {week: 12}
endpoints: [orr, efs, os, pcr]
accrual_months: 12
cutoffs: {response_and_pfs: 18, overall_survival: 48}
"""


def test_every_field_is_read(tmp_path: Path) -> None:
    spec = load(tmp_path, WHOLE)
    assert isinstance(spec, TrialSpec)
    shares = [(str(criterion), share) for criterion, share in spec.population.parsed_shares]
    assert shares == [
        ("line of therapy 3", 0.25),
        ("EGFR mutation yes", 0.1),
        ("PD-L1 TPS < 1 %", 0.4),
        ("PD-L1 TPS ≥ 50 %", 0.2),
    ]
    earlier = spec.population.earlier[0]
    assert (earlier.enter, earlier.delay_days, earlier.where) == (
        "end_of_therapy",
        14,
        {"histology": "nonsquamous"},
    )
    assert spec.arms["drug"].later[0].fraction == 0.4
    assert [str(c) for c in spec.subgroups["young"].parsed.values()] == ["age < 65 years"]
    assert (spec.role, load_trial("KEYNOTE-024").endpoints) == ("validation", ["orr", "pfs", "os"])


WHOLE_MISTAKES = [
    ("role: validation", "role: check", "3: role: got 'check'"),
    ("line: {3: 0.25}", "line: {4: 0.25}", "7: population.shares.line: got 4, expected one of"),
    ("{3: 0.25}", "{2: 0.9, 3: 0.25}", "7: population.shares.line: got shares of 1.15 together, expected at"),
    ("{3: 0.25}", "{3: 1.25}", "population.shares.line.3: got 1.25, expected less than or equal to 1"),
    ("egfr_mutant: {true", "egfr: {true", "8: population.shares.egfr: unknown feature 'egfr'; did you"),
    (
        "nonsquamous}, enter",
        "non}, enter",
        "11: population.earlier.0.where.histology: got 'non', expected one",
    ),
    ("end_of_therapy", "the_end", "11: population.earlier.0.enter: got 'the_end'"),
    (
        "fraction: 0.4, where: {line: 2}}",
        "fraction: 0.7}\n      - {regimen: docetaxel-q3w, fraction: 0.4, where: {line: 2}}",
        "arms.drug: got fractions of crossover and later of 1.1 together, expected at most 1",
    ),
    ("{line: 2}", "{line: second}", "17: arms.drug.later.0.where.line: got 'second', expected one of"),
    ('"< 65"', "young", "19: subgroups.young.criteria.age_year: got 'young', expected a comparison"),
    (
        "{drug: drug-young}",
        "{drog: x}",
        "subgroups.young.published_arms: unknown arm 'drog'; did you mean 'drug'",
    ),
    ("from_week: 12,", "from_week: 60,", ": imaging: then: got from_week 60, 48, expected weeks in order"),
    ("lesions: unirradiated", "lesions: one", "22: response.lesions: got 'one'"),
    ("surgery: {week: 12}", "dropout_per_year: 0.1", "endpoints: got pcr without surgery"),
    ("[orr, efs, os, pcr]", "[pfs, efs]", "endpoints: got both efs and pfs"),
]


@pytest.mark.parametrize(("old", "new", "expected"), WHOLE_MISTAKES)
def test_mistakes_in_further_fields_are_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in WHOLE
    found = problems(tmp_path, WHOLE.replace(old, new, 1))
    assert any(line.startswith("trial.yaml:") and expected in line for line in found), found


MISTAKES = [
    ("title: A small trial", "titel: x", "2: titel: unknown field; did you mean 'title'?"),
    ("title: A small trial", "titel: x", "1: title: missing, expected text"),
    ("pd_l1_tps_pct:", "pdl1_tps:", "5: population.criteria.pdl1_tps: unknown feature 'pdl1_tps'; did you"),
    ('">= 1, < 50"', "1 to 50", "5: population.criteria.pd_l1_tps_pct: got '1 to 50', expected a comparison"),
    ("squamous", "adeno", "6: population.criteria.histology: got 'adeno', expected one of"),
    ("every_weeks: 6", "every_weeks: 0", "10: imaging.every_weeks: got 0, expected greater than"),
    ("every_weeks: 6", "every_weeks: .nan", "10: imaging.every_weeks: got nan"),
    ("every_weeks: 6", "every_weeks: yes", "10: imaging.every_weeks: got 'yes', expected a valid number"),
    ("months: 12", "months: true", "11: accrual_months: got True, expected a valid number"),
    ("months: 12", "months: 20", "cutoffs.response_and_pfs: got 18 months, expected more than accrual"),
    ("label: Control", "label: Drug", "arms: got the same label twice"),
    ("label: Drug,", "label: Drug, control: true,", "more than one arm with control: true"),
    ("trial: TEST-1", "trial: ../../etc", "1: trial: got '../../etc'"),
    ("arms:", "arms: {}\nextra:", "7: arms: got {}"),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert any(line.startswith("trial.yaml:") and expected in line for line in found), found


def test_all_mistakes_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = GOOD.replace("histology: squamous", "histology: other").replace("first_week: 6", "first_week: -1")
    found = problems(tmp_path, text.replace("accrual_months: 12", "accrual_months: soon"))
    assert [line.split(":")[1] for line in found] == ["6", "10", "11"]


def test_every_problem_is_one_line(tmp_path: Path) -> None:
    for line in problems(tmp_path, GOOD.replace("title: A small trial", 'title: ["a\\nb", 1]')):
        assert "\n" not in line


def test_unknown_trial_names_the_nearest() -> None:
    with pytest.raises(DataError, match="unknown trial 'KEYNOTE024'; did you mean 'KEYNOTE-024'"):
        load_trial("KEYNOTE024")


def test_missing_file_is_named() -> None:
    with pytest.raises(DataError, match=r"no_such\.yaml: no such file"):
        load_trial("no_such.yaml")
