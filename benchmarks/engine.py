"""Time and error of the engine and of its peers: python benchmarks/engine.py [--json] [--quick].

One core. All engines get the same patients, doses, recorded times, relative tolerance and absolute tolerance
(a thousandth of the relative one, in units of the states). The error of a patient is the largest over states
and times of |y - reference| / (|reference| + 0.001 * largest |reference| of the state). Times are processor
times. A peer's patients are timed in turn with our batch, and a ratio is the median over these pairs.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from typing import TextIO

import numpy as np

from alarmin.engine import compile_model, read_sbml, simulate
from alarmin.engine.compile import processor
from alarmin.engine.model import Model
from engine_cases import Case, all_cases
from engine_peers import Run, peers, segments

RTOLS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
COMPARED = (1e-4, 1e-6)
ATOL = 1e-3  # of the relative tolerance
ZERO = (
    1e-9  # a state that never exceeds this is not compared: other engines leave noise where there is nothing
)
PATIENTS, PEER_PATIENTS, REPEATS = 64, 6, 5
LIMIT_S = 40.0  # a peer that is slower than this on a case is timed on fewer patients


@dataclass
class Row:
    """One engine at one tolerance."""

    engine: str
    rtol: float
    ms_per_patient: float
    error: float


@dataclass
class Result:
    """One model."""

    model: str
    states: int
    doses: int
    ms_per_patient: float
    attempts_per_patient: float
    compile_s: float
    reload_s: float
    agreement: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    ratios_at_equal_error: dict[str, float] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


def compiled(case: Case) -> Model:
    """Compile a case to record all its states."""
    return compile_model(case.system, parameters=case.parameters, dosed=case.dosed)


def error_of(found: np.ndarray, reference: np.ndarray) -> float:
    """Largest scaled error of one patient, over the states that do not stay at zero."""
    largest = np.abs(reference).max(axis=0)
    moving = largest > ZERO
    gap = np.abs(found - reference)[:, moving]
    return float(np.max(gap / (np.abs(reference[:, moving]) + 1e-3 * largest[moving])))


def ours(case: Case, model: Model, rtol: float) -> tuple[float, np.ndarray, float]:
    """Processor time per patient [ms], recorded states, attempted steps per patient."""
    options = {"rtol": rtol, "atol": ATOL * rtol, "threads": 1, "nonnegative": ()}
    begin = time.process_time()
    batch = simulate(model, case.values, case.times, doses=case.doses, **options)
    span = (time.process_time() - begin) / len(case.values) * 1e3
    return span, batch.values, float(np.mean(batch.n_steps))


def side_by_side(
    case: Case, model: Model, run: Run, rtol: float
) -> tuple[float, float, dict[int, np.ndarray]]:
    """Time a peer's patients in turn with our batch, so that both meet the same state of the machine.

    Returns the median processor time per patient of the peer [ms], the median ratio to ours, and the
    peer's recorded states.
    """
    spans, ratios, found = [], [], {}
    began = time.process_time()
    for patient in range(min(PEER_PATIENTS, len(case.values))):
        before = ours(case, model, rtol)[0]
        begin = time.process_time()
        found[patient] = run(patient, rtol, ATOL * rtol)
        spans.append((time.process_time() - begin) * 1e3)
        ratios.append(spans[-1] / (0.5 * (before + ours(case, model, rtol)[0])))
        if time.process_time() - began > LIMIT_S:
            break
    return float(np.median(spans)), float(np.median(ratios)), found


def time_compilation(case: Case) -> tuple[float, float]:
    """Seconds from SBML to machine code, and the same with the object file cached."""
    kept = os.environ.get("ALARMIN_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ALARMIN_CACHE"] = folder
        spans = []
        for _ in range(2):
            system = read_sbml(case.path, events="skip")
            begin = time.perf_counter()
            compile_model(system, parameters=case.parameters, dosed=case.dosed)
            spans.append(time.perf_counter() - begin)
    if kept is None:
        del os.environ["ALARMIN_CACHE"]
    else:
        os.environ["ALARMIN_CACHE"] = kept
    return spans[0], spans[1]


def measure(case: Case, quick: bool) -> Result:
    """Run one case through every engine."""
    model = compiled(case)
    tight = {"rtol": 1e-11, "atol": 1e-14, "threads": 1, "nonnegative": (), "max_steps": 10**7}
    few = case.values[:PEER_PATIENTS]
    reference = simulate(model, few, case.times, doses=case.doses, **tight).values
    compile_s, reload_s = time_compilation(case)
    result = Result(
        case.name,
        len(case.system.states),
        len(segments(case)) - (case.doses is None),
        0.0,
        0.0,
        compile_s,
        reload_s,
    )
    curve = {}
    for rtol in RTOLS:
        runs = [ours(case, model, rtol) for _ in range(REPEATS)]
        span, attempts = float(np.median([run[0] for run in runs])), runs[0][2]
        error = float(np.median([error_of(runs[0][1][p], reference[p]) for p in range(len(few))]))
        result.rows.append(Row("alarmin", rtol, span, error))
        curve[rtol] = (error, attempts)
        if rtol == 1e-6:
            result.ms_per_patient, result.attempts_per_patient = span, attempts
    for name, prepare in peers().items():
        try:
            compare(result, case, model, name, prepare(case), reference, curve, COMPARED[quick:])
        except RuntimeError as error:  # a peer that cannot read or integrate a model is left out there
            print(f"{case.name}: {name} stopped: {error}"[:300], file=sys.stderr)
    return result


def compare(
    result: Result,
    case: Case,
    model: Model,
    name: str,
    run: Run,
    reference: np.ndarray,
    curve: dict[float, tuple[float, float]],
    rtols: tuple[float, ...],
) -> None:
    """Add a peer's times, errors and ratios to a result."""
    for rtol in rtols:
        span, ratio, found = side_by_side(case, model, run, rtol)
        error = float(np.median([error_of(rows, reference[p]) for p, rows in found.items()]))
        result.rows.append(Row(name, rtol, span, error))
        if rtol == 1e-6:
            result.ratios[name] = ratio
            result.ratios_at_equal_error[name] = ratio * curve[rtol][1] / attempts_at(curve, error)
    result.agreement[name] = error_of(run(0, 1e-10, 1e-13), reference[0])


