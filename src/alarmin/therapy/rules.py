"""Rules of a protocol for doses: when to hold them, when to give less, and when to stop."""

import itertools
import re
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from alarmin.core import UnitError, unknown_id
from alarmin.core.checked import Part
from alarmin.core.quantities import quantity
from alarmin.therapy.notation import Share, Time, read_share, read_time

__all__ = ["EVENTS", "Event", "Hold", "Reduction", "Rule", "read_count", "read_event"]

EVENTS = (
    "neutropenia",
    "febrile neutropenia",
    "thrombocytopenia",
    "anaemia",
    "lymphopenia",
    "pneumonitis",
    "hypersensitivity",
    "diarrhoea",
    "neuropathy",
    "hepatitis",
    "colitis",
    "rash",
    "proteinuria",
    "hypertension",
    "keratitis",
    "mucositis",
    "QT prolongation",
    "nausea",
    "alopecia",
    "any",
)
"""Adverse events that a rule may name; graded 1 to 5 by CTCAE."""

_EVENT = re.compile(r"(?P<name>.+?)(?:\s+grade\s+(?P<grade>\S+))?")
_COUNTS = {"1e9/l": 1.0, "10^9/l": 1.0, "g/l": 1.0, "/nl": 1.0, "/ul": 1e-3, "/mm3": 1e-3}


class Event(NamedTuple):
    """An adverse event of at least a grade (CTCAE)."""

    name: str
    grade: int


@cache
def read_event(text: str) -> Event:
    """Read ``neutropenia grade 4`` (that grade or a higher one) or ``febrile neutropenia`` (grade 3).

    Examples
    --------
    >>> read_event("thrombocytopenia grade 3")
    Event(name='thrombocytopenia', grade=3)
    """
    found = _EVENT.fullmatch(text.strip())
    name, grade = (found["name"], found["grade"] or "3") if found else ("", "3")
    if name not in EVENTS:
        raise ValueError(unknown_id("adverse event", name, EVENTS))
    if grade not in "12345" or len(grade) != 1:
        raise ValueError(f"got grade '{grade}' of {name}, expected 1 to 5")
    return Event(name, int(grade))


@cache
def read_count(text: str) -> float:
    """Read a count of blood cells: ``1.5 1e9/L``, ``1500 /mm3`` or ``1500 /uL`` [1e9/L].

    Examples
    --------
    >>> read_count("1500 /mm3")
    1.5
    """
    number, _, unit = text.strip().partition(" ")
    scale = _COUNTS.get(unit.strip().lower().replace("µ", "u"))
    try:
        value = float(number) * (scale if scale is not None else float("nan"))
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise UnitError(f"got '{text}', expected a count such as '1.5 1e9/L' or '1500 /mm3'")
    return value


@cache
def read_haemoglobin(text: str) -> float:
    """Read a concentration of haemoglobin such as ``80 g/L`` or ``8 g/dL`` [g/L]."""
    value = quantity(text, "g/L")
    if not 0 < value < float("inf"):
        raise UnitError(f"got '{text}', expected a concentration above zero")
    return value


def _events(value: Any) -> Any:
    texts = value if isinstance(value, list) else [value]
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"got {text!r}, expected an adverse event such as 'neutropenia grade 4'")
        read_event(text)
    return texts


def _checked(read: Any) -> AfterValidator:
    def check(text: str) -> str:
        read(text)
        return text

    return AfterValidator(check)


Count = Annotated[str, _checked(read_count)]
Haemoglobin = Annotated[str, _checked(read_haemoglobin)]
EventList = Annotated[list[str], BeforeValidator(_events)]


class Hold(Part):
    """Do not dose while a value of the blood is too low.

    Parameters
    ----------
    neutrophils_below, platelets_below, lymphocytes_below : str, optional
        Counts such as ``1.5 1e9/L``.
    haemoglobin_below : str, optional
        Such as ``80 g/L``.
    look : {"cycle", "dose"}
        When the blood is looked at: before the first dose of a cycle, which is delayed with all that
        follows it; or before each dose, which is left out.
    again_after : str
        Time to the next look at a delayed cycle.
    for_at_most : str
        Longest delay; the drugs of the rule are stopped for good after it.
    """

    neutrophils_below: Count | None = None
    platelets_below: Count | None = None
    lymphocytes_below: Count | None = None
    haemoglobin_below: Haemoglobin | None = None
    look: Literal["cycle", "dose"] = "cycle"
    again_after: Time = "7 day"
    for_at_most: Time = "6 week"

    @property
    def lowest(self) -> dict[str, float]:
        """What each value must at least be: counts [1e9/L], haemoglobin [g/L]."""
        counts = {
            "neutrophils": self.neutrophils_below,
            "platelets": self.platelets_below,
            "lymphocytes": self.lymphocytes_below,
        }
        found = {name: read_count(text) for name, text in counts.items() if text is not None}
        if self.haemoglobin_below is not None:
            found["haemoglobin"] = read_haemoglobin(self.haemoglobin_below)
        return found

    @property
    def again_after_day(self) -> float:
        """Time to the next look [day]."""
        return read_time(self.again_after)

    @property
    def for_at_most_day(self) -> float:
        """Longest delay [day]."""
        return read_time(self.for_at_most)

    @model_validator(mode="after")
    def _looks_at_something(self) -> "Hold":
        if not self.lowest:
            raise ValueError("got no value to look at, expected neutrophils_below, platelets_below or such")
        return self


class Reduction(Part):
    """Give less after an adverse event, once for each cycle that had one.

    Parameters
    ----------
    after : str or list of str
        Such as ``neutropenia grade 4`` or ``febrile neutropenia``.
    to : list
        Shares of the full dose after the first event, the second and so on: ``[80 %, 60 %]``. One event
        more than there are shares stops the drugs of the rule for good.
    """

    after: EventList
    to: Annotated[list[Share], Field(min_length=1)]

    @property
    def events(self) -> tuple[Event, ...]:
        """The events, read."""
        return tuple(read_event(text) for text in self.after)

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the full dose after each event in turn."""
        return tuple(read_share(share) for share in self.to)

    @model_validator(mode="after")
    def _goes_down(self) -> "Reduction":
        steps = (1.0, *self.shares)
        if any(later >= earlier for earlier, later in itertools.pairwise(steps)):
            raise ValueError(f"to: got {self.to}, expected shares below 100 % that go down")
        return self


class Rule(Part):
    """What holds for some drugs of a regimen, or for all.

    Parameters
    ----------
    drugs : list of str, optional
        Left out: all drugs of the regimen.
    hold : Hold, optional
    reduce : list of Reduction
        Each counts its own events; the smallest share holds.
    stop_after : list of str
        Events after which these drugs are never given again.
    """

    drugs: list[str] | None = None
    hold: Hold | None = None
    reduce: list[Reduction] = Field(default_factory=list)
    stop_after: EventList = Field(default_factory=list)

    @property
    def stopping(self) -> tuple[Event, ...]:
        """The events that end these drugs, read."""
        return tuple(read_event(text) for text in self.stop_after)

    def covers(self, drug: str) -> bool:
        """Say whether the rule is one for a drug."""
        return self.drugs is None or drug in self.drugs
