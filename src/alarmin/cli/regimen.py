"""`alarmin regimen`: what regimens there are, and what one of them means day by day."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    pass

__all__ = ["app"]

app = typer.Typer(
    help="List the regimens, and show one as a calendar with every dose.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_FORMATS = (".svg", ".png", ".html", ".csv")
_MOST_DAYS = 1826


@app.command("list")
def list_all(
    words: Annotated[str, typer.Argument(help="Only those whose id, title or drugs have these words.")] = "",
) -> None:
    """List the regimens that come with Alarmin, with the number of trial arms that each repeats."""
    from alarmin.cli.evidence_text import table
    from alarmin.therapy import load_regimen, shipped_regimens

    rows = []
    for regimen in map(load_regimen, shipped_regimens()):
        text = " ".join((regimen.regimen, regimen.title, *regimen.drugs)).casefold()
        if all(word in text for word in words.casefold().split()):
            rows.append({"id": regimen.regimen, "arms": str(len(regimen.evidence)), "title": regimen.title})
    typer.echo(table(rows) if rows else f"no regimen has '{words}'")


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="FILE|ID", help="A YAML file, or the id of a shipped one.")],
    weight: Annotated[float | None, typer.Option(metavar="KG", min=20, max=300)] = None,
    height: Annotated[float | None, typer.Option(metavar="CM", min=100, max=250)] = None,
    bsa: Annotated[float | None, typer.Option(metavar="M2", help="Default: by weight and height.")] = None,
    crcl: Annotated[float | None, typer.Option(metavar="ML/MIN", help="Creatinine clearance.")] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Another feature of the patient. Repeatable."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=_MOST_DAYS, help="How long; default: 26 weeks.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws what the protocol leaves to chance.")] = 1,
    out: Annotated[
        list[Path] | None,
        typer.Option(help="Write the calendar (.svg, .png, .html) or every dose (.csv). Repeatable."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Show what a patient gets on which day; without options, a typical patient."""
    from alarmin.cli.regimen_text import account, calendar_of, patient_of
    from alarmin.therapy import load_regimen

    _check_files(out or [], force=force)
    regimen = load_regimen(name)
    body = {"weight_kg": weight, "height_cm": height, "bsa_m2": bsa, "crcl_ml_min": crcl}
    patient = patient_of(body, feature or [])
    shown = calendar_of(regimen, patient, days=days, seed=seed)
    typer.echo(account(regimen, patient, shown))
    for path in out or []:
        _write(shown, path)
        typer.echo(f"written: {path}")


def _check_files(paths: list[Path], *, force: bool) -> None:
    from alarmin.core import DataError

    problems = []
    for path in paths:
        if path.suffix not in _FORMATS:
            problems.append(f"--out: got '{path}', expected a name that ends with {', '.join(_FORMATS)}")
        elif not path.parent.is_dir():
            problems.append(f"--out: {path.parent}: no such folder")
        elif path.exists() and not force:
            problems.append(f"--out: {path} exists; --force replaces it")
    if problems:
        raise DataError(*problems)


def _write(shown: Any, path: Path) -> None:
    if path.suffix == ".csv":
        shown.doses.to_csv(path, index=False, float_format="%.6g")
        return
    from alarmin.charts import calendar_chart

    chart = calendar_chart(
        shown.doses,
        title=shown.title,
        subtitle=shown.whose,
        last_day=shown.last_day,
        goes_on=shown.goes_on,
        weekdays=shown.weekdays,
    )
    if path.suffix == ".html":
        chart.save(path, inline=True)
    else:
        chart.save(path, **({"ppi": 144} if path.suffix == ".png" else {}))
