"""From Antimony modules and tables to one SBML model with declared units.

A module is plain Antimony without a `model` wrapper. Names that end in ``_l`` belong to a lesion and are
written once per lesion; every other name is shared. Values and units of constants come from
`parameters.csv`, unit definitions from `units.csv`, identifiers from `annotations.csv`.
"""

import csv
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

from alarmin.core import ModelError

__all__ = ["antimony_text", "assemble", "unit_labels"]

LESIONS = ("1", "2")
_LESION_NAME = re.compile(r"\b([A-Za-z]\w*)_l\b")
_HEADER = """unit time_unit = 86400 second;
unit substance = item;
unit extent = item;
unit volume = 1e-3 litre;
"""


def room() -> Traversable:
    """Return the folder of the room `model`, where modules and tables lie."""
    return files("alarmin.model")


def table(name: str) -> list[dict[str, str]]:
    """Read one of the room's tables as a list of rows."""
    return list(csv.DictReader(room().joinpath(name).read_text(encoding="utf-8").splitlines()))


def unit_labels() -> dict[str, str]:
    """Return the readable form of every unit id, for example ``per_day`` -> ``1/day``."""
    return {row["id"]: row["label"] for row in table("units.csv")}


def antimony_text(name: str = "patient") -> str:
    """Return the whole model as one Antimony text.

    Parameters
    ----------
    name : str, default "patient"
        Id of the model.
    """
    parts = [f"model {name}()", _HEADER]
    parts += [f"unit {row['id']} = {row['definition']};" for row in table("units.csv")]
    modules = sorted(path.name for path in room().joinpath("modules").iterdir() if path.name.endswith(".ant"))
    parts += [_per_lesion(room().joinpath("modules", module).read_text(encoding="utf-8")) for module in modules]
    parts += [f"{row['id']} = {row['value']}; {row['id']} has {row['unit']};" for row in table("parameters.csv")]
    return "\n".join([*parts, "end", ""])


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


def inconsistencies(document: object) -> list[str]:
    """List what libSBML's consistency and unit checks say of a document, one line each."""
    document.checkConsistency()  # type: ignore[attr-defined]
    log = [document.getError(i) for i in range(document.getNumErrors())]  # type: ignore[attr-defined]
    return [f"line {e.getLine()}: {e.getSeverityAsString()}: {' '.join(e.getMessage().split())}" for e in log]


def _annotate(model: object) -> None:
    import libsbml

    for row in table("annotations.csv"):
        for name in (row["id"].removesuffix("_l") + f"_{lesion}" for lesion in LESIONS) if row["id"].endswith("_l") else (row["id"],):
            element = model.getElementBySId(name)  # type: ignore[attr-defined]
            if element is None:
                raise ModelError(f"annotations.csv: id '{name}' is not in the model")
            if not element.isSetMetaId():
                element.setMetaId(f"meta_{name}")
            term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
            term.setBiologicalQualifierType(getattr(libsbml, row["qualifier"]))
            term.addResource(f"https://identifiers.org/{row['curie']}")
            element.addCVTerm(term)
            if row["label"]:
                element.setName(row["label"])
