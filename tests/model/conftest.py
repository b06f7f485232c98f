"""What tests of the model share."""

import sys
from collections.abc import Callable
from pathlib import Path

import libsbml
import pytest

from alarmin.model import assemble, settings

# Helpers lie beside the tests.
sys.path.insert(0, str(Path(__file__).parent))

from model_cases import substances


@pytest.fixture(scope="session", params=settings())
def setting(request) -> str:
    """Name of a setting: well, mouse, patient."""
    return request.param


@pytest.fixture(scope="session")
def read_assembled(setting) -> Callable[[], libsbml.SBMLDocument]:
    """Read the assembled model, anew each time: a test may change what it gets.

    libSBML frees a model with its document, so a test must hold on to the document.
    """
    return lambda: libsbml.readSBMLFromString(assemble(setting, substances(setting)))
