"""Fixtures that several rooms' tests share."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from alarmin.trial import TrialResult

# A test may wait for a machine that others use too; how long an example takes says nothing about its result.
settings.register_profile("alarmin", deadline=None)
settings.load_profile("alarmin")


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """The generator of trials without a mechanism."""
    return _load(Path(__file__).parent / "trial" / "synthetic.py")


@pytest.fixture(scope="session")
def made_up_result(made_up: ModuleType) -> TrialResult:
    make: Callable[..., TrialResult] = made_up.make_result
    return make(60, seed=1)
