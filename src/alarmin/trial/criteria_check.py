"""Find the criteria of a trial file that name unknown features or ask what a feature cannot be."""

import reprlib
from collections.abc import Iterator
from typing import Any

from alarmin.core import unknown_id
from alarmin.core.yaml_files import LinedDocument
from alarmin.trial.selection import FEATURES, parse_criterion

__all__ = ["criteria_problems"]

Place = tuple[str | int, ...]


def criteria_problems(document: LinedDocument) -> list[str]:
    """List what is wrong with criteria and shares, wherever they stand in the file.

    Returns
    -------
    list of str
        One line each: file, line, field, value, what was expected.
    """
    content = document.content
    found = []
    for place, criteria in _criteria(content):
        for feature, wanted in _items(criteria):
            found += _problems(document, (*place, str(feature)), feature, [wanted])
    population = content.get("population")
    shares = population.get("shares") if isinstance(population, dict) else None
    for feature, classes in _items(shares):
        place = ("population", "shares", str(feature))
        found += _problems(document, place, feature, list(classes) if isinstance(classes, dict) else [])
        fractions = [share for _, share in _items(classes) if isinstance(share, int | float)]
        if sum(fractions) > 1 + 1e-9:
            found.append(
                f"{_named(document, place)}: got shares of {sum(fractions):g} together, expected at most 1"
            )
    return found


def _criteria(content: dict[str, Any]) -> Iterator[tuple[Place, object]]:
    """Give every place of a file where criteria may stand, and what stands there."""
    population = content.get("population")
    if isinstance(population, dict):
        yield ("population", "criteria"), population.get("criteria")
        yield from _wheres(("population", "earlier"), population.get("earlier"))
    for name, arm in _items(content.get("arms")):
        if isinstance(arm, dict):
            yield from _wheres(("arms", str(name), "later"), arm.get("later"))
            if isinstance(crossover := arm.get("crossover"), dict):
                yield ("arms", str(name), "crossover", "where"), crossover.get("where")
    for name, subgroup in _items(content.get("subgroups")):
        if isinstance(subgroup, dict):
            yield ("subgroups", str(name), "criteria"), subgroup.get("criteria")


def _wheres(place: Place, entries: object) -> Iterator[tuple[Place, object]]:
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            yield (*place, number, "where"), entry.get("where")


def _problems(document: LinedDocument, place: Place, feature: object, wanted: list[object]) -> list[str]:
    where = _named(document, place)
    if feature not in FEATURES:
        return [unknown_id("feature", str(feature), FEATURES, where=where)]
    found = []
    for one in wanted:
        try:
            parse_criterion(str(feature), one)
        except ValueError as error:
            found.append(f"{where}: got {reprlib.repr(one)}, {error}")
    return found


def _named(document: LinedDocument, place: Place) -> str:
    return f"{document.where(place)}: {'.'.join(str(part) for part in place)}"


def _items(mapping: object) -> Iterator[tuple[object, Any]]:
    yield from mapping.items() if isinstance(mapping, dict) else ()
