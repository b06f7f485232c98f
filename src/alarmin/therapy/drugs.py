"""Drugs: one data file each, with where its dose goes and how patients differ in its pharmacokinetics."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from alarmin.core import DataError, unknown_id
from alarmin.core.checked import Part, check
from alarmin.core.yaml_files import read_yaml

__all__ = ["Drug", "drug", "shipped_drugs"]

_FOLDER = Path(__file__).parent / "drugs"

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


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


class Parameter(Part):
    """How one pharmacokinetic parameter of the model differs between patients."""

    eta: str | None = None
    covariates: dict[str, Covariate] = Field(default_factory=dict)


class Drug(Part):
    """A drug.

    Parameters
    ----------
    drug : str
        Its international name in lower case.
    class_ : str
        What it is, in words.
    target : str
        Gene symbol or molecule it acts on.
    dosed_into : str
        State of the model that receives the dose [mg].
    dose : Dose
    etas : dict of float
        Variance of the log of each random effect between patients.
    pharmacokinetics : dict
        Parameter of the model -> how patients differ in it. Typical values are the model's own.
    evidence : list of str
        Ids of the facts that this file rests on.
    """

    drug: str
    class_: Annotated[str, Field(alias="class")]
    target: str
    dosed_into: str
    dose: Dose
    etas: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    pharmacokinetics: dict[str, Parameter] = Field(default_factory=dict)
    evidence: list[str]


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
