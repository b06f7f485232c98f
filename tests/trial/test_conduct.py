"""The conduct of a trial: hand-made patients whose outcome is known, and what must hold for all."""

from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from alarmin.core import DataError
from alarmin.trial.conduct import DAYS_PER_MONTH, Observation, observe, progression_days
from alarmin.trial.observation_parameters import ObservationParameters, observation_parameters
from alarmin.trial.spec import TrialSpec, load_trial
from alarmin.trial.treatment import later

GRID = np.arange(0.0, 2101.0, 7.0)
SPEC = load_trial("KEYNOTE-024")


def parameters(**changes: float) -> ObservationParameters:
    return replace(observation_parameters(), **changes)


EXACT = parameters(
    scan_spread_days=0.0,
    scan_off_plan=0.0,
    reading_error_relative=0.0,
    new_lesion_per_year=0.0,
    new_lesion_per_growth=0.0,
    os_hazard_per_year=1e-12,
)
"""Scans to the day, readings without error, no new lesions, nobody dies."""


def variant(**changes: object) -> TrialSpec:
    return TrialSpec.model_validate({**SPEC.model_dump(), **changes})


ENDLESS = variant(
    accrual_months=0.0, dropout_per_year=0.0, cutoffs={"response_and_pfs": 60.0, "overall_survival": 68.0}
)


def people(n: int, arm: str = "pembrolizumab") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "patient_id": np.arange(n),
            "arm": arm,
            "ecog": 0,
            "nlr": 4.1,
            "albumin_g_per_l": 39.4,
            "histology": "nonsquamous",
        }
    )


def course(*knots: tuple[float, float]) -> np.ndarray:
    """One lesion of these diameters at these days, linear in between, and a second one half as large."""
    day, size = np.array(knots).T
    diameter = np.interp(GRID, day, size)
    return np.stack([diameter, diameter / 2], axis=1)[None]


def one(
    lesion_mm: np.ndarray, spec: TrialSpec = ENDLESS, values: ObservationParameters = EXACT
) -> Observation:
    return observe(spec, people(1), grid_day=GRID, lesion_mm=lesion_mm, seed=1, parameters=values)


def many(
    n: int, lesion_mm: np.ndarray, spec: TrialSpec, values: ObservationParameters, *, seed: int
) -> Observation:
    repeated = np.repeat(lesion_mm, n, axis=0)
    return observe(spec, people(n), grid_day=GRID, lesion_mm=repeated, seed=seed, parameters=values)


def test_response_then_progression() -> None:
    seen = one(course((0, 100), (63, 50), (126, 40), (189, 60), (2100, 60)))
    patient = seen.patients.iloc[0]
    assert patient["best_response"] == "PR"
    assert patient["best_change_pct"] == pytest.approx(-60)
    assert patient["pfs_event"] == 1
    assert patient["pfs_month"] == pytest.approx(189 / DAYS_PER_MONTH)
    assert patient["pfs_after_month"] == pytest.approx(126 / DAYS_PER_MONTH)
    assert patient["progression"] == "target"
    assert patient["os_event"] == 0
    assert seen.tumour["response"].tolist() == ["", "PR", "PR", "PD"]
    assert seen.tumour["day"].tolist() == [0, 63, 126, 189]
    assert seen.tumour["sld_mm"].tolist() == pytest.approx([150, 75, 60, 90])


def test_tumour_that_stays_away() -> None:
    patient = one(course((0, 100), (60, 0), (2100, 0))).patients.iloc[0]
    assert patient["best_response"] == "CR"
    assert patient["best_change_pct"] == -100
    assert patient["pfs_event"] == 0


