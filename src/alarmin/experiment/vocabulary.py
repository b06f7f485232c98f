"""What an experiment may say: therapies, knobs, and the end points of a well and of a mouse."""

import re
from dataclasses import dataclass

from alarmin.core import nearest
from alarmin.model import knobs
from alarmin.therapy import known_drugs

__all__ = ["ENDPOINTS", "Given", "parse_knobs", "parse_therapy"]

DEFAULT_DOSE = 3.0
DEFAULT_DAY = 8.0
MOST_HALF_EFFECTS = 1000.0
MOST_GY = 100.0
MOST_MICROMOLAR = 10_000.0
LAST_DAY = 365.0
NO_DRUG = ("none", "freeze_thaw")
_ITEM = re.compile(
    r"(?P<agent>\w+)(?:\s+(?:x(?P<dose>[\d.]+)|(?P<micromolar>[\d.]+)\s*uM))?(?:\s*@(?P<days>[\d.,]+))?"
)
_RADIATION = re.compile(r"radiation\s+(?P<dose>[\d.]+)\s*Gy(?:\s*@(?P<days>[\d.,]+))?")
_STRENGTH = {"knockout": 0.0, "block": 0.05, "overexpress": 5.0}

# End point -> what is recorded, and how it is read: at the time asked for, its peak or its sum up to then, or
# the share of animals below 10 mm3.
ENDPOINTS: dict[str, dict[str, tuple[str, str]]] = {
    "well": {
        "CALR": ("CALR_1", "at"),
        "CALR_fold": ("CALR_1", "fold"),
        "ATP": ("ATP_1", "peak"),
        "HMGB1": ("HMGB1_1", "at"),
        "ANXA1": ("ANXA1_1", "at"),
        "HSP70": ("HSP70_1", "at"),
        "HSP90": ("HSP90_1", "at"),
        "peIF2": ("peIF2_1", "peak"),
        "IFNb": ("IFNb_1", "at"),
        "cDNA": ("cDNA_1", "at"),
        "TREX1": ("TREX1_1", "peak"),
        "viability": ("viability", "at"),
        "dead": ("dead", "at"),
    },
    "mouse": {
        "volume": ("volume_1", "at"),
        "distant_volume": ("volume_2", "at"),
        "tumour_free": ("volume_1", "free"),
        "protection": ("volume_2", "free"),
        "engulfment": ("engulf_1", "peak"),
        "maturation": ("DC_migration_1", "sum"),
        "priming": ("T8_born", "sum"),
        "IFNg_CD8": ("T8_born", "sum"),
        "CD8": ("CD8_1", "at"),
        "distant_CD8": ("CD8_2", "at"),
        "Treg_CD8": ("Treg_CD8", "at"),
        "MDSC": ("MDSC_density_1", "at"),
        "M1_M2": ("M1_M2_1", "at"),
        "PDL1": ("PDL1_1", "at"),
        "IFNb": ("IFNb_1", "peak"),
        "CXCL10": ("CXCL10_1", "peak"),
        "DC": ("DC_density_1", "at"),
        "kill": ("kill_rate_1", "peak"),
    },
}


@dataclass(frozen=True)
class Given:
    """One agent of a therapy.

    Parameters
    ----------
    agent : str
        Name of a drug, ``radiation``, ``none`` or ``freeze_thaw``.
    dose : float
        Multiple of the half-effect exposure; uM if `micromolar`; Gy for radiation.
    days : tuple of float
        When it is given [day].
    micromolar : bool
        Whether the dose is a concentration in a well.
    """

    agent: str
    dose: float
    days: tuple[float, ...]
    micromolar: bool = False


def parse_therapy(text: str) -> tuple[Given, ...]:
    """Read a therapy such as ``oxaliplatin x3 @8 + radiation 8 Gy @8,9,10`` or ``docetaxel 0.01 uM``.

    Raises
    ------
    ValueError
        With what was expected, and the nearest agent.
    """
    return tuple(_item(part.strip()) for part in text.split("+"))


