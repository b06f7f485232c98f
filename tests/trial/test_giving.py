"""Doses of a trial: what the blood does to them, what progression ends, and what it all cost."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from marrow_cases import dose, own_of, patients, regimen

from alarmin.engine import Status
from alarmin.therapy import doses, load_regimen
from alarmin.trial import load_trial
from alarmin.trial.giving import before, give
from alarmin.trial.price import AFTER_DRUG_DAY, price
from alarmin.trial.treatment import Treated

RULES = [{"hold": {"neutrophils_below": "3 1e9/L", "for_at_most": "9 week"}}]
SENSITIVE = {"Neu_0": 4.0, "mtt_neu": 7.0, "neutro_docetaxel": 60.0}
TWO_ARMS = SimpleNamespace(arms={"a": None, "b": None}, evidence=None)

SWITCHING = """\
regimen: switching
title: Switching
phases:
  - cycle: 21 day
    cycles: 6
    doses:
      - {drug: docetaxel, dose: 75 mg/m2, day: 1, infusion: 60 min}
on_progression: pembrolizumab-q3w
"""


def given(one, n=8, *, names=("docetaxel",), own=None, **fixed):
    features = patients(n)
    own = np.full(n, "x", dtype=object) if own is None else own
    return give(
        {"x": one},
        own,
        features,
        own_of(names, features, **fixed),
        seed=3,
        pretreated=np.zeros(n, dtype=bool),
    )


def test_the_tumour_gets_what_the_blood_allows() -> None:
    one = regimen(dose("docetaxel", "75 mg/m2"), rules=RULES)
    plan, got = doses(one, patients(8), seed=3), given(one, **SENSITIVE).doses
    assert len(got.time) == len(plan.time)
    assert got.amount.sum() == pytest.approx(plan.amount.sum())
    assert (got.time >= plan.time).all()
    assert (got.time > plan.time).any()


def test_patients_without_the_regimen_get_nothing() -> None:
    own = np.array(["x", "", "x", ""], dtype=object)
    course = given(regimen(dose("docetaxel", "75 mg/m2")), 4, own=own)
    assert set(course.doses.patient.tolist()) == {0, 2}
    assert course.parts[0].rows.tolist() == [0, 2]


def test_earlier_therapy_is_told_patient_by_patient() -> None:
    features, one = patients(6), regimen(dose("docetaxel", "75 mg/m2"))
    had = np.array([True, False] * 3)

    def first_count(pretreated):
        course = give(
            {"x": one},
            np.full(6, "x", dtype=object),
            features,
            own_of(("docetaxel",), features),
            seed=3,
            pretreated=pretreated,
        )
        counts = course.parts[0].given.counts
        return counts[counts["day"] == 0].set_index("patient")["Neu"]

    ratio = first_count(had) / first_count(~had)
    # Neutrophils before therapy are 14.7 % lower after earlier therapy, above the least that trials take.
    assert (ratio[had] < 1).any()
    np.testing.assert_allclose(ratio[had & (ratio < 0.99)], 1 - 0.147, rtol=0.05)


def test_a_patient_whose_blood_fails_does_not_stop_the_others() -> None:
    """Row 3 is the second of those with the regimen; it is named, and the others get their doses."""
    features, one = patients(5), regimen(dose("docetaxel", "75 mg/m2"), rules=RULES)
    own = own_of(("docetaxel",), features)
    own.loc[own.index[3], "neutro_docetaxel"] = 1e300
    which = np.array(["", "x", "", "x", "x"], dtype=object)
    course = give({"x": one}, which, features, own, seed=3, pretreated=np.zeros(5, dtype=bool))
    assert (course.status != Status.OK).tolist() == [False, False, False, True, False]
    assert {1, 4} <= set(course.doses.patient.tolist())
    treated = Treated(
        SimpleNamespace(status=np.array([0, 0, 1, 0, 0])),
        SimpleNamespace(status=np.zeros(5, dtype=int)),
        np.full(5, np.inf),
        np.full(5, np.inf),
        course.status,
        course,
    )
    assert treated.fine.tolist() == [True, True, False, False, True]
    assert treated.reasons == [
        Status.STEP_LIMIT.reason,
        f"blood counts: {Status(course.status[3]).reason}",
    ]


def test_only_what_follows_progression_is_left_from_that_day_on(tmp_path: Path) -> None:
    path = tmp_path / "switching.yaml"
    path.write_text(SWITCHING, encoding="utf-8")
    one, features, day = load_regimen(str(path)), patients(3), np.array([30.0, 63.0, 70.0])
    names = ("docetaxel", "pembrolizumab")
    course = give(
        {"x": one},
        np.full(3, "x", dtype=object),
        features,
        own_of(names, features),
        seed=3,
        pretreated=np.ones(3, dtype=bool),
        progression_day=day,
        from_day=day,
        stop_day=100.0,
    )
    assert set(course.doses.target.tolist()) == {"A1_pembrolizumab"}
    assert (course.doses.time >= day[course.doses.patient]).all()
    kept = before(given(one, 3, names=names).doses, day)
    assert (kept.time < day[kept.patient]).all()
    assert np.bincount(kept.patient).tolist() == [2, 3, 4]


def test_the_price_counts_what_was_given_until_treatment_ended() -> None:
    course = given(regimen(dose("docetaxel", "75 mg/m2"), rules=RULES), **SENSITIVE)
    arm = np.array(["a"] * 4 + ["b"] * 3 + [""], dtype=object)
    never = np.full(8, np.inf)
    whole = price(TWO_ARMS, arm, course, end_day=never, seen_day=never)
    assert whole.intensity[["arm", "n", "given_pct"]].to_numpy().tolist() == [
        ["a", 4, 100.0],
        ["b", 3, 100.0],
    ]
    assert (whole.intensity["held_pct"] > 0).all()
    # Ended on day 80, a plan of days 0, 21, 42 and 63 has lost what was put off beyond it.
    cut = price(TWO_ARMS, arm, course, end_day=np.full(8, 80.0), seen_day=never)
    done = course.parts[0].given.schedule
    in_time = [int((done.day[done.patient == k] < 80.0).sum()) for k in range(8)]
    assert min(in_time) < 4
    assert cut.intensity["given_pct"].tolist() == pytest.approx(
        [25.0 * np.mean(in_time[:4]), 25.0 * np.mean(in_time[4:7])]
    )
    table = cut.toxicity.set_index(["measure", "arm"])
    assert table.loc[("neutropenia_grade3plus", "a"), "simulated"] == 100.0
    assert whole.unknown == {"a": [], "b": []}


def test_events_long_after_treatment_do_not_count() -> None:
    course = given(regimen(dose("docetaxel", "75 mg/m2"), cycles=1), **SENSITIVE)
    nadir_seen = course.parts[0].given.counts.query("Neu < 1")["day"].min()
    assert nadir_seen < AFTER_DRUG_DAY
    arm, never = np.full(8, "a", dtype=object), np.full(8, np.inf)

    def neutropenia(seen_day):
        found = price(TWO_ARMS, arm, course, end_day=never, seen_day=np.full(8, seen_day)).toxicity
        return found.loc[found["measure"] == "neutropenia_grade3plus", "simulated"].item()

    assert neutropenia(np.inf) == 100.0
    assert neutropenia(nadir_seen - 1.0) == 0.0


def test_events_at_a_published_rate_count_for_all_who_were_treated() -> None:
    """Treatment of the second half ends on day 3; of docetaxel, mean time of onset of alopecia is 21 days."""
    n = 120
    course = given(regimen(dose("docetaxel", "75 mg/m2"), cycles=2), n)
    arm = np.repeat(np.array(["a", "b"], dtype=object), n // 2)

    def alopecia(end_day):
        found = price(TWO_ARMS, arm, course, end_day=end_day, seen_day=np.full(n, np.inf)).toxicity
        return found[found["measure"] == "alopecia_any"].set_index("arm")["simulated"]

    drawn = course.parts[0].given.events.query("event == 'alopecia'")
    late = drawn[drawn["day"] > 3.0 + AFTER_DRUG_DAY]["patient"]
    assert (late >= n // 2).any()
    whole, cut = alopecia(np.full(n, np.inf)), alopecia(np.where(arm == "a", np.inf, 3.0))
    assert cut.to_dict() == whole.to_dict()
    assert cut["b"] == pytest.approx(100 * (drawn["patient"] >= n // 2).sum() / (n // 2))
    untreated = alopecia(np.where(arm == "a", np.inf, 0.0))
    assert untreated["b"] == 0.0


def test_published_rates_stand_beside_those_of_the_arm() -> None:
    spec = load_trial("KEYNOTE-024")
    course = given(regimen(dose("pembrolizumab", "200 mg")), 4, names=("pembrolizumab",))
    arm, never = np.array(list(spec.arms) * 2, dtype=object), np.full(4, np.inf)
    found = price(spec, arm, course, end_day=never, seen_day=never)
    rows = found.toxicity[found.toxicity["measure"] == "anaemia_grade3plus"].set_index("arm")
    assert (rows["published"] > 0).all()
    assert (rows["simulated"] == 0).all()
    assert found.unknown["pembrolizumab"] == ["pembrolizumab"]
