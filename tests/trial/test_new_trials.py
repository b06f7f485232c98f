"""The new trials of the docs: sound files of trials that the evidence base does not hold."""

from pathlib import Path

import pandas as pd
import pytest

from alarmin.calibration.rounds import BLOCKS
from alarmin.evidence.rows_clinic import Trial
from alarmin.evidence.tables import load_table
from alarmin.population import draw
from alarmin.therapy import doses, load_regimen, shipped_regimens
from alarmin.trial import load_trial, published_figures
from alarmin.trial.treatment import regimens_of

FOLDER = Path(__file__).parents[2] / "docs" / "new-trials"
TRIALS = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_a_new_trial_can_be_predicted(path: Path) -> None:
    spec = load_trial(str(path))
    assert spec.trial == path.stem
    assert spec.trial not in {row.name for row in load_table(Trial)}
    figures = published_figures(spec)
    assert set(figures["arm"]) == set(spec.arms)
    assert figures["n"].notna().all()
    for name in ("orr", "median_pfs", "median_os"):
        assert (figures["endpoint"] == name).sum() == len(spec.arms)
    regimens_of(spec)
    for earlier in spec.population.earlier:
        load_regimen(earlier.regimen)


def test_every_regimen_beside_them_is_given_to_somebody() -> None:
    text = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.yaml")}
    for path in (FOLDER / "regimens").iterdir():
        assert any(path.stem in other for name, other in text.items() if name != path), path.name


def test_the_largest_candidates_get_every_dose() -> None:
    """A dose above what a drug allows stops a trial, so nobody who may be drawn may reach it."""
    drawn = pd.concat([draw(block, priors={}).features for block in range(BLOCKS)], ignore_index=True)
    largest = pd.concat([drawn.nlargest(2, name) for name in ("weight_kg", "bsa_m2", "crcl_ml_min")])
    for name in [*shipped_regimens(), *map(str, (FOLDER / "regimens").iterdir())]:
        regimen = load_regimen(name)
        assert len(doses(regimen, largest, stop_day=100.0).amount) or not regimen.drugs
