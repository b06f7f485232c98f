"""Run the semantic cases of the SBML Test Suite: python benchmarks/sbml_test_suite.py DIR [--json]."""

import argparse
import csv
import json
import sys
from collections.abc import Container
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from alarmin.core import AlarminError, ModelError, SolverError
from alarmin.engine import Status, System, compile_model, read_sbml, simulate


@dataclass(frozen=True)
class Settings:
    """What a case asks for."""

    times: np.ndarray
    variables: tuple[str, ...]
    absolute: float
    relative: float
    amounts: frozenset[str]
    concentrations: frozenset[str]

    def outputs(self, known: Container[str]) -> list[str]:
        """Return the observable of each variable; the lists of kinds hold some that are no species."""
        outputs = []
        for variable in self.variables:
            kind = "amount" if variable in self.amounts else "concentration"
            listed = variable in self.amounts | self.concentrations and f"{kind}({variable})" in known
            outputs.append(f"{kind}({variable})" if listed else variable)
        return outputs


@dataclass(frozen=True)
class Outcome:
    """How a case went; `status` is passed, failed or refused."""

    case: str
    status: str
    reason: str = ""


def read_settings(path: Path) -> Settings:
    """Read NNNNN-settings.txt."""
    pairs = (line.partition(":") for line in path.read_text().splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, _, value in pairs}

    def names(key: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in fields.get(key, "").split(",") if name.strip())

    start = float(fields["start"])
    return Settings(
        times=np.linspace(start, start + float(fields["duration"]), int(fields["steps"]) + 1),
        variables=names("variables"),
        absolute=float(fields["absolute"]),
        relative=float(fields["relative"]),
        amounts=frozenset(names("amount")),
        concentrations=frozenset(names("concentration")),
    )


def read_expected(path: Path, variables: tuple[str, ...]) -> np.ndarray:
    """Read NNNNN-results.csv as an array (n_times, n_variables) in the order of the variables."""
    with path.open(newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(row)]
    columns = [rows[0][1:].index(variable) + 1 for variable in variables]
    return np.array([[float(row[column]) for column in columns] for row in rows[1:]])


def compare(got: np.ndarray, expected: np.ndarray, settings: Settings) -> str:
    """Return an empty text, or the worst difference in words."""
    if got.shape != expected.shape:
        return f"{len(expected)} times expected, {len(got)} simulated"
    with np.errstate(invalid="ignore"):
        excess = np.abs(got - expected) / (settings.absolute + settings.relative * np.abs(expected))
    excess[(got == expected) | (np.isnan(got) & np.isnan(expected))] = 0.0
    excess[np.isnan(excess)] = np.inf
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    if excess[worst] <= 1.0:
        return ""
    time, variable = settings.times[worst[0]], settings.variables[worst[1]]
    return f"{variable} at {time:g}: got {got[worst]:.10g}, expected {expected[worst]:.10g}"


def run_case(folder: Path, case: str) -> Outcome:
    """Run one case: refused when the model is not supported, failed when a value is off."""
    models = sorted(folder.glob(f"{case}-sbml-*.xml"))
    if not models:
        return Outcome(case, "failed", "no model file")
    try:
        settings = read_settings(folder / f"{case}-settings.txt")
        expected = read_expected(folder / f"{case}-results.csv", settings.variables)
        system = read_sbml(models[-1])
    except ModelError as error:
        return Outcome(case, "refused", str(error))
    except (OSError, KeyError, ValueError) as error:
        return Outcome(case, "failed", f"case files: {error}")
    try:
        got = simulate_case(system, settings)
    except (AlarminError, RuntimeError) as error:
        return Outcome(case, "failed", str(error))
    reason = compare(got, expected, settings)
    return Outcome(case, "failed" if reason else "passed", reason)


def simulate_case(system: System, settings: Settings) -> np.ndarray:
    """Simulate one patient, the model itself, a thousand times tighter than the case asks for."""
    model = compile_model(system, parameters=[], outputs=settings.outputs(system.observables))
    batch = simulate(
        model,
        np.zeros((1, 0)),
        settings.times,
        rtol=1e-3 * min(settings.relative, 1e-4),
        atol=1e-3 * min(settings.absolute, 1e-4),
        extinction=0.0,
        nonnegative=(),
        threads=1,
    )
    # Some cases expect NaN of a formula.
    failures = [str(failure) for failure in batch.failures() if failure.status is not Status.UNDEFINED]
    if failures:
        raise SolverError(*failures)
    return batch.values[0]


def list_cases(folder: Path) -> list[str]:
    """Return the cases that cases.csv lists, or that have settings where there is no list."""
    listing = folder / "cases.csv"
    if not listing.exists():
        return sorted(path.name.removesuffix("-settings.txt") for path in folder.glob("*-settings.txt"))
    with listing.open(newline="") as file:
        return [row["case"] for row in csv.DictReader(file)]


def main() -> int:
    """Run all cases and print how each went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="cases.csv, NNNNN-sbml-*.xml, -settings, -results"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    cases = list_cases(arguments.folder)
    if not cases:
        print(
            f"{arguments.folder}: no cases; expected cases.csv or NNNNN-settings.txt files", file=sys.stderr
        )
        return 2
    outcomes = [run_case(arguments.folder, case) for case in cases]
    counts = {s: sum(o.status == s for o in outcomes) for s in ("passed", "failed", "refused")}
    if arguments.json:
        print(json.dumps(counts | {"cases": [asdict(outcome) for outcome in outcomes]}, indent=1))
    else:
        for outcome in outcomes:
            if outcome.status != "passed":
                print(f"{outcome.case} {outcome.status}: {outcome.reason}")
        print(", ".join(f"{count} {status}" for status, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
