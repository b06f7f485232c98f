"""The whole calibration: simulate and move the priors, a few times; then weigh, and the bootstrap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.checkpoint import Checkpoint
from alarmin.calibration.discrepancy import CONCENTRATIONS, left_out, unexplained
from alarmin.calibration.entropy import maximum_entropy
from alarmin.calibration.fit import CONCENTRATION, Fit, fit, settle
from alarmin.calibration.marginals import marginal_targets, marginals
from alarmin.calibration.priors import move
from alarmin.calibration.problem import Problem
from alarmin.calibration.targets import trial_targets
from alarmin.population import Cohort, Priors, effective_size, plausible
from alarmin.trial import ArmOutcomes, Discrepancy, ObservationParameters, TrialSpec, simulate_trial

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["BLOCKS", "ROUNDS", "Calibration", "calibrate"]

ROUNDS = 3
"""Rounds in which the priors move, each on one block of candidates, before the weighing."""
BLOCKS = 2
"""Blocks of candidates that the weighed population is drawn from."""
BEGIN = {
    "os_hazard_per_year": 0.1377,
    "os_log_hazard_per_growth": 0.0,
    "os_log_hazard_progressing": 2.487,
    "os_log_hazard_again": 0.0,
    "os_log_hazard_later_line": -0.438,
    "os_log_hazard_stage_iii": -0.3828,
    "os_log_hazard_driver": -1.137,
    "new_lesion_per_year": 0.7566,
    "new_lesion_per_growth": 0.4615,
}
"""Where the free parameters begin, whatever values are shipped; the first least squares moves them far."""
ENTRY_ERROR = 0.05
"""Standard error with which the share of members who enter a trial is held at that of the prior."""
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
        One row per round and one for the weighed population: members, effective share, root mean square of
        the residuals in standard errors, mean absolute gap.
    left_out : DataFrame
        One row per concentration: how far figures of a trial are missed that was left out of the weighing.
    discrepancy : Discrepancy
        Standard deviations of arms around such predictions beyond chance.
    """

    members: Cohort
    fit: Fit
    bootstrap: "Floats"
    priors: Priors
    rounds: "pd.DataFrame"
    left_out: "pd.DataFrame"
    discrepancy: Discrepancy


def calibrate(
    specs: Sequence[TrialSpec],
    parameters: ObservationParameters,
    *,
    checkpoint: Checkpoint,
    rounds: int = ROUNDS,
    blocks: int = BLOCKS,
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
    rounds, blocks : int
    threads : int, optional
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Calibration
    """
    import pandas as pd

    report = progress or (lambda _stage, _done, _total: None)
    priors: Priors = {}
    parameters = replace(parameters, **BEGIN)
    rows: list[dict[str, float]] = []

    def simulated(name: str, size: int) -> tuple[Cohort, Problem]:
        stage = f"{name.capitalize()} of {rounds}" if name != "last" else "Last population"
        drawn = partial(
            plausible, size, priors=priors, threads=threads, progress=partial(report, f"{stage}: population")
        )
        members = checkpoint.once(f"members-{name}", drawn)
        arms: list[ArmOutcomes] = []
        for k, spec in enumerate(specs):
            report(f"{stage}: simulating {spec.trial}", k, len(specs))
            arm = partial(simulate_trial, spec, members, parameters, threads=threads)
            arms += checkpoint.once(f"arms-{name}-{spec.trial}", arm)
        return members, _problem(specs, arms, members, size)

    for number in range(rounds):
        members, problem = simulated(f"round {number + 1}", 1)
        parameters = checkpoint.once(f"settled-{number + 1}", partial(settle, problem, parameters))
        rows.append(_misses(problem, problem.prior, parameters))
        priors = checkpoint.once(f"priors-{number + 1}", partial(move, problem, members, parameters))
    members, problem = simulated("last", blocks)
    solved = partial(fit, problem, parameters, progress=partial(report, "Weighing"))
    found = checkpoint.once("fit", solved)
    rows.append(_misses(problem, found.weight, found.parameters))
    bootstrap = checkpoint.once(
        "bootstrap", partial(_bootstrap, problem, found, partial(report, "Bootstrap"))
    )
    alone = {
        c: checkpoint.once(f"left-out-{c:g}", partial(left_out, problem, found.parameters, c))
        for c in CONCENTRATIONS
    }
    off = unexplained(problem.targets, alone[CONCENTRATION])
    without = pd.DataFrame(
        [{"concentration": c, **_sizes(problem, predicted)} for c, predicted in alone.items()]
    )
    return Calibration(members, found, bootstrap, priors, pd.DataFrame(rows), without, off)


def _problem(
    specs: Sequence[TrialSpec], arms: Sequence[ArmOutcomes], members: Cohort, blocks: int
) -> Problem:
    import pandas as pd

    trials = pd.concat([trial_targets(spec) for spec in specs], ignore_index=True)
    features = marginal_targets(blocks)
    entry = pd.DataFrame([{"trial": one.spec.trial, "arm": one.arm, "subgroup": ""} for one in arms])
    entry = entry.assign(endpoint="entry", at=np.nan, value=1.0, error=ENTRY_ERROR)
    targets = pd.concat([features, entry, trials], ignore_index=True)
    prior = members.weight.to_numpy(float)
    return Problem(arms, targets, marginals(members.features), prior / prior.sum())


def _misses(problem: Problem, weight: "Floats", parameters: ObservationParameters) -> dict[str, float]:
    """Sum up how far the published figures are missed under weights of the members."""
    return {
        "members": len(weight),
        "effective_share": effective_size(weight) / len(weight),
        **_sizes(problem, problem.shares(parameters).fitted(weight)),
    }


def _sizes(problem: Problem, predicted: "Floats") -> dict[str, float]:
    value, error = (problem.targets[name].to_numpy(float)[problem.of_trials] for name in ("value", "error"))
    miss = predicted[problem.of_trials] - value
    return {
        "rms_residual": float(np.sqrt(((miss / error) ** 2).mean())),
        "mean_absolute_gap": float(np.abs(miss).mean()),
    }


def _bootstrap(problem: Problem, found: Fit, report: Callable[[int, int], None]) -> "Floats":
    """Weigh again with members drawn with replacement and each published figure moved by its error."""
    shares = problem.shares(found.parameters)
    error = problem.targets["error"].to_numpy(float)
    wide = np.sqrt(CONCENTRATION) * error
    n = len(problem.prior)
    columns = []
    for k in range(BOOTSTRAPS):
        report(k, BOOTSTRAPS)
        rng = np.random.default_rng(np.random.SeedSequence(entropy=0, spawn_key=(_STREAM, k)))
        times = rng.multinomial(n, np.full(n, 1.0 / n))
        shift = rng.normal(0.0, error)
        prior = np.maximum(problem.prior * times, 1e-12)
        columns.append(n * maximum_entropy(prior, shares.gap - shares.counted * shift, wide).weight)
    report(BOOTSTRAPS, BOOTSTRAPS)
    return np.stack(columns, axis=1)
