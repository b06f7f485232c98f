"""The program `alarmin`: its commands, and what happens to errors."""

import sys

import typer

from alarmin.cli import calibrate, evidence, model, regimen, simulate, trial, validate
from alarmin.core import AlarminError

__all__ = ["app", "main"]

RESEARCH_ONLY = "For research only, never for treating a patient."

app = typer.Typer(
    help=f"Alarmin: simulate immunogenic cell death in non-small cell lung cancer. {RESEARCH_ONLY}",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("trial")(trial.run)
app.command("calibrate")(calibrate.run)
app.command("simulate")(simulate.run)
app.add_typer(evidence.app, name="evidence")
app.add_typer(model.app, name="model")
app.add_typer(regimen.app, name="regimen")
app.add_typer(validate.app, name="validate")


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        import alarmin

        typer.echo(f"alarmin {alarmin.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line.

    Bad input ends with its one line for each problem and exit code 2, an interrupt with 130.
    """
    try:
        app()
    except AlarminError as error:
        for problem in error.problems:
            typer.echo(f"alarmin: {problem}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("alarmin: interrupted; nothing was written", err=True)
        sys.exit(130)
