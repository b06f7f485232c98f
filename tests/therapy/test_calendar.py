"""Calendars: equal notations give equal doses, and every day is where the protocol puts it."""

from textwrap import dedent, indent

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alarmin.core import DataError
from alarmin.therapy import doses, load_regimen, schedule

PATIENTS = pd.DataFrame(
    {
        "weight_kg": [50.0, 76.8, 110.0],
        "bsa_m2": [1.5, 1.9, 2.3],
        "crcl_ml_min": [40.0, 90.0, 180.0],
        "histology": ["squamous", "nonsquamous", "nonsquamous"],
        "egfr_mutant": [False, True, False],
    },
    index=[11, 12, 13],
)


@pytest.fixture
def written(tmp_path):
    """Load a regimen from the lines under its title."""

    def load(body, name="mine"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"regimen: {name}\ntitle: Mine\n{dedent(body)}", encoding="utf-8")
        return load_regimen(str(path))

    return load


def phase(line, *, cycle="21 day", end="cycles: 2"):
    return f"phases:\n  - cycle: {cycle}\n    {end}\n    doses:\n{indent(dedent(line), '      ')}\n"


def days(regimen, drug=None, patient=0, **limits):
    calendar = schedule(regimen, PATIENTS, **limits)
    mine = calendar.patient == patient
    if drug:
        mine &= np.array([source.name == drug for source in calendar.sources])[calendar.source]
    return calendar.day[mine].tolist()


def same(one, other):
    return all(
        (getattr(one, name) == getattr(other, name)).all()
        for name in ("patient", "time", "target", "amount", "duration")
    )


