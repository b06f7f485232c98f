"""Drugs: one data file each, with its pharmacokinetics, its potency and what it makes a dying cell say."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from alarmin.core import DataError, unknown_id
from alarmin.core.checked import Part, check
from alarmin.core.yaml_files import read_yaml
from alarmin.model import EFFECTS, KINETICS, Parameter, Substance
from alarmin.therapy.incidence import Incidence
from alarmin.therapy.notation import Days, DoseText, Time, read_days, read_time

__all__ = ["Drug", "drug", "shipped_drugs", "substance"]

_FOLDER = Path(__file__).parent / "drugs"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Weight = Annotated[list[NotNegative], Field(min_length=3, max_length=3)]
_NONE = [0.0, 0.0, 0.0]

# What a bolus of one half-effect exposure needs where a setting has no pharmacokinetics of its own.
_PLAIN = {
    "well": {"CL": 0.0, "V1": 0.001, "Q": 0.0, "V2": 1.0},  # stays in 1 mL of medium
    "mouse": {"CL": 5.0, "V1": 1.0, "Q": 0.0, "V2": 1.0},  # gone within a day
}
_COSTS = ("neutro", "thrombo", "erythro", "lympho")  # what a drug costs the host, all in L/mg
_OF_PATIENTS = ("patient", "marrow")
_UNITS = {"CL": "L_per_day", "V1": "litre", "Q": "L_per_day", "V2": "litre"}


class Label(Part):
    """The usual dose, in the words of the regimen language; its exposure is what `AUC50` is set by.

    Parameters
    ----------
    dose : str
        ``75 mg/m2``, ``10 mg/kg``, ``AUC 5``, ``80 mg``.
    cycle : str
        ``21 day``, ``12 h``.
    day : int, range or list
        Days of the cycle, 1 = first.
    infusion : str, optional
    evidence : str
        Id of the fact; empty where it is assumed.
    note : str
    """

    dose: DoseText
    cycle: Time
    day: Days = 1
    infusion: Time | None = None
    evidence: str = ""
    note: str = ""

    @property
    def days(self) -> tuple[int, ...]:
        """The days of the cycle."""
        return read_days(self.day)

    @property
    def cycle_day(self) -> float:
        """Length of the cycle [day]."""
        return read_time(self.cycle)

    @property
    def infusion_day(self) -> float:
        """Duration of the infusion [day]; 0 for what is swallowed."""
        return read_time(self.infusion) if self.infusion else 0.0


class Dose(Part):
    """How the drug is measured out.

    Parameters
    ----------
    unit : str
        Unit of the absolute dose; always mg.
    largest : float [mg]
        Largest single dose that is accepted as meant.
    active_fraction : float, 0 to 1
        Share of the dose that the model follows (platinum in cisplatin).
    """

    unit: Annotated[str, Field(pattern="^mg$")]
    largest: Positive
    active_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0


class Covariate(Part):
    """A power law in a feature of the patient: (feature / reference) ** exponent."""

    reference: Positive
    exponent: float
    evidence: str


class Factor(Part):
    """A factor for one kind of patient, for example women."""

    value: Positive
    evidence: str


class Constant(Part):
    """One constant of the drug: its typical value, where it comes from, and how patients differ.

    Parameters
    ----------
    value, unit, level, source, note
        As in the model's table of parameters.
    sigma : float, optional
        Standard deviation of the log, for a constant that is uncertain rather than different by patient.
    eta : str, optional
        Random effect between patients that multiplies it.
    covariates : dict
        Feature -> power law.
    factors : dict
        Feature -> kind of patient -> factor; other kinds have 1.
    """

    value: NotNegative
    unit: str
    level: str
    source: str = ""
    note: str = ""
    sigma: Positive | None = None
    eta: str | None = None
    covariates: dict[str, Covariate] = Field(default_factory=dict)
    factors: dict[str, dict[str, Factor]] = Field(default_factory=dict)

    @property
    def by_patient(self) -> bool:
        """Whether it follows the patient's features."""
        return bool(self.eta or self.covariates or self.factors)


