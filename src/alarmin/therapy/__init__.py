"""Drugs, regimens as protocols, and what they mean for one patient: doses and pharmacokinetics."""

from alarmin.therapy.dosing import cost_factors, doses, join, pharmacokinetics, random_effects
from alarmin.therapy.drugs import Drug, drug, known_drugs, shipped_drugs, substance
from alarmin.therapy.listing import list_doses, list_runs
from alarmin.therapy.radiotherapy import BEAMS
from alarmin.therapy.regimen import Regimen
from alarmin.therapy.regimen_file import load_regimen, shipped_regimens
from alarmin.therapy.rules import Rule
from alarmin.therapy.schedule import Schedule, schedule
from alarmin.therapy.targets import target_factors, target_laws

__all__ = [
    "BEAMS",
    "Drug",
    "Regimen",
    "Rule",
    "Schedule",
    "cost_factors",
    "doses",
    "drug",
    "join",
    "known_drugs",
    "list_doses",
    "list_runs",
    "load_regimen",
    "pharmacokinetics",
    "random_effects",
    "schedule",
    "shipped_drugs",
    "shipped_regimens",
    "substance",
    "target_factors",
    "target_laws",
]
