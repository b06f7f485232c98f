"""How far scans lie from their plan, from times of progression: python scripts/fit_scans.py DATA.

DATA is a folder with digitised Kaplan-Meier data (NAME_PFS.csv). Events of the first scans are laid over one
another; a normal distribution around the planned day and a uniform one (deaths, scans at any time between)
share them. Prints, per calibration trial, the standard deviation and the share that is off the plan, for
src/alarmin/trial/data/joint_hazard.csv.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import norm

PLANS = {"OAK": (6, 6), "REVEL": (6, 6), "CHECKMATE057": (9, 6), "KEYNOTE024": (9, 9), "PROFILE1014": (6, 6)}
"""Week of the first scan, and weeks between scans."""
SCANS = 4
DAYS_PER_MONTH = 30.4375


def main() -> None:
    """Print the fit of each trial, and the median spread."""
    spreads = []
    for name, (first, every) in PLANS.items():
        data = pd.read_csv(Path(sys.argv[1]) / f"{name}_PFS.csv")
        day = data.loc[data["event"] == 1, "time_months"].to_numpy() * DAYS_PER_MONTH
        start, length = 7 * (first - every / 2), 7 * every
        day = day[(day > start) & (day < start + SCANS * length)]
        off = (day - start) % length - length / 2
        spread, uniform = fit(off, length)
        spreads.append(spread)
        print(f"{name}: {spread:.1f} days, {100 * uniform:.0f} % of {len(off)} events off the plan")
    print(f"median {np.median(spreads):.1f} days")


def fit(off: np.ndarray, length: float) -> tuple[float, float]:
    """Fit days off the plan by maximum likelihood: standard deviation [day] and the uniform share."""

    def miss(x: np.ndarray) -> float:
        uniform = 1 / (1 + np.exp(-x[0]))
        return float(-np.log(uniform / length + (1 - uniform) * norm.pdf(off, x[2], np.exp(x[1]))).sum())

    logit, log_spread, _ = minimize(miss, [-1.0, 1.5, 0.0], method="Nelder-Mead").x
    return float(np.exp(log_spread)), float(1 / (1 + np.exp(-logit)))


if __name__ == "__main__":
    main()
