"""The population: which candidates belong to it, and how many patients each stands for."""

from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["members"]


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
