"""Candidates: quasi-random draws of features and of every uncertain parameter of the model."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import patient_generators
from alarmin.model import Parameter, parameters
from alarmin.population.features import DRAWS, baseline, draw_features, lesion_tps
from alarmin.therapy import (
    cost_factors,
    drug,
    pharmacokinetics,
    random_effects,
    substance,
    target_factors,
)

if TYPE_CHECKING:
    import pandas as pd


__all__ = [
    "BLOCK",
    "SEED",
    "Candidates",
    "Priors",
    "calibrated",
    "draw",
    "draw_drugs",
    "draw_scores",
    "normal",
    "quantile",
    "score",
]

_DRUG_STREAM = 1 << 20

BLOCK = 4096
"""Candidates are drawn in blocks of this size (a power of two keeps the sequence balanced)."""
SEED = 20260
"""Scrambles the one sequence of candidates from which every trial takes its patients."""

# Of eight candidates, one is drawn with an EGFR mutation and one with an ALK rearrangement, so that trials in
# these rare groups find enough of them; weights give every group its true share back. A dimension of the
# sequence says which: every eighth candidate in a row would be uneven in the other dimensions.
_OF = 8


@dataclass(frozen=True)
class Candidates:
    """Virtual patients who are not yet known to be plausible.

    Parameters
    ----------
    features : DataFrame
        One row per candidate, indexed by its number in the sequence.
    parameters : DataFrame
        Same index; one column per parameter of the model that differs between patients.
    weight : Series
        Same index; how many patients of the population a candidate stands for, on average one.
    """

    features: "pd.DataFrame"
    parameters: "pd.DataFrame"
    weight: "pd.Series[float]"

    def take(self, keep: "np.ndarray | pd.Index") -> "Candidates":
        """Return the candidates with these numbers, in this order."""
        return Candidates(self.features.loc[keep], self.parameters.loc[keep], self.weight.loc[keep])


Priors = Mapping[str, tuple[float, float]]
"""Id of a sampled parameter -> mean and standard deviation of its normal score; (0, 1) where not named."""


@cache
def calibrated() -> Priors:
    """Return what calibration made of the priors (`data/calibrated.csv`).

    (0, 1) is the prior of the model's table.
    """
    text = files("alarmin.population").joinpath("data", "calibrated.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["id"]: (float(row["score_mean"]), float(row["score_sd"])) for row in rows}


def draw(block: int, *, seed: int = SEED, priors: Priors | None = None) -> Candidates:
    """Draw one block of candidates: features and the parameters of the model without drugs.

    Parameters
    ----------
    block : int
        Number of the block; candidates `block * BLOCK` to `(block + 1) * BLOCK - 1`.
    seed : int
        Scrambles the sequence.
    priors : dict, optional
        Default: as calibration left them.

    Notes
    -----
    Scrambled Sobol numbers; candidate i is the same for every block size and number of workers.
    """
    import pandas as pd

    uniforms = _uniforms(block, seed)
    weight = _enrich(uniforms)
    features = draw_features(uniforms[list(DRAWS)])
    values = {p.id: quantile(p, score(p.id, uniforms[p.id].to_numpy(), priors)) for p in _uncertain()}
    values |= _from_features(features, values)
    values["tps_1"], values["tps_2"] = (tps / 100 for tps in lesion_tps(uniforms, features))
    return Candidates(features, pd.DataFrame(values, index=uniforms.index), weight)


def _uncertain() -> list[Parameter]:
    return [p for p in parameters() if p.is_sampled]


def _uniforms(block: int, seed: int) -> "pd.DataFrame":
    import pandas as pd
    from scipy.stats import qmc

    names = [*DRAWS, *(p.id for p in _uncertain())]
    sequence = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng(seed))
    if block:
        sequence.fast_forward(block * BLOCK)
    index = pd.RangeIndex(block * BLOCK, (block + 1) * BLOCK, name="candidate")
    uniforms = pd.DataFrame(sequence.random(BLOCK), columns=names, index=index)
    for infiltration, pd_l1 in (("infiltration", "tps"), ("local_entry_1", "tps_site")):
        uniforms[infiltration] = _with_pd_l1(uniforms[infiltration], uniforms[pd_l1])
    return uniforms


def _with_pd_l1(infiltration: "pd.Series[float]", pd_l1: "pd.Series[float]") -> np.ndarray:
    """Tie infiltration to PD-L1, of the tumour and of each lesion: interferon of T cells raises it there."""
    from scipy.stats import norm

    rho = baseline()["infiltration_tps_correlation"]
    own, shared = normal(infiltration.to_numpy()), normal(pd_l1.to_numpy())
    return np.asarray(norm.cdf(rho * shared + np.sqrt(1 - rho**2) * own))


def draw_scores(
    numbers: "pd.Index", *, drugs: tuple[str, ...] = (), seed: int = SEED, priors: Priors | None = None
) -> "pd.DataFrame":
    """Return the normal scores behind the sampled parameters of some candidates.

    Parameters
    ----------
    numbers : Index
        Candidate numbers, each once.
    drugs : tuple of str
        Whose parameters to include, as ``kill_docetaxel``.
    seed : int
    priors : dict, optional
        Default: as calibration left them.

    Returns
    -------
    DataFrame
        Indexed by `numbers`. A score of 0 is the median of the model's table of parameters.
    """
    import pandas as pd

    blocks = [_uniforms(int(block), seed) for block in np.unique(numbers // BLOCK)]
    uniforms = pd.concat(blocks).loc[numbers]
    columns = {p.id: score(p.id, uniforms[p.id].to_numpy(), priors) for p in _uncertain()}
    for name in drugs:
        own = [p for p in substance(name).parameters if p.is_sampled]
        effects = len(random_effects((name,)))
        drawn = _drug_uniforms(name, numbers, effects + len(own), seed)
        for i, parameter in enumerate(own, start=effects):
            columns[f"{parameter.id}_{name}"] = score(_prior_of(parameter, name), drawn[:, i], priors)
    return pd.DataFrame(columns, index=numbers)


def _enrich(uniforms: "pd.DataFrame") -> "pd.Series[float]":
    """Set who carries a driver, in place; return true over drawn share of each candidate's group."""
    import pandas as pd

    b, turn = baseline(), np.floor(_OF * uniforms["egfr"].to_numpy())
    egfr, alk = turn == 0, turn == 1
    certain = np.nextafter(1.0, 0.0)
    uniforms["egfr"] = np.where(egfr, 0.0, certain)
    uniforms["alk"] = np.where(alk, 0.0, certain)
    # ALK rearrangements are found in nonsquamous tumours alone.
    nonsquamous = b["squamous"] + (1 - b["squamous"]) * uniforms["histology"]
    uniforms["histology"] = np.where(alk, nonsquamous, uniforms["histology"])
    squamous = uniforms["histology"].to_numpy() < b["squamous"]
    p_egfr = np.where(squamous, b["egfr_squamous"], b["egfr_nonsquamous"])
    p_alk = np.where(squamous, 0.0, (1 - p_egfr) * b["alk_nonsquamous"])
    true = np.select([egfr, alk], [p_egfr, (1 - b["squamous"]) * p_alk], default=1 - p_egfr - p_alk)
    drawn = np.where(egfr | alk, 1 / _OF, (_OF - 2) / _OF)
    return pd.Series(true / drawn, index=uniforms.index, name="weight")