def test_censored_at_the_last_visit_before_the_cutoff() -> None:
    spec = variant(
        accrual_months=0.0, dropout_per_year=0.0, cutoffs={"response_and_pfs": 10.0, "overall_survival": 30.0}
    )
    patient = one(course((0, 50), (2100, 50)), spec).patients.iloc[0]
    # 10 months are 304 days: visits on days 63, 126, 189, 252 have been held.
    assert (patient["pfs_month"], patient["pfs_event"]) == (pytest.approx(252 / DAYS_PER_MONTH), 0)
    assert (patient["os_month"], patient["os_event"]) == (pytest.approx(30.0), 0)


def test_progression_after_the_cutoff_is_not_seen() -> None:
    spec = variant(
        accrual_months=0.0, dropout_per_year=0.0, cutoffs={"response_and_pfs": 4.0, "overall_survival": 30.0}
    )
    patient = one(course((0, 50), (63, 50), (126, 90), (2100, 90)), spec).patients.iloc[0]
    assert (patient["pfs_month"], patient["pfs_event"]) == (pytest.approx(63 / DAYS_PER_MONTH), 0)


def test_death_before_the_first_visit_is_an_event_and_no_response() -> None:
    deadly = parameters(os_hazard_per_year=250.0, reading_error_relative=0.0)
    seen = many(200, course((0, 50), (2100, 5)), ENDLESS, deadly, seed=1)
    early = seen.patients[seen.patients["os_month"] < 63 / DAYS_PER_MONTH]
    assert len(early) > 190
    assert (early["best_response"] == "NE").all()
    assert early["best_change_pct"].isna().all()
    assert (early["pfs_event"] == 1).all()
    assert (early["progression"] == "death").all()
    np.testing.assert_array_equal(early["pfs_month"], early["os_month"])
    assert seen.tumour.groupby("patient_id").size()[early["patient_id"]].eq(1).all()


def test_new_lesion_ends_progression_free_survival_while_targets_shrink() -> None:
    spreading = replace(EXACT, new_lesion_per_year=200.0)
    patient = one(course((0, 100), (63, 40), (2100, 40)), values=spreading).patients.iloc[0]
    assert patient["progression"] == "new lesion"
    assert patient["pfs_month"] == pytest.approx(63 / DAYS_PER_MONTH)
    assert patient["best_response"] == "PD"


def test_lost_patients_are_censored_and_never_respond_later() -> None:
    spec = variant(
        accrual_months=0.0,
        dropout_per_year=50.0,
        cutoffs={"response_and_pfs": 60.0, "overall_survival": 68.0},
    )
    n = 300
    seen = many(n, course((0, 50), (63, 10), (2100, 10)), spec, EXACT, seed=1)
    gone = seen.patients["os_month"] < 63 / DAYS_PER_MONTH
    assert gone.mean() > 0.99
    assert (seen.patients["os_event"] == 0).all()
    assert (seen.patients.loc[gone, ["pfs_month", "pfs_event"]] == 0).all().all()
    assert (seen.patients.loc[gone, "best_response"] == "NE").all()


def test_entry_is_uniform_over_accrual_and_shortens_follow_up() -> None:
    n = 4000
    spec = variant(dropout_per_year=0.0)
    seen = many(n, course((0, 50), (2100, 50)), spec, EXACT, seed=3).patients
    assert seen["entry_month"].between(0, SPEC.accrual_months).all()
    assert seen["entry_month"].mean() == pytest.approx(SPEC.accrual_months / 2, abs=0.2)
    np.testing.assert_allclose(seen["os_month"] + seen["entry_month"], SPEC.cutoffs.overall_survival)


@pytest.fixture(scope="module")
def trial(made_up: ModuleType) -> tuple[pd.DataFrame, np.ndarray, Observation]:
    patients = made_up.make_patients(150, list(SPEC.arms), 5)
    lesions = made_up.make_lesions(patients, GRID, "chemotherapy", 5)
    return patients, lesions, observe(SPEC, patients, grid_day=GRID, lesion_mm=lesions, seed=5)


