"""Read the data file of a drug, and see that it says all that its templates need."""

from pathlib import Path
from typing import Any

from alarmin.core import unknown_id
from alarmin.core.checked import check
from alarmin.core.yaml_files import LinedDocument, read_yaml
from alarmin.model import EFFECTS, KINETICS, drug_constants
from alarmin.therapy.drug_file import Drug

__all__ = ["UNITS", "read_drug"]

_SHIPPED = Path(__file__).parent / "drugs"
_PARTNERS = ("PD1", "PDL1", "CTLA4", "CD47")  # what an antibody may bind

# Unit of every constant that a template can need.
UNITS = {
    **dict.fromkeys(("CL", "Q", "Q3"), "L_per_day"),
    **dict.fromkeys(("V1", "V2", "V3"), "litre"),
    **dict.fromkeys(("Vmax", "Vmax_tissue"), "mg_per_day"),
    **dict.fromkeys(("Km", "Km_tissue", "C50"), "mg_per_L"),
    **dict.fromkeys(("ka", "k_tissue", "k_repair", "k_fade"), "per_day"),
    **dict.fromkeys(("F", "antigen", "bystander", "prime"), "unitless"),
    **{f"aff_{partner}": "L_per_mg" for partner in _PARTNERS},
    "AUC50": "mg_day_per_L",
}


def read_drug(path: Path) -> Drug:
    """Read the data file of a drug.

    Parameters
    ----------
    path : Path
        Named as the drug: ``my_drug.yaml`` holds ``drug: my_drug``.

    Raises
    ------
    DataError
        Fields that are missing, unknown or wrong; constants that its templates need and do not find, or that
        have another unit: one line for each, with file and line.
    """
    document = read_yaml(path)
    return check(document, Drug, also=_problems(document, path.stem))


def _problems(document: LinedDocument, stem: str) -> list[str]:
    """Find what types cannot say: a name that is not the file's, and constants."""
    content = document.content
    found = []
    if isinstance(name := content.get("drug"), str) and name != stem:
        found.append(
            f"{document.where(('drug',))}: drug: got '{name}', expected '{stem}', the name of the file"
        )
    profile = content.get("profile")
    like = profile.get("kill_as", "") if isinstance(profile, dict) else ""
    shipped = sorted(file.stem for file in _SHIPPED.glob("*.yaml"))
    if isinstance(like, str) and like and like not in shipped:
        where = f"{document.where(('profile', 'kill_as'))}: profile.kill_as"
        found.append(unknown_id("drug", like, shipped, where=where))
    properties, given = content.get("properties"), content.get("parameters") or {}
    if not isinstance(properties, list) or not isinstance(given, dict):
        return found
    known = tuple(p for p in properties if p in (*KINETICS, *EFFECTS))
    # A drug that is not given to patients has no kinetics of its own.
    needed = drug_constants(tuple(p for p in known if content.get("dose") or p in EFFECTS))
    for constant in sorted(needed - given.keys()):
        found.append(
            f"{document.where(('parameters',))}: parameters.{constant}: missing, expected a constant in "
            f"{UNITS[constant]} for {', '.join(known)}"
        )
    allowed = drug_constants(known) | {
        name for name in UNITS if name.startswith("aff_") and "antibody" in known
    }
    for constant, value in given.items():
        found += _constant_problems(document, constant, value, allowed)
    return found


def _constant_problems(document: LinedDocument, constant: str, value: Any, allowed: set[str]) -> list[str]:
    place = ("parameters", constant)
    if constant not in allowed:
        where = f"{document.where(place)}: parameters.{constant}"
        return [unknown_id("constant", str(constant), sorted(allowed), where=where)]
    unit = value.get("unit") if isinstance(value, dict) else None
    if isinstance(unit, str) and unit != UNITS[constant]:
        where = document.where((*place, "unit"))
        return [f"{where}: parameters.{constant}.unit: got '{unit}', expected '{UNITS[constant]}'"]
    return []
