"""From Antimony modules and tables to one SBML model with declared units.

A module is plain Antimony without a `model` wrapper. Names that end in ``_l`` belong to a lesion and are
written once per lesion; every other name is shared. Values and units of constants come from
`parameters.csv`, unit definitions from `units.csv`, identifiers from `annotations.csv`.
"""

import re
from typing import Any

from alarmin.core import ModelError
from alarmin.model.tables import module_texts, table

__all__ = ["antimony_text", "assemble", "inconsistencies"]

LESIONS = ("1", "2")
_LESION_NAME = re.compile(r"\b([A-Za-z]\w*)_l\b")
_HEADER = """unit time_unit = 86400 second;
unit substance = item;
unit extent = item;
unit volume = 1e-3 litre;
"""


def antimony_text(name: str = "patient") -> str:
    """Return the whole model as one Antimony text.

    Parameters
    ----------
    name : str, default "patient"
        Id of the model.
    """
    units = [f"unit {row['id']} = {row['definition']};" for row in table("units.csv") if row["definition"]]
    modules = [_per_lesion(text) for text in module_texts().values()]
    constants = [
        f"{row['id']} = {row['value']}; {row['id']} has {row['unit']};" for row in table("parameters.csv")
    ]
    return "\n".join([f"model {name}()", _HEADER, *units, *modules, *constants, "end", ""])


def _per_lesion(text: str) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        if _LESION_NAME.search(line.partition("//")[0]):
            lines += [_LESION_NAME.sub(rf"\1_{lesion}", line) for lesion in LESIONS]
        else:
            lines.append(line)
    return "\n".join(lines)


def assemble(name: str = "patient") -> str:
    """Assemble the model and return it as SBML Level 3.

    Returns
    -------
    str
        SBML text that libSBML finds consistent, units included.

    Raises
    ------
    ModelError
        When Antimony cannot read the modules, or libSBML finds any inconsistency.
    """
    import antimony
    import libsbml

    antimony.clearPreviousLoads()
    antimony.setBareNumbersAreDimensionless(True)
    if antimony.loadAntimonyString(antimony_text(name)) < 0:
        raise ModelError(f"model '{name}': {antimony.getLastError()}")
    document = libsbml.readSBMLFromString(antimony.getSBMLString(name))
    _annotate(document.getModel())
    problems = inconsistencies(document)
    if problems:
        raise ModelError(*(f"model '{name}': {problem}" for problem in problems))
    return str(libsbml.writeSBMLToString(document))


def inconsistencies(document: Any) -> list[str]:
    """List what libSBML's consistency and unit checks say of an SBML document, one line each."""
    document.checkConsistency()
    log = [document.getError(i) for i in range(document.getNumErrors())]
    return [f"line {e.getLine()}: {e.getSeverityAsString()}: {' '.join(e.getMessage().split())}" for e in log]


def _annotate(model: Any) -> None:
    """Give elements the names and identifiers of `annotations.csv`."""
    import libsbml

    for row in table("annotations.csv"):
        for name in _instances(row["id"]):
            element = model.getElementBySId(name)
            if element is None:
                raise ModelError(f"annotations.csv: id '{name}' is not in the model")
            element.setName(row["label"])
            if not element.isSetMetaId():
                element.setMetaId(f"meta_{name}")
            for curie in row["curies"].split():
                term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
                term.setBiologicalQualifierType(getattr(libsbml, f"BQB_{row['qualifier'].upper()}"))
                term.addResource(f"https://identifiers.org/{curie}")
                element.addCVTerm(term)


def _instances(name: str) -> list[str]:
    return [f"{name[:-2]}_{lesion}" for lesion in LESIONS] if name.endswith("_l") else [name]
