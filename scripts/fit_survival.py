"""Effects on the hazard of death, from the patient-level data of OAK: python scripts/fit_survival.py DATA.

DATA is a folder with OAK_OS.csv and OAK_PFS.csv (Gandara 2018, doi:10.1038/s41591-018-0134-3). A patient's
time is split at progression; the hazard is constant in each part (Poisson regression). Prints estimates and
standard errors for src/alarmin/trial/data/joint_hazard.csv.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize

NAMES = ("reference", "size", "ecog1", "squamous", "driver", "atezolizumab", "progressing")
SAME_DAY_MONTH = 0.05


def read_patients(folder: Path) -> pd.DataFrame:
    """Read survival and progression of each patient; `progressed` where progression was seen before death."""
    survival, progression = (
        pd.read_csv(folder / f"OAK_{endpoint}.csv").set_index("patient") for endpoint in ("OS", "PFS")
    )
    data = survival.join(progression[["time_months", "event"]].add_prefix("pfs_"))
    died_then = (data["event"] == 1) & (data["pfs_time_months"] >= data["time_months"] - SAME_DAY_MONTH)
    return data.assign(progressed=(data["pfs_event"] == 1) & ~died_then)


def parts(folder: Path) -> pd.DataFrame:
    """Split each patient's time at progression: months, event, and the covariates of the hazard."""
    data = read_patients(folder)
    data = data[data["baseline_sld_mm"].notna()]
    death, progressed = data["event"] == 1, data["progressed"]
    first = np.where(progressed, data["pfs_time_months"], data["time_months"])
    known = pd.DataFrame(
        {
            "reference": 1.0,
            "size": np.log(data["baseline_sld_mm"] / 66.0),
            "ecog1": data["ecog"],
            "squamous": (data["histology"] == "squamous").astype(float),
            # Held for the others' sake: their own effects are estimated elsewhere, or simulated.
            "driver": ((data["egfr"] == "positive") | (data["alk"] == "positive")).astype(float),
            "atezolizumab": (data["arm"] == "atezolizumab").astype(float),
        }
    )
    before = known.assign(progressing=0.0, month=first, event=(death & ~progressed).astype(float))
    after = known.assign(
        progressing=1.0, month=data["time_months"] - first, event=(death & progressed).astype(float)
    )
    return pd.concat([before, after[progressed & (after["month"] > 0)]])


def luck_variance(data: pd.DataFrame, x: np.ndarray, beta: np.ndarray) -> tuple[float, float]:
    """Variance of a gamma distributed factor of each patient's hazard, and the gain in log likelihood."""
    month, event = data["month"].to_numpy(), data["event"].to_numpy()
    patient = data.index.to_numpy()

    def loss(parameters: np.ndarray) -> float:
        log_hazard, variance = x @ parameters[:-1], np.exp(parameters[-1])
        total = pd.Series(month * np.exp(log_hazard)).groupby(patient).sum()
        died = pd.Series(event).groupby(patient).sum()
        shrunk = np.log1p(variance * total)
        return float(((died + 1 / variance) * shrunk).sum() - event @ log_hazard)

    without = float((month * np.exp(x @ beta)).sum() - event @ (x @ beta))
    found = minimize(loss, np.append(beta, -2.0), method="BFGS")
    return float(np.exp(found.x[-1])), without - float(found.fun)


def main() -> None:
    """Fit and print."""
    data = parts(Path(sys.argv[1]))
    x, month, event = data[list(NAMES)].to_numpy(float), data["month"].to_numpy(), data["event"].to_numpy()

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        expected = month * np.exp(x @ beta)
        return float(expected.sum() - event @ (x @ beta)), x.T @ (expected - event)

    beta = minimize(loss, np.zeros(len(NAMES)), jac=True, method="BFGS").x
    information = (x * (month * np.exp(x @ beta))[:, None]).T @ x
    error = np.sqrt(np.diag(np.linalg.inv(information)))
    print(f"{int(event.sum())} deaths in {month.sum():.0f} months")
    print(f"hazard at the reference [1/year]: {12 * np.exp(beta[0]):.4f}")
    for name, value, se in zip(NAMES, beta, error, strict=True):
        print(f"{name}: {value:.3f} (standard error {se:.3f})")
    variance, gain = luck_variance(data, x, beta)
    print(f"luck that differs between patients: variance {variance:.2f}, log likelihood better by {gain:.1f}")


if __name__ == "__main__":
    main()
