"""Where the maintainers' inputs lie, and how a table of the package is written."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DATA = ROOT / "src" / "alarmin" / "evidence" / "data"

Cells = Mapping[str, object]


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as rows of text."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_shared(name: str) -> list[dict[str, str]]:
    """Read a table of the shared inputs."""
    return read(SHARED / "evidence" / f"{name}.csv")


def write(name: str, rows: Iterable[Cells], columns: Iterable[str]) -> None:
    """Write a table of the package; what has no value stays blank."""
    path = DATA / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), restval="", extrasaction="raise", lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: value for key, value in row.items() if value not in (None, "")} for row in rows
        )
    print(f"{path.relative_to(ROOT)}: {sum(1 for _ in path.open()) - 1} lines")
