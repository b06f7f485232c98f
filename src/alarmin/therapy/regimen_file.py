"""Reading regimens: shipped ones and files of one's own, with every problem named by its line."""

from pathlib import Path
from typing import Any

from alarmin.core import AlarminError, DataError, unknown_id
from alarmin.core.checked import check
from alarmin.core.yaml_files import LinedDocument, read_yaml
from alarmin.therapy.choice import named_regimens, read_choice
from alarmin.therapy.drugs import drug, known_drugs
from alarmin.therapy.notation import read_amount, read_days, read_time
from alarmin.therapy.regimen import Regimen

__all__ = ["load_regimen", "shipped_regimens"]

_FOLDER = Path(__file__).parent / "regimens"

Place = tuple[str | int, ...]


def shipped_regimens() -> dict[str, Path]:
    """Return the regimens that come with Alarmin: id -> path of the YAML file."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def load_regimen(name: str) -> Regimen:
    """Load a regimen by the id of a shipped one or by the path of a YAML file.

    Parameters
    ----------
    name : str
        Regimens that a file refers to are shipped ones, or files beside it.

    Raises
    ------
    DataError
        Unknown id, unreadable file, or fields that are missing, unknown or wrong: one line for each.
    """
    return _load(_path(name, Path()), ())


def _path(name: str, folder: Path) -> Path:
    known = shipped_regimens()
    if name in known:
        return known[name]
    if name.endswith((".yaml", ".yml")) or (folder / name).is_file():
        return folder / name
    raise DataError(unknown_id("regimen", name, known))


def _load(path: Path, within: tuple[Path, ...]) -> Regimen:
    document = read_yaml(path)
    problems = _problems(document)
    others: dict[str, Regimen] = {}
    for place, name in _references(document.content):
        where = f"{document.where(place)}: {_named(place)}"
        try:
            other = _path(name, path.parent)
            if other.resolve() in (path.resolve(), *within):
                problems.append(f"{where}: '{name}' leads back to this regimen, expected another one")
                continue
        except DataError as error:
            problems += [f"{where}: {problem}" for problem in error.problems]
            continue
        try:
            others[name] = _load(other, (path.resolve(), *within))
        except AlarminError as error:
            problems += error.problems
    regimen = check(document, Regimen, also=problems)
    regimen._others.update(others)
    return regimen


def _references(content: dict[str, Any]) -> list[tuple[Place, str]]:
    """Find the regimens that a document names, and where; what is malformed is found elsewhere."""
    found: list[tuple[Place, str]] = []
    try:
        choice = read_choice(content["choose"]) if content.get("choose") is not None else None
    except ValueError:
        choice = None
    if choice is not None:
        found += [(("choose",), name) for name in dict.fromkeys(named_regimens(choice))]
    follows = content.get("on_progression")
    name = follows.get("regimen") if isinstance(follows, dict) else follows
    if isinstance(name, str):
        found.append((("on_progression",), name))
    return found


def _problems(document: LinedDocument) -> list[str]:
    """Find what fields alone cannot say: drugs that do not exist, doses too large, days beyond the cycle."""
    found: list[str] = []
    phases = [phase for phase in _list(document.content.get("phases")) if isinstance(phase, dict)]
    given = [row for phase in phases for row in _list(phase.get("doses")) if isinstance(row, dict)]
    for i, phase in enumerate(_list(document.content.get("phases"))):
        if not isinstance(phase, dict):
            continue
        found += _order_problems(document, i, phase)
        for j, row in enumerate(_list(phase.get("doses"))):
            if isinstance(row, dict):
                found += _dose_problems(document, ("phases", i, "doses", j), row, phase.get("cycle"))
    used = {row.get("drug") for row in given}
    for i, rule in enumerate(_list(document.content.get("rules"))):
        for k, name in enumerate(_list(rule.get("drugs")) if isinstance(rule, dict) else []):
            place: Place = ("rules", i, "drugs", k)
            if phases and name not in used:
                where = f"{document.where(place)}: {_named(place)}"
                found.append(unknown_id("drug of this regimen", str(name), map(str, used), where=where))
    return found


def _dose_problems(document: LinedDocument, place: Place, row: dict[str, Any], cycle: object) -> list[str]:
    found = []
    name, known = row.get("drug"), known_drugs()
    if isinstance(name, str) and name not in known:
        found.append(unknown_id("drug", name, known, where=_at(document, (*place, "drug"))))
    try:
        amount = read_amount(row["dose"])
        limit = drug(name).dose if isinstance(name, str) and name in known else None
        if limit and amount.scale == "flat" and amount.magnitude > limit.largest:
            found.append(
                f"{_at(document, (*place, 'dose'))}: got '{row['dose']}' of {name}, "
                f"expected at most {limit.largest:g} mg"
            )
    except (KeyError, AttributeError, TypeError, ValueError):
        pass  # not a dose at all: said where types are checked
    for field in ("day", "days"):
        try:
            last, length = read_days(row[field])[-1], read_time(str(cycle))
        except (KeyError, ValueError):
            continue
        if last > length:
            found.append(
                f"{_at(document, (*place, field))}: got day {last}, "
                f"expected a day of the cycle, which has {length:g} days"
            )
    return found


def _order_problems(document: LinedDocument, i: int, phase: dict[str, Any]) -> list[str]:
    """Find a phase that refers to none before it, or that could never start."""
    earlier = [p if isinstance(p, dict) else {} for p in document.content["phases"][:i]]
    start = phase.get("start")
    place: Place = ("phases", i, "start") if start is not None else ("phases", i)
    if start is None:
        before = earlier[-1] if earlier else {}
    else:
        how, _, name = start.partition(" ") if isinstance(start, str) else ("", "", "")
        names = [str(p["name"]) for p in earlier if p.get("name")]
        if how not in ("after", "with"):
            return []
        if name not in names:
            hint = unknown_id("phase", name, names) if names else f"unknown phase '{name}'"
            return [f"{_at(document, place)}: {hint}, expected the name of a phase before this one"]
        before = next(p for p in earlier if str(p.get("name")) == name) if how == "after" else {}
    if before.get("doses") and before.get("until") and not (before.get("cycles") or before.get("for")):
        return [
            f"{_at(document, place)}: never starts, as the phase before it goes on until progression; "
            "expected 'start: with NAME' or an end of that phase"
        ]
    return []


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _at(document: LinedDocument, place: Place) -> str:
    return f"{document.where(place)}: {_named(place)}"


def _named(place: Place) -> str:
    return ".".join(str(part) for part in place)
