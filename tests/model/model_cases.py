"""Which drugs the models under test hold."""

from alarmin.therapy import drug, shipped_drugs, substance

PATIENT_DRUGS = tuple(name for name in shipped_drugs() if drug(name).for_patients)


def substances(setting):
    """Every drug that the setting can take, and one that only a bench would use."""
    names = PATIENT_DRUGS if setting == "patient" else (*PATIENT_DRUGS, "doxorubicin", "hypericin_pdt")
    return tuple(substance(name, setting) for name in names)