EQUAL = [
    (phase("- {drug: pemetrexed, dose: 1 mg, days: 1-14}"),
     phase(f"- {{drug: pemetrexed, dose: 1 mg, day: {list(range(1, 15))}}}")),
    (phase("- {drug: pemetrexed, dose: 1 mg, times: daily}"),
     phase("- {drug: pemetrexed, dose: 1 mg, days: 1-21}")),
    (phase("- {drug: pemetrexed, dose: 1 mg, times: BID}"),
     phase("- {drug: pemetrexed, dose: 1 mg, every: 12 h}")),
    (phase("- {drug: pemetrexed, dose: 1 mg, days: [1-5, 8-12]}"),
     phase("- {drug: pemetrexed, dose: 1 mg, days: [8, 9-12, 1-5]}")),
    (phase("- {drug: pemetrexed, dose: 1 mg, day: 8, every: 7 day}"),
     phase("- {drug: pemetrexed, dose: 1 mg, day: [8, 15]}")),
    (phase("- {drug: pemetrexed, dose: 1 mg, days: 1-15, every: 1 week}"),
     phase("- {drug: pemetrexed, dose: 1 mg, day: [1, 8, 15]}")),
    (phase("- {drug: pemetrexed, dose: 1 mg, day: [1, 8, 15]}"),
     phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", cycle="168 h", end="cycles: 6")),
    (phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", end="cycles: up to 4"),
     phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", end="cycles: 4")),
    (phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", end="for: 12 week"),
     phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", end="cycles: 4")),
    (phase("- {drug: pemetrexed, dose: 1 mg, day: 1, in_cycles: 1-2}", end="cycles: 9"),
     phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", end="cycles: 2")),
    (phase("- {drug: pemetrexed, dose: 1 mg, times: daily, loading: {dose: 2 mg, for: 3 day}}"),
     phase("""\
           - {drug: pemetrexed, dose: 2 mg, days: 1-3, in_cycles: 1}
           - {drug: pemetrexed, dose: 1 mg, days: 4-21, in_cycles: 1}
           - {drug: pemetrexed, dose: 1 mg, times: daily, in_cycles: 2-}""")),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_notations_are_equal_doses(written, one, other):
    assert same(doses(written(one), PATIENTS), doses(written(other), PATIENTS))


@st.composite
def protocols(draw):
    """One protocol in two notations, each drawn at random."""
    weeks, cycles = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    chosen = sorted(draw(st.sets(st.integers(1, 7 * weeks), min_size=1)))
    mg = draw(st.integers(1, 900))

    def notation():
        order = draw(st.permutations(chosen))
        runs = [[chosen[0], chosen[0]]]
        for day in chosen[1:]:
            if day == runs[-1][1] + 1:
                runs[-1][1] = day
            else:
                runs.append([day, day])
        lengths = [f"{weeks} week", f"{7 * weeks} day", f"{168 * weeks} h", f"{10080 * weeks} min"]
        ends = [f"cycles: {cycles}", f"cycles: up to {cycles}", f"for: {7 * weeks * cycles} day"]
        return phase(
            "- {{drug: pemetrexed, dose: {}, {}: {}, infusion: {}}}".format(
                draw(st.sampled_from([f"{mg} mg/m2", f"{mg / 1000!r} g/m2", f"{mg * 1000} ug/m2"])),
                draw(st.sampled_from(["day", "days"])),
                draw(st.sampled_from([list(order), "[" + ", ".join(f"{a}-{b}" for a, b in runs) + "]"])),
                draw(st.sampled_from(["30 min", "0.5 h", "1800 s"])),
            ),
            cycle=draw(st.sampled_from(lengths)),
            end=draw(st.sampled_from(ends)),
        )

    return notation(), notation()


@settings(max_examples=40)
@given(protocols())
def test_any_two_notations_of_a_protocol_are_equal_doses(tmp_path_factory, pair):
    found = []
    for text in pair:
        path = tmp_path_factory.mktemp("regimen") / "mine.yaml"
        path.write_text(f"regimen: mine\ntitle: Mine\n{text}", encoding="utf-8")
        found.append(doses(load_regimen(str(path)), PATIENTS))
    one, other = found
    assert len(one.time) == len(other.time) > 0
    for name in ("patient", "time", "amount", "duration"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9)


def test_phases_start_after_or_with_another_and_wait(written):
    regimen = written("""\
        phases:
          - {name: first, cycle: 7 day, cycles: 2, doses: [{drug: cisplatin, dose: 1 mg, day: 1}]}
          - name: maintenance
            wait: 3 day
            cycle: 10 day
            cycles: 2
            doses: [{drug: pemetrexed, dose: 1 mg, day: 1}]
          - name: antibody
            start: with first
            wait: 1 day
            cycle: 20 day
            until: progression
            doses: [{drug: pembrolizumab, dose: 1 mg, day: 1}]
        """)
    assert days(regimen, "cisplatin") == [0.0, 7.0]
    assert days(regimen, "pemetrexed") == [17.0, 27.0]
    assert days(regimen, "pembrolizumab", stop_day=50.0) == [1.0, 21.0, 41.0]


def test_the_end_is_that_of_the_last_cycle_or_course(written):
    regimen = load_regimen("sbrt-24gy-pembrolizumab")
    # Three fractions within 5 days, 6 days of waiting, 35 cycles of 21 days.
    assert schedule(regimen, PATIENTS, progression_day=30.0).end.tolist() == [5.0 + 6.0 + 35 * 21.0] * 3
    later = written(phase("- {drug: pembrolizumab, dose: 200 mg, day: 1}"), "later")
    first = written(phase("- {drug: pemetrexed, dose: 1 mg, day: 1}") + "on_progression: later.yaml\n")
    assert later.regimen in [one.regimen for one in first.family]
    assert schedule(first, PATIENTS, start_day=3.0, progression_day=30.0).end.tolist() == [45.0] * 3


def test_what_a_regimen_says_of_progression_goes_before_the_choice_that_led_to_it(written):
    line = "- {{drug: {}, dose: 1 mg, day: 1}}"
    for name in ("cisplatin", "carboplatin"):
        written(phase(line.format(name), end="cycles: 1"), name)
    body = phase(line.format("pemetrexed"), end="cycles: 1")
    written(body + "on_progression: cisplatin.yaml\n", "own")
    written(body, "none")
    regimen = written("""\
        choose: {egfr_mutant: {true: own.yaml, false: none.yaml}}
        on_progression: carboplatin.yaml
        """)
    calendar = schedule(regimen, PATIENTS, progression_day=50.0)
    then = [calendar.sources[code].name for code in calendar.source[calendar.day == 50.0]]
    assert then == ["carboplatin", "cisplatin", "carboplatin"]


def test_what_ends_first_ends_a_phase(written):
    line = "- {drug: pemetrexed, dose: 1 mg, day: 1}"
    capped = written(phase(line, end="cycles: 5\n    for: 50 day"))
    assert days(capped) == [0.0, 21.0, 42.0]
    assert days(capped, progression_day=42.0) == [0.0, 21.0]


def test_progression_leads_to_what_follows(written):
    later = phase("- {drug: pembrolizumab, dose: 200 mg, day: 1}")
    written(later, "later")
    regimen = written(
        phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", end="until: progression")
        + "on_progression: {regimen: later.yaml, wait: 10 day}\n"
    )
    assert regimen.drugs == ["pemetrexed", "pembrolizumab"]
    progression = np.array([30.0, np.inf, 0.0])
    assert days(regimen, "pemetrexed", 0, progression_day=progression) == [0.0, 21.0]
    assert days(regimen, "pembrolizumab", 0, progression_day=progression) == [40.0, 61.0]
    assert days(regimen, "pembrolizumab", 0, progression_day=progression, stop_day=50.0) == [40.0]
    assert days(regimen, "pembrolizumab", 1, progression_day=progression) == []
    assert days(regimen, "pembrolizumab", 2, progression_day=progression) == [10.0, 31.0]


def options(written):
    for name in ("pemetrexed", "cisplatin", "carboplatin"):
        written(phase(f"- {{drug: {name}, dose: 1 mg, day: 1}}", end="cycles: 1"), name)


def given_to(regimen, patients=PATIENTS, **how):
    calendar = schedule(regimen, patients, **how)
    return [calendar.sources[calendar.source[calendar.patient == k][0]].name for k in range(len(patients))]


def test_a_feature_chooses_the_regimen(written):
    options(written)
    by_histology = written("""\
        choose:
          histology:
            squamous: cisplatin.yaml
            nonsquamous: {egfr_mutant: {true: carboplatin.yaml, otherwise: pemetrexed.yaml}}
        """)
    assert given_to(by_histology) == ["cisplatin", "carboplatin", "pemetrexed"]
    assert by_histology.drugs == ["cisplatin", "carboplatin", "pemetrexed"]
    by_kidney = written('choose: {crcl_ml_min: {"< 50": carboplatin.yaml, ">= 50": cisplatin.yaml}}\n')
    assert given_to(by_kidney) == ["carboplatin", "cisplatin", "cisplatin"]


def test_shares_are_drawn_by_patient_and_seed(written):
    options(written)
    regimen = written("choose: {cisplatin.yaml: 30 %, carboplatin.yaml: 0.7}\n")
    many = pd.concat([PATIENTS] * 1000, ignore_index=True)
    drawn = np.array(given_to(regimen, many, seed=1))
    # Three standard deviations of a binomial share.
    assert np.mean(drawn == "cisplatin") == pytest.approx(0.3, abs=3 * (0.3 * 0.7 / 3000) ** 0.5)
    assert given_to(regimen, many, seed=1) == drawn.tolist()
    assert given_to(regimen, many, seed=2) != drawn.tolist()
    some = many.iloc[[7, 3, 2900]]
    assert given_to(regimen, some, seed=1) == drawn[[7, 3, 2900]].tolist()


def test_a_patient_whom_no_option_fits_is_named(written):
    options(written)
    regimen = written("choose: {histology: {squamous: cisplatin.yaml}}\n")
    with pytest.raises(DataError, match=r"patient 12 has histology 'nonsquamous', expected one of squamous"):
        schedule(regimen, PATIENTS)
    unknown = written("choose: {histolgy: {squamous: cisplatin.yaml}}\n")
    with pytest.raises(DataError, match=r"unknown feature 'histolgy'; did you mean 'histology'"):
        schedule(unknown, PATIENTS)


def test_an_open_number_of_cycles_is_drawn_for_each_patient(written):
    regimen = written(phase("- {drug: pemetrexed, dose: 1 mg, day: 1}", end="cycles: 4-6"))
    many = pd.concat([PATIENTS] * 1000, ignore_index=True)
    count = np.bincount(schedule(regimen, many, seed=1).patient)
    shares = np.bincount(count, minlength=7)[4:] / 3000
    np.testing.assert_allclose(shares, 1 / 3, atol=3 * (2 / 9 / 3000) ** 0.5)


def test_no_treatment_is_no_dose():
    assert len(doses(load_regimen("placebo"), PATIENTS).time) == 0


def test_a_calendar_is_sorted_and_says_which_cycle_each_dose_belongs_to(written):
    lines = "- {drug: cisplatin, dose: 1 mg, day: 1}\n- {drug: pemetrexed, dose: 1 mg, day: [1, 8]}"
    calendar = schedule(written(phase(lines)), PATIENTS)
    moments = list(zip(calendar.patient.tolist(), calendar.day.tolist(), strict=True))
    assert moments == sorted(moments)
    assert (calendar.cycle == calendar.day // 21 + 1).all()


def test_two_years_of_daily_doses_stay_within_the_bar(written):
    """1000 patients times 730 doses within half a second of this process."""
    import time

    regimen = written(
        phase("- {drug: pemetrexed, dose: 1 mg, times: daily}", cycle="1 day", end="cycles: 730")
    )
    many = pd.concat([PATIENTS] * 334, ignore_index=True).iloc[:1000]
    doses(regimen, many)
    spent = []
    for _ in range(3):
        begun = time.process_time()
        got = doses(regimen, many)
        spent.append(time.process_time() - begun)
    assert len(got.time) == 730_000
    assert min(spent) < 0.5
