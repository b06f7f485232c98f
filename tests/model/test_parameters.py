"""The tables of the model: every figure has a unit, a sane distribution and a source that exists."""

import math
import re

import pytest

from alarmin.evidence.tables import TABLES, load_table
from alarmin.model import knobs, parameters, settings, unit_labels
from alarmin.model.tables import drug_module, module_text, table
from alarmin.population.sampling import draw
from alarmin.therapy import drug, shipped_drugs, substance

LEVELS = {
    "measured_nsclc",
    "measured_elsewhere",
    "estimated_elsewhere",
    "estimated",
    "assumed",
    "derived",
    "definition",
}
OWN = [
    p
    for name in shipped_drugs()
    for setting in ("mouse", *(["patient"] if drug(name).for_patients else []))
    for p in substance(name, setting).parameters
]
ALL = [*(p for name in settings() for p in parameters(name)), *OWN]
PUBLISHED = {row.id for row_type in TABLES.values() for row in load_table(row_type)}
EVERY = pytest.mark.parametrize("parameter", ALL, ids=lambda p: p.id)


def resolve(source):
    """Look a source up; raises where it is not there."""
    assert source in PUBLISHED, f"{source} is not in the evidence"


def test_ids_are_unique():
    # The rows themselves: a table read by id would hide a second row of the same id.
    for name in ("parameters.csv", "parameters_mouse.csv", "parameters_well.csv", "parameters_marrow.csv"):
        ids = [row["id"] for row in table(name)] + [knob.id for knob in knobs()]
        assert len(set(ids)) == len(ids), name


@EVERY
def test_a_parameter_is_complete(parameter):
    assert math.isfinite(parameter.value)
    assert parameter.value >= 0.0
    assert parameter.meaning
    assert parameter.unit in unit_labels()
    assert parameter.level in LEVELS


@EVERY
def test_its_distribution_is_sane(parameter):
    p = parameter
    bounds = (math.isfinite(p.low), math.isfinite(p.high))
    match p.distribution:
        case "fixed" | "covariate":
            assert math.isnan(p.sigma)
            assert bounds == (False, False)
        case "lognormal":
            # Odds are wide where in most patients one of two ways prevails.
            assert 0.0 < p.sigma < (6.0 if p.id.startswith("odds_") else 3.0)
            assert bounds == (False, False)
            assert p.value > 0.0
        case "uniform" | "loguniform":
            assert math.isnan(p.sigma)
            assert bounds == (True, True)
            assert p.low < p.high
            assert p.low <= p.value <= p.high
            assert p.distribution == "uniform" or p.low > 0.0
        case _:
            pytest.fail(f"{p.id}: unknown distribution {p.distribution!r}")


@EVERY
def test_its_source_is_in_the_evidence(parameter):
    for source in filter(None, (part.strip() for part in parameter.source.split(";"))):
        resolve(source)
    if parameter.level not in ("assumed", "derived", "definition", "estimated"):
        assert parameter.source, f"{parameter.level} without a source"


def test_what_depends_on_the_patient_is_set_for_each_patient():
    drawn = set(draw(0, seed=1).parameters.columns)
    for p in parameters():
        assert (p.id in drawn) == (p.distribution != "fixed"), p.id


@pytest.mark.parametrize("setting", settings())
def test_every_parameter_and_knob_is_used_by_a_module(setting):
    names = {name for s in settings().values() for name in s.modules}
    text = re.sub(r"(\w+)_l\b", r"\1_1 \1_2", "\n".join(map(module_text, names)))
    words = set(
        "".join(c if c.isalnum() or c == "_" else " " for c in text + drug_module("antibody")).split()
    )
    assert {p.id for p in parameters(setting)} <= words
    assert {knob.id for knob in knobs()} <= words


def test_units_are_unique():
    assert len({row["id"] for row in table("units.csv")}) == len(table("units.csv"))


def test_derived_values_follow_from_their_definitions():
    value = {p.id: p.value for p in parameters()}
    assert value["V_seed"] == pytest.approx(value["n_seed"] * value["vol_cell"] / value["Ve"], rel=1e-5)
    assert value["D_1mL"] == pytest.approx((6000.0 / math.pi) ** (1 / 3), rel=1e-12)
    assert value["share_2"] == pytest.approx(1.0 - value["share_1"])


@pytest.mark.parametrize("setting", ["mouse", "patient"])
def test_plasma_is_a_share_of_the_blood(setting):
    value = {p.id: p.value for p in parameters(setting)}
    assert value["V_plasma"] == pytest.approx(0.55 * 1000.0 * value["V_blood"])


@pytest.mark.parametrize("name", shipped_drugs())
def test_a_drug_rests_on_evidence(name):
    shipped = drug(name)
    for source in shipped.evidence:
        resolve(source)
    for constant in shipped.parameters.values():
        assert constant.eta is None or constant.eta in shipped.etas
        for law in constant.covariates.values():
            resolve(law.evidence)
        for factors in constant.factors.values():
            for factor in factors.values():
                resolve(factor.evidence)
    if shipped.label and shipped.label.evidence:
        resolve(shipped.label.evidence)


def test_figures_of_the_population_rest_on_evidence():
    import csv
    from importlib.resources import files

    for name in ("baseline.csv", "plausibility.csv"):
        text = files("alarmin.population").joinpath("data", name).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            source = row["source"]
            if source and source != "assumed":
                resolve(source)
            if row.get("level", "assumed") != "assumed":
                assert source, row["id"]
