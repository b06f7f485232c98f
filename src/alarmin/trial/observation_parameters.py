"""The few parameters of what a trial sees: reading error, new lesions, and the hazard of death."""

import csv
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

__all__ = ["ObservationParameters", "observation_parameters", "observation_table"]

_TABLE = Path(__file__).parent / "data" / "joint_hazard.csv"


@dataclass(frozen=True)
class ObservationParameters:
    """Values of `data/joint_hazard.csv`; that table gives unit, level, source and meaning of each."""

    os_hazard_per_year: float
    os_log_hazard_size: float
    os_log_hazard_per_growth: float
    os_log_hazard_progressing: float
    os_log_hazard_again: float
    os_log_hazard_ecog1: float
    os_log_hazard_squamous: float
    os_log_hazard_per_nlr: float
    os_log_hazard_per_albumin: float
    os_condition_month: float
    os_log_hazard_later_line: float
    os_log_hazard_stage_iii: float
    os_log_hazard_driver: float
    os_log_hazard_per_gy: float
    os_reference_gy: float
    os_reference_sld_mm: float
    os_reference_albumin: float
    os_reference_nlr: float
    os_size_floor_mm: float
    os_size_ceiling_mm: float
    new_lesion_per_year: float
    new_lesion_per_growth: float
    scan_spread_days: float
    scan_off_plan: float
    reading_error_relative: float
    visible_from_mm: float
    smallest_reading_mm: float
    new_lesion_mm: float


@cache
def observation_table() -> tuple[dict[str, str], ...]:
    """Return the rows of the table: id, value, unit, level, source, meaning (all text)."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def observation_parameters() -> ObservationParameters:
    """Return the shipped values.

    Examples
    --------
    >>> observation_parameters().smallest_reading_mm
    5.0
    """
    values = {row["id"]: float(row["value"]) for row in observation_table()}
    return ObservationParameters(**{item.name: values[item.name] for item in fields(ObservationParameters)})