def test_outcomes_are_consistent(trial: tuple[pd.DataFrame, np.ndarray, Observation]) -> None:
    patients, _, seen = trial
    table = seen.patients
    assert len(table) == len(patients)
    assert (table["pfs_month"] <= table["os_month"] + 1e-9).all()
    assert (table["pfs_after_month"] <= table["pfs_month"] + 1e-9).all()
    assert (table["os_month"] + table["entry_month"] <= SPEC.cutoffs.overall_survival + 1e-9).all()
    assert (table["pfs_month"] + table["entry_month"] <= SPEC.cutoffs.response_and_pfs + 1e-9).all()
    died = table["progression"] == "death"
    assert (table.loc[died, "os_event"] == 1).all()
    assert (table["progression"] != "").equals(table["pfs_event"] == 1)
    assert table.loc[table["best_response"].isin(["PR"]), "best_change_pct"].max() <= -30 + 1e-9
    assert {"CR", "PR", "SD", "PD", "NE"} >= set(table["best_response"])


def test_progression_is_seen_on_visits_only(trial: tuple[pd.DataFrame, np.ndarray, Observation]) -> None:
    table = trial[2].patients.set_index("patient_id")
    progressed = table.index[table["progression"].isin(["target", "new lesion"])]
    last = trial[2].tumour.groupby("patient_id")["day"].last()
    assert len(progressed) > 50
    np.testing.assert_allclose(
        table.loc[progressed, "pfs_month"] * DAYS_PER_MONTH, last[progressed], atol=1e-6
    )


def test_tumour_table_agrees_with_outcomes(trial: tuple[pd.DataFrame, np.ndarray, Observation]) -> None:
    seen = trial[2]
    tumour = seen.tumour
    assert (tumour.groupby("patient_id")["visit"].min() == 0).all()
    assert (tumour.groupby("patient_id")["visit"].diff().dropna() == 1).all()
    np.testing.assert_allclose(tumour["sld_mm"], tumour["lesion_1_mm"] + tumour["lesion_2_mm"])
    last = tumour.groupby("patient_id").last()
    progressed = seen.patients.set_index("patient_id")["progression"].isin(["target", "new lesion"])
    assert ((last["response"] == "PD") == progressed).all()
    assert (tumour.groupby("patient_id")["response"].apply(lambda r: (r == "PD").sum()) <= 1).all()
    best = tumour[tumour["visit"] > 0].groupby("patient_id")["change_pct"].min()
    mine = seen.patients.set_index("patient_id")["best_change_pct"].dropna()
    pd.testing.assert_series_equal(best, mine, check_names=False)


def test_same_seed_same_bytes_other_seed_other_trial(
    trial: tuple[pd.DataFrame, np.ndarray, Observation],
) -> None:
    patients, lesions, seen = trial
    again = observe(SPEC, patients, grid_day=GRID, lesion_mm=lesions, seed=5)
    pd.testing.assert_frame_equal(again.patients, seen.patients, check_exact=True)
    pd.testing.assert_frame_equal(again.tumour, seen.tumour, check_exact=True)
    other = observe(SPEC, patients, grid_day=GRID, lesion_mm=lesions, seed=6)
    assert not other.patients["os_month"].equals(seen.patients["os_month"])


def test_order_and_company_do_not_matter(trial: tuple[pd.DataFrame, np.ndarray, Observation]) -> None:
    patients, lesions, seen = trial
    rows = np.random.default_rng(1).permutation(len(patients))[:80]
    part = observe(
        SPEC, patients.iloc[rows].reset_index(drop=True), grid_day=GRID, lesion_mm=lesions[rows], seed=5
    )
    expected = seen.patients.iloc[rows].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.patients, expected, check_exact=True)