def attempts_at(curve: dict[float, tuple[float, float]], error: float) -> float:
    """Return the attempted steps that give an error, on the line between neighbours in logarithms.

    A step costs the same at any tolerance, so the ratio of attempts is that of times, without their noise.
    Errors beyond the measured ones are not extrapolated.
    """
    errors, attempts = (np.log(column) for column in zip(*sorted(curve.values()), strict=True))
    return float(np.exp(np.interp(np.log(error), errors, attempts)))


def two_cores(case: Case) -> float:
    """How much faster two threads are than one, by the wall clock."""
    model = compiled(case)
    many = np.repeat(case.values, 4, axis=0)
    spans = {1: [], 2: []}
    for _ in range(3):
        for threads, taken in spans.items():
            begin = time.perf_counter()
            simulate(model, many, case.times, doses=case.doses, threads=threads)
            taken.append(time.perf_counter() - begin)
    return float(np.median(spans[1]) / np.median(spans[2]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--quick", action="store_true", help="only our patient model, only 1e-6 for the peers"
    )
    options = parser.parse_args()
    # libRoadRunner's solver writes warnings to standard output: keep that for the results
    sys.stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    cases = all_cases(PATIENTS)[: 1 if options.quick else None]
    speed_up = two_cores(cases[0])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    results = []
    for case in cases:
        results.append(measure(case, options.quick))
        show(results[-1], sys.stderr if options.json else sys.stdout)
    machine = {"processor": processor().name, "lanes": processor().lanes, "python": platform.python_version()}
    if options.json:
        print(
            json.dumps(
                {"machine": machine, "two_cores": speed_up, "models": [asdict(r) for r in results]}, indent=1
            )
        )
    else:
        print(f"\n{machine['processor']}, {machine['lanes']} lanes; two cores {speed_up:.2f} x one")


def show(result: Result, stream: TextIO) -> None:
    """Print one model."""
    lines = [
        f"\n{result.model}: {result.states} states, {result.doses} dose times",
        f"  {result.attempts_per_patient:.0f} attempts at 1e-6; compiled in {result.compile_s:.2f} s, "
        f"reloaded in {result.reload_s * 1e3:.0f} ms",
    ]
    for row in result.rows:
        lines.append(
            f"  {row.engine:14s} rtol {row.rtol:.0e}  {row.ms_per_patient:9.3f} ms  error {row.error:.1e}"
        )
    for name in result.ratios:
        lines.append(
            f"  {name}: {result.ratios[name]:.1f} x at the same tolerance, "
            f"{result.ratios_at_equal_error[name]:.1f} x at equal error; "
            f"agrees to {result.agreement.get(name, np.nan):.0e}"
        )
    print("\n".join(lines), file=stream, flush=True)


if __name__ == "__main__":
    main()
