"""Search constants of mice and wells that agree better with the fitting experiments and curves; prints them.

For maintainers; run from the root of the project: `python scripts/fit_mouse.py [MINUTES]`. Rows for checking
are never run here. The search steps from the shipped values at random and keeps what disagrees less. What it
found was rounded into the tables of `src/alarmin/model`, where these constants are `estimated`. The growth of
the untreated tumour (k_growth, C_max, theta_crowding) came from a fit to the curves alone and is kept.
"""

import math
import sys
import time
from collections.abc import Mapping

import numpy as np

from alarmin.experiment import load_experiments, run_experiments
from alarmin.experiment.bench import Bench, bench
from alarmin.experiment.curves import load_curves, run_curves
from alarmin.experiment.run import Verdict

# constant: (smallest, largest) value that is searched; those of wells begin with `well.`
SEARCHED = {
    # how the tumour answers radiation, and how macrophages eat it
    **{"alpha": (0.1, 0.45), "beta": (0.008, 0.04), "V_hypoxia": (0.08, 0.35), "k_catastrophe": (0.2, 1.5)},
    **{"k_phagocytosis": (4, 30), "alarm_50": (5e5, 3e7), "k_wake": (0.2, 3), "k_sleep": (0.05, 1)},
    **{"f_wake_systemic": (0.03, 0.15), "r_eat_hypoxia": (0.01, 0.6), "r_CD47_DC": (0.1, 2)},
    **{"k_clear": (0.2, 1.2), "k_efferocytosis": (1.5, 9), "V_floor": (5e-4, 5e-3)},
    # what drugs and radiation do to the dying cell
    **{
        "k_hit": (0.1, 0.8),
        "well.k_hit": (1.2, 2.5),
        "er_radiation": (0.05, 0.3),
        "atp_radiation": (0.02, 0.4),
    },
    # how much of a signal dendritic cells need
    **{"ATP_50": (0.5, 6), "HMGB1_50": (100, 1500), "HSP_50": (150, 2000), "ANXA1_50": (60, 600)},
    **{"IFNb_50": (8, 100), "k_IFN_host": (5e-5, 0.02), "DNA_50": (0.3, 3), "dna_basal": (0.05, 0.3)},
    **{"k_DC_death": (0.15, 1), "r_DC_IFN": (0.3, 3), "ADO_50_DC": (0.3, 2)},
    # T cells and what holds them back
    **{"K_mDC_n": (2e3, 3e4), "n_clones": (40, 300), "K_help": (100, 2000), "q_T_in": (300, 2e4)},
    **{"tps": (0.002, 0.04), "PDL1_floor": (0.1, 3), "MDSC_50": (1e6, 1e7)},
    "k_MDSC_T": (0.2, 2),
}
DRAWS = 8
STEPS = (0.07, 0.15, 0.3, 0.5)


def disagreement(verdicts: list[Verdict]) -> float:
    """Add up how far each row is from agreeing with something to spare."""
    return sum(_distance(v) for v in verdicts)


def _distance(v: Verdict) -> float:
    if v.expect == "curve":
        return min(3.0, max(0.0, (v.predicted - 0.2) / 0.15))
    if v.expect == "value":
        off = abs(math.log(max(v.predicted, 1e-6) / float(v.published.split()[0])))
        return 1.5 * min(3.0, max(0.0, off - math.log(1.25)) / math.log(1.5))
    if v.endpoint in ("protection", "tumour_free"):
        up, down = v.predicted / 0.15, -v.predicted / 0.15
        still = 2.0 - abs(v.predicted) / 0.15
    else:
        ratio = math.log(max(v.predicted, 1e-9))
        up, down = ratio / math.log(1.1), ratio / math.log(0.9)
        still = 2.0 - abs(ratio) / math.log(1.25)
    margin = {"increases": up, "reduces": down, "no_effect": still}[v.expect]
    return min(2.0, max(0.0, 1.7 - margin)) + float(margin < 1.0)


def run(values: Mapping[str, float], shipped: Mapping[str, Mapping[str, float]]) -> list[Verdict]:
    """Run everything for fitting with these values instead of the shipped ones."""
    for setting, defaults in shipped.items():
        own: Bench = bench(setting)
        own.defaults.update(defaults)
        own.defaults.update({_name(k): value for k, value in values.items() if _setting(k) == setting})
    rows = [e for e in load_experiments() if e.role == "fitting"]
    verdicts = run_experiments(rows, n_draws=DRAWS)
    return verdicts + [fit.verdict() for fit in run_curves([c for c in load_curves() if c.role == "fitting"])]


def _setting(constant: str) -> str:
    return "well" if constant.startswith("well.") else "mouse"


def _name(constant: str) -> str:
    return constant.removeprefix("well.")


def main(minutes: float) -> None:
    """Search for so long, printing each improvement."""
    shipped = {setting: dict(bench(setting).defaults) for setting in ("well", "mouse")}
    best = {k: shipped[_setting(k)][_name(k)] for k in SEARCHED}
    least = disagreement(run(best, shipped))
    random, end, step = np.random.default_rng(1), time.monotonic() + 60 * minutes, {}
    while time.monotonic() < end:
        if not step or random.random() > 0.8:
            some = random.choice(list(SEARCHED), random.integers(1, 7), replace=False)
            step = {k: math.exp(random.choice(STEPS) * random.normal()) for k in some}
        trial = best | {k: float(np.clip(best[k] * factor, *SEARCHED[k])) for k, factor in step.items()}
        found = disagreement(run(trial, shipped))
        if found < least:
            least, best = found, trial
            print(f"{least:.2f}", {k: f"{best[k]:.3g}" for k in step}, flush=True)
        else:
            step = {}
    for name, value in best.items():
        print(f"{name:16s} {value:.3g}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