def draw_drugs(
    names: tuple[str, ...], features: "pd.DataFrame", *, seed: int = SEED, priors: Priors | None = None
) -> "pd.DataFrame":
    """Draw what patients make of some drugs: pharmacokinetics, uncertain weights, killing by target.

    Parameters
    ----------
    names : tuple of str
        Drugs.
    features : DataFrame
        Indexed by candidate number, which picks the random numbers.
    seed : int
    priors : dict, optional
        Default: as calibration left them.

    Returns
    -------
    DataFrame
        Same index; one column per parameter (``CL_cisplatin``) that differs between patients. A drug's
        numbers depend on the drug and the candidate only, not on the other drugs.
    """
    import pandas as pd

    columns: dict[str, np.ndarray] = {}
    for name in names:
        effects = random_effects((name,))
        uncertain = [p for p in substance(name).parameters if p.is_sampled]
        uniforms = _drug_uniforms(name, features.index, len(effects) + len(uncertain), seed)
        etas = pd.DataFrame(
            {effect: normal(uniforms[:, i]) * sd for i, (effect, sd) in enumerate(effects.items())},
            index=features.index,
        )
        columns |= pharmacokinetics((name,), features, etas)
        for i, parameter in enumerate(uncertain, start=len(effects)):
            scores = score(_prior_of(parameter, name), uniforms[:, i], priors)
            columns[f"{parameter.id}_{name}"] = quantile(parameter, scores)
        columns |= _by_features(name, features, columns)
    return pd.DataFrame(columns, index=features.index)


