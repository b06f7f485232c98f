"""Drugs: one data file each, and what the model makes of it."""

import os
from functools import cache
from pathlib import Path

from alarmin.core import DataError, unknown_id
from alarmin.model import KINETICS, Parameter, Substance
from alarmin.therapy.drug_check import UNITS, read_drug
from alarmin.therapy.drug_file import COSTS, TOLERATED, Constant, Drug, Profile

__all__ = ["Drug", "drug", "known_drugs", "shipped_drugs", "substance"]

_FOLDER = Path(__file__).parent / "drugs"

# What a bolus of one half-effect exposure needs where a setting has no pharmacokinetics of its own.
_PLAIN = {
    "well": {"CL": 0.0, "V1": 0.001, "Q": 0.0, "V2": 1.0},  # stays in 1 mL of medium
    "mouse": {"CL": 5.0, "V1": 1.0, "Q": 0.0, "V2": 1.0},  # gone within a day
}
_OF_PATIENTS = ("patient", "marrow")


def shipped_drugs() -> dict[str, Path]:
    """Return the drugs that come with Alarmin: name -> path of the data file."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def known_drugs() -> dict[str, Path]:
    """Return the shipped drugs and your own: the data files in the folder that `ALARMIN_DRUGS` names.

    Raises
    ------
    DataError
        There is no such folder, or a file there has the name of a shipped drug.
    """
    shipped = shipped_drugs()
    if not (chosen := os.environ.get("ALARMIN_DRUGS")):
        return shipped
    folder = Path(chosen)
    if not folder.is_dir():
        raise DataError(f"ALARMIN_DRUGS: '{chosen}' is no folder, expected one with data files of drugs")
    own = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if taken := sorted(own.keys() & shipped.keys()):
        raise DataError(
            *(f"{own[name].name}:1: '{name}' is a shipped drug, expected another name" for name in taken)
        )
    return shipped | own


def drug(name: str) -> Drug:
    """Look up a drug by name.

    Raises
    ------
    DataError
        There is no drug of that name, or its data file has mistakes.

    Examples
    --------
    >>> drug("pembrolizumab").dosed_into
    'A1_pembrolizumab'
    """
    return _read(_path(name))


def _path(name: str) -> Path:
    known = known_drugs()
    if name not in known:
        raise DataError(unknown_id("drug", name, known))
    return known[name]


_read = cache(read_drug)


def substance(name: str, setting: str = "patient") -> Substance:
    """Describe a drug to the model.

    Parameters
    ----------
    name : str
    setting : str, default "patient"
        In well and mouse the drug's own pharmacokinetics gives way to a plain one: it stays in the medium,
        or is gone within a day; doses there are counted in half-effect exposures.

    Raises
    ------
    DataError
        Unknown drug, or a patient is to get one without pharmacokinetics.
    """
    return _describe(_path(name), setting)


@cache
def _describe(path: Path, setting: str) -> Substance:
    chosen = _read(path)
    name = chosen.drug
    constants = {key: _parameter(name, key, constant) for key, constant in chosen.parameters.items()}
    if setting in _OF_PATIENTS:
        if not chosen.for_patients:
            able = [other for other in known_drugs() if drug(other).for_patients]
            raise DataError(f"{name} has no pharmacokinetics in patients; drugs that do: {', '.join(able)}")
    else:
        for key, value in _PLAIN[setting].items():
            constants[key] = Parameter(
                id=key, value=value, unit=UNITS[key], meaning=f"{key} of {name}", level="definition"
            )
    if "antibody" in chosen.properties:
        for key in (key for key in UNITS if key.startswith("aff_")):
            constants.setdefault(
                key, Parameter(id=key, value=0.0, unit=UNITS[key], meaning="no binding", level="definition")
            )
    properties = tuple(chosen.properties)
    if setting not in _OF_PATIENTS:
        # Exposure in well and mouse is plain, and an agent that kills acts on the cells that it is given to.
        plain = {"conjugate": "cytotoxic"} | dict.fromkeys(KINETICS, "infusion")
        properties = tuple(plain.get(name, name) for name in properties)
    if {"cytotoxic", "conjugate", "antiangiogenic"} & set(properties):
        constants |= _profile(chosen, setting) | _toxicity(chosen, setting)
    return Substance(name, properties, tuple(constants.values()))


def _parameter(name: str, key: str, constant: Constant) -> Parameter:
    varies = "covariate" if constant.by_patient else "fixed"
    return Parameter(
        id=key,
        value=constant.value,
        unit=constant.unit,
        meaning=f"{key} of {name}",
        distribution="lognormal" if constant.sigma else varies,
        sigma=constant.sigma or float("nan"),
        level=constant.level,
        source=constant.source,
        note=constant.note,
    )


def _toxicity(chosen: Drug, setting: str) -> dict[str, Parameter]:
    """Return the constants of toxicity; concentrations outside the patient say nothing of the host's cost."""
    found = {}
    for key in COSTS:
        constant = getattr(chosen.toxicity, key)
        if constant is None or setting not in _OF_PATIENTS:
            constant = Constant(value=0.0, unit="L_per_mg", level="definition")
        found[key] = _parameter(chosen.drug, key, constant)
    return found


def _profile(chosen: Drug, setting: str) -> dict[str, Parameter]:
    profile = chosen.profile or Profile(evidence="")
    found = {}
    for key in ("er", "photo", "ros", "atp", "ifn", "pdl1", "angio", "arrest"):
        value, low, high = getattr(profile, key)
        found[key] = Parameter(
            id=key,
            value=value,
            unit="unitless",
            meaning=f"{key} weight of {chosen.drug}",
            distribution="uniform" if high > low else "fixed",
            low=low if high > low else float("nan"),
            high=high if high > low else float("nan"),
            source=profile.evidence,
        )
    for key in ("kill", "resistance", "resistance_t", "resistance_p"):
        # Cells of one line are alike: only patients differ in how well a drug kills.
        varies = key == "kill" and setting == "patient" and profile.kill > 0 and profile.kill_sd > 0
        found[key] = Parameter(
            id=key,
            value=getattr(profile, key),
            unit="unitless",
            meaning=f"{key} of {chosen.drug}",
            distribution="lognormal" if varies else "fixed",
            sigma=profile.kill_sd if varies else float("nan"),
            source=profile.evidence,
        )
    for kind in TOLERATED:
        found[f"as_{kind}"] = Parameter(
            id=f"as_{kind}",
            value=float(profile.tolerated_with == kind),
            unit="unitless",
            meaning=f"whether cells that tolerate drugs on {kind} tolerate {chosen.drug}",
            level="definition",
        )
    return found
