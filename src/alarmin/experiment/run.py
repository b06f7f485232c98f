"""Run published experiments and judge them: predicted beside published, row by row."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from alarmin.experiment.bench import bench
from alarmin.experiment.protocol import KILLING_H, Side, mouse_arm, read_mouse, read_well, sides, well_arm
from alarmin.experiment.table import Experiment
from alarmin.model import Parameter, parameters
from alarmin.therapy import known_drugs, substance

__all__ = ["Verdict", "draw_constants", "judge", "kill_cells", "run_experiments"]

Floats = NDArray[np.float64]

N_DRAWS = 48
LAST_DAY = 60.0
RISE, FALL = 1.1, 0.9
SAME = (0.8, 1.25)
FACTOR = 1.5
SHARE_RISE, SHARE_SAME = 0.15, 0.15
_SHARES = ("protection", "tumour_free")
_BATCH = 40


@dataclass(frozen=True)
class Verdict:
    """What came out of one experiment.

    Parameters
    ----------
    id, role, evidence, setting, endpoint, expect : str
        From the row.
    published : str
        The direction, or the figure with its range.
    predicted, low, high : float
        Median and 90 % interval over the uncertain constants: the ratio of intervention to comparator (the
        difference of shares where the end point is a share), or the value itself where a value is expected.
    intervention, comparator : float
        Medians (means of shares) of both sides; the comparator is NaN where there is none.
    agrees : bool
    """

    id: str
    role: str
    evidence: str
    setting: str
    endpoint: str
    expect: str
    published: str
    predicted: float
    low: float
    high: float
    intervention: float
    comparator: float
    agrees: bool

    def to_dict(self) -> dict[str, object]:
        """Return the fields by name."""
        return asdict(self)


def run_experiments(
    experiments: Sequence[Experiment],
    *,
    n_draws: int = N_DRAWS,
    seed: int = 1,
    threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Verdict]:
    """Run experiments on `n_draws` virtual wells or mice a side.

    Both sides of a comparison have the same uncertain constants: only what the experiment changes differs.

    Raises
    ------
    DataError
        An experiment has more agents than there are places, or an animal cannot be integrated.
    """
    report = progress or (lambda _stage, _done, _total: None)
    draws = {name: draw_constants(name, n_draws, seed) for name in ("well", "mouse")}
    read: dict[tuple[str, int], Floats] = {}
    wells = [e for e in experiments if e.setting == "well"]
    mice = [e for e in experiments if e.setting == "mouse"]
    _run_wells(wells, draws["well"], n_draws, threads, read, lambda i, n: report("Wells", i, n))
    _run_mice(mice, draws, n_draws, threads, read, lambda i, n: report("Mice", i, n))
    return [judge(e, read[e.id, 0], read.get((e.id, 1))) for e in experiments]


def _run_wells(
    experiments: Sequence[Experiment],
    draws: dict[str, Floats],
    n: int,
    threads: int | None,
    read: dict[tuple[str, int], Floats],
    report: Callable[[int, int], None],
) -> None:
    if not experiments:
        return
    setting = bench("well")
    last = max(e.time for e in experiments) / 24.0
    times = np.unique(np.concatenate([np.linspace(0.0, last, 97), [e.time / 24.0 for e in experiments]]))
    for first in range(0, len(experiments), _BATCH):
        some = experiments[first : first + _BATCH]
        arms = [(e, i, well_arm(side, draws)) for e in some for i, side in enumerate(sides(e))]
        values = setting.run([arm for _, _, arm in arms], n, times, threads)
        by_key = {(e.id, i): value for (e, i, _), value in zip(arms, values, strict=True)}
        for e, i, _ in arms:
            fold = e.endpoint.endswith("_fold")
            if i == 1 and fold:
                continue
            untreated = by_key.get((e.id, 1)) if fold else None
            read[e.id, i] = read_well(e, times, by_key[e.id, i], setting.model.outputs, untreated)
        report(min(first + _BATCH, len(experiments)), len(experiments))


def _run_mice(
    experiments: Sequence[Experiment],
    draws: dict[str, dict[str, Floats]],
    n: int,
    threads: int | None,
    read: dict[tuple[str, int], Floats],
    report: Callable[[int, int], None],
) -> None:
    if not experiments:
        return
    setting = bench("mouse")
    last = max(LAST_DAY, *(e.time for e in experiments))
    times = np.unique(np.concatenate([np.arange(0.0, last + 0.5, 0.5), [e.time for e in experiments]]))
    pairs = [(e, i, side) for e in experiments for i, side in enumerate(sides(e))]
    killed = kill_cells(
        [side for _, _, side in pairs if side.design == "vaccination"], draws["well"], n, threads
    )
    for first in range(0, len(pairs), _BATCH):
        some = pairs[first : first + _BATCH]
        arms = [mouse_arm(side, draws["mouse"], killed.get(side)) for _, _, side in some]
        for (e, i, _), value in zip(some, setting.run(arms, n, times, threads), strict=True):
            read[e.id, i] = read_mouse(e, times, value, setting.model.outputs)
        report(min(first + _BATCH, len(pairs)), len(pairs))


def kill_cells(
    vaccines: Sequence[Side], draws: dict[str, Floats], n: int, threads: int | None
) -> dict[Side, dict[str, Floats]]:
    """Make the dying cells of vaccines in wells.

    Parameters
    ----------
    vaccines : sequence of Side
        What is given to which cells; equal ones are made once.
    draws : dict
        Uncertain constants of the well.
    n : int
        Wells.
    threads : int, optional

    Returns
    -------
    dict
        Side -> output of the well -> value of every well after a day under the therapy.
    """
    unique = list(dict.fromkeys(vaccines))
    if not unique:
        return {}
    setting = bench("well")
    wells = [replace(side, setting="well", design="exposure") for side in unique]
    values = setting.run([well_arm(side, draws) for side in wells], n, np.array([KILLING_H / 24.0]), threads)
    return {
        side: {name: value[:, 0, j] for j, name in enumerate(setting.model.outputs)}
        for side, value in zip(unique, values, strict=True)
    }


def draw_constants(setting: str, n: int, seed: int) -> dict[str, Floats]:
    """Draw the uncertain constants of a setting and of all drugs, the same for every experiment.

    Returns
    -------
    dict
        Constant (``er_cisplatin`` for one of a drug) -> `n` values.
    """
    from scipy.stats import qmc

    known = bench(setting).defaults
    groups = {"": [(p.id, p) for p in parameters(setting) if p.is_sampled and p.id in known]}
    for name in known_drugs():
        own = [p for p in substance(name, setting).parameters if p.is_sampled]
        groups |= {name: [(f"{p.id}_{name}", p) for p in own]} if own else {}
    drawn: dict[str, Floats] = {}
    for group, members in groups.items():
        # A sequence of its own for every drug, so that a further drug leaves the others as they are.
        generator = np.random.default_rng([seed, *group.encode()])
        sequence = qmc.Sobol(len(members), scramble=True, rng=generator)
        uniforms = sequence.random(1 << (n - 1).bit_length())[:n]
        drawn |= {name: _quantile(p, uniforms[:, i]) for i, (name, p) in enumerate(members)}
    return drawn


def _quantile(p: Parameter, u: Floats) -> Floats:
    from alarmin.population.sampling import normal, quantile

    return quantile(p, normal(u))


def judge(e: Experiment, intervention: Floats, comparator: Floats | None) -> Verdict:
    """Judge what was read of both sides of an experiment.

    Parameters
    ----------
    e : Experiment
    intervention : ndarray, shape (n,)
        End point of every well or mouse.
    comparator : ndarray, shape (n,), optional
        The same of the other side; none where a value is expected.

    Returns
    -------
    Verdict
        A direction agrees when the median ratio is at least 1.1, at most 0.9, or between 0.8 and 1.25 for no
        effect; for shares of animals the difference counts, with 0.15 as the step. A value agrees within the
        published range or within a factor 1.5 of it.
    """
    share = e.endpoint in _SHARES
    middle = np.mean if share else np.median
    if e.expect == "value":
        predicted = float(middle(intervention))
        low, high = _interval(intervention)
        within = e.published_low <= predicted <= e.published_high
        agrees = bool(within or e.published / FACTOR <= predicted <= e.published * FACTOR)
        spread = (
            f" ({e.published_low:g} to {e.published_high:g})" if e.published_low == e.published_low else ""
        )
        published = f"{e.published:g}{spread} {e.unit}".strip()
        return _verdict(e, published, predicted, low, high, predicted, float("nan"), agrees)
    assert comparator is not None
    if share:
        effect = intervention - comparator
        predicted = float(effect.mean())
        rises, falls, same = predicted >= SHARE_RISE, predicted <= -SHARE_RISE, abs(predicted) < SHARE_SAME
    else:
        tiny = 1e-9 * max(float(np.abs(comparator).max()), float(np.abs(intervention).max()), 1e-300)
        effect = (intervention + tiny) / (comparator + tiny)
        predicted = float(np.median(effect))
        rises, falls, same = predicted >= RISE, predicted <= FALL, SAME[0] <= predicted <= SAME[1]
    agrees = {"increases": rises, "reduces": falls, "no_effect": same}[e.expect]
    low, high = _interval(effect)
    return _verdict(
        e,
        e.expect,
        predicted,
        low,
        high,
        float(middle(intervention)),
        float(middle(comparator)),
        bool(agrees),
    )


def _verdict(
    e: Experiment,
    published: str,
    predicted: float,
    low: float,
    high: float,
    intervention: float,
    comparator: float,
    agrees: bool,
) -> Verdict:
    return Verdict(
        id=e.id,
        role=e.role,
        evidence=e.evidence,
        setting=e.setting,
        endpoint=e.endpoint,
        expect=e.expect,
        published=published,
        predicted=predicted,
        low=low,
        high=high,
        intervention=intervention,
        comparator=comparator,
        agrees=agrees,
    )


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [0.05, 0.95])
    return float(low), float(high)
