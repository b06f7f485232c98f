"""The calendar of every patient: each dose and each fraction, with the cycle that it belongs to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarmin.core import DataError
from alarmin.therapy.assignment import assign, drawn
from alarmin.therapy.drugs import drug
from alarmin.therapy.notation import Amount, read_amount, read_time
from alarmin.therapy.radiotherapy import BLOOD_BEAM
from alarmin.therapy.regimen import Administration, Phase, Regimen

if TYPE_CHECKING:
    import pandas as pd

    from alarmin.engine import Doses

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["GFR_CAP_ML_MIN", "RADIOTHERAPY", "Schedule", "Source", "dose_mg", "schedule"]

GFR_CAP_ML_MIN = 125.0
"""Calvert doses cap the filtration rate here, as labels advise."""

RADIOTHERAPY = "radiotherapy"


class Source(NamedTuple):
    """What is given: a drug or radiotherapy.

    Parameters
    ----------
    name : str
    unit : str
        mg or Gy.
    target : str
        State of the model that receives it.
    prescribed : str
        The dose in the words of the protocol.
    share : float
        Of the amount that the state receives.
    infusion_day : float [day]
    """

    name: str
    unit: str
    target: str
    prescribed: str
    share: float = 1.0
    infusion_day: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """Everything that is given to some patients, one entry each, by patient and then by day.

    Parameters
    ----------
    sources : tuple of Source
    regimens : tuple of Regimen
        Those that patients ended in; none of them is a choice.
    patient : ndarray of int
        Row of the patient.
    day : ndarray [day]
        Since the start of the simulation.
    source, regimen : ndarray of int
        Places in `sources` and `regimens`.
    phase, cycle : ndarray of int
        Place of the phase in its regimen, from 0; number of the cycle in it, from 1.
    amount : ndarray [mg or Gy]
        As prescribed.
    end : ndarray, shape (n_patients,) [day]
        When the last cycle or course that is planned ends, progression and `stop_day` aside; what follows
        progression is not counted.
    """

    sources: tuple[Source, ...]
    regimens: tuple[Regimen, ...]
    patient: "Rows"
    day: "Floats"
    source: "Rows"
    regimen: "Rows"
    phase: "Rows"
    cycle: "Rows"
    amount: "Floats"
    end: "Floats"

    def doses(self) -> "Doses":
        """Return what the model receives."""
        from alarmin.engine import Doses

        targets = np.array([s.target for s in self.sources] or [""])
        shares = np.array([s.share for s in self.sources])
        infusions = np.array([s.infusion_day for s in self.sources])
        return Doses(
            patient=self.patient,
            time=self.day,
            target=targets[self.source],
            amount=self.amount * shares[self.source],
            duration=infusions[self.source],
        )


def dose_mg(amount: Amount, patients: "pd.DataFrame") -> "Floats":
    """Work out what a prescribed dose is for each patient.

    Parameters
    ----------
    amount : Amount
    patients : DataFrame
        With weight_kg, bsa_m2 and crcl_ml_min, as far as the amount scales with them.

    Returns
    -------
    ndarray, shape (n_patients,) [mg]

    Notes
    -----
    AUC doses follow Calvert 1989: mg = AUC * (GFR + 25), GFR in mL/min by creatinine clearance, capped.
    """
    match amount.scale:
        case "per_kg":
            scale = patients["weight_kg"].to_numpy(float)
        case "per_m2":
            scale = patients["bsa_m2"].to_numpy(float)
        case "auc":
            scale = np.minimum(patients["crcl_ml_min"].to_numpy(float), GFR_CAP_ML_MIN) + 25.0
        case _:
            scale = np.ones(len(patients))
    return amount.magnitude * scale


def schedule(
    regimen: Regimen,
    patients: "pd.DataFrame",
    *,
    start_day: "Floats | float" = 0.0,
    stop_day: "Floats | float" = np.inf,
    progression_day: "Floats | float" = np.inf,
    seed: int = 0,
) -> Schedule:
    """Write out the calendar of every patient.

    Parameters
    ----------
    regimen : Regimen
    patients : DataFrame
        Features, one row per patient; the index picks the random numbers of each.
    start_day, stop_day : float or ndarray of shape (n_patients,) [day]
        Day 1 of the regimen falls on `start_day`; nothing is given on or after `stop_day`.
    progression_day : float or ndarray of shape (n_patients,) [day]
        Ends the regimen and starts what it says for `on_progression`.
    seed : int, >= 0
        For choices by chance and numbers of cycles that the protocol leaves open.

    Raises
    ------
    DataError
        A drug that patients cannot get, a dose above the largest that its file accepts, or a patient whom
        no option of a choice fits.
    """
    n = len(patients)
    start, stop, progression = (
        np.broadcast_to(np.asarray(day, float), (n,)) for day in (start_day, stop_day, progression_day)
    )
    book = _Book(start)
    _plan(book, regimen, patients, np.arange(n), start, stop, progression, seed)
    return book.closed()


class _Book:
    """Collects entries, a column at a time."""

    def __init__(self, start: "Floats") -> None:
        self.end = np.array(start)
        self.sources: dict[Source, int] = {}
        self.regimens: dict[str, Regimen] = {}
        self.parts: list[tuple[NDArray[np.generic], ...]] = []

    def write(
        self,
        source: Source,
        regimen: Regimen,
        phase: int,
        patient: "Rows",
        day: "Floats",
        cycle: "Rows",
        amount: "Floats",
    ) -> None:
        self.regimens.setdefault(regimen.regimen, regimen)
        place = list(self.regimens).index(regimen.regimen)
        number = self.sources.setdefault(source, len(self.sources))
        codes = [np.full(len(patient), code, dtype=np.int64) for code in (number, place, phase)]
        self.parts.append((patient, day, *codes, cycle, amount))

    def closed(self) -> Schedule:
        kinds = (np.int64, float, np.int64, np.int64, np.int64, np.int64, float)
        columns = [
            np.concatenate([np.asarray(part[k], dtype=kind) for part in self.parts])
            if self.parts
            else np.zeros(0, dtype=kind)
            for k, kind in enumerate(kinds)
        ]
        if len(self.parts) > 1:
            order = np.lexsort((columns[2], columns[1], columns[0]))
            columns = [column[order] for column in columns]
        names = ("patient", "day", "source", "regimen", "phase", "cycle", "amount")
        return Schedule(
            sources=tuple(self.sources),
            regimens=tuple(self.regimens.values()),
            end=self.end,
            **dict(zip(names, columns, strict=True)),
        )


def _plan(
    book: _Book,
    regimen: Regimen,
    patients: "pd.DataFrame",
    rows: "Rows",
    start: "Floats",
    stop: "Floats",
    progression: "Floats",
    seed: int,
) -> None:
    """Enter a regimen for some patients; all arrays are those of all patients."""
    end = np.minimum(stop, progression)
    for leaf, chosen in assign(regimen, patients.iloc[rows], seed=seed):
        mine = rows[chosen]
        _enter(book, leaf, patients, mine, start, end, seed)
        # What a regimen says of progression goes before what a choice says that led to it.
        switch = leaf.on_progression or regimen.on_progression
        if switch is None:
            continue
        said_by = leaf if leaf.on_progression else regimen
        going = mine[np.isfinite(progression[mine])]
        lucky = drawn(f"{said_by.regimen}/on_progression", patients.iloc[going], seed=seed)
        going = going[lucky < switch.share_value]
        later = np.full(len(patients), np.inf)
        later[going] = progression[going] + switch.wait_day
        planned = book.end.copy()
        _plan(
            book,
            said_by.other(switch.regimen),
            patients,
            going,
            later,
            stop,
            np.full(len(patients), np.inf),
            seed,
        )
        book.end = planned


def _enter(
    book: _Book,
    regimen: Regimen,
    patients: "pd.DataFrame",
    rows: "Rows",
    start: "Floats",
    end: "Floats",
    seed: int,
) -> None:
    """Enter all phases of a regimen without a choice."""
    if not len(rows):
        return
    mine = patients.iloc[rows]
    begin, finish = start[rows], end[rows]
    spans: dict[str, tuple[Floats, Floats]] = {}
    last = begin
    for number, phase in enumerate(regimen.phases):
        after = last
        if phase.starts is not None:
            how, name = phase.starts
            after = spans[name][0 if how == "with" else 1]
        first = after + phase.wait_day
        length = _length(phase, regimen, mine, seed)
        for given in phase.doses:
            _enter_drug(book, regimen, number, phase, given, mine, rows, first, length, finish)
        length = np.maximum(length, _enter_radiotherapy(book, regimen, number, phase, rows, first, finish))
        last = first + length
        book.end[rows] = np.maximum(book.end[rows], last)
        if phase.name is not None:
            spans[phase.name] = (first, last)


def _length(phase: Phase, regimen: Regimen, patients: "pd.DataFrame", seed: int) -> "Floats":
    """Return how long the cycles of a phase last for each patient, progression aside [day]."""
    if not phase.doses:
        return np.zeros(len(patients))
    if phase.cycle_counts is None:
        return np.full(len(patients), phase.limit_day)
    low, high = phase.cycle_counts
    count = np.full(len(patients), float(low))
    if high > low:
        share = drawn(f"{regimen.regimen}/cycles", patients, seed=seed)
        count += np.floor(share * (high - low + 1))
    return np.minimum(count * phase.cycle_day, phase.limit_day)


def _enter_drug(
    book: _Book,
    regimen: Regimen,
    number: int,
    phase: Phase,
    given: Administration,
    patients: "pd.DataFrame",
    rows: "Rows",
    first: "Floats",
    length: "Floats",
    finish: "Floats",
) -> None:
    what = drug(given.drug)
    if what.dose is None:
        raise DataError(f"regimen {regimen.regimen}: {given.drug} is not given to patients here")
    within = np.array(given.times_in(phase.cycle_day))
    low, high = given.cycle_range
    most = int(np.ceil(length.max(initial=0.0) / phase.cycle_day))
    cycles = np.arange(low, min(high or most, most) + 1)
    time = ((cycles - 1)[:, None] * phase.cycle_day + within[None, :]).ravel()
    cycle = np.repeat(cycles, len(within))
    due = (time[None, :] < length[:, None]) & (first[:, None] + time[None, :] < finish[:, None])
    who, which = np.nonzero(due)
    early = time[which] < (read_time(given.loading.for_) if given.loading else 0.0)
    for dose, mine in ((given.dose, ~early), (given.loading.dose if given.loading else "", early)):
        if not mine.any():
            continue
        amount = _accepted(regimen, given, dose, patients)[who[mine]]
        source = Source(
            given.drug, "mg", what.dosed_into, dose, what.dose.active_fraction, given.infusion_day
        )
        day = first[who[mine]] + time[which[mine]]
        book.write(source, regimen, number, rows[who[mine]], day, cycle[which[mine]], amount)


def _accepted(regimen: Regimen, given: Administration, dose: str, patients: "pd.DataFrame") -> "Floats":
    """Return the dose of each patient [mg]; refuse one that cannot be meant."""
    limit, amount = drug(given.drug).dose, dose_mg(read_amount(dose), patients)
    if given.at_most is not None:
        amount = np.minimum(amount, read_amount(given.at_most).magnitude)
    if limit and amount.max(initial=0.0) > limit.largest:
        worst = int(amount.argmax())
        raise DataError(
            f"regimen {regimen.regimen}: {given.drug} {dose} is {amount[worst]:.0f} mg "
            f"in patient {patients.index[worst]}, expected at most {limit.largest:g} mg"
        )
    return amount


def _enter_radiotherapy(
    book: _Book,
    regimen: Regimen,
    number: int,
    phase: Phase,
    rows: "Rows",
    first: "Floats",
    finish: "Floats",
) -> float:
    """Enter the courses of radiotherapy of a phase; return how long they take [day]."""
    length = 0.0
    for course in phase.radiotherapy:
        calendar = course.calendar
        who, which = np.nonzero(first[:, None] + calendar[None, :] < finish[:, None])
        words = f"{course.n_fractions} fractions"
        sources = [Source(RADIOTHERAPY, "Gy", f"Beam_{lesion}", words) for lesion in course.targets]
        if course.blood_share:
            sources.append(Source(RADIOTHERAPY, "Gy", BLOOD_BEAM, words, course.blood_share))
        for source in sources:
            amount = np.full(len(who), course.fraction_gy)
            book.write(source, regimen, number, rows[who], first[who] + calendar[which], which + 1, amount)
        length = max(length, float(np.floor(calendar[-1]) + 1))
    return length
