"""What `alarmin simulate` was asked for, checked as a whole before anything runs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import alarmin
from alarmin.core import AlarminError, DataError, unknown_id
from alarmin.experiment.bench import places
from alarmin.experiment.protocol import Side
from alarmin.experiment.table import DESIGNS, LATEST, presets
from alarmin.experiment.vocabulary import parse_knobs, parse_therapy
from alarmin.therapy import Regimen, load_regimen

__all__ = ["Plan", "plan"]

SETTINGS = ("well", "mouse", "patient")
# Which options a setting knows, and what they are when they are not given.
_USUAL = {
    "well": {"therapy": "none", "cells": "tumour"},
    "mouse": {"therapy": "none", "cells": "tumour", "host": "wild_type", "design": "tumour"},
    "patient": {"regimen": ""},
}
_DAYS = {"well": 2.0, "mouse": 28.0, "patient": 84.0}
_LAST_DAY = {"well": LATEST["well"] / 24.0, "mouse": LATEST["mouse"], "patient": 3650.0}
_DRAWS = {"well": 48, "mouse": 48, "patient": 20}
_MOST_DRAWS = 2000
_WHO = {"well": "wells", "mouse": "mice", "patient": "patients"}


@dataclass(frozen=True)
class Plan:
    """A simulation that can be run.

    Parameters
    ----------
    setting : str
    side : Side, optional
        What is given to whom in a well or a mouse.
    regimen : Regimen, optional
        What patients get.
    knobs : str
        In the words of experiments.
    days : float
    n, seed : int
    therapy : str
        In words.
    """

    setting: str
    side: Side | None
    regimen: Regimen | None
    knobs: str
    days: float
    n: int
    seed: int
    therapy: str

    @property
    def who(self) -> str:
        """Who is simulated, in the plural."""
        return _WHO[self.setting]

    @property
    def clock(self) -> tuple[str, float]:
        """Unit of time that is shown, and how many of it are a day."""
        return ("h", 24.0) if self.setting == "well" else ("d", 1.0)

    @property
    def title(self) -> str:
        """The simulation in a line."""
        whom = f"{self.side.cells}" if self.side else "virtual patients"
        host = f" in {self.side.host}" if self.side and self.setting == "mouse" else ""
        turned = f"; {self.knobs}" if self.knobs else ""
        return f"{self.setting}: {whom}{host}, {self.therapy}{turned}"

    def record(self) -> dict[str, object]:
        """Return what is needed to run it again."""
        return {
            "alarmin": alarmin.__version__,
            "setting": self.setting,
            "design": self.side.design if self.side else None,
            "cells": self.side.cells if self.side else None,
            "host": self.side.host if self.side else None,
            "therapy": self.therapy,
            "regimen": self.regimen.model_dump(mode="json") if self.regimen else None,
            "knobs": self.knobs,
            "days": self.days,
            "draws": self.n,
            "seed": self.seed,
        }


def plan(
    setting: str,
    *,
    options: Mapping[str, str | None],
    knobs: Mapping[str, Sequence[str]],
    numbers: Mapping[str, float | None],
) -> Plan:
    """Check everything that was asked for.

    Parameters
    ----------
    setting : str
    options : mapping
        therapy, regimen, cells, host, design; None where not given.
    knobs : mapping
        Action (knockout, block, overexpress, deplete, add) -> subjects.
    numbers : mapping
        days, hours, draws, seed, threads; None where not given.

    Raises
    ------
    DataError
        One line for each problem, with the nearest valid choice.
    """
    if setting not in SETTINGS:
        raise DataError(unknown_id("setting", setting, SETTINGS))
    problems: list[str] = []
    chosen = _options(setting, options, problems)
    turned = _knobs(knobs, problems)
    days = _days(setting, numbers, problems)
    n = _DRAWS[setting] if numbers["draws"] is None else int(numbers["draws"])
    seed, threads = int(numbers["seed"] or 0), numbers["threads"]
    if not 1 <= n <= _MOST_DRAWS:
        problems.append(f"--draws: got {n}, expected 1 to {_MOST_DRAWS}")
    if seed < 0:
        problems.append(f"--seed: got {seed}, expected 0 or more")
    if threads is not None and threads < 1:
        problems.append(f"--threads: got {threads:g}, expected 1 or more")
    regimen = _regimen(chosen.get("regimen"), problems)
    if problems:
        raise DataError(*problems)
    if setting == "patient":
        therapy = regimen.regimen if regimen else "no treatment"
        return Plan(setting, None, regimen, turned, days, n, seed, therapy)
    design, host = chosen.get("design", "exposure"), chosen.get("host", "wild_type")
    given = parse_therapy(chosen["therapy"])
    side = Side(setting, design, chosen["cells"], host, given, turned)
    return Plan(setting, side, None, turned, days, n, seed, chosen["therapy"])


def _options(setting: str, options: Mapping[str, str | None], problems: list[str]) -> dict[str, str]:
    """Fill in what was not given, and refuse what the setting does not know."""
    usual = _USUAL[setting]
    for name, given in options.items():
        if given is not None and name not in usual:
            able = " or ".join(s for s in SETTINGS if name in _USUAL[s])
            problems.append(f"--{name}: is for {able}, got '{setting}'")
    chosen = {name: options[name] or value for name, value in usual.items()}
    problems += _problems(setting, chosen)
    return chosen


def _knobs(knobs: Mapping[str, Sequence[str]], problems: list[str]) -> str:
    parts = [f"{action}:{subject}" for action, subjects in knobs.items() for subject in subjects]
    for part in parts:
        try:
            parse_knobs(part)
        except ValueError as error:
            problems.append(f"--{part.partition(':')[0]}: {error}")
    return "; ".join(parts)


def _regimen(name: str | None, problems: list[str]) -> Regimen | None:
    if not name:
        return None
    try:
        return load_regimen(name)
    except AlarminError as error:
        problems += error.problems
        return None


def _problems(setting: str, chosen: Mapping[str, str]) -> list[str]:
    known: dict[str, Sequence[str]] = {}
    if setting != "patient":
        known = {"cells": list(presets("cells")), "host": list(presets("hosts")), "design": DESIGNS[setting]}
    problems = [
        f"--{name}: {unknown_id(name, chosen[name], choices)}"
        for name, choices in known.items()
        if name in chosen and chosen[name] not in choices
    ]
    if "therapy" in chosen:
        try:
            places(parse_therapy(chosen["therapy"]), setting)
        except ValueError as error:
            problems.append(f"--therapy: {error}")
    return problems


def _days(setting: str, numbers: Mapping[str, float | None], problems: list[str]) -> float:
    days, hours = numbers["days"], numbers["hours"]
    if days is not None and hours is not None:
        problems.append("--hours: got --days as well, expected one of the two")
    asked = _DAYS[setting] if days is None else days
    asked = hours / 24.0 if hours is not None else asked
    if not (math.isfinite(asked) and 0 < asked <= _LAST_DAY[setting]):
        problems.append(f"--days: got {asked:g} days, expected up to {_LAST_DAY[setting]:g}")
    return asked
