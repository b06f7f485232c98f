"""`alarmin model`: what the model carries, and the model itself as SBML."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Show what the model carries, and write it as SBML.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command()
def coverage() -> None:
    """List every entity of the evidence: knob, drug, parameter, or context only and why."""
    from collections import Counter

    from alarmin.cli.evidence_text import table
    from alarmin.experiment.coverage import KINDS
    from alarmin.experiment.coverage import coverage as find

    found = find()
    rows = sorted(found, key=lambda entity: (KINDS.index(entity.kind), entity.name.casefold()))
    typer.echo(
        table(
            [
                {"entity": c.name, "id": c.id, "carried as": c.kind, "by": ", ".join(c.by) or c.reason}
                for c in rows
            ],
            whole=True,
        )
    )
    counts = Counter(c.kind for c in found)
    parts = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if kind != "open")
    typer.echo(f"\n{len(found)} entities: {parts}; open {counts['open']}")
    if counts["open"]:
        raise typer.Exit(1)


@app.command()
def sbml(
    setting: Annotated[str, typer.Argument(metavar="SETTING", help="well, mouse or patient.")],
    drugs: Annotated[list[str] | None, typer.Option("--drug", metavar="NAME", help="Repeatable.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: standard output.")] = None,
) -> None:
    """Assemble the model of a setting with some drugs and write it as SBML Level 3."""
    from alarmin.core import DataError, unknown_id
    from alarmin.model import assemble, settings
    from alarmin.therapy import substance

    if setting not in settings():
        raise DataError(unknown_id("setting", setting, settings()))
    if out and out.is_dir():
        raise DataError(f"{out}: is a folder, expected the name of a file")
    if out and not out.absolute().parent.is_dir():
        raise DataError(f"{out}: the folder {out.absolute().parent} does not exist")
    names = tuple(dict.fromkeys(drugs or ()))
    text = assemble(setting, tuple(substance(name, setting) for name in names))
    if out is None:
        typer.echo(text)
        return
    _replace(out, text)
    typer.echo(f"{out}  {out.stat().st_size:,} bytes")


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    import os
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        from alarmin.core import DataError

        Path(name).unlink(missing_ok=True)
        raise DataError(f"{path}: cannot be written: {error.strerror}") from None
