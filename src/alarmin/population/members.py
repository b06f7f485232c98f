"""The population: which candidates belong to it, and how many patients each stands for."""

from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["effective_size", "members"]


@cache
def members() -> "pd.DataFrame":
    """Return the members of the population.

    Returns
    -------
    DataFrame
        Indexed by candidate number. weight: how many patients the member stands for, on average one, as
        calibration found it. bootstrap_1, bootstrap_2, ...: the same for each repetition of the calibration
        with published figures and members drawn again.

    Notes
    -----
    Written by ``alarmin calibrate``.
    """
    import pandas as pd

    with as_file(files("alarmin.population").joinpath("data", "members.parquet")) as path:
        return pd.read_parquet(path).set_index("candidate")


def effective_size(weight: "NDArray[np.float64]") -> float:
    """Effective number of members: (sum w)**2 / sum w**2 (Kish).

    Examples
    --------
    >>> effective_size(np.array([1.0, 1.0, 0.0]))
    2.0
    """
    return float(weight.sum() ** 2 / (weight**2).sum())
