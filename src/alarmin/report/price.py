"""The section on the price of treatment, as text: toxicity and doses, the arms side by side."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alarmin.report.tables import interval_text

if TYPE_CHECKING:
    from alarmin.trial import TrialResult

__all__ = ["DoseLine", "ToxicityLine", "dose_lines", "toxicity_lines", "unknown_blood"]

_NEVER = 0.05
"""An event that is rarer in every arm, and published in none, is not listed [%]."""


@dataclass(frozen=True)
class ToxicityLine:
    """One event in one arm, as text; no `sources` where nothing is published."""

    event: str
    arm: str
    n: int
    simulated: str
    before_doses: str
    published: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class DoseLine:
    """One drug in one arm, as text."""

    arm: str
    drug: str
    n: int
    given: str
    holds_per_patient: str
    held: str
    omitted: str
    reduced: str
    stopped: str


def toxicity_lines(result: "TrialResult") -> list[ToxicityLine]:
    """Write the worst grades, event by event, the arms below one another.

    Parameters
    ----------
    result : TrialResult

    Returns
    -------
    list of ToxicityLine
        Events that occur in no arm and were published for none are left out.
    """
    arms, table = result.spec.arms, result.price.toxicity
    lines = []
    for _, rows in table.groupby("measure", sort=False):
        if rows["published"].isna().all() and (rows["simulated"] < _NEVER).all():
            continue
        ordered = sorted(rows.to_dict("records"), key=lambda row: list(arms).index(str(row["arm"])))
        lines += [_line(row, arms[str(row["arm"])].label) for row in ordered]
    return lines


def _line(row: dict[Any, Any], arm: str) -> ToxicityLine:
    event = str(row["event"])
    return ToxicityLine(
        event=event[0].upper() + event[1:] + ("" if row["grade"] == 1 else f", grade {row['grade']} or more"),
        arm=arm,
        n=int(row["n"]),
        simulated=interval_text(row["simulated"], row["low"], row["high"], "%"),
        before_doses=_percent(row["before_doses"]),
        published=_percent(row["published"]),
        sources=tuple(part for part in str(row["source"]).split("; ") if part),
    )


def dose_lines(result: "TrialResult") -> list[DoseLine]:
    """Write how much of each drug was given, and how often it was held, reduced or stopped."""
    return [
        DoseLine(
            arm=result.spec.arms[str(row["arm"])].label,
            drug=str(row["drug"]).replace("_", " "),
            n=int(row["n"]),
            given=_percent(row["given_pct"]),
            holds_per_patient=f"{row['holds_per_patient']:.2f}",
            **{kind: _percent(row[f"{kind}_pct"]) for kind in ("held", "omitted", "reduced", "stopped")},
        )
        for row in result.price.intensity.to_dict("records")
    ]


def unknown_blood(result: "TrialResult") -> list[str]:
    """List the drugs of any arm whose effect on blood is not known."""
    names = (name for drugs in result.price.unknown.values() for name in drugs)
    return sorted({name.replace("_", " ") for name in names})


def _percent(value: float) -> str:
    return "\u2013" if math.isnan(value) else f"{value:.1f} %"
