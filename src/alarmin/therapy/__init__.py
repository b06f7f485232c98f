"""Drugs, regimens as protocols, and what they mean for one patient: doses and pharmacokinetics."""

from alarmin.therapy.dosing import doses, join, pharmacokinetics, random_effects
from alarmin.therapy.drugs import Drug, drug, shipped_drugs, substance
from alarmin.therapy.regimen import Regimen, load_regimen, shipped_regimens

__all__ = [
    "Drug",
    "Regimen",
    "doses",
    "drug",
    "join",
    "load_regimen",
    "pharmacokinetics",
    "random_effects",
    "shipped_drugs",
    "shipped_regimens",
    "substance",
]
