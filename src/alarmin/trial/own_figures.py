"""Published figures of a trial that the evidence base does not hold, as its file gives them."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from alarmin.core import unknown_id
from alarmin.core.checked import Part
from alarmin.trial.parts import Identifier, Text

if TYPE_CHECKING:
    from alarmin.trial.spec import TrialSpec

__all__ = ["Published", "figure_problems", "own_figures"]

NOT_REACHED = "not reached"

_MEASURE = re.compile(r"n|orr|pcr|(?:median|hr)_(?:pfs|efs|os)|(?:pfs|efs|os)_\d{1,3}mo")
_FIGURE = "a number (or 'not reached'), or a list of three: value, lower and upper limit of 95 %"


def _measure(name: str) -> str:
    if not _MEASURE.fullmatch(name):
        raise ValueError(
            f"got '{name}', expected n, orr, pcr, median_pfs, pfs_12mo, hr_pfs, or so for efs and os"
        )
    return name


def _figure(given: Any) -> Any:
    """Check a figure and keep it as the file has it, so that it can be written out again."""
    numbers = list(given) if isinstance(given, list | tuple) else [given, given, given]
    if len(numbers) != 3 or not all(number == NOT_REACHED or _is_number(number) for number in numbers):
        raise ValueError(f"got {given!r}, expected {_FIGURE}")
    value, low, high = _numbers(numbers)
    if not low <= value <= high:
        raise ValueError(f"got {given!r}, expected the value between its limits")
    return given


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)


def _numbers(given: Any) -> tuple[float, float, float]:
    """Read value and limits; NaN for limits that were not given."""
    numbers = given if isinstance(given, list | tuple) else [given, math.nan, math.nan]
    value, low, high = (math.inf if number == NOT_REACHED else float(number) for number in numbers)
    return value, low, high


def _in_range(figures: dict[str, Any]) -> dict[str, Any]:
    for name, given in figures.items():
        known = [x for x in _numbers(given) if not math.isnan(x)]
        kind = name.partition("_")[0]
        if kind == "n" and not (known[0] >= 1 and known[0].is_integer()):
            raise ValueError(f"{name}: got {known[0]:g}, expected a whole number of patients")
        if kind in ("median", "hr") and min(known) <= 0:
            raise ValueError(f"{name}: got {min(known):g}, expected more than 0")
        if kind not in ("n", "median", "hr") and not (min(known) >= 0 and max(known) <= 100):
            raise ValueError(f"{name}: got {max(known, key=abs):g}, expected 0 to 100 %")
    return figures


Figures = Annotated[
    dict[Annotated[str, AfterValidator(_measure)], Annotated[Any, AfterValidator(_figure)]],
    AfterValidator(_in_range),
]


class Published(Part):
    """What was published of a trial. The simulation is set beside it and never reads it.

    Parameters
    ----------
    source : str
        Where it was published: ``PMID 12345678``, a DOI, or words.
    arms : dict
        Arm id -> measure -> figure. Measures: n, orr and pcr [%], median_pfs [month], pfs_12mo [%], hr_pfs
        (against the control arm), and so for efs and os. A figure is a number or [value, low, high] with the
        limits of its 95 % interval; "not reached" for what was not.
    subgroups : dict
        The same for subgroups of the file: subgroup -> arm id -> measure -> figure.
    """

    source: Text
    arms: Annotated[dict[Identifier, Figures], Field(min_length=1)]
    subgroups: dict[Identifier, dict[Identifier, Figures]] = Field(default_factory=dict)


def own_figures(published: Published) -> Iterator[dict[str, Any]]:
    """Give the figures one by one: arm, subgroup (or empty), endpoint, value, low, high, n, source."""
    for subgroup, arms in {"": published.arms, **published.subgroups}.items():
        for arm, figures in arms.items():
            n, *_ = _numbers(figures.get("n", math.nan))
            for endpoint, given in figures.items():
                value, low, high = _numbers(given)
                if endpoint != "n":
                    yield {
                        "arm": arm,
                        "subgroup": subgroup,
                        "endpoint": endpoint,
                        "value": value,
                        "low": low,
                        "high": high,
                        "n": n,
                        "source": published.source,
                    }


def figure_problems(spec: "TrialSpec") -> list[str]:
    """Find figures that nothing in the trial can be set beside: one line for each."""
    published = spec.published
    if published is None:
        return []
    problems = []
    if spec.evidence is not None:
        problems.append("published: got it beside evidence, expected one of the two")
    problems += [
        unknown_id("subgroup", name, spec.subgroups, where="published.subgroups")
        for name in published.subgroups
        if name not in spec.subgroups
    ]
    for row in own_figures(published):
        subgroup = row["subgroup"]
        where = f"published.subgroups.{subgroup}" if subgroup else "published.arms"
        if row["arm"] not in spec.arms:
            problems.append(unknown_id("arm", row["arm"], spec.arms, where=where))
        elif not set(row["endpoint"].split("_")) & set(spec.endpoints):
            read = ", ".join(spec.endpoints)
            problems.append(f"{where}.{row['arm']}.{row['endpoint']}: is not read here; endpoints: {read}")
        elif row["endpoint"].startswith("hr_") and spec.control in (None, row["arm"]):
            problems.append(
                f"{where}.{row['arm']}.{row['endpoint']}: expected another arm with control: true"
            )
    return list(dict.fromkeys(problems))
