"""Tables of experiments: one published experiment a row, checked field by field."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

from alarmin.core import DataError, nearest
from alarmin.experiment.vocabulary import ENDPOINTS, Given, parse_knobs, parse_therapy

__all__ = ["Experiment", "load_experiments", "presets", "read_experiments"]

MAX_BYTES = 4 * 1024 * 1024
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
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path.name}: larger than {MAX_BYTES} bytes")
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name}: not a CSV file in UTF-8: {error}") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    if not rows:
        raise DataError(f"{path.name}: no rows")
    names = [field.name for field in fields(Experiment)]
    problems = []
    for column in rows[0]:
        if column not in names:
            guess = nearest(str(column), names)
            hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(names)}"
            problems.append(f"{path.name}: unknown column '{column}'; {hint}")
    problems += [f"{path.name}: missing column '{name}'" for name in _NEEDED if name not in rows[0]]
    if problems:
        raise DataError(*problems)
    found = []
    for number, row in enumerate(rows, start=2):
        wrong: list[str] = []
        experiment = _read(row, lambda column, text: wrong.append(f"{column}: {text}"))  # noqa: B023
        problems += [f"{path.name}: row {number}: {text}" for text in wrong]
        found.append(experiment)
    seen: dict[str, int] = {}
    for number, experiment in enumerate(found, start=2):
        if experiment.id in seen:
            problems.append(
                f"{path.name}: row {number}: id: '{experiment.id}' is also in row {seen[experiment.id]}"
            )
        seen[experiment.id] = number
    if problems:
        raise DataError(*problems)
    return tuple(found)


_NEEDED = ("id", "setting", "design", "therapy", "endpoint", "time", "expect")


def _read(row: dict[str, str | None], wrong: Callable[[str, str], None]) -> Experiment:
    text = {field.name: (row.get(field.name) or "").strip() for field in fields(Experiment)}
    text = {**text, "role": text["role"] or "checking", "host": text["host"] or "wild_type"}
    text["cells"] = text["cells"] or "tumour"

    def one_of(column: str, choices: "tuple[str, ...] | dict[str, object]") -> None:
        if text[column] not in choices:
            guess = nearest(text[column], choices)
            hint = f"did you mean '{guess}'?" if guess else f"expected {', '.join(choices)}"
            wrong(column, f"got '{text[column]}'; {hint}")

    def parsed(column: str, parse: Callable[[str], object]) -> None:
        try:
            parse(text[column])
        except ValueError as error:
            wrong(column, str(error))

    def number(column: str) -> float:
        try:
            return float(text[column]) if text[column] else float("nan")
        except ValueError:
            wrong(column, f"got '{text[column]}', expected a number")
            return float("nan")

    if not text["id"]:
        wrong("id", "missing")
    one_of("role", ROLES)
    one_of("setting", tuple(DESIGNS))
    if text["setting"] in DESIGNS:
        one_of("design", DESIGNS[text["setting"]])
        one_of("endpoint", tuple(ENDPOINTS[text["setting"]]))
    one_of("expect", EXPECTED)
    for column in ("cells", "compare_cells"):
        if text[column]:
            one_of(column, tuple(presets("cells")))
    for column in ("host", "compare_host"):
        if text[column]:
            one_of(column, tuple(presets("hosts")))
    parsed("therapy", parse_therapy)
    parsed("knobs", parse_knobs)
    parsed("compare_knobs", parse_knobs)
    if text["expect"] != "value":
        text["compare_therapy"] = text["compare_therapy"] or text["therapy"]
        parsed("compare_therapy", parse_therapy)
    numbers = {name: number(name) for name in ("time", "published", "published_low", "published_high")}
    if not numbers["time"] > 0:
        wrong("time", f"got '{text['time']}', expected a time above zero (h in wells, days in mice)")
    if text["expect"] == "value" and not numbers["published"] == numbers["published"]:
        wrong("published", "missing, expected a number where expect is value")
    flags = {"strong": text["strong"] in ("1", "true", "yes")}
    return Experiment(**{**text, **numbers, **flags})  # type: ignore[arg-type]
