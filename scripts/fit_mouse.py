"""Search constants of mice that agree better with the fitting experiments and curves; prints them.

For maintainers; run from the root of the project: `python scripts/fit_mouse.py [MINUTES [CONSTANT ...]]`,
with all constants below or those that are named. Rows for checking are never run here. Each round measures
how the reading of every row moves with the logarithm of every constant, looks for the step that this straight
line likes best, and keeps it if the rows then disagree less. What it found was rounded into
`parameters_mouse.csv`, where these constants are `estimated`.
"""

import math
import sys
import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from alarmin.experiment import load_experiments, run_experiments
from alarmin.experiment.bench import bench
from alarmin.experiment.curves import load_curves, run_curves
from alarmin.experiment.run import Verdict

Floats = NDArray[np.float64]

# constant: (smallest, largest) value that is searched
SEARCHED = {
    # how the tumour grows, answers radiation, and how macrophages eat it
    **{"k_growth": (0.4, 0.9), "C_max": (2e8, 1.5e9), "theta_crowding": (0.2, 1), "k_wear": (0.02, 0.15)},
    **{"alpha": (0.1, 0.45), "beta": (0.008, 0.04), "V_hypoxia": (0.08, 0.35), "k_catastrophe": (0.2, 1.5)},
    **{"k_phagocytosis": (4, 30), "alarm_50": (5e5, 3e7), "k_wake": (0.2, 3), "k_sleep": (0.05, 1)},
    **{"f_wake_systemic": (0.02, 0.15), "r_eat_hypoxia": (0.01, 0.9), "r_CD47_DC": (0.1, 6)},
    **{"k_clear": (0.1, 1.2), "k_efferocytosis": (1, 9), "V_floor": (5e-4, 5e-3)},
    # what drugs and radiation do to the dying cell
    **{"k_hit": (0.1, 0.8), "er_radiation": (0.03, 0.3), "atp_radiation": (0.02, 0.6)},
    # how much of a signal dendritic cells need
    **{"ATP_50": (0.3, 8), "HMGB1_50": (100, 1500), "HSP_50": (100, 2000), "ANXA1_50": (40, 600)},
    **{"IFNb_50": (5, 150), "IFNb_strong": (50, 1500), "CALR_50": (0.1, 0.8)},
    **{"k_IFN_host": (5e-5, 0.03), "DNA_50": (0.2, 4), "dna_basal": (0.05, 2)},
    **{"floor_IFN": (0.05, 0.5), "floor_TLR": (0.03, 0.3), "k_DC_death": (0.1, 1.2), "r_DC_IFN": (0.2, 5)},
    **{"r_DC_ATP": (0.5, 8), "ADO_50_DC": (0.1, 3), "k_ADO_clear": (0.5, 40)},
    # T cells and what holds them back
    **{"K_mDC_n": (500, 3e4), "n_clones": (30, 500), "K_help": (30, 3000), "k_prime_T8": (1, 23)},
    **{"q_T_in": (300, 3e4), "tps_1": (0.001, 0.1), "PDL1_floor": (0.05, 5), "ADO_50_kill": (0.1, 5)},
    **{"MDSC_50": (5e5, 1e7), "k_MDSC_T": (0.2, 4), "K_T_Treg": (0.5, 8)},
}
DRAWS = 12
SMALL = 0.15
"""Step of a constant's logarithm at which the rows' movement is measured."""
REACHES = (0.25, 0.5, 0.8)
"""How far a step may move the logarithm of a constant, tried one after the other."""
SPARE = 1.35
"""How many times its threshold a reading should pass."""


def run(values: Mapping[str, float], draws: int = DRAWS) -> list[Verdict]:
    """Run every row and curve of mice for fitting with these values instead of the shipped ones."""
    defaults = bench("mouse").defaults
    shipped = dict(defaults)
    try:
        defaults.update(values)
        defaults["tps_2"] = defaults["tps_1"]
        rows = [e for e in load_experiments() if e.role == "fitting" and e.setting == "mouse"]
        curves = run_curves([c for c in load_curves() if c.role == "fitting"])
        return run_experiments(rows, n_draws=draws) + [curve.verdict() for curve in curves]
    finally:
        defaults.update(shipped)


