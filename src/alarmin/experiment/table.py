"""Tables of experiments: one published experiment a row, checked field by field."""

import csv
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

from alarmin.core import DataError, nearest
from alarmin.experiment.bench import places
from alarmin.experiment.vocabulary import ENDPOINTS, Given, parse_knobs, parse_therapy

__all__ = ["Experiment", "load_experiments", "presets", "read_experiments"]

MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 1000
LATEST = {"well": 24.0 * 14, "mouse": 365.0}
"""Last time that can be asked for (h in wells, days in mice)."""
DESIGNS = {"well": ("exposure",), "mouse": ("tumour", "two_tumours", "vaccination")}
EXPECTED = ("increases", "reduces", "no_effect", "value")
ROLES = ("fitting", "checking")


@dataclass(frozen=True)
class Experiment:
    """One experiment as its row says it; the meaning of each field is in `data/README.md`."""

    id: str
    evidence: str
    role: str
    setting: str
    design: str
    cells: str
    host: str
    therapy: str
    knobs: str
    compare_therapy: str
    compare_knobs: str
    compare_cells: str
    compare_host: str
    endpoint: str
    time: float
    expect: str
    strong: bool
    published: float
    published_low: float
    published_high: float
    unit: str
    note: str

    @property
    def given(self) -> tuple[Given, ...]:
        """The therapy as agents, doses and days."""
        return parse_therapy(self.therapy)

    @property
    def has_comparator(self) -> bool:
        """Whether the end point is compared with that of another arm."""
        return self.expect != "value"


@cache
def presets(name: str) -> dict[str, dict[str, float]]:
    """Return the presets of cell lines (``cells``) or hosts (``hosts``): id -> parameter -> value."""
    text = files("alarmin.experiment").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    found: dict[str, dict[str, float]] = {}
    for row in csv.DictReader(text.splitlines()):
        entry = found.setdefault(row["id"], {})
        if row["parameter"]:
            entry[row["parameter"]] = float(row["value"])
    return found


def load_experiments() -> tuple[Experiment, ...]:
    """Return the experiments that come with Alarmin."""
    path = Path(str(files("alarmin.experiment").joinpath("data", "experiments.csv")))
    return read_experiments(path)


def read_experiments(path: Path) -> tuple[Experiment, ...]:
    """Read a table of experiments.

    Parameters
    ----------
    path : Path
        CSV with the columns of `Experiment`; columns may be left out where their field may be empty.

    Raises
    ------
    DataError
        Missing or huge file, unknown or missing columns, bad fields: one line each, with row and column.
    """
    rows = _rows(path)
    problems = [f"{path.name}: {text}" for text in _column_problems(rows[0])]
    if problems:
        raise DataError(*problems)
    found: list[Experiment] = []
    first: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        checked = _Row(row)
        experiment = checked.experiment()
        found.append(experiment)
        if first.setdefault(experiment.id, number) != number:
            checked.wrong("id", f"'{experiment.id}' is also in row {first[experiment.id]}")
        problems += [f"{path.name}: row {number}: {text}" for text in checked.problems]
    if problems:
        raise DataError(*problems)
    return tuple(found)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path.name}: larger than {MAX_BYTES} bytes")
        # Spreadsheets put a mark of byte order first.
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name}: not a CSV file in UTF-8: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if not 0 < len(rows) <= MAX_ROWS:
        raise DataError(f"{path.name}: got {len(rows) or 'no'} rows, expected 1 to {MAX_ROWS}")
    return rows


def _column_problems(row: dict[str, str]) -> list[str]:
    names = [field.name for field in fields(Experiment)]
    # The key None holds what a row has beyond the header; that is a fault of the row.
    given = [column for column in row if column is not None]
    problems = []
    for column in given:
        if column not in names:
            guess = nearest(column, names)
            hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(names)}"
            problems.append(f"unknown column '{column}'; {hint}")
    return problems + [f"missing column '{name}'" for name in _NEEDED if name not in given]


_NEEDED = ("id", "setting", "design", "therapy", "endpoint", "time", "expect")
_FLAGS = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}


class _Row:
    """One row on its way to an experiment, with what is wrong in it."""

    def __init__(self, row: dict[str, str]) -> None:
        self.problems: list[str] = []
        self.text = {field.name: (row.get(field.name) or "").strip() for field in fields(Experiment)}
        for column, usual in (("role", "checking"), ("host", "wild_type"), ("cells", "tumour")):
            self.text[column] = self.text[column] or usual
        if None in row:
            self.wrong("note", "more fields than columns; text with a comma needs quotes")

    def wrong(self, column: str, text: str) -> None:
        """Note a problem."""
        self.problems.append(f"{column}: {text}")

    def experiment(self) -> Experiment:
        """Check every field."""
        text = self.text
        if not text["id"]:
            self.wrong("id", "missing")
        self._one_of("role", ROLES)
        self._one_of("expect", EXPECTED)
        self._one_of("setting", DESIGNS)
        if text["setting"] in DESIGNS:
            self._one_of("design", DESIGNS[text["setting"]])
            self._one_of("endpoint", ENDPOINTS[text["setting"]])
        for column, name in (("cells", "cells"), ("host", "hosts")):
            self._one_of(column, presets(name))
            if text[f"compare_{column}"]:
                self._one_of(f"compare_{column}", presets(name))
        self._parsed("therapy", self._therapy)
        self._parsed("knobs", parse_knobs)
        self._parsed("compare_knobs", parse_knobs)
        if text["expect"] != "value" and text["compare_therapy"]:
            self._parsed("compare_therapy", self._therapy)
        if text["expect"] != "value":
            text["compare_therapy"] = text["compare_therapy"] or text["therapy"]
        flags = {"strong": _FLAGS.get(text["strong"].lower(), False)}
        if text["strong"].lower() not in _FLAGS:
            self.wrong("strong", f"got '{text['strong']}', expected 1 or nothing")
        return Experiment(**{**text, **self._numbers(), **flags})  # type: ignore[arg-type]

    def _numbers(self) -> dict[str, float]:
        found = {
            name: self._number(name) for name in ("time", "published", "published_low", "published_high")
        }
        latest = LATEST.get(self.text["setting"], math.inf)
        if not 0 < found["time"] <= latest:
            got = self.text["time"]
            self.wrong("time", f"got '{got}', expected 0 to {latest:g} (h in wells, days in mice)")
        if self.text["expect"] == "value" and math.isnan(found["published"]):
            self.wrong("published", "missing, expected a number where expect is value")
        if found["published_low"] > found["published_high"]:
            self.wrong("published_low", f"{found['published_low']:g} is above published_high")
        return found

    def _therapy(self, text: str) -> None:
        given = parse_therapy(text)
        if self.text["setting"] in DESIGNS:
            places(given, self.text["setting"])

    def _one_of(self, column: str, choices: Collection[str]) -> None:
        got = self.text[column]
        if got not in choices:
            guess = nearest(got, choices)
            hint = f"did you mean '{guess}'?" if guess else f"expected {', '.join(choices)}"
            self.wrong(column, f"got '{got}'; {hint}")

    def _parsed(self, column: str, parse: Callable[[str], object]) -> None:
        try:
            parse(self.text[column])
        except ValueError as error:
            self.wrong(column, str(error))

    def _number(self, column: str) -> float:
        got = self.text[column]
        try:
            value = float(got) if got else math.nan
        except ValueError:
            self.wrong(column, f"got '{got}', expected a number")
            return math.nan
        if got and not math.isfinite(value):
            self.wrong(column, f"got '{got}', expected a finite number")
            return math.nan
        return value
