"""Cohorts that the tests of the room share."""

from collections.abc import Callable

import pandas as pd
import pytest

from alarmin.population import Cohort, recruit


@pytest.fixture(scope="session")
def anyone() -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Criteria of a trial that takes everyone."""
    return lambda features: features.assign(anyone=True)[["anyone"]]


@pytest.fixture(scope="session")
def cohort(anyone: Callable[[pd.DataFrame], pd.DataFrame]) -> Cohort:
    return recruit(300, seed=11, eligible=anyone, threads=2)
