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

ROW_IDS: dict[tuple[str, str], str] = {}
"""Table and key of a check, and the id of the row that it speaks of."""

FIGURES = ("value", "published_value_intervention", "published_value_comparator", "direction")
"""What a row must have had confirmed to count as verified."""

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


def checks_of(name: str, row: Mapping[str, str]) -> list[dict[str, str]]:
    """List the checks of a row: those whose key names its first cell, or several of its cells."""
    cells, first = set(row.values()), next(iter(row.values()))
    found = []
    for check in read_checks():
        parts = [part for part in check["row_key"].split("|") if part]
        if check["table"] == f"{name}.csv" and (set(parts) <= cells if len(parts) > 1 else parts == [first]):
            found.append(check)
    return found


def named(name: str, row: Mapping[str, str], row_id: str) -> str:
    """Remember under which id a row of the shared inputs goes in the package."""
    for check in checks_of(name, row):
        ROW_IDS[(check["table"], check["row_key"])] = row_id
    return row_id


def read_shared(name: str) -> list[dict[str, str]]:
    """Read a table of the shared inputs, with rows added here, and put in what looking up again has shown.

    Added rows are those of `evidence_more_<name>.csv`, which has the columns of the shared table. A confirmed
    or corrected field leaves `memory_fields`; where a row has only one flag it becomes `yes`.
    """
    rows = read(SHARED / "evidence" / f"{name}.csv")
    added = SCRIPTS / f"evidence_more_{name}.csv"
    rows += read(added) if added.exists() else []
    for row in rows:
        for check in checks_of(name, row):
            if check["outcome"] == "not found":
                continue
            row[check["field"]] = check["new_value"]
            if "memory_fields" in row:
                left = [field for field in row["memory_fields"].split(";") if field != check["field"]]
                row["memory_fields"] = ";".join(left)
            elif check["field"] == "vaccination_assay_tumour_free_pct":
                row["vaccination_verified"] = "yes"
            elif "published_verified" in row:
                row["published_verified"] = "yes"
        settle(row, {check["field"] for check in checks_of(name, row) if check["outcome"] != "not found"})
    return rows


def settle(row: dict[str, str], seen: set[str]) -> None:
    """Set a row's one flag: `yes` if every figure that it rests on was seen, `partial` if something was."""
    if not seen or row.get("verified") == "yes" or "memory_fields" in row:
        return
    needed = {field for field in FIGURES if row.get(field)}
    row["verified"] = "yes" if needed and needed <= seen else "partial"


def check_of(name: str, row: Mapping[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Give the latest check of any of a row's fields, or nothing."""
    wanted = set(fields)
    hits = [
        check
        for check in checks_of(name, row)
        if check["field"] in wanted and check["outcome"] != "not found"
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