def reading(v: Verdict) -> float:
    """Return what is compared with a row's threshold, in units of that threshold.

    Ratios and values count by their logarithm, shares of animals by their difference.
    """
    share = v.endpoint in ("protection", "tumour_free")
    if v.expect == "curve":
        return v.predicted / 0.35
    if v.expect == "value":
        published = float(v.published.split()[0])
        if share:
            return (v.predicted - published) / (0.4 * max(0.2, published))
        return math.log(max(v.predicted, 1e-6) / published) / math.log(1.5)
    if share:
        return v.predicted / 0.15
    step = {"increases": math.log(1.1), "reduces": -math.log(0.9), "no_effect": math.log(1.25)}[v.expect]
    return float(np.clip(math.log(max(v.predicted, 1e-9)), -6, 6)) / step


def shortfall(expected: list[str], readings: Floats) -> Floats:
    """Return how far each reading is from agreeing with something to spare, 0 where it does."""
    kind = np.array(expected)
    missing = np.select(
        [kind == "increases", kind == "reduces", kind == "curve"],
        [SPARE - readings, SPARE + readings, 2 * (readings - 0.85)],
        np.abs(readings) - 0.75,
    )
    return np.maximum(missing, 0.0)


def disagreement(expected: list[str], readings: Floats) -> float:
    """Add the shortfalls up; a row that is far off counts no more than one that is a step and a half off."""
    missing = shortfall(expected, readings)
    return float(np.minimum(missing, 1.5).sum() + 0.3 * np.count_nonzero(missing))


def best_step(expected: list[str], readings: Floats, slopes: Floats, limits: tuple[Floats, Floats]) -> Floats:
    """Find the step that disagrees least if every reading moves along a straight line."""

    def cost(step: Floats) -> float:
        missing = shortfall(expected, readings + slopes @ step)
        return float((np.sqrt(missing**2 + 0.04) - 0.2).sum() + 0.02 * step @ step / limits[1].max() ** 2)

    bounds = list(zip(*limits, strict=True))
    found = minimize(cost, np.zeros(slopes.shape[1]), method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x)


def main(minutes: float, names: list[str]) -> None:
    """Search for about so long, printing each improvement."""
    end = time.monotonic() + 60 * minutes
    shipped = {name: bench("mouse").defaults[name] for name in names}
    low, high = np.log([SEARCHED[name] for name in names]).T
    at = np.clip(np.log(list(shipped.values())), low, high)

    def read(place: Floats) -> tuple[list[str], Floats]:
        found = run(dict(zip(names, np.exp(place), strict=True)))
        return [v.expect for v in found], np.array([reading(v) for v in found])

    expected, now = read(at)
    least, better = disagreement(expected, now), True
    print(f"{least:.2f} as shipped", flush=True)
    while better and time.monotonic() < end:
        better = False
        slopes = np.empty((len(now), len(names)))
        for i, up in enumerate(np.where(at + SMALL <= high, SMALL, -SMALL)):
            slopes[:, i] = (read(at + up * np.eye(len(names))[i])[1] - now) / up
        start, readings = at, now
        for reach in REACHES:
            limits = np.maximum(low - start, -reach), np.minimum(high - start, reach)
            place = start + best_step(expected, readings, slopes, limits)
            there = read(place)[1]
            if disagreement(expected, there) < least:
                least, at, now, better = disagreement(expected, there), place, there, True
                print(f"{least:.2f} with steps up to {reach:g}", flush=True)
    for name, value in zip(names, np.exp(at), strict=True):
        print(f"{name:16s} {value:.3g}  (was {shipped[name]:.3g})")


if __name__ == "__main__":
    unknown = sorted(set(sys.argv[2:]) - set(SEARCHED))
    if unknown:
        sys.exit(f"{unknown[0]} is not searched; known: {', '.join(SEARCHED)}")
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, sys.argv[2:] or list(SEARCHED))
