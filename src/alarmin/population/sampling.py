"""Candidates: quasi-random draws of features and of every uncertain parameter of the model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.core import patient_generators
from alarmin.model import Parameter, parameters
from alarmin.population.features import DRAWS, baseline, draw_features
from alarmin.therapy import drug, pharmacokinetics, random_effects, substance, target_factors

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BLOCK", "Candidates", "draw", "draw_drugs", "normal", "quantile"]

_DRUG_STREAM = 1 << 20

BLOCK = 4096
"""Candidates are drawn in blocks of this size (a power of two keeps the sequence balanced)."""


@dataclass(frozen=True)
class Candidates:
    """Virtual patients who are not yet known to be plausible.

    Parameters
    ----------
    features : DataFrame
        One row per candidate, indexed by its number in the sequence.
    parameters : DataFrame
        Same index; one column per parameter of the model that differs between patients.
    """

    features: "pd.DataFrame"
    parameters: "pd.DataFrame"

    def take(self, keep: "np.ndarray | pd.Index") -> "Candidates":
        """Return the candidates with these numbers, in this order."""
        return Candidates(self.features.loc[keep], self.parameters.loc[keep])


def draw(block: int, *, seed: int) -> Candidates:
    """Draw one block of candidates: features and the parameters of the model without drugs.

    Parameters
    ----------
    block : int
        Number of the block; candidates `block * BLOCK` to `(block + 1) * BLOCK - 1`.
    seed : int
        Scrambles the sequence.

    Notes
    -----
    Scrambled Sobol numbers; candidate i is the same for every block size and number of workers.
    """
    import pandas as pd
    from scipy.stats import qmc

    uncertain = [p for p in parameters() if p.is_sampled]
    names = [*DRAWS, *(p.id for p in uncertain)]
    sequence = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng(seed))
    if block:
        sequence.fast_forward(block * BLOCK)
    index = pd.RangeIndex(block * BLOCK, (block + 1) * BLOCK, name="candidate")
    uniforms = pd.DataFrame(sequence.random(BLOCK), columns=names, index=index)
    features = draw_features(uniforms[list(DRAWS)])
    values = {p.id: quantile(p, uniforms[p.id].to_numpy()) for p in uncertain}
    values |= _from_features(features, values)
    return Candidates(features, pd.DataFrame(values, index=index))


def draw_drugs(names: tuple[str, ...], features: "pd.DataFrame", *, seed: int) -> "pd.DataFrame":
    """Draw what patients make of some drugs: pharmacokinetics, uncertain weights, killing by target.

    Parameters
    ----------
    names : tuple of str
        Drugs.
    features : DataFrame
        Indexed by candidate number, which picks the random numbers.
    seed : int

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
        stream = _DRUG_STREAM + int.from_bytes(name.encode()[:6], "big")
        generators = patient_generators(seed, features.index, stream=stream)
        uniforms = np.array([g.random(len(effects) + len(uncertain)) for g in generators])
        etas = pd.DataFrame(
            {effect: normal(uniforms[:, i]) * sd for i, (effect, sd) in enumerate(effects.items())},
            index=features.index,
        )
        columns |= pharmacokinetics((name,), features, etas)
        for i, parameter in enumerate(uncertain, start=len(effects)):
            columns[f"{parameter.id}_{name}"] = quantile(parameter, uniforms[:, i])
        columns |= _through_target(name, features, columns)
    return pd.DataFrame(columns, index=features.index)


def _through_target(
    name: str, features: "pd.DataFrame", columns: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Scale what a drug does to each tumour by how far that carries its target."""
    typical = {p.id: p.value for p in substance(name).parameters}
    return {
        f"{key}_{name}": columns.get(f"{key}_{name}", typical[key]) * factor
        for key, factor in target_factors(drug(name), features).items()
        if key in typical
    }


def _from_features(features: "pd.DataFrame", values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Parameters of the model that are features of the patient in other words."""
    return {
        "tps": features["pd_l1_tps_pct"].to_numpy(float) / 100,
        "n_clones": features["tmb_mut_per_mb"].to_numpy(float) * baseline()["clones_per_mutation"],
        "share_2": 1 - values["share_1"],
        "driver": (features["egfr_mutant"] | features["alk_rearranged"]).to_numpy(float),
    }


def quantile(parameter: Parameter, u: np.ndarray) -> np.ndarray:
    """Turn uniform numbers into values of a parameter."""
    match parameter.distribution:
        case "lognormal":
            return np.asarray(parameter.value * np.exp(parameter.sigma * normal(u)))
        case "loguniform":
            return np.asarray(parameter.low * (parameter.high / parameter.low) ** u)
        case "uniform":
            return np.asarray(parameter.low + (parameter.high - parameter.low) * u)
    raise AssertionError(parameter.distribution)


def normal(u: np.ndarray) -> np.ndarray:
    """Turn uniform numbers into standard normal ones."""
    from scipy.stats import norm

    return np.asarray(norm.ppf(np.clip(u, 1e-12, 1 - 1e-12)))