def _prior_of(parameter: Parameter, name: str) -> str:
    """Say under which name calibration keeps the prior of a drug's parameter."""
    profile = drug(name).profile
    like = profile.kill_as if parameter.id == "kill" and profile else ""
    return f"{parameter.id}_{drug(like).drug if like else name}"


def _drug_uniforms(name: str, numbers: "pd.Index", count: int, seed: int) -> np.ndarray:
    stream = _DRUG_STREAM + int.from_bytes(name.encode()[:6], "big")
    return np.array([g.random(count) for g in patient_generators(seed, numbers, stream=stream)])


def _by_features(
    name: str, features: "pd.DataFrame", columns: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Scale what a drug does to a tumour by its target, and what it costs the blood by the patient."""
    typical = {p.id: p.value for p in substance(name).parameters}
    factors = target_factors(drug(name), features) | cost_factors(drug(name), features)
    return {
        f"{key}_{name}": columns.get(f"{key}_{name}", typical[key]) * factor
        for key, factor in factors.items()
        if key in typical
    }


def _from_features(features: "pd.DataFrame", values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Parameters of the model that are features of the patient in other words.

    In stage III the second lesion is an occult metastasis: a small share of the seed.
    """
    b = baseline()
    place = (values["share_1"] - values["share_1"].min()) / np.ptp(values["share_1"])
    occult = b["occult_share_low"] * (b["occult_share_high"] / b["occult_share_low"]) ** place
    share_2 = np.where(features["stage"] == "III", occult, 1 - values["share_1"])
    squamous = (features["histology"] == "squamous").to_numpy(float)
    return {
        "k_growth": values["k_growth"] * b["growth_squamous_ratio"] ** (squamous - b["squamous"]),
        "n_clones": features["tmb_mut_per_mb"].to_numpy(float) * b["clones_per_mutation"],
        "share_1": 1 - share_2,
        "share_2": share_2,
        "local_entry_2": 1 / values["local_entry_1"],
        "local_kill_2": 1 / values["local_kill_1"],
        "driver": (features["egfr_mutant"] | features["alk_rearranged"]).to_numpy(float),
    }


def score(key: str, u: np.ndarray, priors: Priors | None = None) -> np.ndarray:
    """Turn uniform numbers into the normal scores of a parameter."""
    mean, sd = (calibrated() if priors is None else priors).get(key, (0.0, 1.0))
    return mean + sd * normal(u)


def quantile(parameter: Parameter, scores: np.ndarray) -> np.ndarray:
    """Turn normal scores into values of a parameter; a score of 0 is its median."""
    from scipy.stats import norm

    match parameter.distribution:
        case "lognormal":
            return np.asarray(parameter.value * np.exp(parameter.sigma * scores))
        case "loguniform":
            return np.asarray(parameter.low * (parameter.high / parameter.low) ** norm.cdf(scores))
        case "uniform":
            return np.asarray(parameter.low + (parameter.high - parameter.low) * norm.cdf(scores))
    raise AssertionError(parameter.distribution)


def normal(u: np.ndarray) -> np.ndarray:
    """Turn uniform numbers into standard normal ones."""
    from scipy.stats import norm

    return np.asarray(norm.ppf(np.clip(u, 1e-12, 1 - 1e-12)))
