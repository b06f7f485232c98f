"""Which drugs the models under test hold."""

from alarmin.model import EFFECTS, KINETICS
from alarmin.therapy import drug, shipped_drugs, substance

_ABLE = tuple(name for name in shipped_drugs() if drug(name).for_patients)
_OF_KEYNOTE_024 = {"carboplatin", "cisplatin", "gemcitabine", "pembrolizumab", "pemetrexed"}
_ONE_OF_A_KIND = {
    next((name for name in _ABLE if kind in drug(name).properties), None) for kind in (*KINETICS, *EFFECTS)
}
PATIENT_DRUGS = tuple(name for name in _ABLE if name in _OF_KEYNOTE_024 | _ONE_OF_A_KIND)


def substances(setting):
    """Drugs of one trial and one of every template; in a bench also some of its own."""
    own = () if setting in ("patient", "marrow") else ("thapsigargin", "hypericin_pdt")
    names = (*PATIENT_DRUGS, *own)
    return tuple(substance(name, setting) for name in names)