def _item(text: str) -> Given:
    if radiation := _RADIATION.fullmatch(text):
        return Given("radiation", _number(radiation["dose"], text, MOST_GY), _days(radiation["days"], text))
    item = _ITEM.fullmatch(text)
    agents = (*known_drugs(), *NO_DRUG)
    if item is None:
        raise ValueError(
            f"got '{text}', expected 'AGENT xDOSE @DAY,DAY', 'AGENT 5 uM' or 'radiation 8 Gy @DAY'"
        )
    if item["agent"] not in agents:
        guess = nearest(item["agent"], agents)
        raise ValueError(f"unknown agent '{item['agent']}'" + (f"; did you mean '{guess}'?" if guess else ""))
    if item["micromolar"]:
        dose = _number(item["micromolar"], text, MOST_MICROMOLAR)
        return Given(item["agent"], dose, _days(item["days"], text), micromolar=True)
    dose = _number(item["dose"], text, MOST_HALF_EFFECTS) if item["dose"] else DEFAULT_DOSE
    return Given(item["agent"], dose, _days(item["days"], text))


def _days(days: str | None, text: str) -> tuple[float, ...]:
    return tuple(_number(day, text, LAST_DAY) for day in days.split(",")) if days else (DEFAULT_DAY,)


def _number(number: str, text: str, most: float) -> float:
    try:
        value = float(number)
    except ValueError:
        raise ValueError(f"got '{number}' in '{text}', expected a number") from None
    if value > most:
        raise ValueError(f"got {number} in '{text}', expected at most {most:g}")
    return value


def parse_knobs(text: str) -> dict[str, float]:
    """Read knobs such as ``knockout:TLR4; deplete:CD8; add:CALR`` as parameters and their values.

    Raises
    ------
    ValueError
        Unknown action or subject, with the nearest.
    """
    values: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        action, _, rest = part.partition(":")
        subject, _, scope = rest.partition("@")
        values |= _turn(action.strip(), subject.strip(), scope.strip(), part)
    return values


def _turn(action: str, subject: str, scope: str, part: str) -> dict[str, float]:
    if action == "transfer":
        if subject != "M1":
            raise ValueError(f"got '{part}', expected 'transfer:M1'")
        return {"transfer_M1": 1.0}
    kinds = {"deplete": ("depletion", "cell"), "add": ("recombinant",)}
    wanted = kinds.get(action, ("gene",) if action in _STRENGTH else ())
    if not wanted:
        actions = [*_STRENGTH, *kinds, "transfer"]
        guess = nearest(action, actions)
        raise ValueError(f"unknown action '{action}'; did you mean '{guess or actions[0]}'?")
    able = [knob for knob in knobs() if knob.kind in wanted]
    found = [k for k in able if k.symbol == subject and (not scope or k.scope == scope)]
    if not found:
        guess = nearest(subject, {knob.symbol for knob in able})
        scopes = sorted(knob.scope for knob in able if knob.symbol == subject)
        if scopes:
            guess = f"{subject}@{scopes[0]}"
            subject = f"{subject}@{scope}"
        known = ", ".join(dict.fromkeys(knob.symbol for knob in able))
        hint = f"did you mean '{guess}'?" if guess else f"known: {known}"
        raise ValueError(f"cannot {action} '{subject}'; {hint}")
    return {knob.id: _setting(action, knob.kind, knob.id) for knob in found}


def _setting(action: str, kind: str, knob: str) -> float:
    if action in _STRENGTH:
        return _STRENGTH[action]
    if kind == "cell":
        return 0.0  # depletion of a cell that is a factor of its own entry
    return _FULL_DOSE.get(knob, 1.0)


_FULL_DOSE = {"add_IFNB1": 100.0, "add_IL1B": 50.0, "add_TLR4": 5.0, "add_cGAMP": 2.0}
