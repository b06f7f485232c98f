"""From Antimony modules and tables to one SBML model with declared units.

A module is plain Antimony without a `model` wrapper. Three conventions make one text serve many uses:

- a name that ends in ``_l`` belongs to a lesion; its line is written once per lesion (``ATP_1``, ``ATP_2``);
- in the templates of `modules/drug`, a name that ends in ``_d`` belongs to a drug (``A1_cisplatin``);
- ``sum_cytotoxic(...)``, ``sum_antibody(...)`` and the like add a term over the drugs of that kind.

Constants come from the tables of parameters, knobs and units, and from the drugs.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from alarmin.core import ModelError, unknown_id
from alarmin.core.cache import kept_text
from alarmin.model.parameters import Parameter, knobs, parameters
from alarmin.model.tables import KINETICS, SUMS, Setting, drug_module, module_text, settings, table

__all__ = ["Substance", "antimony_text", "assemble", "assemble_kinetics", "inconsistencies"]

_LESION_NAME = re.compile(r"\b([A-Za-z]\w*)_l\b")
_DRUG_NAME = re.compile(r"\b([A-Za-z]\w*)_d(_l)?\b")
_SUM = re.compile(r"\bsum_(\w+)\(")
_NAME = re.compile(r"[A-Za-z]\w*")
_HEADER = """unit time_unit = 86400 second;
unit substance = item;
unit extent = item;
unit volume = 1e-3 litre;
"""


@dataclass(frozen=True)
class Substance:
    """A drug as the model sees it.

    Parameters
    ----------
    name : str
        Valid SBML id.
    properties : tuple of str
        Templates of `modules/drug` that describe it, for example ``("infusion", "cytotoxic")``.
    parameters : tuple of Parameter
        Its constants, without the name of the drug (``CL``, ``AUC50``).
    """

    name: str
    properties: tuple[str, ...]
    parameters: tuple[Parameter, ...]


def antimony_text(setting: str = "patient", drugs: Sequence[Substance] = ()) -> str:
    """Return the whole model as one Antimony text.

    Raises
    ------
    ModelError
        There is no such setting.
    """
    known = settings()
    if setting not in known:
        raise ModelError(unknown_id("setting", setting, known))
    chosen = known[setting]
    text = "\n".join(module_text(name) for name in chosen.modules)
    text += "\n".join(_of_drug(drug, name) for drug in drugs for name in drug.properties)
    return _whole(setting, _per_lesion(_add_up(text, drugs), chosen), drugs)


def _of_drug(drug: Substance, template: str) -> str:
    """Return a template written out for a drug."""
    return _DRUG_NAME.sub(rf"\1_{drug.name}\2", drug_module(template))


def _whole(name: str, body: str, drugs: Sequence[Substance]) -> str:
    """Put units and constants around the body of a model; constants are those of the setting of that name."""
    units = [f"unit {row['id']} = {row['definition']};" for row in table("units.csv") if row["definition"]]
    constants = [
        f"{key} = {value!r}; {key} has {unit};" for key, value, unit in _constants(name, drugs, body)
    ]
    return "\n".join([f"model {name}()", _HEADER, *units, body, *constants, "end", ""])


def _constants(setting: str, drugs: Sequence[Substance], body: str) -> list[tuple[str, float, str]]:
    """List the constants that the text uses: id, value, unit."""
    used = set(_NAME.findall(body))
    every = [(p.id, p.value, p.unit) for p in (parameters(setting) if setting in settings() else ())]
    every += [(knob.id, knob.rest, _KNOB_UNITS.get(knob.id, "unitless")) for knob in knobs()]
    every += [(f"{p.id}_{drug.name}", p.value, p.unit) for drug in drugs for p in drug.parameters]
    return [row for row in every if row[0] in used]


_KNOB_UNITS = {"add_IFNB1": "pg_per_mL", "add_IL1B": "pg_per_mL"}


def _add_up(text: str, drugs: Sequence[Substance]) -> str:
    """Write out every ``sum_property(term)`` as a sum over the drugs with that property."""
    while match := _SUM.search(text):
        end = _closing(text, match.end())
        term = text[match.end() : end]
        terms = [
            _DRUG_NAME.sub(rf"\1_{d.name}\2", term) for d in drugs if set(SUMS[match[1]]) & set(d.properties)
        ]
        text = text[: match.start()] + "(" + (" + ".join(terms) or "0") + ")" + text[end + 1 :]
    return text


def _closing(text: str, start: int) -> int:
    depth = 1
    for position in range(start, len(text)):
        depth += (text[position] == "(") - (text[position] == ")")
        if depth == 0:
            return position
    raise ModelError(f"sum without closing bracket: {text[start : start + 60]!r}")


def _per_lesion(text: str, setting: Setting) -> str:
    lines: list[str] = []
    for line in text.splitlines():
        code = line.partition("//")[0]
        if _LESION_NAME.search(code):
            lines += [_LESION_NAME.sub(rf"\1_{lesion}", code) for lesion in setting.lesions]
        else:
            lines.append(code)
    return "\n".join(lines)


@cache
def assemble(setting: str = "patient", drugs: tuple[Substance, ...] = ()) -> str:
    """Assemble a model and return it as SBML Level 3.

    Parameters
    ----------
    setting : str, default "patient"
        well, mouse or patient.
    drugs : tuple of Substance
        The drugs that take part; a drug that is not here has no states.

    Returns
    -------
    str
        SBML text that libSBML finds consistent, units included.

    Raises
    ------
    ModelError
        When Antimony cannot read the modules, or libSBML finds any inconsistency.
    """
    return _sbml(setting, antimony_text(setting, drugs), settings()[setting], drugs)


@cache
def assemble_kinetics(drug: Substance) -> str:
    """Assemble the pharmacokinetics of one drug alone, with its ledger, and return it as SBML.

    Parameters
    ----------
    drug : Substance

    Returns
    -------
    str
        States of the drug in the body [mg], ``Out_drug`` [mg], what has left it, and ``AUC_drug`` [mg*day/L],
        the exposure so far.

    Raises
    ------
    ModelError
        As `assemble`.
    """
    templates = [*(name for name in drug.properties if name in KINETICS), "ledger"]
    text = _whole("kinetics", "\n".join(_of_drug(drug, name) for name in templates), (drug,))
    return _sbml("kinetics", text, Setting("kinetics", (), ()), (drug,))


def _sbml(name: str, text: str, setting: Setting, drugs: Sequence[Substance]) -> str:
    versions = [version(package) for package in ("antimony", "python-libsbml")]
    rests_on = (name, text, setting, [drug.name for drug in drugs], _own_code(), versions)
    return kept_text(".xml", rests_on, lambda: _made(name, text, setting, drugs))


@cache
def _own_code() -> str:
    """Return a digest of what decides the SBML of a text: this file and the annotations."""
    own = Path(__file__)
    parts = (own.read_bytes(), own.with_name("annotations.csv").read_bytes())
    return hashlib.blake2b(b"\0".join(parts)).hexdigest()


def _made(name: str, text: str, setting: Setting, drugs: Sequence[Substance]) -> str:
    import antimony
    import libsbml

    antimony.clearPreviousLoads()
    antimony.setBareNumbersAreDimensionless(True)
    if antimony.loadAntimonyString(text) < 0:
        raise ModelError(f"model '{name}': {antimony.getLastError()}")
    document = libsbml.readSBMLFromString(antimony.getSBMLString(name))
    _annotate(document.getModel(), setting, [drug.name for drug in drugs])
    problems = inconsistencies(document)
    if problems:
        raise ModelError(*(f"model '{name}': {problem}" for problem in problems))
    return str(libsbml.writeSBMLToString(document))


def inconsistencies(document: Any) -> list[str]:
    """List what libSBML's consistency and unit checks say of an SBML document, one line each."""
    document.checkConsistency()
    log = [document.getError(i) for i in range(document.getNumErrors())]
    return [f"line {e.getLine()}: {e.getSeverityAsString()}: {' '.join(e.getMessage().split())}" for e in log]


def _annotate(model: Any, setting: Setting, drugs: Sequence[str]) -> None:
    """Give the elements that are there the names and identifiers of `annotations.csv`."""
    import libsbml

    for row in table("annotations.csv"):
        for drug in drugs if _DRUG_NAME.search(row["id"]) else ("",):
            template = _DRUG_NAME.sub(rf"\1_{drug}\2", row["id"])
            for lesion in setting.lesions if template.endswith("_l") else ("",):
                element = model.getElementBySId(_LESION_NAME.sub(rf"\1_{lesion}", template))
                if element is None:
                    continue
                element.setName(row["label"].replace("{drug}", drug))
                if not element.isSetMetaId():
                    element.setMetaId(f"meta_{element.getId()}")
                for curie in row["curies"].split():
                    term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
                    term.setBiologicalQualifierType(getattr(libsbml, f"BQB_{row['qualifier'].upper()}"))
                    term.addResource(f"https://identifiers.org/{curie}")
                    element.addCVTerm(term)
