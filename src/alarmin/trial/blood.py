"""Blood counts of patients under doses, as far as a piece of time at a time."""

import csv
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alarmin.engine import Doses, Model, Status, System, compile_model, read_sbml, simulate
from alarmin.model import assemble, parameters
from alarmin.population.features import baseline
from alarmin.therapy import drug, substance
from alarmin.therapy.assignment import drawn
from alarmin.therapy.radiotherapy import BLOOD_BEAM

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["COUNTS", "Blood", "BloodParameters", "blood_parameters", "blood_table", "marrow_model"]

COUNTS = ("Neu", "Plt", "Hb", "Lym")
"""What a laboratory reports, in the order of the columns of `Blood.seen_log_sd`."""

RTOL = 1e-4
_TABLE = Path(__file__).parent / "data" / "blood.csv"


@dataclass(frozen=True)
class BloodParameters:
    """Values of `data/blood.csv`; that table gives unit, level, source and meaning of each."""

    lym_median: float
    lym_log_sd: float
    neu_pretreated: float
    neu_seen_log_sd: float
    plt_seen_log_sd: float
    hb_seen_log_sd: float
    lym_seen_log_sd: float
    neu_entry: float
    plt_entry: float
    hb_entry: float
    look_every_day: float
    fever_per_day: float
    lung_share: float
    lung_b0: float
    lung_b1: float
    lung_severe: float
    lung_onset_day: float

    @property
    def seen_log_sd(self) -> "Floats":
        """Log standard deviation of each of `COUNTS` around its course."""
        return np.array(
            [self.neu_seen_log_sd, self.plt_seen_log_sd, self.hb_seen_log_sd, self.lym_seen_log_sd]
        )


