"""The whole calibration: move the priors, weigh, bootstrap; then again without each group of trials."""

import multiprocessing
import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from alarmin.calibration.checkpoint import Checkpoint
from alarmin.calibration.conflicts import conflicts
from alarmin.calibration.discrepancy import CONCENTRATIONS, predictions, unexplained
from alarmin.calibration.entropy import maximum_entropy
from alarmin.calibration.fit import CONCENTRATION, Fit, fit, settle
from alarmin.calibration.marginals import marginal_targets, marginals
from alarmin.calibration.priors import move
from alarmin.calibration.problem import Problem
from alarmin.calibration.targets import trial_targets
from alarmin.population import Cohort, Priors, effective_size, plausible
from alarmin.trial import ArmOutcomes, ObservationParameters, TrialSpec, simulate_trial
from alarmin.trial.discrepancy import Spread

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["BLOCKS", "ROUNDS", "Calibration", "calibrate"]

ROUNDS = 3
"""Rounds in which the priors move, each on one block of candidates, before the weighing."""
BLOCKS = 2
"""Blocks of candidates that the weighed population is drawn from."""
FOLDS = 4
"""Groups of trials, each predicted by a calibration of its own that leaves it out."""
BEGIN = {
    "os_hazard_per_year": 0.22,
    "os_log_hazard_per_growth": 0.0,
    "os_log_hazard_progressing": 1.18,
    "os_log_hazard_again": 0.0,
    "os_log_hazard_later_line": 0.05,
    "os_log_hazard_stage_iii": -0.3828,
    "os_log_hazard_driver": -1.137,
    "os_log_hazard_per_gy": 0.0,
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
    unseen : DataFrame
        One row per target of a trial, with a column ``predicted_C`` for each concentration C: what a
        calibration without that trial predicts.
    left_out : DataFrame
        One row per concentration: how far these predictions miss.
    discrepancy : Spread
        Standard deviations of trials and arms around such predictions beyond chance.
    conflicts : DataFrame
        Pairs of missed figures that pull the weights in opposite directions.
    """

    members: Cohort
    fit: Fit
    bootstrap: "Floats"
    priors: Priors
    rounds: "pd.DataFrame"
    unseen: "pd.DataFrame"
    left_out: "pd.DataFrame"
    discrepancy: Spread
    conflicts: "pd.DataFrame"


def calibrate(
    specs: Sequence[TrialSpec],
    parameters: ObservationParameters,
    *,
    checkpoint: Checkpoint,
    rounds: int = ROUNDS,
    blocks: int = BLOCKS,
    folds: int = FOLDS,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Calibration:
    """Calibrate the population on trials, then once more for each group of trials without that group.

    Parameters
    ----------
    specs : sequence of TrialSpec
        The calibration trials.
    parameters : ObservationParameters
        The free ones begin at `BEGIN`, the others stay.
    checkpoint : Checkpoint
        What is done already; an interrupted calibration goes on from there and ends in the same result.
    rounds, blocks : int
    folds : int, >= 2
    threads : int, optional
        Default: all cores. Groups of trials are left out side by side, each in a process of its own.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    Calibration
    """
    import pandas as pd

    bench = _Bench(checkpoint, replace(parameters, **BEGIN), rounds, threads, progress or (lambda *_: None))
    priors, settled, rows = bench.move("", specs)
    members, problem = bench.simulate("last population", specs, priors, settled, blocks)
    solved = partial(fit, problem, settled, progress=partial(bench.report, "Weighing"))
    found = checkpoint.once("fit", solved)
    problem.remix(found.weight)
    rows.append(_misses(problem, found.weight, found.parameters))
    opposed = conflicts(problem, found)
    bootstrap = checkpoint.once(
        "bootstrap", partial(_bootstrap, problem, found, partial(bench.report, "Bootstrap"))
    )
    unseen = pd.concat(bench.predict_each_left_out(specs, _groups(specs, folds)), ignore_index=True)
    off = unexplained(unseen, unseen[f"predicted_{CONCENTRATION:g}"].to_numpy(float))
    left_out = pd.DataFrame(
        [{"concentration": c, **_sizes(unseen, unseen[f"predicted_{c:g}"])} for c in CONCENTRATIONS]
    )
    table = pd.DataFrame(rows)
    return Calibration(members, found, bootstrap, priors, table, unseen, left_out, off, opposed)


def _groups(specs: Sequence[TrialSpec], folds: int) -> list[tuple[str, ...]]:
    """Divide trials into groups that are left out together: every fourth by name for four folds."""
    names = sorted(spec.trial for spec in specs)
    return [tuple(names[k::folds]) for k in range(folds)]


@dataclass(frozen=True)
class _Bench:
    """What all calibrations of one run share."""

    checkpoint: Checkpoint
    begin: ObservationParameters
    rounds: int
    threads: int | None
    report: Callable[[str, int, int], None]

    def simulate(
        self,
        name: str,
        specs: Sequence[TrialSpec],
        priors: Priors,
        parameters: ObservationParameters,
        size: int,
    ) -> tuple[Cohort, Problem]:
        """Draw a population under priors and take it through trials.

        Parameters say who progresses when, and who lives to enter after an earlier line.
        """
        stage = name[:1].upper() + name[1:]
        drawn = partial(
            plausible,
            size,
            priors=priors,
            threads=self.threads,
            progress=partial(self.report, f"{stage}: members"),
        )
        members = self.checkpoint.once(f"members-{name}", drawn)
        arms: list[ArmOutcomes] = []
        for k, spec in enumerate(specs):
            self.report(f"{stage}: trials", k, len(specs))
            arm = partial(simulate_trial, spec, members, parameters, threads=self.threads)
            arms += self.checkpoint.once(f"arms-{name}-{spec.trial}", arm)
        self.report(f"{stage}: trials", len(specs), len(specs))
        return members, _problem(specs, arms, members, size)

    def move(
        self, label: str, specs: Sequence[TrialSpec]
    ) -> tuple[Priors, ObservationParameters, list[dict[str, float]]]:
        """Move the priors in rounds; the first begins at the model's table, whatever the trials."""
        priors: Priors = {}
        parameters = self.begin
        rows = []
        for number in range(1, self.rounds + 1):
            name = f"{label if number > 1 else ''}round {number}"
            members, problem = self.simulate(name, specs, priors, parameters, 1)
            key = f"{label}{number}"
            parameters = self.checkpoint.once(f"settled-{key}", partial(settle, problem, parameters))
            rows.append(_misses(problem, problem.prior, parameters))
            priors = self.checkpoint.once(f"priors-{key}", partial(move, problem, members, parameters))
        return priors, parameters, rows

    def predict_each_left_out(
        self, specs: Sequence[TrialSpec], groups: Sequence[Sequence[str]]
    ) -> "list[pd.DataFrame]":
        """Predict each group of trials without it, side by side: much of it runs on one core."""
        threads = self.threads or os.cpu_count() or 1
        workers = min(threads, len(groups))
        if workers == 1:
            return [self.predict_left_out(specs, group, k) for k, group in enumerate(groups, start=1)]
        context = multiprocessing.get_context("spawn")
        with context.Manager() as manager, ProcessPoolExecutor(workers, mp_context=context) as pool:
            lines = manager.Queue()
            apart = replace(self, threads=threads // workers, report=_Sender(lines))
            jobs = [
                pool.submit(apart.predict_left_out, specs, group, k)
                for k, group in enumerate(groups, start=1)
            ]
            try:
                while not all(job.done() for job in jobs):
                    for job in jobs:
                        if job.done():
                            job.result()  # raises what went wrong there, without waiting for the others
                    try:
                        self.report(*lines.get(timeout=1.0))
                    except queue.Empty:
                        continue
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            while not lines.empty():
                self.report(*lines.get())
            return [job.result() for job in jobs]

    def predict_left_out(
        self, specs: Sequence[TrialSpec], group: Sequence[str], number: int
    ) -> "pd.DataFrame":
        """Predict a group of trials by a calibration that has never seen them: priors, survival and weights.

        Returns their targets with a column ``predicted_C`` for each concentration C.
        """
        label = f"fold {number}, "
        others = [spec for spec in specs if spec.trial not in group]
        mine = [spec for spec in specs if spec.trial in group]
        priors, parameters, _ = self.move(label, others)
        name = f"{label}last population"
        _, problem = self.simulate(name, others, priors, parameters, 1)
        found = self.checkpoint.once(f"{label}fit", partial(fit, problem, parameters))
        _, unseen = self.simulate(name, mine, priors, found.parameters, 1)
        return self.checkpoint.once(f"{label}predictions", partial(predictions, problem, found, unseen))


@dataclass(frozen=True)
class _Sender:
    """Reports progress from another process."""

    lines: "queue.Queue[tuple[str, int, int]]"

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.lines.put((stage, done, total))


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
    watched = marginals(members.features, members.parameters)
    return Problem(arms, targets, watched, prior / prior.sum())


def _misses(problem: Problem, weight: "Floats", parameters: ObservationParameters) -> dict[str, float]:
    """Sum up how far the published figures are missed under weights of the members."""
    fitted = problem.shares(parameters).fitted(weight)
    return {
        "members": len(weight),
        "effective_share": effective_size(weight) / len(weight),
        **_sizes(problem.targets[problem.of_trials], fitted[problem.of_trials]),
    }


def _sizes(targets: "pd.DataFrame", predicted: "Floats | pd.Series[float]") -> dict[str, float]:
    miss = np.asarray(predicted, dtype=float) - targets["value"].to_numpy(float)
    error = targets["error"].to_numpy(float)
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
