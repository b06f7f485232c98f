"""What tests of the model share."""

import sys
from collections.abc import Callable
from pathlib import Path

import libsbml
import pytest

from alarmin.model import sbml_path

# Helpers lie beside the tests.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def read_committed() -> Callable[[], libsbml.SBMLDocument]:
    """Read the SBML file that the package ships, anew each time: a test may change what it gets.

    libSBML frees a model with its document, so a test must hold on to the document.
    """
    return lambda: libsbml.readSBMLFromFile(str(sbml_path("patient")))