@cache
def blood_table() -> tuple[dict[str, str], ...]:
    """Return the rows of the table: id, value, unit, level, source, meaning (all text)."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def blood_parameters() -> BloodParameters:
    """Return the shipped values.

    Examples
    --------
    >>> blood_parameters().look_every_day
    7.0
    """
    values = {row["id"]: float(row["value"]) for row in blood_table()}
    return BloodParameters(**{item.name: values[item.name] for item in fields(BloodParameters)})


@cache
def _system(drugs: tuple[str, ...]) -> System:
    return read_sbml(assemble("marrow", tuple(substance(name, "marrow") for name in drugs)))


@cache
def marrow_model(drugs: tuple[str, ...], columns: tuple[str, ...]) -> Model:
    """Compile the marrow with these drugs; its states are parameters, so that it can start from any of them.

    Parameters
    ----------
    drugs : tuple of str
    columns : tuple of str
        Parameters that differ between patients; those that the model does not have are left out.
    """
    system = _system(drugs)
    varying = tuple(name for name in columns if name in system.parameters)
    return compile_model(
        system,
        parameters=(*varying, *system.states),
        outputs=system.states,
        dosed=(*(drug(name).dosed_into for name in drugs), BLOOD_BEAM),
    )


class Blood:
    """The blood of some patients: their own parameters, and the state that they are in.

    Parameters
    ----------
    drugs : tuple of str
        Drugs that act on blood.
    patients : DataFrame
        nlr; the index picks the random numbers of each.
    drug_parameters : DataFrame
        Pharmacokinetics and slopes of these drugs, one row per patient in the same order.
    seed : int, >= 0
    pretreated : bool or ndarray of bool, shape (n_patients,)
        Whether the patients had therapy before.

    Attributes
    ----------
    status : ndarray of int, shape (n_patients,)
        `alarmin.engine.Status` of each; the counts of a patient who failed stay as they were before.
    """

    def __init__(
        self,
        drugs: tuple[str, ...],
        patients: "pd.DataFrame",
        drug_parameters: "pd.DataFrame",
        *,
        seed: int,
        pretreated: "NDArray[np.bool_] | bool" = False,
    ) -> None:
        own = draw_host(patients, seed=seed, pretreated=pretreated)
        own |= {str(name): drug_parameters[name].to_numpy(float) for name in drug_parameters.columns}
        own |= _spared(drugs, own, len(patients))
        self.model = marrow_model(drugs, tuple(own))
        states = self.model.outputs
        self._n_own = len(self.model.parameters) - len(states)
        self._own = np.column_stack([own[name] for name in self.model.parameters[: self._n_own]])
        start = {"Ery": np.ones(len(patients)), "Hb": own["Hb_0"], "Lym": own["Lym_0"]}
        for kind in ("Neu", "Plt"):
            start |= {name: own[f"{kind}_0"] for name in states if name.startswith(kind)}
        self.state = np.column_stack([start.get(name, np.zeros(len(patients))) for name in states])
        self._counts = [states.index(name) for name in COUNTS]
        self.status = np.zeros(len(patients), dtype=np.int64)

    @property
    def counts(self) -> "Floats":
        """Present counts, shape (n_patients, len(COUNTS))."""
        return np.asarray(self.state[:, self._counts])

    def advance(self, rows: "Rows", days: "Rows", doses: Doses) -> "Floats":
        """Let time pass for some patients.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Which patients.
        days : ndarray of int, shape (n,), >= 1 [day]
            How much time passes for each.
        doses : Doses
            `patient` is the place in `rows`, `time` is counted from now; later ones are left out.

        Returns
        -------
        ndarray, shape (n, days.max() + 1, len(COUNTS))
            Counts at the end of each day, the present first; NaN after a patient's own last day.
        """
        kept = doses.time < days[np.maximum(doses.patient, 0)]
        given = Doses(
            doses.patient[kept],
            doses.time[kept],
            doses.target[kept],
            doses.amount[kept],
            doses.duration[kept],
        )
        batch = simulate(
            self.model,
            np.hstack([self._own[rows], self.state[rows]]),
            np.arange(days.max() + 1, dtype=float),
            doses=given,
            rtol=RTOL,
        )
        fine = batch.status == Status.OK
        self.status[rows[~fine]] = batch.status[~fine]
        course = batch.values[:, :, self._counts]
        course[~fine] = self.counts[rows[~fine], None]
        self.state[rows[fine]] = batch.values[np.flatnonzero(fine), days[fine]]
        return np.where((np.arange(course.shape[1])[None, :] <= days[:, None])[:, :, None], course, np.nan)


def _spared(drugs: tuple[str, ...], own: "dict[str, Floats]", n_patients: int) -> "dict[str, Floats]":
    """Return the slopes for platelets that other drugs of the regimen change."""
    found: dict[str, Floats] = {}
    for name in drugs:
        factor = drug(name).toxicity.thrombo_of_others
        for other in drugs:
            slope = drug(other).toxicity.thrombo
            if factor is not None and slope is not None and other != name:
                column = f"thrombo_{other}"
                before = found.get(column, own.get(column, np.full(n_patients, slope.value)))
                found[column] = factor.value * before
    return found


def draw_host(
    patients: "pd.DataFrame", *, seed: int, pretreated: "NDArray[np.bool_] | bool" = False
) -> "dict[str, Floats]":
    """Draw what each patient's blood is like before therapy, among patients whom a trial takes.

    Parameters
    ----------
    patients : DataFrame
        nlr; the index picks the random numbers.
    seed : int, >= 0
    pretreated : bool or ndarray of bool, shape (n_patients,)

    Returns
    -------
    dict
        Parameter of the marrow -> ndarray, shape (n_patients,), in the model's unit.
    """
    from scipy.stats import norm

    fixed, known = blood_parameters(), baseline()
    typical = {p.id: p for p in parameters("marrow")}
    ratio = np.log(patients["nlr"].to_numpy(float) / known["nlr_median"])
    own = norm.ppf(_clipped(drawn("blood/Lym_0", patients, seed=seed)))
    # Neutrophils and lymphocytes vary on their own, so that each explains its part of a patient's ratio.
    part = (fixed.lym_log_sd / known["nlr_log_sd"]) ** 2
    lymphocytes = fixed.lym_median * np.exp(-part * ratio + fixed.lym_log_sd * np.sqrt(1 - part) * own)
    neutrophils = (
        patients["nlr"].to_numpy(float) * lymphocytes * (1 + fixed.neu_pretreated * np.asarray(pretreated))
    )
    found = {"Lym_0": lymphocytes, "Neu_0": np.maximum(neutrophils, fixed.neu_entry)}
    least = {"Plt_0": fixed.plt_entry, "Hb_0": fixed.hb_entry}
    for name in ("mtt_neu", "Plt_0", "mtt_plt", "Hb_0"):
        u, one = _clipped(drawn(f"blood/{name}", patients, seed=seed)), typical[name]
        below = norm.cdf(np.log(least[name] / one.value) / one.sigma) if name in least else 0.0
        found[name] = one.value * np.exp(one.sigma * norm.ppf(below + (1 - below) * u))
    return found


def _clipped(u: "Floats") -> "Floats":
    """Keep uniform numbers away from 0 and 1, where a normal number would be infinite."""
    return np.clip(u, 1e-12, 1 - 1e-12)
