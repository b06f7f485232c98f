"""How often an adverse event comes with a drug."""

from typing import Annotated

from pydantic import Field, model_validator

from alarmin.core.checked import Part

__all__ = ["Incidence"]

Share = Annotated[float, Field(ge=0, le=1)]


class Incidence(Part):
    """Share of patients who have an adverse event in a course of a drug.

    Parameters
    ----------
    any_ : float, 0 to 1
        Of any grade.
    severe : float, optional
        Of grade 3 or more; left out where the source does not say.
    onset_day : float [day]
        Mean time from the first dose; the time is taken as exponential.
    level, source, note : str
        As in the model's table of parameters.
    after_checkpoint : float, optional
        Share of any grade in patients who had an antibody against PD-1 or PD-L1 before.
    """

    any_: Annotated[Share, Field(alias="any")]
    severe: Share | None = None
    onset_day: Annotated[float, Field(gt=0)]
    level: str
    source: str = ""
    note: str = ""
    after_checkpoint: Share | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> "Incidence":
        if self.severe is not None and self.severe > self.any_:
            raise ValueError(f"severe: got {self.severe:g}, expected at most any ({self.any_:g})")
        return self
