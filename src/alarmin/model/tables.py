"""The room's own tables and modules, as they lie in the package."""

import csv
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ["module_texts", "table", "unit_labels"]


def _room() -> Traversable:
    return files("alarmin.model")


def table(name: str) -> list[dict[str, str]]:
    """Read one of the room's tables as a list of rows."""
    return list(csv.DictReader(_room().joinpath(name).read_text(encoding="utf-8").splitlines()))


def module_texts() -> dict[str, str]:
    """Return the Antimony modules in the order of assembly: name -> text."""
    modules = [path for path in _room().joinpath("modules").iterdir() if path.name.endswith(".ant")]
    return {
        path.name: path.read_text(encoding="utf-8") for path in sorted(modules, key=lambda path: path.name)
    }


def unit_labels() -> dict[str, str]:
    """Return the readable form of every unit id, for example ``per_day`` -> ``1/day``."""
    return {row["id"]: row["label"] for row in table("units.csv")}
