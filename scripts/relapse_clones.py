"""Which clone prevails when a tumour relapses under a kinase inhibitor: python scripts/relapse_clones.py.

The calibrated members that enter NEJ002 (gefitinib) and AURA-1L (osimertinib), both calibration trials, are
treated until a scan shows progression; shares are weighted as the population is, of those with living tumour
then. Published beside it: T790M in 63 % of 155 tumours after gefitinib or erlotinib
(doi:10.1158/1078-0432.CCR-12-2246). Written down in docs/limits.md.
"""

import numpy as np

from alarmin.population import SEED, Cohort, members, plausible
from alarmin.trial import enter, load_trial
from alarmin.trial.observation_parameters import observation_parameters
from alarmin.trial.run import days
from alarmin.trial.selection import eligible
from alarmin.trial.treatment import KEPT, treat

CLONES = ("C_s", "C_t", "C_p")
LIVING_CELLS = 1e6
BLOCKS = 1


def main() -> None:
    """Print, for each trial, in which share of tumours a changed target or a way past it prevails."""
    population = plausible(BLOCKS)
    for name in ("NEJ002", "AURA-1L"):
        target, past = at_relapse(name, population)
        print(
            f"{name}: changed target in most cells {target[0.5]:.0%}, in a tenth {target[0.1]:.0%}; "
            f"past it in most cells {past[0.5]:.0%}"
        )


def at_relapse(name: str, population: Cohort) -> tuple[dict[float, float], ...]:
    """Return the weighted shares of tumours with more than these shares of the clones t and p."""
    spec, parameters = load_trial(name), observation_parameters()
    fits = eligible(population.features, spec.at_diagnosis).all(axis=1).to_numpy(bool)
    cohort = enter(spec, population.rows(np.flatnonzero(fits)), parameters=parameters)
    patients = cohort.features.reset_index()
    patients.insert(0, "patient_id", patients["candidate"])
    patients["arm"] = next(iter(spec.arms))
    grid = days(spec)
    outputs = tuple(f"{clone}_{lesion}" for clone in CLONES for lesion in (1, 2))
    treated = treat(spec, patients, cohort, grid_day=grid, seed=SEED, outputs=outputs, parameters=parameters)
    rows = np.flatnonzero(treated.fine & np.isfinite(treated.progression_day))
    at = np.searchsorted(grid, treated.progression_day[rows]).clip(0, len(grid) - 1)
    cells = treated.planned.values[rows, at][:, len(KEPT) :].reshape(-1, len(CLONES), 2).sum(axis=2)
    living = cells.sum(axis=1) > LIVING_CELLS
    share = cells[living] / cells[living].sum(axis=1, keepdims=True)
    weight = members()["weight"].reindex(cohort.features.index[rows[living]]).fillna(0.0).to_numpy()
    return tuple(
        {level: float(np.average(share[:, k] > level, weights=weight)) for level in (0.1, 0.5)}
        for k in (1, 2)
    )


if __name__ == "__main__":
    main()