class Profile(Part):
    """Inducer profile: what the drug makes a dying cell say, relative to an anthracycline.

    Parameters
    ----------
    evidence : str
        Id of the inducer in the evidence.
    er, photo, ros, atp, ifn, pdl1, angio, arrest : [value, low, high]
        ER stress through eIF2-alpha (type I), reactive oxygen at the ER (type II), other reactive oxygen, ATP
        release, interferon by RNA, PD-L1, vessels (blocks them), growth arrest; with the range over which
        each is uncertain.
    kill : float
        Largest rate of killing relative to other drugs.
    kill_sd : float
        Standard deviation of the log of `kill` between patients: what a patient's tumour makes of this drug,
        apart from its sensitivity to all drugs.
    resistance : float
        Fold by which the resistant clone is less sensitive.
    resistance_t : float
        Fold of exposure that a clone with a changed kinase (T790M, mutations of ALK) needs.
    """

    evidence: str
    er: Weight = _NONE
    photo: Weight = _NONE
    ros: Weight = _NONE
    atp: Weight = _NONE
    ifn: Weight = _NONE
    pdl1: Weight = _NONE
    angio: Weight = _NONE
    arrest: Weight = _NONE
    kill: NotNegative = 1.0
    kill_sd: NotNegative = 0.7
    resistance: Positive = 20.0
    resistance_t: Positive = 1.0


class Toxicity(Part):
    """What the drug costs the host; what is not given is nothing.

    Parameters
    ----------
    neutro, thrombo : Constant [L/mg]
        Effect on dividing precursors of neutrophils and platelets per concentration in plasma.
    erythro, lympho : Constant [L/mg]
        Death of erythroid precursors (in units of `k_ery`), and of lymphocytes in blood, node and periphery
        (in units of `k_lympho`), per concentration in plasma.
    events : dict of Incidence
        Adverse event -> how often.
    """

    neutro: Constant | None = None
    thrombo: Constant | None = None
    erythro: Constant | None = None
    lympho: Constant | None = None
    events: dict[str, Incidence] = Field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether anything is known of what it costs the blood."""
        return any(getattr(self, key) is not None for key in _COSTS)


class Drug(Part):
    """A drug.

    Parameters
    ----------
    drug : str
        Its international name in lower case, also a valid SBML id.
    class_ : str
        What it is, in words.
    target : str
        Gene symbol or molecule it acts on.
    properties : list of str
        Templates of the model that describe it: one of `alarmin.model.KINETICS` (infusion, oral, ...) and
        what it does, of `alarmin.model.EFFECTS` (cytotoxic, conjugate, antiangiogenic, antibody,
        primer, autophagy).
    dose : Dose, optional
        Missing for agents that are not given to patients here.
    label : Label, optional
        The usual dose.
    etas : dict of float
        Variance of the log of each random effect between patients.
    parameters : dict of Constant
        Constants of its templates, without the name of the drug.
    profile : Profile, optional
    toxicity : Toxicity
    evidence : list of str
        Ids of the facts that this file rests on.
    """

    drug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    class_: Annotated[str, Field(alias="class")]
    target: str
    properties: list[Annotated[str, Field(pattern=f"^({'|'.join((*KINETICS, *EFFECTS))})$")]]
    dose: Dose | None = None
    label: Label | None = None
    etas: dict[str, NotNegative] = Field(default_factory=dict)
    parameters: dict[str, Constant] = Field(default_factory=dict)
    profile: Profile | None = None
    toxicity: Toxicity = Field(default_factory=Toxicity)
    evidence: list[str] = Field(default_factory=list)

    @property
    def dosed_into(self) -> str:
        """State of the model that receives the dose [mg]."""
        return f"{'A0' if 'oral' in self.properties else 'A1'}_{self.drug}"

    @property
    def for_patients(self) -> bool:
        """Whether the file has what dosing a patient needs."""
        return self.dose is not None and bool({"CL", "Vmax"} & self.parameters.keys())

    @property
    def half_effect(self) -> float:
        """Exposure that gives half of the largest effect [mg*day/L]; 1 for antibodies."""
        return self.parameters["AUC50"].value if "AUC50" in self.parameters else 1.0


def shipped_drugs() -> dict[str, Path]:
    """Return the drugs that come with Alarmin: name -> path of the data file."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


