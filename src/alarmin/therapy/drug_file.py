"""What the data file of a drug may say."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from alarmin.core.checked import Part
from alarmin.model import EFFECTS, KINETICS
from alarmin.therapy.incidence import Incidence
from alarmin.therapy.notation import Days, DoseText, Time, read_days, read_time

__all__ = ["COSTS", "TOLERATED", "Constant", "Drug", "Profile"]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Weight = Annotated[list[NotNegative], Field(min_length=3, max_length=3)]
_NONE = [0.0, 0.0, 0.0]

TOLERATED = ("dna", "tubulin", "topoisomerase")
"""Kinds of chemotherapy, by what they act on: tumour cells come to tolerate each by itself."""

COSTS = ("neutro", "thrombo", "erythro", "lympho")
"""What a drug costs the host, all in L/mg."""


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
    kill_as : str
        Shipped drug whose distribution of `kill`, as calibration left it, holds for this one too: the same
        molecule or target, and no trial of its own that was calibrated on. What one patient's tumour makes of
        either is drawn apart.
    tolerated_with : {"", "dna", "tubulin", "topoisomerase"}
        Kind of chemotherapy: cells that come to tolerate one drug tolerate all of its kind and no others; no
        cell tolerates a drug of no kind.
    resistance : float, >= 1
        Fold by which cells that tolerate drugs of its kind are less sensitive; only with `tolerated_with`.
    resistance_t : float
        Fold of exposure that a clone with a changed kinase (T790M, mutations of ALK) needs.
    resistance_p : float
        Fold of exposure that a clone needs that gets past the blocked kinase by another way.
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
    kill_as: str = ""
    tolerated_with: Literal["", "dna", "tubulin", "topoisomerase"] = ""
    resistance: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 20.0
    resistance_t: Positive = 1.0
    resistance_p: Positive = 1.0

    @model_validator(mode="after")
    def _is_of_a_kind(self) -> "Profile":
        if "resistance" in self.model_fields_set and not self.tolerated_with:
            raise ValueError(f"got resistance without tolerated_with, expected one of {', '.join(TOLERATED)}")
        return self


class Toxicity(Part):
    """What the drug costs the host; what is not given is nothing.

    Parameters
    ----------
    neutro, thrombo : Constant [L/mg]
        Effect on dividing precursors of neutrophils and platelets per concentration in plasma.
    erythro, lympho : Constant [L/mg]
        Death of erythroid precursors (in units of `k_ery`), and of lymphocytes in blood, node and periphery
        (in units of `k_lympho`), per concentration in plasma.
    thrombo_of_others : Constant [1]
        Factor on `thrombo` of the other drugs of a regimen.
    events : dict of Incidence
        Adverse event -> how often.
    """

    neutro: Constant | None = None
    thrombo: Constant | None = None
    erythro: Constant | None = None
    lympho: Constant | None = None
    thrombo_of_others: Constant | None = None
    events: dict[str, Incidence] = Field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether anything is known of what it costs the blood."""
        return any(getattr(self, key) is not None for key in COSTS)


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
