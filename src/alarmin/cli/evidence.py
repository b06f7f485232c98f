"""`alarmin evidence`: what is published, and who says so."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["app"]

app = typer.Typer(
    help="Search and show the published facts behind every number.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

UserFolder = Annotated[
    Path | None, typer.Option("--evidence", metavar="DIR", help="Your own tables; shown as yours (user).")
]


def _open(folder: Path | None) -> "DuckDBPyConnection":
    from alarmin.evidence.store import open_store

    return open_store(folder)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="An id, a name, an alias or words.")],
    evidence: UserFolder = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
) -> None:
    """Find genes by any alias, drugs by any name, trials, parameters, sources."""
    from alarmin.cli.evidence_text import table
    from alarmin.evidence.search import find

    hits = find(_open(evidence), text, limit=limit)
    rows = [{"id": hit.id, "kind": hit.kind, "what": hit.label, "whose": hit.origin} for hit in hits]
    typer.echo(table(rows) if rows else f"nothing found for '{text}'")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="An id or a name.")],
    evidence: UserFolder = None,
) -> None:
    """Show everything about one thing: statements for and against, parameters, tests, sources."""
    from alarmin.cli.evidence_text import account
    from alarmin.evidence.search import give_account

    typer.echo(account(give_account(_open(evidence), name)))


@app.command()
def inducers(
    evidence: UserFolder = None,
    damp: Annotated[str, typer.Option(help="Only those that induce it: CALR, ATP, HMGB1, ...")] = "",
    nsclc: Annotated[bool, typer.Option("--nsclc", help="Only those with evidence in NSCLC.")] = False,
) -> None:
    """List inducers of immunogenic cell death with their graded danger signals."""
    from alarmin.cli.evidence_text import table
    from alarmin.evidence.lists import list_inducers

    typer.echo(table(list_inducers(_open(evidence), damp=damp, nsclc_only=nsclc)))


@app.command()
def trials(
    evidence: UserFolder = None,
    regimen: Annotated[str, typer.Option(help="A drug by any name, or words of the regimen.")] = "",
) -> None:
    """List trial arms with response, medians and hazard ratio; * is not yet verified."""
    from alarmin.cli.evidence_text import table
    from alarmin.evidence.lists import list_arms

    typer.echo(table(list_arms(_open(evidence), regimen=regimen)))


@app.command()
def gaps(
    sensitivity: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV with columns parameter, index: how much each one matters."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 40,
) -> None:
    """Rank the model's assumed parameters by how much they matter."""
    from alarmin.cli.evidence_text import gap_list

    typer.echo(gap_list(sensitivity, limit=limit))


@app.command()
def sql(
    question: Annotated[str, typer.Argument(help="One SELECT; `SELECT * FROM things` lists what there is.")],
    evidence: UserFolder = None,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="The largest number of rows.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0.1, max=60.0, help="When to break off.")] = 10.0,
) -> None:
    """Ask in SQL; the store can only be read. Rows are printed as CSV."""
    import csv
    import sys

    from alarmin.evidence.sql import ask

    columns, found, more = ask(question, user_folder=evidence, max_rows=rows, timeout_s=seconds)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(found)
    if more:
        typer.echo(f"alarmin: only the first {rows} rows; --rows shows more", err=True)


@app.command()
def export(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder.")],
    kind: Annotated[str, typer.Option("--format", help="kgx, csv or jsonld.")] = "kgx",
    evidence: UserFolder = None,
) -> None:
    """Write everything for other programs; names and categories are checked against Biolink."""
    from alarmin.evidence.export import export as write

    for path in write(kind, out, user_folder=evidence):
        typer.echo(f"{path}  {path.stat().st_size:,} bytes")


@app.command()
def audit() -> None:
    """Count measured and assumed, verified and not; exit code 1 if ids are dead or units are missing."""
    from alarmin.cli.evidence_text import audit_report
    from alarmin.evidence.audit import audit as count

    found = count()
    typer.echo(audit_report(found))
    if found.dead or found.without_unit:
        raise typer.Exit(1)
