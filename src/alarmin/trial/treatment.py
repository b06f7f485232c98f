"""Treat patients: the regimen until progression, then what follows it, on simulated tumours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import patient_generators
from alarmin.engine import Batch, Doses, Status, simulate
from alarmin.population import LINES, Cohort, compiled, draw_drugs
from alarmin.therapy import Regimen, join, load_regimen, substance
from alarmin.trial.conduct import progression_days
from alarmin.trial.giving import Course, before, give, of_patients
from alarmin.trial.observation_parameters import ObservationParameters
from alarmin.trial.parts import Arm, Crossover, parse
from alarmin.trial.selection import choose
from alarmin.trial.unread import unread_lesions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from alarmin.trial.spec import TrialSpec

    Floats = NDArray[np.float64]

__all__ = ["KEPT", "LESIONS", "RTOL", "Treated", "follow", "later", "regimens_of", "treat"]

RTOL = 1e-4
"""Diameters are off by less than 0.1 %; readings scatter by 5 % and are rounded to 0.1 mm."""
LESIONS = ("D_1", "D_2")
KEPT = (*LESIONS, "SLD_tumour")
"""Kept of everybody: diameters as a scan would show them, and the sum of those of the tumour alone."""
_LATER = 108  # stream of the random numbers that choose what follows progression

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Treated:
    """What became of patients who were treated until progression and followed up.

    Parameters
    ----------
    planned, given : Batch
        Simulated as if treatment went on, and as it was given. Outputs: `KEPT`, then those asked for.
        Both are the same up to progression.
    progression_day, later_day : ndarray, shape (n_patients,) [day]
        Visit that shows progression; first dose of what followed. Infinity where there is none.
    blood : ndarray of int, shape (n_patients,)
        `alarmin.engine.Status` of the blood of each patient.
    course : Course, optional
        What the regimens of the arms would give if treatment went on; None for a part of the patients.
    """

    planned: Batch
    given: Batch
    progression_day: "Floats"
    later_day: "Floats"
    blood: "NDArray[np.int64]"
    course: Course | None = None

    def rows(self, which: "NDArray[np.int64]") -> "Treated":
        """Return the patients with these positions."""
        return Treated(
            self.planned.rows(which),
            self.given.rows(which),
            self.progression_day[which],
            self.later_day[which],
            self.blood[which],
        )

    @property
    def fine(self) -> "NDArray[np.bool_]":
        """Whose integration succeeded."""
        return np.asarray((self.planned.status == 0) & (self.given.status == 0) & (self.blood == 0))

    @property
    def reasons(self) -> list[str]:
        """Why integration failed, for each patient who is not fine."""
        tumour = np.maximum(self.planned.status, self.given.status)
        return [
            Status(code).reason if code else f"blood counts: {Status(other).reason}"
            for code, other in zip(tumour[~self.fine], self.blood[~self.fine], strict=True)
        ]

    @property
    def tumour_mm(self) -> "Floats":
        """Sum of diameters of the tumour alone as treated, shape (n_patients, n_times) [mm]."""
        return self.given.values[:, :, len(LESIONS)]


def regimens_of(spec: "TrialSpec", *arms: str) -> dict[str, Regimen]:
    """Load every regimen that a trial names for these arms (default: all), after enrolment, not before."""
    names = [
        name
        for arm in (spec.arms[which] for which in arms or spec.arms)
        for name in (arm.regimen, *(one.regimen for one in _after(arm)))
    ]
    loaded = {name: load_regimen(name) for name in dict.fromkeys(names)}
    for regimen in loaded.values():
        for name in regimen.drugs:
            substance(name)  # refuses a drug that cannot be given to patients before any work is done
    return loaded


def with_radiation(spec: "TrialSpec", patients: "pd.DataFrame") -> "pd.DataFrame":
    """Bring the column radiation_gy up to what each patient's arm plans [Gy]; the larger course counts."""
    planned = {name: load_regimen(arm.regimen).radiation_gy for name, arm in spec.arms.items()}
    return patients.assign(radiation_gy=np.maximum(patients["radiation_gy"], patients["arm"].map(planned)))


