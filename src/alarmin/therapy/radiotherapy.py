"""Radiotherapy as it is prescribed: total dose, fractions, calendar, and what lies in the field."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from alarmin.core.checked import Part
from alarmin.therapy.notation import Gray, Share, Time, read_gray, read_share, read_time

__all__ = ["BEAMS", "BLOOD_BEAM", "WEEKDAYS", "Course"]

BLOOD_BEAM = "Beam_b"
BEAMS = ("Beam_1", "Beam_2", BLOOD_BEAM)
"""States of the model that receive the dose of a fraction [Gy]: two lesions, and all blood."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_WORKING_DAYS = 5
_TIMES = {"daily": 1, "BID": 2, "TID": 3}
# Fractions of one day are at least six hours apart, so that normal tissue can repair in between.
_BETWEEN_DAY = 0.25


class Course(Part):
    """A course of radiotherapy; two of `dose`, `fraction` and `fractions` say the third.

    Parameters
    ----------
    dose, fraction : str, optional
        Total dose and dose of each fraction, such as ``60 Gy`` and ``2 Gy``.
    fractions : int, optional
    day : int, default 1
        Day of the phase from which on fractions are given; the first one falls on the first day that
        `days` allows.
    start : str, default "Monday"
        Weekday of day 1 of the phase.
    days : {"weekdays", "daily"}
        Whether there is a fraction on Saturdays and Sundays.
    every : str, default "1 day"
        Least distance of two days with fractions: ``2 day`` for every other day.
    times : {"daily", "BID", "TID"}
        How many fractions on such a day, six hours apart.
    lesions : {"1", "2", "all"}
        Which of the simulated lesions lie in the field.
    blood : share, optional
        Mean dose to the circulating lymphocytes as a share of the dose in the field; grows with the field.
    """

    dose: Gray | None = None
    fraction: Gray | None = None
    fractions: Annotated[int, Field(ge=1, le=200)] | None = None
    day: Annotated[int, Field(ge=1)] = 1
    start: Weekday = "Monday"
    days: Literal["weekdays", "daily"] = "weekdays"
    every: Time = "1 day"
    times: Literal["daily", "BID", "TID"] = "daily"
    lesions: Literal[1, 2, "all"] = 1
    blood: Share | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> "Course":
        given = [self.dose is not None, self.fraction is not None, self.fractions is not None]
        if sum(given) < 2:
            raise ValueError("got too little, expected two of dose (60 Gy), fraction (2 Gy), fractions (30)")
        if self.dose and self.fraction:
            number = read_gray(self.dose) / read_gray(self.fraction)
            whole = self.fractions or round(number)
            if whole < 1 or abs(number - whole) > 1e-9 * number:
                raise ValueError(
                    f"got {self.dose} in fractions of {self.fraction}, expected a whole number of fractions"
                    + (f": {self.fractions}" if self.fractions else "")
                )
        if read_time(self.every) < 1.0:
            raise ValueError(
                f"every: got '{self.every}', expected 1 day or more; 'times: BID' is twice a day"
            )
        return self

    @property
    def n_fractions(self) -> int:
        """How many fractions there are."""
        if self.fractions is not None:
            return self.fractions
        return round(read_gray(self.dose or "") / read_gray(self.fraction or ""))

    @property
    def fraction_gy(self) -> float:
        """Dose of one fraction [Gy]."""
        if self.fraction is not None:
            return read_gray(self.fraction)
        return read_gray(self.dose or "") / self.n_fractions

    @property
    def targets(self) -> tuple[int, ...]:
        """Numbers of the lesions in the field."""
        return (1, 2) if self.lesions == "all" else (self.lesions,)

    @property
    def blood_share(self) -> float:
        """Mean dose to the blood as a share of the dose in the field."""
        return read_share(self.blood) if self.blood is not None else 0.0

    @property
    def calendar(self) -> NDArray[np.float64]:
        """When each fraction is given, counted from day 1 of the phase = 0 [day]."""
        first_weekday, gap = WEEKDAYS.index(self.start), read_time(self.every)
        per_day = _TIMES[self.times]
        found: list[float] = []
        day, earliest = self.day - 1, 0.0
        while len(found) < self.n_fractions:
            open_day = self.days == "daily" or (first_weekday + day) % len(WEEKDAYS) < _WORKING_DAYS
            if open_day and day >= earliest:
                found += [day + _BETWEEN_DAY * k for k in range(per_day)]
                earliest = day + gap
            day += 1
        return np.array(found[: self.n_fractions])
