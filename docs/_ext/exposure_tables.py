"""Tables for the page of pharmacokinetics, computed from the data files of the drugs."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from alarmin.therapy import Drug, drug, shipped_drugs
from alarmin.therapy.exposure import label_exposure
from alarmin.therapy.exposure_check import FEW, Comparison, compare_exposures, not_compared
from alarmin.therapy.exposure_combined import Combined, combine_exposures

__all__ = ["write_exposure_tables"]


def write_exposure_tables(folder: Path) -> None:
    """Write the parts that `pharmacokinetics.md` includes into a folder for generated parts."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = compare_exposures()
    parts = {
        "totals": _totals(rows),
        "combined": _combined(combine_exposures(rows)),
        "rows": _rows(rows),
        "misses": _misses(rows),
        "not_compared": _table(("evidence", "why not"), not_compared().items()),
        "drugs": _drugs(),
    }
    for name, text in parts.items():
        (folder / f"exposure_{name}.inc").write_text(text + "\n", encoding="utf-8")


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _totals(rows: list[Comparison]) -> str:
    exposures = [row for row in rows if row.counts]
    together = combine_exposures(rows)
    kinds: dict[str, Sequence[Comparison | Combined]] = {
        "**AUC and concentrations taken together, values of a population**": [
            one for one in together if one.population
        ],
        f"the same, of fewer than {FEW} patients": [one for one in together if not one.population],
        "single rows: AUC and concentrations": exposures,
        "of these, population analyses, labels and larger groups": [
            row for row in exposures if not row.small
        ],
        f"of these, means of fewer than {FEW} patients": [row for row in exposures if row.small],
        "single rows: clearances, half-lives, ratios": [row for row in rows if not row.counts],
    }
    lines = [(kind, len(mine), sum(one.met for one in mine)) for kind, mine in kinds.items()]
    return _table(("", "number", "within 15 %"), lines)


def _combined(together: list[Combined]) -> str:
    lines = []
    for one in sorted(together, key=lambda one: not one.population):
        given = (one.drug, one.measure, one.regimen, len(one.rows), one.patients or "", f"{one.ratio:.2f}")
        lines.append((*given, "yes" if one.met else "**no**", "yes" if one.population else "no"))
    header = (
        "drug",
        "measure",
        "regimen",
        "rows",
        "patients",
        "ratio",
        "within 15 %",
        "value of a population",
    )
    return _table(header, lines)


def _rows(rows: list[Comparison]) -> str:
    lines = []
    for row in rows:
        published = " to ".join(f"{end:.3g}" for end in dict.fromkeys(row.published))
        given = (row.drug, row.dose, row.measure.replace("_", " "), published, f"{row.simulated:.3g}")
        lines.append(
            (*given, row.unit, f"{row.ratio:.2f}", "yes" if row.met else "**no**", row.patients or "")
        )
    header = ("drug", "dose", "measure", "published", "simulated", "unit", "ratio", "within 15 %", "patients")
    return _table(header, lines)


def _misses(rows: list[Comparison]) -> str:
    lines = [(row.drug, row.measure.replace("_", " "), row.dose, row.reason) for row in rows if not row.met]
    return _table(("drug", "measure", "dose", "what it may mean"), lines)


def _drugs() -> str:
    lines = []
    for name in shipped_drugs():
        one = drug(name)
        if one.for_patients and one.label:
            exposure, cycle = label_exposure(name)
            every = (
                f"every {cycle * 24:g} h" if cycle < 1 else f"every {cycle:g} days" if cycle > 1 else "daily"
            )
            days = f", days {_days(one.label.days)}" if len(one.label.days) > 1 else ""
            label = f"{one.label.dose} {every}{days}"
            lines.append((f"`{name}`", ", ".join(one.properties), label, f"{exposure:.3g}", _assumed(one)))
    return _table(("drug", "templates", "label dose", "exposure per cycle [mg·day/L]", "assumed"), lines)


def _days(days: tuple[int, ...]) -> str:
    run = len(days) > 2 and days == tuple(range(days[0], days[-1] + 1))
    return f"{days[0]} to {days[-1]}" if run else ", ".join(map(str, days))


def _assumed(one: Drug) -> str:
    """List the constants without a published value; those that all drugs assume are left out."""
    everywhere = {"AUC50", "k_repair"}
    found = [key for key, c in one.parameters.items() if c.level == "assumed" and key not in everywhere]
    return ", ".join(f"`{key}`" for key in found)
