"""Whole runs: reproducible, in agreement with what is committed, and honest about curves."""

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alarmin.core import DataError
from alarmin.experiment import load_experiments, run_experiments
from alarmin.experiment.coverage import coverage
from alarmin.experiment.curves import OFFSET_MM3, TARGET, load_curves, run_curves
from alarmin.experiment.run import judge
from alarmin.model import knobs
from alarmin.therapy import shipped_drugs

RESULT = Path(__file__).parents[2] / "docs" / "experiments_result.json"
ROWS = load_experiments()


def some(*conditions):
    """The first row that meets each condition."""
    return [next(e for e in ROWS if condition(e)) for condition in conditions]


def test_same_seed_gives_the_same_verdicts_for_any_number_of_threads():
    rows = some(
        lambda e: e.setting == "well",
        lambda e: e.endpoint == "CALR_fold" or (e.setting == "well" and e.expect == "value"),
        lambda e: e.design == "vaccination",
        lambda e: e.design == "two_tumours",
    )
    one = run_experiments(rows, n_draws=4, seed=3, threads=1)
    two = run_experiments(rows, n_draws=4, seed=3, threads=2)
    assert repr(one) == repr(two)
    assert [verdict.id for verdict in one] == [row.id for row in rows]


def test_another_seed_gives_other_wells():
    rows = some(lambda e: e.setting == "well" and e.endpoint == "CALR" and e.expect == "increases")
    runs = [run_experiments(rows, n_draws=4, seed=seed, threads=1)[0] for seed in (1, 2)]
    assert runs[0].intervention != runs[1].intervention


def test_an_intervention_that_is_the_comparator_has_no_effect():
    row = some(lambda e: e.setting == "well" and e.endpoint == "CALR" and e.expect == "increases")[0]
    same = replace(row, knobs="", compare_knobs="", compare_therapy=row.therapy, expect="no_effect")
    verdict = run_experiments([same], n_draws=4, threads=1)[0]
    assert (verdict.low, verdict.predicted, verdict.high) == (1.0, 1.0, 1.0)
    assert verdict.agrees


@pytest.fixture(scope="module")
def committed():
    return json.loads(RESULT.read_text(encoding="utf-8"))


def test_the_committed_result_has_every_row_once(committed):
    expected = [e.id for e in ROWS] + [f"curve:{curve.id}" for curve in load_curves()]
    assert [row["id"] for row in committed["rows"]] == expected
    roles = {e.id: e.role for e in ROWS} | {f"curve:{c.id}": c.role for c in load_curves()}
    assert {row["id"]: row["role"] for row in committed["rows"]} == roles


@pytest.mark.parametrize("row", random.Random(20).sample([e for e in ROWS if e.setting == "well"], 3))
def test_the_committed_result_is_repeated(committed, row):
    verdict = run_experiments([row], n_draws=committed["draws"], seed=committed["seed"], threads=1)[0]
    stored = next(one for one in committed["rows"] if one["id"] == row.id)
    assert verdict.agrees is stored["agrees"]
    assert verdict.predicted == pytest.approx(stored["predicted"], rel=1e-2, abs=1e-6)


def test_a_curve_starts_at_its_first_sure_reading_and_is_measured_on_the_others():
    curves = [
        next(c for c in load_curves() if not c.irradiated),
        next(c for c in load_curves() if c.transferred),
    ]
    for fit in run_curves(curves, threads=1):
        observed = np.array(fit.curve.volume_mm3[fit.curve.start :])
        predicted = np.array(fit.predicted_mm3)
        assert predicted[0] == pytest.approx(observed[0], rel=1e-3)
        error = np.log((predicted + OFFSET_MM3) / (observed + OFFSET_MM3))
        assert fit.rmse == pytest.approx(np.sqrt(np.mean(error[1:] ** 2)))
        row = fit.verdict()
        assert (row.id, row.published) == (f"curve:{fit.curve.id}", "curve")
        assert row.agrees is (fit.normalised <= TARGET)


def test_more_agents_than_places_are_refused():
    row = next(e for e in ROWS if e.setting == "mouse" and e.design == "tumour")
    with pytest.raises(DataError, match="at most 2"):
        run_experiments([replace(row, therapy="cisplatin + zno + doxorubicin")], n_draws=2, threads=1)


def test_a_direction_needs_a_comparator():
    with pytest.raises(AssertionError):
        judge(next(e for e in ROWS if e.has_comparator), np.ones(2), None)


def test_every_entity_is_carried_or_has_a_reason():
    found = coverage()
    assert not [entity for entity in found if entity.kind == "open"]
    assert all(entity.reason for entity in found if entity.kind == "context only")
    ids = {"knob": {knob.id for knob in knobs()}, "drug": set(shipped_drugs())}
    for entity in found:
        assert entity.kind not in ids or ids[entity.kind] & set(entity.by), entity.id


def test_the_same_formulas_are_compiled_in_every_process():
    """Sets of names have another order in each process; no rounding may depend on it."""
    code = """
from alarmin.engine import read_sbml
from alarmin.engine.equations import derive_equations
from alarmin.model import assemble
system = read_sbml(assemble("well"))
found = derive_equations(system, parameters=("k_growth",), outputs=("viability",), dosed=("Beam_1",))
print(found.fingerprint(), found.jacobian, found.rates, found.derived)
"""
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1
