"""Where the maintainers' inputs lie, and how a table of the package is written."""

import csv
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
SCRIPTS = ROOT / "scripts"
DATA = ROOT / "src" / "alarmin" / "evidence" / "data"

Cells = Mapping[str, object]


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as rows of text."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def read_checks() -> list[dict[str, str]]:
    """Read the record of figures that were looked up again, the latest word on each figure."""
    latest = {
        (row["table"], row["row_key"], row["field"]): row for row in read(SCRIPTS / "evidence_checks.csv")
    }
    return list(latest.values())


def keys_of(row: Mapping[str, str]) -> set[str]:
    """Give the names under which a row may be checked: trial and arm, or its first one to four cells."""
    cells = [row["trial"], row["arm"]] if "arm" in row else list(row.values())[:4]
    return {"|".join(cells[:count]) for count in range(1, len(cells) + 1)}


def read_shared(name: str) -> list[dict[str, str]]:
    """Read a table of the shared inputs and put in what looking up again has shown.

    A confirmed or corrected field leaves `memory_fields`; where a row has only one flag it becomes `yes`.
    """
    rows = read(SHARED / "evidence" / f"{name}.csv")
    found = [
        check
        for check in read_checks()
        if check["table"] == f"{name}.csv" and check["outcome"] != "not found"
    ]
    for row in rows:
        names = keys_of(row)
        for check in (check for check in found if check["row_key"] in names):
            row[check["field"]] = check["new_value"]
            if "memory_fields" in row:
                left = [field for field in row["memory_fields"].split(";") if field != check["field"]]
                row["memory_fields"] = ";".join(left)
            elif check["field"] == "vaccination_assay_tumour_free_pct":
                row["vaccination_verified"] = "yes"
            else:
                row["verified"] = "yes"
    return rows


def check_of(name: str, row: Mapping[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Give the latest check of any of a row's fields, or nothing."""
    names, wanted = keys_of(row), set(fields)
    hits = [
        check
        for check in read_checks()
        if check["table"] == f"{name}.csv"
        and check["row_key"] in names
        and check["field"] in wanted
        and check["outcome"] != "not found"
    ]
    return max(hits, key=lambda check: check["date"]) if hits else {}


@cache
def _wording() -> dict[str, str]:
    return {row["key"]: row["text"] for row in read(SCRIPTS / "evidence_wording.csv")}


def reword(text: str) -> str:
    """Give the terse wording of a note, found by a digest of the note it replaces."""
    return _wording().get(hashlib.sha256(text.encode()).hexdigest()[:10], text)


def write(name: str, rows: Iterable[Cells], columns: Iterable[str]) -> None:
    """Write a table of the package; what has no value stays blank."""
    path = DATA / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), restval="", extrasaction="raise", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{path.relative_to(ROOT)}: {sum(1 for _ in path.open()) - 1} rows")


def unique(wanted: str, taken: set[str]) -> str:
    """Give an id that is not taken yet, numbered from the second on, and take it."""
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    taken.add(found)
    return found