def treat(
    spec: "TrialSpec",
    patients: "pd.DataFrame",
    cohort: Cohort,
    *,
    grid_day: "Floats",
    seed: int,
    outputs: tuple[str, ...] = (),
    parameters: ObservationParameters | None = None,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Treated:
    """Simulate all patients of all arms under their regimens.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame
        One row per patient: patient_id (picks random numbers), arm, and features.
    cohort : Cohort
        The same patients in the same order.
    grid_day : ndarray [day]
        Days at which outputs are kept.
    seed : int
    outputs : tuple of str
        Further variables of the model to keep.
    parameters : ObservationParameters, optional
        Those of scans decide when progression is seen; default: the shipped values.
    threads, progress
        As for `run_trial`.

    Notes
    -----
    Each patient is simulated as if treatment went on; the visits of that tumour show when progression is
    found; a patient with progression is then simulated again with treatment ended there, what follows it
    given, and a line outgrown, which costs T cells a part of their killing. To all others both simulations
    would be the same.
    """
    report = progress or (lambda _stage, _done, _total: None)
    regimens = regimens_of(spec)
    drugs = tuple(dict.fromkeys(name for regimen in regimens.values() for name in regimen.drugs))
    # The index picks the random numbers of choices that a protocol leaves open.
    patients = patients.set_index("patient_id", drop=False)
    own = patients["arm"].map({name: arm.regimen for name, arm in spec.arms.items()}).to_numpy(object)

    def run(stage: str, cohort: Cohort, given: Doses) -> Batch:
        return follow(
            cohort, drugs, given, grid_day, outputs, threads, lambda done, total: report(stage, done, total)
        )

    prescribe = partial(
        give,
        patients=patients,
        drug_parameters=draw_drugs(drugs, cohort.features, priors=cohort.priors),
        seed=seed,
        stop_day=float(grid_day[-1]),
    )
    earlier = (patients["line"].to_numpy(int) > 1) | bool(spec.population.earlier)
    course = prescribe(regimens, own, pretreated=earlier)
    planned = run("Treating", cohort, course.doses)
    fine = planned.status == 0
    progression = np.full(len(patients), np.inf)
    progression[fine] = progression_days(
        spec.imaging,
        patients[fine],
        grid_day=grid_day,
        lesion_mm=planned.values[fine][:, :, :2],
        tumour_mm=planned.values[fine][:, :, 2],
        seed=seed,
        parameters=parameters,
        unread=unread_lesions(spec),
    )
    after, start = later(spec, patients, progression, seed=seed)
    had = np.ones(len(patients), dtype=bool)
    switched = np.where(np.isfinite(progression), 0.0, np.inf)
    crossed = prescribe(
        {name: r for name, r in regimens.items() if any(one.on_progression for one in r.family)},
        own,
        pretreated=had,
        start_day=switched,
        progression_day=progression,
        from_day=progression,
    )
    last = prescribe(regimens, after, pretreated=had, start_day=start)
    given = join(before(course.doses, progression), crossed.doses, last.doses)
    blood = np.maximum.reduce([course.status, crossed.status, last.status])
    follows = given.time >= progression[given.patient]
    begun = np.full(len(patients), np.inf)
    np.minimum.at(begun, given.patient[follows], given.time[follows])
    again = np.flatnonzero(np.isfinite(progression))
    outgrown = Doses(again, progression[again], LINES, 1.0)
    given = join(given, outgrown)
    followed = run("Following up", cohort.rows(again), of_patients(given, again))
    return Treated(planned, planned.with_rows(again, followed), progression, begun, blood, course)


def later(
    spec: "TrialSpec", patients: "pd.DataFrame", progression_day: "Floats", *, seed: int
) -> "tuple[NDArray[np.object_], Floats]":
    """Pick what each patient receives after progression, and when.

    Parameters
    ----------
    spec : TrialSpec
    patients : DataFrame
        Needs patient_id, arm and features.
    progression_day : ndarray, shape (n_patients,) [day]
    seed : int, >= 0

    Returns
    -------
    regimen : ndarray of str, shape (n_patients,)
        Empty for those who receive nothing.
    start_day : ndarray, shape (n_patients,) [day]
        First dose; infinity for those who receive nothing or do not progress.
    """
    draws = patient_generators(seed, patients["patient_id"], stream=_LATER)
    uniform = np.array([generator.random() for generator in draws])
    picked = np.full(len(patients), "", dtype=object)
    start = np.full(len(patients), np.inf)
    for name, arm in spec.arms.items():
        rows = np.flatnonzero((patients["arm"] == name).to_numpy() & np.isfinite(progression_day))
        options = [(f.regimen, parse(f.where), f.fraction) for f in _after(arm)]
        picked[rows] = choose("", options, patients.iloc[rows], uniform[rows])
        for follows in _after(arm):
            mine = rows[picked[rows] == follows.regimen]
            start[mine] = progression_day[mine] + follows.delay_days
    return picked, start


def _after(arm: Arm) -> list[Crossover]:
    return [*([arm.crossover] if arm.crossover else []), *arm.later]


def follow(
    cohort: Cohort,
    drugs: tuple[str, ...],
    given: Doses,
    grid_day: "Floats",
    outputs: tuple[str, ...] = (),
    threads: int | None = None,
    report: Report | None = None,
) -> Batch:
    """Simulate patients under doses; outputs are `KEPT` and those asked for."""
    own = draw_drugs(drugs, cohort.features, priors=cohort.priors)
    tables = (cohort.parameters, own, cohort.baseline)
    columns = tuple(name for table in tables for name in table.columns)
    values = np.hstack([table.to_numpy(float) for table in tables])
    model = compiled(columns, (*KEPT, *outputs), drugs)
    place = [columns.index(name) for name in model.parameters]
    return simulate(
        model,
        values[:, place],
        grid_day,
        doses=given,
        rtol=RTOL,
        threads=threads,
        progress=(lambda now: report(now.done, now.total)) if report else None,
    )
