"""The tables of the model: every figure has a unit, a sane distribution and a source that exists."""

import math

import pytest

from alarmin.evidence import baseline, parameter_evidence
from alarmin.model import parameters, unit_labels
from alarmin.model.tables import module_texts, table
from alarmin.population.sampling import draw
from alarmin.therapy import drug, shipped_drugs

LEVELS = {
    "measured_nsclc",
    "measured_elsewhere",
    "estimated_elsewhere",
    "estimated",
    "assumed",
    "derived",
    "definition",
}
BY_ID = {p.id: p for p in parameters()}
EVERY = pytest.mark.parametrize("parameter", parameters(), ids=lambda p: p.id)


def resolve(source):
    """Look a source up; raises where it is not there."""
    return parameter_evidence(source) if source.startswith("par:") else baseline(source)


def test_ids_are_unique():
    assert len(BY_ID) == len(parameters())


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
            assert 0.0 < p.sigma < 3.0
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


def test_every_parameter_is_used_by_a_module():
    text = "\n".join(module_texts().values()).replace("share_l", "share_1 share_2")
    words = set("".join(c if c.isalnum() or c == "_" else " " for c in text).split())
    assert {p.id for p in parameters()} <= words


def test_units_are_unique():
    assert len({row["id"] for row in table("units.csv")}) == len(table("units.csv"))


def test_derived_values_follow_from_their_definitions():
    value = {p.id: p.value for p in parameters()}
    assert value["V_seed"] == pytest.approx(value["n_seed"] * value["vol_cell"] / value["Ve"], rel=1e-5)
    assert value["D_1mL"] == pytest.approx((6000.0 / math.pi) ** (1 / 3), rel=1e-12)
    assert value["share_2"] == pytest.approx(1.0 - value["share_1"])


@pytest.mark.parametrize("name", shipped_drugs())
def test_a_drug_rests_on_evidence_and_on_parameters_of_the_model(name):
    shipped = drug(name)
    for source in shipped.evidence:
        resolve(source)
    for parameter, rule in shipped.pharmacokinetics.items():
        assert BY_ID[parameter].distribution == "covariate"
        assert rule.eta is None or rule.eta in shipped.etas
        for law in rule.covariates.values():
            resolve(law.evidence)


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
