"""The whole calibration: simulate, weigh, move the priors, and again; then the bootstrap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.checkpoint import Checkpoint
from alarmin.calibration.entropy import maximum_entropy
from alarmin.calibration.fit import Fit, Problem, fit
from alarmin.calibration.marginals import marginal_targets, marginals
from alarmin.calibration.priors import move
from alarmin.calibration.targets import trial_targets
from alarmin.population import Cohort, Priors, plausible
from alarmin.trial import ArmOutcomes, ObservationParameters, TrialSpec, simulate_trial

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["BLOCKS", "TEMPER", "Calibration", "calibrate"]

BLOCKS = 2
"""Blocks of candidates that the population is drawn from in the last round; one block before."""
START: Priors = {
    "PD1_50": (1.5, 0.6),
    "k_kill": (2.5, 1.3),
    "infiltration": (0.5, 1.2),
    "n_clones_self": (-0.5, 1.0),
    "N_help_T4": (-0.5, 1.0),
    "k_Treg": (-0.5, 0.9),
    "k_growth": (0.0, 1.4),
    "k_hit": (-0.2, 1.1),
    "kill_paclitaxel": (-0.8, 1.0),
    "kill_docetaxel": (0.3, 1.3),
    "kill_crizotinib": (0.7, 1.0),
}
"""Where the priors begin: set by hand so that first simulations came near the response rates of KEYNOTE-024,
OAK, PROFILE 1014 and ECOG 4599, all of them calibration trials. The others begin at the model's own table."""
BEGIN = {
    "os_hazard_per_year": 0.25,
    "os_log_hazard_progressing": 1.8,
    "os_log_hazard_later_line": -0.7,
    "os_log_hazard_stage_iii": -1.5,
    "os_log_hazard_driver": -1.3,
    "new_lesion_per_year": 0.3,
    "new_lesion_per_growth": 0.6,
}
"""Where the free parameters begin: near those of first fits to the calibration trials."""
ENTRY_ERROR = 0.05
"""Standard error with which the share of members who enter a trial is held at that of the prior."""
TEMPER = (1.0,)
"""What the errors of targets are multiplied with in each round; after all but the last the priors move."""
BOOTSTRAPS = 20
_STREAM = 115


@dataclass(frozen=True)
class Calibration:
    """What calibration leaves.

    Parameters
    ----------
    members : Cohort
        The population, each member once.
    fit : Fit
        Weights, parameters of survival, and every target with what became of it.
    bootstrap : ndarray, shape (n_members, n_repetitions)
        Weights with members and published figures drawn again; each column is one on average.
    priors : dict
        Under which the members were drawn.
    rounds : DataFrame
        One row per round: members, cost, effective share, root mean square of residuals, mean absolute gap.
    """

    members: Cohort
    fit: Fit
    bootstrap: "Floats"
    priors: Priors
    rounds: "pd.DataFrame"


def calibrate(
    specs: Sequence[TrialSpec],
    parameters: ObservationParameters,
    *,
    checkpoint: Checkpoint,
    blocks: int = BLOCKS,
    temper: Sequence[float] = TEMPER,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Calibration:
    """Calibrate the population on trials.

    Parameters
    ----------
    specs : sequence of TrialSpec
        The calibration trials.
    parameters : ObservationParameters
        The free ones begin at `BEGIN`, the others stay.
    checkpoint : Checkpoint
        What is done already; an interrupted calibration goes on from there and ends in the same result.
    blocks : int
    temper : sequence of float
    threads : int, optional
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Calibration
    """
    import pandas as pd

    report = progress or (lambda _stage, _done, _total: None)
    priors: Priors = START
    parameters = replace(parameters, **BEGIN)
    rows: list[dict[str, float]] = []
    for number, factor in enumerate(temper):
        last = number == len(temper) - 1
        size = blocks if last else 1
        stage = f"Round {number + 1} of {len(temper)}"

        seen = partial(report, f"{stage}: population")
        drawn = partial(plausible, size, priors=priors, threads=threads, progress=seen)
        members = checkpoint.once(f"members-{number}", drawn)
        arms: list[ArmOutcomes] = []
        for k, spec in enumerate(specs):
            report(f"{stage}: simulating {spec.trial}", k, len(specs))
            simulated = partial(simulate_trial, spec, members, parameters, threads=threads)
            arms += checkpoint.once(f"arms-{number}-{spec.trial}", simulated)
        problem = _problem(specs, arms, members, size, factor)

        solved = partial(fit, problem, parameters, progress=partial(report, f"{stage}: weighing"))
        found = checkpoint.once(f"fit-{number}", solved)
        parameters = found.parameters
        rows.append(_summary(found, len(members.weight), factor))
        if not last:
            priors = checkpoint.once(f"priors-{number}", partial(move, members, found.weight, arms))
    bootstrap = checkpoint.once(
        "bootstrap", partial(_bootstrap, problem, found, partial(report, "Bootstrap"))
    )
    return Calibration(members, found, bootstrap, priors, pd.DataFrame(rows))


def _problem(
    specs: Sequence[TrialSpec], arms: Sequence[ArmOutcomes], members: Cohort, blocks: int, factor: float
) -> Problem:
    import pandas as pd

    trials = pd.concat([trial_targets(spec) for spec in specs], ignore_index=True)
    trials["error"] *= factor
    features = marginal_targets(blocks)
    entry = pd.DataFrame([{"trial": one.spec.trial, "arm": one.arm, "subgroup": ""} for one in arms])
    entry = entry.assign(endpoint="entry", month=np.nan, value=1.0, error=ENTRY_ERROR)
    targets = pd.concat([features, entry, trials], ignore_index=True)
    prior = members.weight.to_numpy(float)
    return Problem(arms, targets, marginals(members.features), prior / prior.sum())


def _summary(found: Fit, members: int, factor: float) -> dict[str, float]:
    table = found.table[~found.table["endpoint"].isin(["feature", "entry"])]
    return {
        "members": members,
        "temper": factor,
        "cost": found.cost,
        "effective_share": found.effective_share,
        "rms_residual": float(np.sqrt(((factor * table["residual"]) ** 2).mean())),
        "mean_absolute_gap": float((table["fitted"] - table["value"]).abs().mean()),
    }


def _bootstrap(problem: Problem, found: Fit, report: Callable[[int, int], None]) -> "Floats":
    """Weigh again with members drawn with replacement and each published figure moved by its error."""
    gap = problem.gaps(found.parameters)
    error = problem.targets["error"].to_numpy(float)
    slope = problem.slope()
    n = len(problem.prior)
    columns = []
    for k in range(BOOTSTRAPS):
        report(k, BOOTSTRAPS)
        rng = np.random.default_rng(np.random.SeedSequence(entropy=0, spawn_key=(_STREAM, k)))
        times = rng.multinomial(n, np.full(n, 1.0 / n))
        shift = rng.normal(0.0, error)
        prior = np.maximum(problem.prior * times, 1e-12)
        columns.append(n * maximum_entropy(prior, gap - slope * shift, error).weight)
    report(BOOTSTRAPS, BOOTSTRAPS)
    return np.stack(columns, axis=1)
