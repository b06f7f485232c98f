"""Regimens: what is given when, as a small YAML file that reads like a protocol."""

import math
import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, StringConstraints, model_validator

from alarmin.core.checked import Part
from alarmin.therapy.choice import Branch, named_regimens, read_choice
from alarmin.therapy.notation import (
    Amount,
    CycleCount,
    CycleRange,
    Days,
    DoseText,
    Share,
    Time,
    TimeOrNone,
    read_amount,
    read_cycles,
    read_days,
    read_range,
    read_share,
    read_time,
)
from alarmin.therapy.radiotherapy import Course
from alarmin.therapy.rules import Rule

__all__ = ["LONGEST_DAY", "Administration", "Loading", "Phase", "Regimen", "Switch"]

LONGEST_DAY = 1826.0
"""Treatment without an end of its own is planned for five years."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Times = Literal["daily", "BID", "TID", "QID"]
_TIMES = {"daily": 1, "BID": 2, "TID": 3, "QID": 4}
_START = re.compile(r"(after|with) ([A-Za-z0-9][A-Za-z0-9._ -]{0,63})")


def _flat(text: str) -> str:
    if read_amount(text).scale != "flat":
        raise ValueError(f"got '{text}', expected an amount such as '540 mg'")
    return text


class Loading(Part):
    """Another dose at first: ``{dose: 400 mg, for: 3 day}``, counted from the start of the phase."""

    dose: DoseText
    for_: Annotated[Time, Field(alias="for")]


class Administration(Part):
    """One line of a protocol.

    Parameters
    ----------
    drug, dose : str
        What and how much: ``200 mg``, ``2 mg/kg``, ``500 mg/m2``, ``AUC 5``.
    at_most : str, optional
        Largest amount that is given, however large the patient: ``540 mg``.
    day, days : int, str or list, optional
        Days of the cycle, 1 = first: ``1``, ``[1, 8]``, ``1-14``. Left out where `times` or `every` is
        given: all days of the cycle.
    times : {"daily", "BID", "TID", "QID"}
        How often on each of these days, evenly spaced.
    every : str, optional
        Distance of doses from the first of these days to the last one, or to the end of the cycle where only
        one day is given: ``2 day``, ``12 h``.
    in_cycles : int or str, optional
        Only in these cycles of the phase: ``1``, ``1-4``, ``5-``.
    infusion : str, optional
        How long it runs; left out, the dose is given at once.
    loading : Loading, optional
    """

    drug: str
    dose: DoseText
    at_most: Annotated[DoseText, AfterValidator(_flat)] | None = None
    day: Days | None = None
    days: Days | None = None
    times: Times | None = None
    every: Time | None = None
    in_cycles: CycleRange | None = None
    infusion: TimeOrNone | None = None
    loading: Loading | None = None

    @property
    def amount(self) -> Amount:
        """The dose as a checked amount."""
        return read_amount(self.dose)

    @property
    def infusion_day(self) -> float:
        """Duration of the infusion [day]; 0 for a bolus."""
        return read_time(self.infusion, zero=True) if self.infusion else 0.0

    @property
    def cycle_range(self) -> tuple[int, int | None]:
        """First and last cycle of the phase in which it is given, from 1; None = the last there is."""
        return (1, None) if self.in_cycles is None else read_range(self.in_cycles)

    def days_in(self, cycle_day: float) -> tuple[int, ...]:
        """List the days of a cycle of this length on which it is given."""
        chosen = self.day if self.day is not None else self.days
        return tuple(range(1, int(cycle_day) + 1)) if chosen is None else read_days(chosen)

    def times_in(self, cycle_day: float) -> list[float]:
        """List when it is given within a cycle of this length; 0 is its beginning [day]."""
        days = self.days_in(cycle_day)
        if self.every is not None:
            step, first = read_time(self.every), days[0] - 1
            last = days[-1] if len(days) > 1 else cycle_day
            return [first + step * k for k in range(math.ceil((last - first) / step))]
        n = _TIMES[self.times or "daily"]
        return [day - 1 + k / n for day in days for k in range(n)]

    @model_validator(mode="after")
    def _says_when(self) -> "Administration":
        if self.day is not None and self.days is not None:
            raise ValueError("got day and days, expected one of the two")
        if self.times is not None and self.every is not None:
            raise ValueError("got times and every, expected one of the two")
        if self.day is None and self.days is None and self.times is None and self.every is None:
            raise ValueError("got no day, expected one of day, days, times, every")
        return self


def _start(text: str) -> str:
    if not _START.fullmatch(text):
        raise ValueError(f"got '{text}', expected 'after NAME' or 'with NAME' with the name of a phase")
    return text


class Phase(Part):
    """A run of equal cycles, a course of radiotherapy, or both at once.

    Parameters
    ----------
    name : str, optional
        So that other phases can refer to it.
    start : str, optional
        ``after NAME`` or ``with NAME``; left out, it follows the phase before it.
    wait : str, optional
        Gap before it starts.
    cycle : str, optional
        Length of a cycle; needed where there are doses.
    cycles : int or str, optional
        ``4``, ``up to 35``, or ``4-6`` where the protocol leaves it open.
    for_ : str, optional
        Longest duration, as ``for: 24 month``.
    until : {"progression"}, optional
        Goes on as long as the tumour is held. What stops first, stops it; progression always does.
    doses : list of Administration
    radiotherapy : list of Course
    """

    name: Identifier | None = None
    start: Annotated[str, AfterValidator(_start)] | None = None
    wait: TimeOrNone | None = None
    cycle: Time | None = None
    cycles: CycleCount | None = None
    for_: Annotated[Time | None, Field(alias="for")] = None
    until: Literal["progression"] | None = None
    doses: list[Administration] = Field(default_factory=list)
    radiotherapy: list[Course] = Field(default_factory=list)

    @property
    def cycle_day(self) -> float:
        """Length of a cycle [day]."""
        return read_time(self.cycle) if self.cycle else 0.0

    @property
    def cycle_counts(self) -> tuple[int, int] | None:
        """Smallest and largest number of cycles; None where only time or progression ends them."""
        return None if self.cycles is None else read_cycles(self.cycles)

    @property
    def limit_day(self) -> float:
        """Longest duration that the protocol sets besides the number of cycles [day]."""
        return read_time(self.for_) if self.for_ else LONGEST_DAY

    @property
    def wait_day(self) -> float:
        """Gap before it starts [day]."""
        return read_time(self.wait, zero=True) if self.wait else 0.0

    @property
    def is_open(self) -> bool:
        """Whether nothing but progression ends it."""
        return bool(self.doses) and self.cycles is None and self.for_ is None

    @property
    def starts(self) -> tuple[str, str] | None:
        """``("after" | "with", name of a phase)``; None: after the phase before it."""
        found = _START.fullmatch(self.start) if self.start else None
        return (found[1], found[2]) if found else None

    @model_validator(mode="after")
    def _is_whole(self) -> "Phase":
        if not (self.doses or self.radiotherapy):
            raise ValueError("got nothing to give, expected doses or radiotherapy")
        ends = [name for name in ("cycles", "for_", "until") if getattr(self, name) is not None]
        if self.doses and not self.cycle:
            raise ValueError("cycle: missing, expected the length of a cycle such as '21 day'")
        if self.doses and not ends:
            raise ValueError("got no end, expected cycles (4), for (24 month) or until (progression)")
        return self


class Switch(Part):
    """What follows when the tumour progresses.

    Parameters
    ----------
    regimen : str
        Id of a shipped regimen or path of a file.
    wait : str
        From the visit that shows progression to the first dose.
    share : share
        Of the patients who progress.
    """

    regimen: str
    wait: TimeOrNone = "0 day"
    share: Share = 1.0

    @property
    def wait_day(self) -> float:
        """From progression to the first dose [day]."""
        return read_time(self.wait, zero=True)

    @property
    def share_value(self) -> float:
        """Share of the patients who progress, as a number."""
        return read_share(self.share)


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _switch(value: Any) -> Any:
    return {"regimen": value} if isinstance(value, str) else value


def _choice(value: Any) -> Any:
    read_choice(value)
    return value


class Regimen(Part):
    """A regimen: phases, a choice between regimens, or no treatment.

    Parameters
    ----------
    regimen, title : str
    evidence : str or list of str
        Ids of the trial arms or labels that it repeats.
    phases : list of Phase
    choose : optional
        ``{feature: {value: regimen}}`` or ``{regimen: share}``, nested at will.
    treatment : {"none"}, optional
        For placebo.
    rules : list of Rule
        When doses are held, reduced or stopped.
    on_progression : Switch, optional
    """

    regimen: Identifier
    title: str
    evidence: Annotated[list[str], BeforeValidator(_one_or_more)] = Field(default_factory=list)
    phases: list[Phase] = Field(default_factory=list)
    choose: Annotated[Any, AfterValidator(_choice)] = None
    treatment: Literal["none"] | None = None
    rules: list[Rule] = Field(default_factory=list)
    on_progression: Annotated[Switch | None, BeforeValidator(_switch)] = None
    _others: dict[str, "Regimen"] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _says_what(self) -> "Regimen":
        if sum([bool(self.phases), self.choose is not None, self.treatment is not None]) != 1:
            raise ValueError("expected one of phases, choose, and treatment: none")
        return self

    @cached_property
    def choice(self) -> Branch | None:
        """The choice, read; None for a regimen that has none."""
        return None if self.choose is None else read_choice(self.choose)

    @property
    def refers_to(self) -> list[str]:
        """Names of the regimens that it may end in or go over to, as the file writes them."""
        names = list(named_regimens(self.choice)) if self.choice is not None else []
        if self.on_progression is not None:
            names.append(self.on_progression.regimen)
        return list(dict.fromkeys(names))

    def other(self, name: str) -> "Regimen":
        """Return a regimen that this one refers to."""
        return self._others[name]

    @property
    def family(self) -> tuple["Regimen", ...]:
        """Itself and every regimen that its patients may get, each once."""
        found: dict[str, Regimen] = {}
        waiting = [self]
        while waiting:
            one = waiting.pop(0)
            if one.regimen not in found:
                found[one.regimen] = one
                waiting += [one.other(name) for name in one.refers_to]
        return tuple(found.values())

    @property
    def drugs(self) -> list[str]:
        """Names of all drugs that patients may get, in order of first use."""
        given = (dose.drug for one in self.family for phase in one.phases for dose in phase.doses)
        return list(dict.fromkeys(given))

    @property
    def radiation_gy(self) -> float:
        """Largest dose of a course of radiotherapy that patients may get [Gy]; 0 without one."""
        courses = (course for one in self.family for phase in one.phases for course in phase.radiotherapy)
        return max((course.n_fractions * course.fraction_gy for course in courses), default=0.0)
