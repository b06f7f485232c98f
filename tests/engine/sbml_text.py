"""Short ways to write SBML in tests."""

import libsbml

CORE = "http://www.sbml.org/sbml/level3/version{}/core"
MATHML = "http://www.w3.org/1998/Math/MathML"


def sbml(body, *, root="", level=3, version=2):
    """Return a document around the elements of a model."""
    space = CORE.format(version) if level == 3 else f"http://www.sbml.org/sbml/level{level}/version{version}"
    head = f'<sbml xmlns="{space}" level="{level}" version="{version}" {root}>'
    return f'{head}<model id="m">{body}</model></sbml>'


def math(text):
    """Return the MathML of an infix formula of SBML Level 3."""
    tree = libsbml.parseL3Formula(text)
    assert tree is not None, libsbml.getLastParseL3Error()
    return libsbml.writeMathMLToString(tree).split("\n", 1)[1]


def compartments(*items):
    return "<listOfCompartments>" + "".join(items) + "</listOfCompartments>"


def compartment(element, size=1, **attributes):
    return tag("compartment", id=element, size=size, constant="false", spatialDimensions=3, **attributes)


def species(element, *, where="c", amount=None, concentration=None, only="false", boundary="false", **more):
    if amount is not None:
        more["initialAmount"] = amount
    if concentration is not None:
        more["initialConcentration"] = concentration
    return tag(
        "species",
        id=element,
        compartment=where,
        hasOnlySubstanceUnits=only,
        boundaryCondition=boundary,
        **({"constant": "false"} | more),
    )


def parameter(element, value=None, **more):
    values = {} if value is None else {"value": value}
    return tag("parameter", id=element, constant="false", **values, **more)


def tag(kind, /, **attributes):
    return f"<{kind} " + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>"


def species_list(*items):
    return "<listOfSpecies>" + "".join(items) + "</listOfSpecies>"


def parameters(*items):
    return "<listOfParameters>" + "".join(items) + "</listOfParameters>"


def rules(*items):
    return "<listOfRules>" + "".join(items) + "</listOfRules>"


def assignment(variable, formula):
    return f'<assignmentRule variable="{variable}">{math(formula)}</assignmentRule>'


def rate(variable, formula):
    return f'<rateRule variable="{variable}">{math(formula)}</rateRule>'


def starts(**formulas):
    items = (f'<initialAssignment symbol="{k}">{math(v)}</initialAssignment>' for k, v in formulas.items())
    return "<listOfInitialAssignments>" + "".join(items) + "</listOfInitialAssignments>"


def functions(**formulas):
    items = (f'<functionDefinition id="{k}">{math(v)}</functionDefinition>' for k, v in formulas.items())
    return "<listOfFunctionDefinitions>" + "".join(items) + "</listOfFunctionDefinitions>"


def reaction(element, *, reactants=(), products=(), law="1", local="", fast=""):
    def refs(kind, names):
        items = (
            name
            if name.startswith("<")
            else tag("speciesReference", species=name, stoichiometry=1, constant="true")
            for name in names
        )
        return f"<listOf{kind}>{''.join(items)}</listOf{kind}>" if names else ""

    return (
        f'<reaction id="{element}" reversible="false" {fast}>{refs("Reactants", reactants)}'
        f"{refs('Products', products)}<kineticLaw>{math(law)}{local}</kineticLaw></reaction>"
    )


def reactions(*items):
    return "<listOfReactions>" + "".join(items) + "</listOfReactions>"


def event(element, trigger, *, at_start="true", delay="", **targets):
    assigned = "".join(
        f'<eventAssignment variable="{k}">{math(v)}</eventAssignment>' for k, v in targets.items()
    )
    late = f"<delay>{math(delay)}</delay>" if delay else ""
    return (
        f'<event id="{element}" useValuesFromTriggerTime="true">'
        f'<trigger initialValue="{at_start}" persistent="true">{math(trigger)}</trigger>{late}'
        f"<listOfEventAssignments>{assigned}</listOfEventAssignments></event>"
    )


def events(*items):
    return "<listOfEvents>" + "".join(items) + "</listOfEvents>"
