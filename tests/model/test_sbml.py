"""The assembled models: what libSBML says of them, what they declare, and how they are annotated."""

import re

import libsbml
import pytest

from alarmin.model import settings
from alarmin.model.assembly import antimony_text, inconsistencies

CURIES = {
    "CL": r"CL:\d{7}",
    "CHEBI": r"CHEBI:\d+",
    "GO": r"GO:\d{7}",
    "UBERON": r"UBERON:\d{7}",
    "MONDO": r"MONDO:\d{7}",
    "NCIT": r"NCIT:C\d+",
    "ncbigene": r"ncbigene:\d+",
    "hgnc": r"hgnc:\d+",
    "uniprot": r"uniprot:[A-Z0-9]{6,10}",
    "mesh": r"mesh:[CD]\d+",
    "drugbank": r"drugbank:DB\d{5}",
}


def formula(element):
    return libsbml.formulaToL3String(element.getMath()) if element.isSetMath() else ""


def terms(element):
    """Return the qualifier and address of every annotation."""
    found = (element.getCVTerm(i) for i in range(element.getNumCVTerms()))
    return sorted(
        (term.getBiologicalQualifierType(), term.getResourceURI(j))
        for term in found
        for j in range(term.getNumResources())
    )


def content(document):
    """Everything that the model means, without how it is written down."""
    model = document.getModel()

    def side(references):
        return sorted((reference.getSpecies(), reference.getStoichiometry()) for reference in references)

    return {
        "units": {
            definition.getId(): libsbml.UnitDefinition.printUnits(definition)
            for definition in model.getListOfUnitDefinitions()
        },
        "compartments": {
            c.getId(): (c.getSize() if c.isSetSize() else None, c.getUnits(), c.getConstant())
            for c in model.getListOfCompartments()
        },
        "species": {
            s.getId(): (s.getName(), s.getCompartment(), s.getSubstanceUnits(), terms(s))
            for s in model.getListOfSpecies()
        },
        "amounts": {
            s.getId(): s.getInitialAmount() for s in model.getListOfSpecies() if s.isSetInitialAmount()
        },
        "parameters": {
            p.getId(): (p.getName(), p.getValue() if p.isSetValue() else None, p.getUnits(), terms(p))
            for p in model.getListOfParameters()
        },
        "initial assignments": {a.getSymbol(): formula(a) for a in model.getListOfInitialAssignments()},
        "rules": {r.getVariable(): (r.getTypeCode(), formula(r)) for r in model.getListOfRules()},
        "reactions": {
            r.getId(): (side(r.getListOfReactants()), side(r.getListOfProducts()), formula(r.getKineticLaw()))
            for r in model.getListOfReactions()
        },
    }


def test_libsbml_has_nothing_to_say(read_assembled):
    assert inconsistencies(read_assembled()) == []


def test_a_wrong_unit_would_be_seen(read_assembled):
    document = read_assembled()
    rates = [p for p in document.getModel().getListOfParameters() if p.getUnits() == "per_day"]
    rates[0].setUnits("mg")
    assert any("unit" in line.lower() for line in inconsistencies(document))


def test_everything_has_a_unit(read_assembled):
    document = read_assembled()
    model = document.getModel()
    declared = {definition.getId() for definition in model.getListOfUnitDefinitions()}
    assert model.isSetTimeUnits()
    for element in (*model.getListOfParameters(), *model.getListOfCompartments()):
        unit = element.getUnits()
        assert unit in declared or libsbml.UnitKind_forName(unit) != libsbml.UNIT_KIND_INVALID, (
            element.getId()
        )
    for species in model.getListOfSpecies():
        assert species.getSubstanceUnits() or model.isSetSubstanceUnits(), species.getId()


def test_every_integrated_variable_has_a_name_for_people(read_assembled):
    document = read_assembled()
    model = document.getModel()
    moved = [model.getElementBySId(r.getVariable()) for r in model.getListOfRules() if r.isRate()]
    for element in (*model.getListOfSpecies(), *moved):
        assert element.getName(), f"{element.getId()}: give it a row in annotations.csv"
        assert element.getName() != element.getId()


def test_annotations_are_well_formed(setting, read_assembled):
    document = read_assembled()
    annotated = [e for e in document.getModel().getListOfAllElements() if e.getNumCVTerms()]
    assert len(annotated) > (3 if setting == "marrow" else 10)
    for element in annotated:
        for qualifier, address in terms(element):
            curie = address.removeprefix("https://identifiers.org/")
            assert curie != address
            assert re.fullmatch(CURIES[curie.partition(":")[0]], curie), (element.getId(), curie)
            assert qualifier != libsbml.BQB_UNKNOWN


def test_cells_move_whole(read_assembled):
    """A reaction takes at most one cell of a kind and never makes one out of two."""
    document = read_assembled()
    for reaction in document.getModel().getListOfReactions():
        sides = (reaction.getListOfReactants(), reaction.getListOfProducts())
        assert all(len(side) <= 1 for side in sides), reaction.getId()
        assert all(r.getStoichiometry() == 1.0 and r.getConstant() for side in sides for r in side)


def swapped(formula):
    """Exchange the lesions; a sum over both is the same either way."""
    exchanged = re.sub(r"_([12])\b", lambda found: f"_{3 - int(found[1])}", formula)
    return re.sub(r"\b(\w+)_2 \+ \1_1\b", r"\1_1 + \1_2", exchanged)


def test_the_two_lesions_obey_the_same_equations(setting, read_assembled):
    if len(settings()[setting].lesions) < 2:
        pytest.skip("fewer than two lesions")
    rules = content(read_assembled())["rules"]
    first = {name: text for name, text in rules.items() if name.endswith("_1")}
    assert len(first) > 20
    for name, (kind, text) in first.items():
        assert rules[f"{name[:-2]}_2"] == (kind, swapped(text))


@pytest.mark.parametrize("broken", ["k_growth = 0.007;", "k_growth has per_day;"])
def test_a_missing_value_or_unit_would_be_seen(broken):
    import antimony

    text = antimony_text("patient")
    assert broken in text
    antimony.clearPreviousLoads()
    antimony.setBareNumbersAreDimensionless(True)
    assert antimony.loadAntimonyString(text.replace(broken, "")) >= 0, antimony.getLastError()
    document = libsbml.readSBMLFromString(antimony.getSBMLString("patient"))
    assert inconsistencies(document)
