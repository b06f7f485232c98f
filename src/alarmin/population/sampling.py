"""Candidates: quasi-random draws of features and of every uncertain parameter of the model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alarmin.model import Parameter, parameters
from alarmin.population.features import DRAWS, baseline, draw_features
from alarmin.therapy import pharmacokinetics, random_effects

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BLOCK", "Candidates", "draw"]

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
    """Draw one block of candidates.

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
    effects = random_effects()
    names = [*DRAWS, *(p.id for p in uncertain), *effects]
    sequence = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng(seed))
    if block:
        sequence.fast_forward(block * BLOCK)
    index = pd.RangeIndex(block * BLOCK, (block + 1) * BLOCK, name="candidate")
    uniforms = pd.DataFrame(sequence.random(BLOCK), columns=names, index=index)
    features = draw_features(uniforms[list(DRAWS)])
    values = {p.id: _quantile(p, uniforms[p.id].to_numpy()) for p in uncertain}
    etas = pd.DataFrame(
        {name: _normal(uniforms[name].to_numpy()) * sd for name, sd in effects.items()}, index=index
    )
    values |= pharmacokinetics(features, etas, {p.id: p.value for p in parameters()})
    values |= _from_features(features, values)
    return Candidates(features, pd.DataFrame(values, index=index))


def _from_features(features: "pd.DataFrame", values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Parameters of the model that are features of the patient in other words."""
    return {
        "tps": features["pd_l1_tps_pct"].to_numpy(float) / 100,
        "n_clones": features["tmb_mut_per_mb"].to_numpy(float) * baseline()["clones_per_mutation"],
        "share_2": 1 - values["share_1"],
    }


def _quantile(parameter: Parameter, u: np.ndarray) -> np.ndarray:
    match parameter.distribution:
        case "lognormal":
            return np.asarray(parameter.value * np.exp(parameter.sigma * _normal(u)))
        case "loguniform":
            return np.asarray(parameter.low * (parameter.high / parameter.low) ** u)
        case "uniform":
            return np.asarray(parameter.low + (parameter.high - parameter.low) * u)
    raise AssertionError(parameter.distribution)


def _normal(u: np.ndarray) -> np.ndarray:
    from scipy.stats import norm

    return np.asarray(norm.ppf(np.clip(u, 1e-12, 1 - 1e-12)))
