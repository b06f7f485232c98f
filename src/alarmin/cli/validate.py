"""`alarmin validate`: run published experiments and set what is predicted beside what was found."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from alarmin.experiment import Verdict
    from alarmin.experiment.potency import PotencyVerdict

from alarmin.cli.validate_trials import trials

__all__ = ["app"]

_MOST_DRAWS = 2000
_ROLES = ("fitting", "checking")

app = typer.Typer(
    help="Repeat published experiments with the model and judge each.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """Repeat published experiments with the model and judge each."""


@app.command()
def experiments(
    file: Annotated[Path | None, typer.Option(metavar="CSV", help="Your own table; default: ours.")] = None,
    role: Annotated[str, typer.Option(help="Only rows for fitting or for checking.")] = "",
    output: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    draws: Annotated[int, typer.Option(help="Wells or mice a side, each with its own constants.")] = 48,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Default: all cores. Changes no result.")] = None,
) -> None:
    """Run experiments in wells and mice: published, predicted with 90 % interval, agrees or not.

    Without --file the published curves of irradiated mice follow; their figure is the root mean square error
    of the log volume as a share of its range.
    """
    _check(role=role, output=output, draws=draws, seed=seed, threads=threads)
    from alarmin.cli.progress import progress_bars
    from alarmin.experiment import load_experiments, read_experiments, run_experiments
    from alarmin.experiment.curves import load_curves, run_curves

    rows = read_experiments(file) if file else load_experiments()
    curves = () if file else load_curves()
    rows = tuple(e for e in rows if role in ("", e.role))
    curves = tuple(c for c in curves if role in ("", c.role))
    with progress_bars("experiments") as progress:
        verdicts = run_experiments(rows, n_draws=draws, seed=seed, threads=threads, progress=progress)
        verdicts += [fit.verdict() for fit in run_curves(curves, threads=threads, progress=progress)]
    if output == "json":
        typer.echo(as_json(verdicts))
    else:
        _print(verdicts)


app.command()(trials)


@app.command()
def potency(
    output: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    threads: Annotated[int | None, typer.Option(help="Default: all cores. Changes no result.")] = None,
) -> None:
    """Simulate IC50s of drugs in lines, and survival after radiation, beside what was measured.

    Rows of role input set the potency; checking rows are predicted without them; a factor 2 agrees.
    """
    _check(role="", output=output, draws=1, seed=0, threads=threads)
    from alarmin.experiment.potency import judge_potency, potency_totals

    verdicts = judge_potency(threads)
    if output == "json":
        typer.echo(as_json(verdicts))
        return
    rows = [("id", "metric", "published", "predicted", "unit", "fold", "agrees", "role")]
    rows += [
        (v.id, v.metric, v.published_text, f"{v.predicted:.3g}", v.unit, f"{v.fold:.2g}", _agrees(v), v.role)
        for v in verdicts
    ]
    _lay_out(rows)
    for role, agree, n in potency_totals(verdicts):
        typer.echo(f"{role}: {agree} of {n} within a factor 2")


def _agrees(v: "Verdict | PotencyVerdict") -> str:
    return "yes" if v.agrees else "NO"


def _check(*, role: str, output: str, draws: int, seed: int, threads: int | None) -> None:
    from alarmin.core import DataError, nearest

    problems = []
    choices: list[tuple[str, str, tuple[str, ...]]] = [
        ("--role", role, ("", *_ROLES)),
        ("--format", output, ("table", "json")),
    ]
    for option, got, known in choices:
        if got not in known:
            named = [choice for choice in known if choice]
            problems.append(f"{option}: got '{got}'; did you mean '{nearest(got, named) or named[0]}'?")
    if not 1 <= draws <= _MOST_DRAWS:
        problems.append(f"--draws: got {draws}, expected 1 to {_MOST_DRAWS}")
    if seed < 0:
        problems.append(f"--seed: got {seed}, expected 0 or more")
    if threads is not None and threads < 1:
        problems.append(f"--threads: got {threads}, expected 1 or more")
    if problems:
        raise DataError(*problems)


def as_json(verdicts: "Sequence[Verdict | PotencyVerdict]") -> str:
    """Write rows as a JSON list of objects; a figure that does not exist is null."""
    import json
    import math

    def plain(value: object) -> object:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    rows = [{name: plain(value) for name, value in v.to_dict().items()} for v in verdicts]
    return json.dumps(rows, indent=1, allow_nan=False)


def _print(verdicts: "list[Verdict]") -> None:
    rows = [("id", "evidence", "endpoint", "published", "predicted (90 % interval)", "agrees", "role")]
    rows += [(v.id, v.evidence, v.endpoint, v.published, _figure(v), _agrees(v), v.role) for v in verdicts]
    _lay_out(rows)
    for line in totals(verdicts):
        typer.echo(line)


def _lay_out(rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table, and an empty line after it."""
    cut = [[_cut(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cut, strict=True)]
    for row in cut:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    typer.echo("")


def _cut(text: str, most: int = 42) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _figure(v: "Verdict") -> str:
    if v.expect == "curve":
        return f"{v.predicted:.2f} of its range"
    return f"{v.predicted:.3g} ({v.low:.3g} to {v.high:.3g})"


def totals(verdicts: "list[Verdict]") -> list[str]:
    """Count what agrees, apart for each role and each kind of row."""
    lines = []
    for role in _ROLES:
        parts = []
        for kind in ("directions", "values", "curves"):
            mine = [v for v in verdicts if v.role == role and _kind(v) == kind]
            if mine:
                agree = sum(v.agrees for v in mine)
                parts.append(f"{kind} {agree} of {len(mine)} ({agree / len(mine):.0%})")
        if parts:
            lines.append(f"{role}: agree in {', '.join(parts)}")
    return lines


def _kind(v: "Verdict") -> Literal["directions", "values", "curves"]:
    return {"value": "values", "curve": "curves"}.get(v.expect, "directions")  # type: ignore[return-value]
