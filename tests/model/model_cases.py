"""Which drugs the models under test hold."""

from alarmin.model import EFFECTS, KINETICS
from alarmin.therapy import drug, load_regimen, shipped_drugs, shipped_regimens, substance

_ABLE = tuple(name for name in shipped_drugs() if drug(name).for_patients)
_PRESCRIBED = {name for regimen in shipped_regimens() for name in load_regimen(regimen).drugs}
_ONE_OF_A_KIND = {
    next((name for name in _ABLE if kind in drug(name).properties), None) for kind in (*KINETICS, *EFFECTS)
}
PATIENT_DRUGS = tuple(name for name in _ABLE if name in _PRESCRIBED | _ONE_OF_A_KIND)


def substances(setting):
    """Drugs of the shipped regimens and one of every template; in a bench also some of its own."""
    names = PATIENT_DRUGS if setting == "patient" else (*PATIENT_DRUGS, "thapsigargin", "hypericin_pdt")
    return tuple(substance(name, setting) for name in names)
