"""`alarmin simulate`: a well, a mouse or a few patients, with a table, the time courses and a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from alarmin.cli.simulate_plan import Plan
    from alarmin.experiment.course import Course

__all__ = ["run"]

Several = list[str] | None
_TIMES_SHOWN = 5


def run(
    setting: Annotated[str, typer.Argument(metavar="SETTING", help="well, mouse or patient.")],
    therapy: Annotated[
        str | None,
        typer.Option(help="Well or mouse: 'oxaliplatin x3 @8 + radiation 8 Gy @8,9,10', or none."),
    ] = None,
    regimen: Annotated[str | None, typer.Option(help="Patient: id of a regimen, or a YAML file.")] = None,
    cells: Annotated[str | None, typer.Option(help="Well or mouse: cell line.")] = None,
    host: Annotated[str | None, typer.Option(help="Mouse: wild_type, immunodeficient, ...")] = None,
    design: Annotated[str | None, typer.Option(help="Mouse: tumour, two_tumours or vaccination.")] = None,
    knockout: Annotated[Several, typer.Option(metavar="GENE[@tumour|host]", help="Repeatable.")] = None,
    block: Annotated[Several, typer.Option(metavar="TARGET", help="Leaves 5 %. Repeatable.")] = None,
    overexpress: Annotated[Several, typer.Option(metavar="GENE", help="Fivefold. Repeatable.")] = None,
    deplete: Annotated[Several, typer.Option(metavar="CELL", help="Repeatable.")] = None,
    add: Annotated[Several, typer.Option(metavar="RECOMBINANT", help="Repeatable.")] = None,
    days: Annotated[float | None, typer.Option(help="How long [days].")] = None,
    hours: Annotated[float | None, typer.Option(help="How long [hours].")] = None,
    draws: Annotated[int | None, typer.Option(help="How many wells, mice or patients.")] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Default: all cores. Changes no result.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: nothing is written.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the folder of an earlier run.")] = False,
) -> None:
    """Simulate one setting under a therapy and with knobs turned; print the main read-outs over time.

    With --out: timecourse.csv, cascade.svg and cascade.html, and provenance.json with what was asked for.
    """
    from alarmin.cli.simulate_plan import plan

    turned = {
        "knockout": knockout, "block": block, "overexpress": overexpress, "deplete": deplete, "add": add
    }  # fmt: skip
    chosen = plan(
        setting,
        options={"therapy": therapy, "regimen": regimen, "cells": cells, "host": host, "design": design},
        knobs={action: subjects or [] for action, subjects in turned.items()},
        numbers={"days": days, "hours": hours, "draws": draws, "seed": seed, "threads": threads},
    )
    if out:
        from alarmin.report import check_folder

        check_folder(out, force=force)
    course = _simulated(chosen, threads)
    _print(course, chosen)
    if out:
        _write(course, chosen, out, force=force)


def _simulated(chosen: "Plan", threads: int | None) -> "Course":
    from alarmin.cli.progress import progress_bars
    from alarmin.experiment.course import run_course
    from alarmin.experiment.patients import run_patients

    if chosen.side is not None:
        return run_course(chosen.side, days=chosen.days, n=chosen.n, seed=chosen.seed, threads=threads)
    with progress_bars() as progress:
        return run_patients(
            chosen.regimen,
            chosen.knobs,
            days=chosen.days,
            n=chosen.n,
            seed=chosen.seed,
            threads=threads,
            progress=progress,
        )


def _print(course: "Course", chosen: "Plan") -> None:
    import numpy as np

    table = course.quantiles()
    every = np.unique(table["time_day"])
    shown = every[np.linspace(0, len(every) - 1, _TIMES_SHOWN).round().astype(int)]
    unit, factor = chosen.clock
    rows = [["", *(f"{time * factor:g} {unit}" for time in shown)]]
    for label, series in table.groupby("label", sort=False):
        at = series.set_index("time_day").loc[shown]
        cells = [f"{r.q50:.3g} ({r.q05:.2g} to {r.q95:.2g})" for r in at.itertuples()]
        rows.append([f"{label} [{series['unit'].iloc[0]}]", *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    typer.echo(f"{chosen.title}\n")
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    typer.echo(f"\nMedian and 90 % interval of {chosen.n} {chosen.who}. For research only.")


def _write(course: "Course", chosen: "Plan", out: Path, *, force: bool) -> None:
    import json

    from alarmin.charts import cascade_chart
    from alarmin.report import write_folder

    table = course.quantiles()
    unit, factor = chosen.clock
    rows = table.drop(columns="time_day")
    rows.insert(0, "time", table["time_day"] * factor)
    rows.insert(1, "time_unit", unit)
    chart = cascade_chart(
        table.assign(arm="simulated"),
        arms={"simulated": course.setting},
        title=f"The cascade: {chosen.title}",
        who=chosen.who,
        clock=({"h": "Hours", "d": "Days"}[unit], factor),
    )

    def fill(folder: Path) -> None:
        rows.to_csv(folder / "timecourse.csv", index=False, float_format="%.6g")
        chart.save(folder / "cascade.svg")
        chart.save(folder / "cascade.html", inline=True)
        record = json.dumps(chosen.record(), indent=1, ensure_ascii=False, allow_nan=False)
        (folder / "provenance.json").write_text(f"{record}\n", encoding="utf-8")

    write_folder(out, fill, force=force)
    typer.echo(f"\nPicture: {out / 'cascade.html'}")
