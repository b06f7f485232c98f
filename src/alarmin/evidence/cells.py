"""What a cell of a table of facts may hold, and what all rows share.

A blank cell is `None`. Several ids in one cell are separated by semicolons and become a tuple; `NR`, not
reached, becomes infinity.
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["EvidenceRow", "Figure", "Grade", "Level", "Several", "Verified"]

Verified = Literal["yes", "partial", "memory", "no"]
"""How much of a row was read in a retrieved document: `yes` every number, `partial` some of them (a value
without its limits, or an abstract), `memory` none, `no` looked for and not found."""

Level = Literal["measured", "estimated", "assumed", "derived"]
Grade = Literal["none", "weak", "moderate", "strong"]


def _split(cell: object) -> object:
    return tuple(part.strip() for part in cell.split(";")) if isinstance(cell, str) else cell or ()


def _reached(cell: object) -> object:
    return math.inf if cell == "NR" else cell


Several = Annotated[tuple[str, ...], BeforeValidator(_split)]
Figure = Annotated[float | None, BeforeValidator(_reached)]


class EvidenceRow(BaseModel):
    """One row of a table of facts; unknown columns are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[A-Za-z]+:\S.*$")]
