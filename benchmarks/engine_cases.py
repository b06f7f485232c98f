"""The models of the engine benchmark: what to simulate, for whom, with which doses."""

import atexit
import csv
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from alarmin.engine import Doses, Start, System, compile_model, read_sbml, simulate
from alarmin.model import assemble
from alarmin.therapy import substance

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
DOSE_MG = {"pembrolizumab": 200.0, "carboplatin": 600.0, "pemetrexed": 900.0}
CYCLES = {"carboplatin": 4}
SPREAD = 0.2  # standard deviation of the logarithm of each parameter
SEED = 1


@dataclass(frozen=True)
class Case:
    """One model with its virtual patients.

    Attributes
    ----------
    name : str
        Shown in the table.
    path : Path
        SBML.
    system : System
        The same, read.
    parameters : tuple of str
        Ids that differ between patients: parameters, then initial states where those differ too.
    values : ndarray, shape (n_patients, len(parameters))
        Their values.
    times : ndarray
        Recorded times.
    doses : Doses or None
        The same bolus doses for everyone.
    """

    name: str
    path: Path
    system: System
    parameters: tuple[str, ...]
    values: np.ndarray
    times: np.ndarray
    doses: Doses | None = None

    @property
    def dosed(self) -> tuple[str, ...]:
        """States that receive doses."""
        return () if self.doses is None else tuple(sorted(set(self.doses.target.tolist())))


def integrated(system: System) -> list[str]:
    """Return the observables that are the states as they are integrated: amounts of species."""
    known = system.observables
    return [f"amount({s})" if f"amount({s})" in known else s for s in system.states]


def _spread(nominal: np.ndarray, patients: int) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    return nominal * np.exp(SPREAD * rng.standard_normal((patients, nominal.size)))


def three_weekly(days: float, drugs: Sequence[str]) -> Doses:
    """Return two years of drugs every three weeks, four cycles of carboplatin, as boluses [mg]."""
    cycles = np.arange(0.0, days, 21.0)
    given = [(f"A1_{drug}", cycles[: CYCLES.get(drug)], DOSE_MG[drug]) for drug in drugs]
    return Doses(
        -1,
        np.concatenate([times for _, times, _ in given]),
        np.concatenate([np.full(times.size, target) for target, times, _ in given]),
        np.concatenate([np.full(times.size, mg) for _, times, mg in given]),
    )


def patient_case(patients: int, drugs: Sequence[str] = tuple(DOSE_MG)) -> Case:
    """Return our patient model over two years of treatment, from a sum of diameters of 60 mm."""
    folder = tempfile.mkdtemp(prefix="engine-benchmark-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "patient.xml"
    path.write_text(assemble("patient", tuple(substance(name) for name in drugs)))
    system = read_sbml(path)
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    varied = tuple(
        p for p in system.parameters if p not in system.states and defaults[p] > 0.0 and not _is_bound(p)
    )
    values = _spread(np.array([defaults[p] for p in varied]), patients)
    grown = compile_model(system, parameters=varied, outputs=["SLD", *integrated(system)])
    begin = simulate(grown, values, [0.0], start=Start("SLD", 60.0, 5000.0), rtol=1e-9, atol=1e-12)
    kept = begin.status == 0
    return Case(
        "patient" if len(drugs) > 1 else f"patient_{drugs[0]}",
        path,
        system,
        (*varied, *system.states),
        np.hstack([values[kept], begin.values[kept, 0, 1:]]),
        np.linspace(0.0, 730.0, 105),
        three_weekly(730.0, drugs),
    )


def _is_bound(parameter: str) -> bool:
    """Whether a parameter counts things or guards a division: not something patients differ in."""
    return parameter.startswith(("floor", "N_", "n_")) or parameter in ("V_floor", "D_1mL", "V_1mL")


def _who_finish(case: Case, patients: int) -> Case:
    """Keep the first patients whose states stay finite: some models blow up when their parameters vary."""
    model = compile_model(case.system, parameters=case.parameters)
    batch = simulate(model, case.values, case.times, rtol=1e-8, atol=1e-11, nonnegative=())
    return replace(case, values=case.values[batch.status == 0][:patients])


def petab_cases(patients: int) -> list[Case]:
    """Return the PEtab models at nominal parameters, over the span of their measurements."""
    cases = []
    for folder in sorted((DATA / "petab").glob("*/")):
        path = folder / f"model_{folder.name}.xml"
        system = read_sbml(path)
        nominal = {row["parameterId"]: float(row["nominalValue"]) for row in _rows(folder, "parameters")}
        varied = tuple(p for p in system.parameters if nominal.get(p, 0.0) > 0.0 and p not in system.states)
        ends = [
            float(row["time"]) for row in _rows(folder, "measurementData") if np.isfinite(float(row["time"]))
        ]
        values = _spread(np.array([nominal[p] for p in varied]), 3 * patients)
        case = Case(folder.name, path, system, varied, values, np.linspace(0.0, max(ends), 51))
        cases.append(_who_finish(case, patients))
    return cases


def _rows(folder: Path, table: str) -> list[dict[str, str]]:
    (path,) = folder.glob(f"{table}*_{folder.name}.tsv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def peer_case(patients: int) -> Case:
    """Return the published NSCLC model without its events, over 400 days."""
    path = DATA / "peer_models" / "jafarnejad2019_nsclc_pd1.xml"
    system = read_sbml(path, events="skip")
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    needed = frozenset[str]().union(*(system.graph.symbols(node) for node in system.rates))
    varied = tuple(
        p
        for p in system.parameters
        if p in needed and p not in system.states and "." not in p and defaults[p] > 0.0
    )
    values = _spread(np.array([defaults[p] for p in varied]), patients)
    return Case("jafarnejad2019", path, system, varied, values, np.linspace(0.0, 400.0, 101))


def all_cases(patients: int) -> list[Case]:
    """Return every model that is there."""
    cases = [patient_case(patients), patient_case(patients, ["pembrolizumab"])]
    if (DATA / "petab").is_dir():
        cases += [*petab_cases(patients), peer_case(patients)]
    return cases
