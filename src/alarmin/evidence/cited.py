"""Which parameters, drugs, populations and trials of the package cite which evidence."""

import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

__all__ = ["CITED", "cited_ids"]

CITED = re.compile(
    r"(?<![\w/:-])((?:par|pop|trial|source|km|tox|pk|pot|ind|exp|set|assay|plasma|ae|drug|rel|choice|rule|step"
    r"|sig|claim|check|fix):[\w.+/#:>=<%-]*[\w+%])"
)
"""An evidence id in the text of a data file."""

DATA_FILES = (".csv", ".yaml", ".ant")


def cited_ids() -> Iterator[tuple[str, str]]:
    """List every evidence id in the data files of the other rooms.

    Yields
    ------
    tuple of (str, str)
        Where it is cited (room, file, and in a table the id of the row) and the id.
    """
    package = resources.files("alarmin")
    for room in sorted(package.iterdir(), key=lambda entry: entry.name):
        if room.is_dir() and room.name != "evidence":
            for file in _data_files(room):
                yield from _citations(f"{room.name}/{file.name}", file)


def _citations(place: str, file: Traversable) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        row = f" {line.partition(',')[0]}" if file.name.endswith(".csv") else ""
        for name in CITED.findall(line):
            yield place + row, name


def _data_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _data_files(entry)
        elif entry.name.endswith(DATA_FILES):
            yield entry
