"""`alarmin trial`: run a virtual trial and write its report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from alarmin.report import Citations
    from alarmin.trial import TrialResult

__all__ = ["run"]

_MOST_PATIENTS = 100_000
_TABLE_WIDTH = 100


def run(
    name: Annotated[str, typer.Argument(metavar="TRIAL", help="Id of a shipped trial, or a YAML file.")],
    patients: Annotated[int, typer.Option("--patients", "-n", help="Virtual patients per arm.")] = 500,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder to write; default runs/TRIAL.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the folder of an earlier run.")] = False,
    threads: Annotated[int | None, typer.Option(help="Default: all cores. Changes no result.")] = None,
) -> None:
    """Simulate all arms of a trial, print benefit and price beside published figures, and write a report."""
    _check_numbers(patients=patients, seed=seed, threads=threads)
    from alarmin.cli.progress import progress_bars
    from alarmin.report import check_folder, write_report
    from alarmin.trial import load_trial, run_trial

    spec = load_trial(name)
    folder = out or Path("runs") / spec.trial
    check_folder(folder, force=force)
    with progress_bars() as progress:
        result = run_trial(spec, n_per_arm=patients, seed=seed, threads=threads, progress=progress)
    _print_result(result)
    typer.echo("\nWriting the report ...", err=True)
    write_report(result, folder, force=force)
    typer.echo(f"\nReport: {folder / 'report.html'}")


def _check_numbers(*, patients: int, seed: int, threads: int | None) -> None:
    from alarmin.core import DataError

    problems = []
    if not 1 <= patients <= _MOST_PATIENTS:
        problems.append(f"--patients: got {patients}, expected 1 to {_MOST_PATIENTS}")
    if seed < 0:
        problems.append(f"--seed: got {seed}, expected 0 or more")
    if threads is not None and threads < 1:
        problems.append(f"--threads: got {threads}, expected 1 or more")
    if problems:
        raise DataError(*problems)


def _print_result(result: "TrialResult") -> None:
    from rich.console import Console

    from alarmin.report import Citations

    citations = Citations()
    # A narrow terminal wraps lines; cutting figures off would be worse.
    console = Console(highlight=False, soft_wrap=True, width=max(Console().width, _TABLE_WIDTH))
    console.print(f"\n[bold]{result.spec.trial}[/bold]: {result.spec.title}\n")
    console.print(_endpoints(result, citations))
    console.print("\n[bold]Price[/bold]: share of patients; counts looked at weekly, or before doses only\n")
    console.print(_toxicity(result, citations))
    console.print()
    console.print(_doses(result))
    for entry in citations.listed():
        console.print(f"({entry.number}) {entry.text}", markup=False)
    failed = int(result.accounting.loc[result.accounting["step"] == "failed", "n"].sum())
    status = (
        result.calibration or "NOT CALIBRATED: the parameters are priors, no figure was fitted to a trial"
    )
    console.print(f"\n{status}.\n{failed} patients failed to integrate. For research only.", markup=False)


def _table(*numbers: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for column in numbers:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _cited(citations: "Citations", sources: tuple[str, ...]) -> str:
    return "".join(f"({number})" for number in citations.numbers(sources))


def _endpoints(result: "TrialResult", citations: "Citations") -> "Table":
    from alarmin.report import comparison_lines

    table = _table("Simulated (95 % CI)", "Published (95 % CI)")
    table.add_column("Source", no_wrap=True)
    arm = ""
    for line in comparison_lines(result):
        if line.arm != arm and not line.endpoint.startswith("Hazard"):
            arm = line.arm
            table.add_row(f"[bold]{arm}[/bold], n = {line.n}")
        table.add_row(f"  {line.endpoint}", line.simulated, line.published, _cited(citations, line.sources))
    return table


def _toxicity(result: "TrialResult", citations: "Citations") -> "Table":
    from alarmin.report import toxicity_lines

    table = _table("Simulated (95 % CI)", "Before doses", "Published")
    table.add_column("Source", no_wrap=True)
    event = ""
    for line in toxicity_lines(result):
        if line.event != event:
            event = line.event
            table.add_row(f"[bold]{event}[/bold]")
        figures = (line.simulated, line.before_doses, line.published)
        table.add_row(f"  {line.arm}", *figures, _cited(citations, line.sources))
    return table


def _doses(result: "TrialResult") -> "Table":
    from alarmin.report import dose_lines

    table = _table("Dose given", "Holds per patient", "Ever reduced", "Ever stopped")
    for line in dose_lines(result):
        table.add_row(
            f"[bold]{line.drug}[/bold], {line.arm}",
            line.given,
            line.holds_per_patient,
            line.reduced,
            line.stopped,
        )
    return table
