"""Effects on the hazard of death, from the patient-level data of OAK: python scripts/fit_survival.py DATA.

DATA is a folder with OAK_OS.csv and OAK_PFS.csv (Gandara 2018, doi:10.1038/s41591-018-0134-3). A patient's
time is split at progression, and into half months, as the effect of performance status passes; the hazard is
constant in each piece (Poisson regression). Prints estimates and standard errors for
src/alarmin/trial/data/joint_hazard.csv.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

NAMES = ("reference", "size", "squamous", "driver", "atezolizumab", "progressing", "late")
SAME_DAY_MONTH = 0.05
PIECE_MONTH = 0.5
LOG_TIME = (0.0, 6.0)
REFERENCE_MONTH = 6.0


def read_patients(folder: Path) -> pd.DataFrame:
    """Read survival and progression of each patient; `progressed` where progression was seen before death."""
    survival, progression = (
        pd.read_csv(folder / f"OAK_{endpoint}.csv").set_index("patient") for endpoint in ("OS", "PFS")
    )
    data = survival.join(progression[["time_months", "event"]].add_prefix("pfs_"))
    died_then = (data["event"] == 1) & (data["pfs_time_months"] >= data["time_months"] - SAME_DAY_MONTH)
    return data.assign(progressed=(data["pfs_event"] == 1) & ~died_then)


def pieces(folder: Path) -> pd.DataFrame:
    """Split each patient's time: length and middle [month], death at its end, covariates of the hazard."""
    data = read_patients(folder)
    data = data[data["baseline_sld_mm"].notna()]
    end, seen = data["time_months"].to_numpy(), data["progressed"].to_numpy()
    progression = np.where(seen, data["pfs_time_months"], np.inf)
    parts = []
    for patient, (last, change) in enumerate(zip(end, progression, strict=True)):
        edges = np.arange(0.0, last, PIECE_MONTH)
        edges = np.unique(np.concatenate([edges, [last], [change] if change < last else []]))
        start, stop = edges[:-1], edges[1:]
        parts.append(np.column_stack([np.full(len(start), patient), start, stop, start >= change]))
    patient, start, stop, progressing = np.concatenate(parts).T
    of = data.iloc[patient.astype(int)]
    return pd.DataFrame(
        {
            "patient": patient.astype(int),
            "month": stop - start,
            "middle": 0.5 * (start + stop),
            "event": ((of["event"] == 1).to_numpy() & (stop == end[patient.astype(int)])).astype(float),
            "reference": 1.0,
            "size": np.log(of["baseline_sld_mm"].to_numpy() / 66.0),
            "ecog1": of["ecog"].to_numpy(float),
            "squamous": (of["histology"] == "squamous").to_numpy(float),
            # Held for the others' sake: their own effects are estimated elsewhere, or simulated.
            "driver": ((of["egfr"] == "positive") | (of["alk"] == "positive")).to_numpy(float),
            "atezolizumab": (of["arm"] == "atezolizumab").to_numpy(float),
            "progressing": progressing,
            # Whatever else changes with time, so that it is not taken for a passing effect of ECOG 1.
            "late": np.log1p(0.5 * (start + stop)) - np.log1p(REFERENCE_MONTH),
        }
    )


def log_hazard(data: pd.DataFrame, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute log hazards and their slopes; the last two of `beta`: ECOG 1 at the start, log of its time."""
    *lasting, ecog1, log_time = beta
    age = data["middle"].to_numpy() / np.exp(log_time)
    known = data[list(NAMES)].to_numpy(float)
    passing = data["ecog1"].to_numpy() * np.exp(-age)
    return known @ lasting + ecog1 * passing, np.column_stack([known, passing, ecog1 * passing * age])


def loss(data: pd.DataFrame, beta: np.ndarray) -> tuple[float, np.ndarray]:
    """Negative log likelihood of constant hazards, and its gradient."""
    rate, slope = log_hazard(data, beta)
    expected, event = data["month"].to_numpy() * np.exp(rate), data["event"].to_numpy()
    return float(expected.sum() - event @ rate), slope.T @ (expected - event)


def standard_error(data: pd.DataFrame, beta: np.ndarray) -> np.ndarray:
    """Compute standard errors from the expected information."""
    rate, slope = log_hazard(data, beta)
    information = (slope * (data["month"].to_numpy() * np.exp(rate))[:, None]).T @ slope
    return np.sqrt(np.diag(np.linalg.inv(information)))


def luck_variance(data: pd.DataFrame, beta: np.ndarray) -> tuple[float, float]:
    """Variance of a gamma distributed factor of each patient's hazard, and the gain in log likelihood."""

    def with_luck(parameters: np.ndarray) -> float:
        (rate, _), variance = log_hazard(data, parameters[:-1]), np.exp(parameters[-1])
        total = (data["month"] * np.exp(rate)).groupby(data["patient"]).sum()
        died = data["event"].groupby(data["patient"]).sum()
        return float(((died + 1 / variance) * np.log1p(variance * total)).sum() - data["event"] @ rate)

    found = minimize(with_luck, np.append(beta, -2.0), method="BFGS")
    return float(np.exp(found.x[-1])), loss(data, beta)[0] - float(found.fun)


def main() -> None:
    """Fit and print."""
    data = pieces(Path(sys.argv[1]))
    begin = np.append(np.zeros(len(NAMES)), [1.0, 2.5])
    bounds = [(None, None)] * (len(begin) - 1) + [LOG_TIME]
    found = minimize(lambda beta: loss(data, beta), begin, jac=True, method="L-BFGS-B", bounds=bounds)
    fixed = [*bounds[:-1], (20.0, 20.0)]
    lasting = minimize(lambda beta: loss(data, beta), begin, jac=True, method="L-BFGS-B", bounds=fixed)
    error = standard_error(data, found.x)
    print(f"{int(data['event'].sum())} deaths in {data['month'].sum():.0f} months")
    print(f"hazard at the reference [1/year]: {12 * np.exp(found.x[0]):.4f}")
    for name, value, se in zip((*NAMES, "ecog1", "log of its time"), found.x, error, strict=True):
        print(f"{name}: {value:.3f} (standard error {se:.3f})")
    print(f"effect of ECOG 1 falls to 1/e in {np.exp(found.x[-1]):.1f} months")
    print(f"a lasting effect: {lasting.x[-2]:.3f}, log likelihood worse by {lasting.fun - found.fun:.1f}")
    variance, gain = luck_variance(data, found.x)
    print(f"luck that differs between patients: variance {variance:.2f}, log likelihood better by {gain:.1f}")


if __name__ == "__main__":
    main()
