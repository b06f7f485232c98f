"""The words of a protocol: doses, times, days, counts and shares, and what each one means."""

import re
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator

from alarmin.core import UnitError
from alarmin.core.checked import Part
from alarmin.core.quantities import quantity

__all__ = [
    "Amount",
    "CycleCount",
    "CycleRange",
    "Days",
    "DoseText",
    "Gray",
    "Share",
    "Time",
    "TimeOrNone",
    "read_amount",
    "read_cycles",
    "read_days",
    "read_range",
    "read_share",
    "read_time",
]

MOST_CYCLES = 1000
_LAST_DAY = 3650
_AUC = re.compile(r"AUC\s*(\S+)")
_RANGE = re.compile(r"(\d+)\s*(?:-|to)\s*(\d*)")
# How a dose may scale with the patient: unit in the file -> how the amount in mg follows from it.
_SCALES = {"mg": "flat", "mg/kg": "per_kg", "mg/m**2": "per_m2"}


class Amount(Part):
    """A dose: magnitude, and what it scales with (flat, per_kg, per_m2 [mg], or auc [mg*min/mL])."""

    magnitude: float
    scale: str


@cache
def read_amount(text: str) -> Amount:
    """Read a dose: ``200 mg``, ``2 mg/kg``, ``500 mg/m2`` or ``AUC 5``.

    Raises
    ------
    UnitError
        Not a dose, negative or zero, or of another dimension.

    Examples
    --------
    >>> read_amount("0.5 g/m2")
    Amount(magnitude=500.0, scale='per_m2')
    """
    expected = "expected a dose in mg, mg/kg, mg/m2 or AUC, for example '200 mg', '500 mg/m2' or 'AUC 5'"
    target = _AUC.fullmatch(text.strip())
    try:
        if target:
            amount = Amount(magnitude=float(target[1]), scale="auc")
        else:
            amount = next(a for a in (_in_unit(text, unit) for unit in _SCALES) if a is not None)
    except (StopIteration, ValueError):
        raise UnitError(f"got '{text}', {expected}") from None
    if not 0 < amount.magnitude < float("inf"):
        raise UnitError(f"got '{text}', expected a dose above zero")
    return amount


def _in_unit(text: str, unit: str) -> Amount | None:
    try:
        return Amount(magnitude=quantity(text, unit), scale=_SCALES[unit])
    except UnitError:
        return None


@cache
def read_time(text: str, *, zero: bool = False) -> float:
    """Read a length of time such as ``21 day``, ``3 week``, ``24 month`` or ``30 min``.

    Parameters
    ----------
    text : str
    zero : bool, default False
        Whether no time at all is meant as well.

    Returns
    -------
    float [day]
        A month is a twelfth of 365.25 days.

    Examples
    --------
    >>> read_time("3 week")
    21.0
    """
    value = quantity(text, "day")
    if not (0 < value < float("inf") or (zero and value == 0)):
        raise UnitError(f"got '{text}', expected a time {'of zero or more' if zero else 'above zero'}")
    # Minutes are no exact part of a day; without this, 10080 min would end just before a week does.
    return round(value, 12)


@cache
def read_gray(text: str) -> float:
    """Read an absorbed dose such as ``60 Gy`` [Gy]."""
    value = quantity(text, "Gy")
    if not 0 < value < float("inf"):
        raise UnitError(f"got '{text}', expected a dose above zero")
    return value


def read_range(value: object) -> tuple[int, int | None]:
    """Read ``3``, ``1-14`` or the open ``5-``: first and last, both included; None has no end.

    Examples
    --------
    >>> read_range("1-14"), read_range(8), read_range("5-")
    ((1, 14), (8, 8), (5, None))
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value, value
    found = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        first, last = int(found[1]), int(found[2]) if found[2] else None
        if first >= 1 and (last is None or last >= first):
            return first, last
    raise ValueError(f"got {value!r}, expected a number from 1 on or a range such as '1-14'")


def read_days(value: object) -> tuple[int, ...]:
    """Read days of a cycle: ``1``, ``1-14``, ``[1, 8]`` or ``[1-5, 8-12]``; sorted, each once.

    Examples
    --------
    >>> read_days([8, "1-3"])
    (1, 2, 3, 8)
    """
    parts = value if isinstance(value, list | tuple) else [value]
    days: set[int] = set()
    for part in parts:
        first, last = read_range(part)
        if last is None or last > _LAST_DAY:
            raise ValueError(f"got {part!r}, expected a last day of at most {_LAST_DAY}")
        days |= set(range(first, last + 1))
    if not days:
        raise ValueError("got an empty list, expected at least one day")
    return tuple(sorted(days))


def read_cycles(value: object) -> tuple[int, int]:
    """Read how many cycles: ``4``, ``up to 4`` (the same), or ``4-6`` (each number is as likely).

    Returns
    -------
    tuple of int
        Smallest and largest number of cycles that are planned.
    """
    text = value.removeprefix("up to ").strip() if isinstance(value, str) else value
    asked = int(text) if isinstance(text, str) and text.isdigit() else text
    try:
        low, high = read_range(asked)
    except ValueError:
        low, high = 0, None
    if high is None or high > MOST_CYCLES:
        expected = f"expected 1 to {MOST_CYCLES} cycles, for example 4, 'up to 35' or '4-6'"
        raise ValueError(f"got {value!r}, {expected}")
    return low, high


def read_share(value: object) -> float:
    """Read a share: ``80 %`` or ``0.8``.

    Examples
    --------
    >>> read_share("80 %")
    0.8
    """
    text = value.strip() if isinstance(value, str) else value
    try:
        if isinstance(text, str) and text.endswith("%"):
            share = float(text[:-1]) / 100.0
        elif isinstance(text, int | float) and not isinstance(text, bool):
            share = float(text)
        else:
            raise ValueError
    except ValueError:
        raise ValueError(f"got {value!r}, expected a share such as '80 %' or 0.8") from None
    if not 0 < share <= 1:
        raise ValueError(f"got {value!r}, expected more than 0 and at most 100 %")
    return share


def _kept(read: Any, **options: Any) -> AfterValidator:
    """Refuse what cannot be read, and keep the text as it was written."""

    def check(value: Any) -> Any:
        read(value, **options)
        return value

    return AfterValidator(check)


DoseText = Annotated[str, _kept(read_amount)]
Gray = Annotated[str, _kept(read_gray)]
Time = Annotated[str, _kept(read_time)]
TimeOrNone = Annotated[str, _kept(read_time, zero=True)]
Days = Annotated[Any, _kept(read_days)]
CycleCount = Annotated[Any, _kept(read_cycles)]
CycleRange = Annotated[Any, _kept(read_range)]
Share = Annotated[Any, _kept(read_share)]
