"""The room's own tables and modules, as they lie in the package."""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = [
    "EFFECTS",
    "KINETICS",
    "SUMS",
    "Setting",
    "drug_constants",
    "drug_module",
    "module_text",
    "module_texts",
    "settings",
    "table",
    "unit_labels",
]


KINETICS = ("infusion", "infusion_three", "infusion_saturable", "infusion_taxane", "oral")
EFFECTS = ("cytotoxic", "conjugate", "antiangiogenic", "antibody", "primer", "autophagy")

# Which drugs a sum of the modules runs over: sum_cytotoxic is over all that damage tumour cells.
SUMS = {kind: (kind,) for kind in EFFECTS} | {"cytotoxic": ("cytotoxic", "conjugate")}


@dataclass(frozen=True)
class Setting:
    """What a model of one setting is put together from: names of modules, and numbers of its lesions."""

    name: str
    lesions: tuple[str, ...]
    modules: tuple[str, ...]


def table(name: str) -> list[dict[str, str]]:
    """Read one of the room's tables as a list of rows."""
    text = files("alarmin.model").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def settings() -> dict[str, Setting]:
    """Return the settings that can be assembled: well, mouse, patient."""
    return {
        row["setting"]: Setting(row["setting"], tuple(row["lesions"].split()), tuple(row["modules"].split()))
        for row in table("settings.csv")
    }


def module_text(name: str) -> str:
    """Return one Antimony module, for example ``07_damps``."""
    return files("alarmin.model").joinpath("modules", f"{name}.ant").read_text(encoding="utf-8")


def drug_module(name: str) -> str:
    """Return the Antimony template of one property of a drug, for example ``infusion`` or ``cytotoxic``."""
    return files("alarmin.model").joinpath("modules", "drug", f"{name}.ant").read_text(encoding="utf-8")


@cache
def drug_constants(templates: tuple[str, ...]) -> set[str]:
    """Return the constants that templates of a drug need and do not define, without the name of the drug."""
    code = "\n".join(line.partition("//")[0] for name in templates for line in drug_module(name).splitlines())
    used = {match[1] for match in re.finditer(r"\b([A-Za-z]\w*?)_d(?:_l)?\b", code)}
    defined = {match[1] for match in re.finditer(r"^([A-Za-z]\w*?)_d(?:_l)?'? *:?=", code, re.MULTILINE)}
    of_kinetics = {"Cc", "out"}  # what every template of kinetics defines for those of effects
    # The gain of a primer stands where it acts, in the module of the dendritic cells.
    return used - defined - of_kinetics | ({"prime"} if "primer" in templates else set())


def module_texts() -> dict[str, str]:
    """Return every module and every template of drugs in the order in which a reader takes them."""
    names = dict.fromkeys(name for setting in settings().values() for name in setting.modules)
    texts = {name: module_text(name) for name in sorted(names)}
    return texts | {f"drug_{name}": drug_module(name) for name in (*KINETICS, *EFFECTS, "ledger")}


def unit_labels() -> dict[str, str]:
    """Return the readable form of every unit id, for example ``per_day`` -> ``1/day``."""
    return {row["id"]: row["label"] for row in table("units.csv")}