@cache
def drug(name: str) -> Drug:
    """Look up a drug by name.

    Raises
    ------
    DataError
        There is no drug of that name.

    Examples
    --------
    >>> drug("pembrolizumab").dosed_into
    'A1_pembrolizumab'
    """
    known = shipped_drugs()
    if name not in known:
        raise DataError(unknown_id("drug", name, known))
    return check(read_yaml(known[name]), Drug)


@cache
def substance(name: str, setting: str = "patient") -> Substance:
    """Describe a drug to the model.

    Parameters
    ----------
    name : str
    setting : str, default "patient"
        In well and mouse the drug's own pharmacokinetics gives way to a plain one: it stays in the medium,
        or is gone within a day; doses there are counted in half-effect exposures.

    Raises
    ------
    DataError
        Unknown drug, or a patient is to get one without pharmacokinetics.
    """
    chosen = drug(name)
    constants = {key: _parameter(name, key, constant) for key, constant in chosen.parameters.items()}
    if setting in _OF_PATIENTS:
        if not chosen.for_patients:
            able = [other for other in shipped_drugs() if drug(other).for_patients]
            raise DataError(f"{name} has no pharmacokinetics in patients; drugs that do: {', '.join(able)}")
    else:
        for key, value in _PLAIN[setting].items():
            constants[key] = Parameter(
                id=key, value=value, unit=_UNITS[key], meaning=f"{key} of {name}", level="definition"
            )
    if "antibody" in chosen.properties:
        for partner in ("PD1", "PDL1", "CTLA4", "CD47"):
            key = f"aff_{partner}"
            constants.setdefault(
                key, Parameter(id=key, value=0.0, unit="L_per_mg", meaning="no binding", level="definition")
            )
    properties = tuple(chosen.properties)
    if setting not in _OF_PATIENTS:
        # Exposure in well and mouse is plain, and an agent that kills acts on the cells that it is given to.
        plain = {"conjugate": "cytotoxic"} | dict.fromkeys(KINETICS, "infusion")
        properties = tuple(plain.get(name, name) for name in properties)
    if {"cytotoxic", "conjugate", "antiangiogenic"} & set(properties):
        constants |= _profile(chosen, setting) | _toxicity(chosen, setting)
    return Substance(name, properties, tuple(constants.values()))


def _parameter(name: str, key: str, constant: Constant) -> Parameter:
    varies = "covariate" if constant.by_patient else "fixed"
    return Parameter(
        id=key,
        value=constant.value,
        unit=constant.unit,
        meaning=f"{key} of {name}",
        distribution="lognormal" if constant.sigma else varies,
        sigma=constant.sigma or float("nan"),
        level=constant.level,
        source=constant.source,
        note=constant.note,
    )


def _toxicity(chosen: Drug, setting: str) -> dict[str, Parameter]:
    """Return the constants of toxicity; concentrations outside the patient say nothing of the host's cost."""
    found = {}
    for key in _COSTS:
        constant = getattr(chosen.toxicity, key)
        if constant is None or setting not in _OF_PATIENTS:
            constant = Constant(value=0.0, unit="L_per_mg", level="definition")
        found[key] = _parameter(chosen.drug, key, constant)
    return found


def _profile(chosen: Drug, setting: str) -> dict[str, Parameter]:
    profile = chosen.profile or Profile(evidence="")
    found = {}
    for key in ("er", "photo", "ros", "atp", "ifn", "pdl1", "angio", "arrest"):
        value, low, high = getattr(profile, key)
        found[key] = Parameter(
            id=key,
            value=value,
            unit="unitless",
            meaning=f"{key} weight of {chosen.drug}",
            distribution="uniform" if high > low else "fixed",
            low=low if high > low else float("nan"),
            high=high if high > low else float("nan"),
            source=profile.evidence,
        )
    for key in ("kill", "resistance", "resistance_t"):
        # Cells of one line are alike: only patients differ in how well a drug kills.
        varies = key == "kill" and setting == "patient" and profile.kill > 0 and profile.kill_sd > 0
        found[key] = Parameter(
            id=key,
            value=getattr(profile, key),
            unit="unitless",
            meaning=f"{key} of {chosen.drug}",
            distribution="lognormal" if varies else "fixed",
            sigma=profile.kill_sd if varies else float("nan"),
            source=profile.evidence,
        )
    return found
