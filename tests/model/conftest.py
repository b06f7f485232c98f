"""What tests of the model share."""

import sys
from collections.abc import Callable
from pathlib import Path

import libsbml
import pytest

from alarmin.model import assemble, settings
from alarmin.therapy import drug, shipped_drugs, substance

# Helpers lie beside the tests.
sys.path.insert(0, str(Path(__file__).parent))

PATIENT_DRUGS = tuple(name for name in shipped_drugs() if drug(name).for_patients)


def substances(setting):
    """Every drug that the setting can take, and one that only a bench would use."""
    names = PATIENT_DRUGS if setting == "patient" else (*PATIENT_DRUGS, "doxorubicin", "hypericin_pdt")
    return tuple(substance(name, setting) for name in names)


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