def test_crossover_follows_progression(trial: tuple[pd.DataFrame, np.ndarray, Observation]) -> None:
    patients, lesions, seen = trial
    progression = progression_days(SPEC.imaging, patients, grid_day=GRID, lesion_mm=lesions, seed=5)
    arm = SPEC.arms["chemotherapy"]
    some = arm.model_copy(update={"crossover": arm.crossover.model_copy(update={"fraction": 0.66})})
    none = SPEC.arms["pembrolizumab"].model_copy(update={"later": []})
    spec = SPEC.model_copy(update={"arms": {"pembrolizumab": none, "chemotherapy": some}})
    _, crossover = later(spec, patients, progression, seed=5)
    control = (patients["arm"] == "chemotherapy").to_numpy()
    assert np.isinf(crossover[~control]).all()
    crossed = np.isfinite(crossover)
    np.testing.assert_allclose(crossover[crossed] - progression[crossed], 21.0)
    could = control & np.isfinite(progression)
    assert crossed[could].mean() == pytest.approx(0.66, abs=0.1)
    shown = seen.patients["progression"].isin(["target", "new lesion"]).to_numpy()
    np.testing.assert_allclose(progression[shown] / DAYS_PER_MONTH, seen.patients.loc[shown, "pfs_month"])


def test_what_happens_after_crossover_does_not_move_progression(
    trial: tuple[pd.DataFrame, np.ndarray, Observation],
) -> None:
    patients, lesions, seen = trial
    progression = progression_days(SPEC.imaging, patients, grid_day=GRID, lesion_mm=lesions, seed=5)
    _, crossover = later(SPEC, patients, progression, seed=5)
    treated = np.where(GRID[None, :, None] > crossover[:, None, None], lesions * 0.3, lesions)
    again = observe(SPEC, patients, grid_day=GRID, lesion_mm=treated, later_day=crossover, seed=5).patients
    pd.testing.assert_series_equal(again["best_response"], seen.patients["best_response"])
    shown = seen.patients["progression"].isin(["target", "new lesion"])
    pd.testing.assert_series_equal(again.loc[shown, "pfs_month"], seen.patients.loc[shown, "pfs_month"])
    assert again["os_month"].sum() > seen.patients["os_month"].sum()


def test_shapes_and_values_are_checked() -> None:
    good = course((0, 50), (2100, 50))
    with pytest.raises(DataError, match="got 0 patients"):
        observe(SPEC, people(0), grid_day=GRID, lesion_mm=good[:0], seed=1)
    with pytest.raises(DataError, match="expected \\(2, 301, n_lesions\\)"):
        observe(SPEC, people(2), grid_day=GRID, lesion_mm=good, seed=1)
    with pytest.raises(DataError, match="start at 0"):
        observe(SPEC, people(1), grid_day=GRID + 1, lesion_mm=good, seed=1)
    for bad in (np.nan, np.inf, -1.0):
        wrong = good.copy()
        wrong[0, 10, 0] = bad
        with pytest.raises(DataError, match="negative, infinite or missing"):
            observe(SPEC, people(1), grid_day=GRID, lesion_mm=wrong, seed=1)


def test_what_radiation_left_on_a_scan_neither_seeds_nor_kills() -> None:
    """A scar is read like a lesion, but new lesions and deaths come at the rates of the tumour alone."""
    patients = people(300)
    tumour = np.full((300, len(GRID)), 12.0)
    lesions = np.stack([tumour / 2, tumour / 2], axis=2)
    scarred = observe(SPEC, patients, grid_day=GRID, lesion_mm=5 * lesions, tumour_mm=tumour, seed=3)
    bare = observe(SPEC, patients, grid_day=GRID, lesion_mm=lesions, seed=3)
    mass = observe(SPEC, patients, grid_day=GRID, lesion_mm=5 * lesions, seed=3)
    assert (scarred.tumour["sld_mm"] > 4 * 12.0 * 0.7).all()
    deaths = {
        key: seen.patients["os_event"].sum()
        for key, seen in (("own", scarred), ("bare", bare), ("mass", mass))
    }
    assert deaths["mass"] > 1.2 * deaths["own"]
    assert abs(deaths["own"] - deaths["bare"]) < 0.1 * deaths["bare"]
