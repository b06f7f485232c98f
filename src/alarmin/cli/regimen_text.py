"""The words of `alarmin regimen show`: the patient, the choices, the table of doses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alarmin.core import DataError, unknown_id
from alarmin.therapy import Regimen
from alarmin.therapy.choice import Branch, ByFeature
from alarmin.therapy.rules import Rule

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Shown", "account", "calendar_of", "patient_of"]

_SHOWN_DAYS = 182


@dataclass(frozen=True)
class Shown:
    """One patient's calendar.

    Parameters
    ----------
    title : str
    whose : str
        The patient in a line.
    given : Regimen
        What the choices came to.
    doses : DataFrame
        From `alarmin.therapy.list_doses`.
    last_day : float [day]
        Up to where it is shown.
    goes_on : bool
        Whether there is more after it.
    weekdays : bool
        Whether day 1 is a Monday.
    """

    title: str
    whose: str
    given: Regimen
    doses: "pd.DataFrame"
    last_day: float
    goes_on: bool
    weekdays: bool


def patient_of(body: Mapping[str, float | None], features: Sequence[str]) -> "pd.DataFrame":
    """Return a typical patient (each feature at its median), changed as asked.

    Parameters
    ----------
    body : mapping
        weight_kg, height_cm, bsa_m2, crcl_ml_min; None where not given.
    features : sequence of str
        ``histology=squamous``.

    Raises
    ------
    DataError
        No such feature, or a value of another kind; one line each.
    """
    import pandas as pd

    from alarmin.population.features import DRAWS, draw_features

    patient = draw_features(pd.DataFrame(0.5, columns=list(DRAWS), index=[0]))
    problems = [f"--{name}: got {value:g}, expected more than 0" for name, value in _wrong(body)]
    for text in features:
        name, _, value = text.partition("=")
        if name not in patient.columns:
            problems.append(f"--feature: {unknown_id('feature', name, patient.columns)}")
            continue
        kind = type(patient[name].iloc[0].item() if hasattr(patient[name].iloc[0], "item") else "")
        try:
            patient[name] = {"true": True, "false": False}[value] if kind is bool else kind(value)
        except (KeyError, ValueError):
            expected = {bool: "true or false", int: "a number", float: "a number"}[kind]
            problems.append(f"--feature: got '{text}', expected {expected} for {name}")
    if problems:
        raise DataError(*problems)
    for name, number in body.items():
        if number is not None:
            patient[name] = number
    if body["bsa_m2"] is None:
        patient["bsa_m2"] = (patient["height_cm"] * patient["weight_kg"] / 3600) ** 0.5
    return patient


def _wrong(body: Mapping[str, float | None]) -> list[tuple[str, float]]:
    names = {"bsa_m2": "bsa", "crcl_ml_min": "crcl"}
    return [(names[n], v) for n, v in body.items() if n in names and v is not None and not 0 < v < 1e4]


def calendar_of(regimen: Regimen, patient: "pd.DataFrame", *, days: int | None, seed: int) -> Shown:
    """Work out the calendar of a patient."""
    from alarmin.therapy import list_doses, schedule

    whole = schedule(regimen, patient, seed=seed)
    last_day = min(float(whole.end[0]), float(days or _SHOWN_DAYS))
    doses = list_doses(whole)
    given = whole.regimens[0] if whole.regimens else regimen
    one = patient.iloc[0]
    courses = [course for phase in given.phases for course in phase.radiotherapy]
    return Shown(
        title=given.title,
        whose=f"{one['weight_kg']:.0f} kg, {one['bsa_m2']:.2f} m², "
        f"creatinine clearance {one['crcl_ml_min']:.0f} mL/min, {one['histology']}",
        given=given,
        doses=doses[doses["day"] < last_day + 1],
        last_day=last_day,
        goes_on=bool(len(doses) and doses["day"].max() >= last_day + 1),
        weekdays=any(course.days == "weekdays" and course.start == "Monday" for course in courses),
    )


def account(regimen: Regimen, patient: "pd.DataFrame", shown: Shown) -> str:
    """Write everything about a regimen and one patient's calendar."""
    parts = [f"{regimen.regimen}: {regimen.title}"]
    if regimen.evidence:
        parts.append("Repeats: " + ", ".join(regimen.evidence))
    if regimen.choice is not None:
        parts.append("Choice:\n" + "\n".join(_branches(regimen.choice)))
        parts.append(f"Drawn for this patient: {shown.given.regimen}: {shown.given.title}")
    parts.append(f"Patient: {shown.whose}")
    parts.append(_table(shown) if len(shown.doses) else "No doses.")
    rules = [line for rule in shown.given.rules for line in _rule(rule)]
    if rules:
        parts.append("Rules:\n" + "\n".join(f"  {line}" for line in rules))
    switch = shown.given.on_progression or regimen.on_progression
    if switch is not None:
        parts.append(f"On progression: {switch.regimen}, {switch.wait} after the visit that shows it")
    return "\n\n".join(parts)


def _branches(branch: Branch, indent: str = "  ") -> Iterator[str]:
    if isinstance(branch, str):
        yield f"{indent}{branch}"
    elif isinstance(branch, ByFeature):
        for condition, inner in branch.options:
            yield f"{indent}{branch.feature} {condition}:"
            yield from _branches(inner, f"{indent}  ")
    else:
        for name, share in branch.options:
            yield f"{indent}{100 * share:g} %  {name}"


def _table(shown: Shown) -> str:
    from alarmin.cli.evidence_text import table
    from alarmin.therapy import list_runs

    runs = list_runs(shown.doses)
    rows = [
        {
            "day": _span(run["first_day"], run["last_day"]),
            "cycle": _span(run["first_cycle"], run["last_cycle"]),
            "given": run["name"],
            "amount": f"{run['amount']:.4g} {run['unit']}"
            + (f" x {run['times']} a day" if run["times"] > 1 else ""),
            "prescribed": run["prescribed"],
            "over": f"{run['infusion_min']:g} min" if run["infusion_min"] else "",
        }
        for run in runs.to_dict("records")
    ]
    more = f"\n... and on after day {shown.last_day:g}; --days shows more." if shown.goes_on else ""
    return f"{table(rows)}{more}\n{len(shown.doses)} doses up to day {shown.last_day:g}."


def _span(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}-{last}"


def _rule(rule: Rule) -> Iterator[str]:
    """Say a rule in lines."""
    who = ", ".join(rule.drugs) if rule.drugs else "all drugs"
    if rule.hold is not None:
        units = {"haemoglobin": "g/L"}
        low = " or ".join(
            f"{name} below {value:g} {units.get(name, '1e9/L')}" for name, value in rule.hold.lowest.items()
        )
        if rule.hold.look == "dose":
            yield f"{who}: a dose is left out with {low}"
        else:
            yield (
                f"{who}: a cycle waits with {low}, looked at again every {rule.hold.again_after}, "
                f"stopped after {rule.hold.for_at_most}"
            )
    for reduction in rule.reduce:
        shares = ", ".join(f"{100 * share:g} %" for share in reduction.shares)
        yield f"{who}: after {' or '.join(reduction.after)} to {shares} of the full dose, then stopped"
    if rule.stopping:
        yield f"{who}: stopped after {' or '.join(rule.stop_after)}"
