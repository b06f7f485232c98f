"""A large virtual trial written to Parquet: python benchmarks/engine_million.py FOLDER [--patients N].

Every patient has parameters of his or her own, grows a tumour to a diameter of his or her own, and gets two
years of pembrolizumab every three weeks. Prints time, time per patient and peak memory as JSON. A run that
was interrupted goes on where it stopped; its times then count only what was left.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np

from alarmin.engine import Doses, Progress, Start, compile_model, read_sbml, simulate_to_parquet
from alarmin.engine.compile import processor
from alarmin.model import assemble
from alarmin.therapy import substance

DRUG, TARGET, DAYS, RTOL, SPREAD, BLOCK = "pembrolizumab", "A1_pembrolizumab", 730.0, 1e-5, 0.2, 1024
OUTPUTS = ("SLD", "live_1", "T8_1", "PDL1_1")


class Drawn:
    """Parameters drawn when they are asked for, the same for any slices: each block has a seed of its own."""

    def __init__(self, centre: np.ndarray, patients: int, seed: int) -> None:
        self.centre, self.seed = centre, seed
        self.shape = (patients, centre.size)

    def __getitem__(self, rows: slice) -> np.ndarray:
        first, last = rows.start // BLOCK, -(-rows.stop // BLOCK)
        blocks = [
            self.centre
            * np.exp(
                SPREAD * np.random.default_rng([self.seed, block]).standard_normal((BLOCK, self.centre.size))
            )
            for block in range(first, last)
        ]
        return np.concatenate(blocks)[rows.start - first * BLOCK : rows.stop - first * BLOCK]


def show(progress: Progress) -> None:
    """Print how far the run is on one line."""
    print(f"\r{progress.done} of {progress.total}, {progress.left_s:.0f} s left  ", end="", file=sys.stderr)


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    system = read_sbml(assemble("patient", (substance(DRUG),)))
    defaults = dict(zip(system.parameters, system.defaults, strict=True))
    varied = tuple(
        p
        for p in system.parameters
        if p not in system.states
        and defaults[p] > 0.0
        and not p.startswith(("floor", "N_", "n_", "V_", "D_"))
    )
    model = compile_model(system, parameters=varied, outputs=OUTPUTS, dosed=[TARGET])
    sizes_mm = np.exp(np.random.default_rng(7).normal(np.log(60.0), 0.4, options.patients)).clip(20.0, 200.0)
    began, used = time.perf_counter(), time.process_time()
    files = simulate_to_parquet(
        model,
        Drawn(np.array([defaults[p] for p in varied]), options.patients, seed=1),
        np.linspace(0.0, DAYS, 19),
        options.folder,
        doses=Doses(-1, np.arange(0.0, DAYS, 21.0), TARGET, 200.0),
        start=Start("SLD", sizes_mm, 6000.0),
        rtol=RTOL,
        threads=options.threads,
        progress=show,
    )
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - used
    written = sum(file.stat().st_size for file in options.folder.glob("*.parquet"))
    print(file=sys.stderr)
    print(
        json.dumps(
            {
                "command": f"python benchmarks/engine_million.py FOLDER --patients {options.patients}",
                "processor": processor().name,
                "lanes": model.lanes,
                "states": len(system.states),
                "patients": options.patients,
                "rtol": RTOL,
                "wall_s": round(wall_s, 1),
                "processor_s": round(cpu_s, 1),
                "processor_ms_per_patient": round(cpu_s / options.patients * 1e3, 3),
                "peak_memory_MiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "files": 2 * len(files),
                "written_MiB": round(written / 2**20, 1),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
